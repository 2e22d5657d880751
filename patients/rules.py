"""How names are compared and found, and which pairs of patients look like one person. Pure functions.

Keys are made for French, English and Cameroonian names: accents, apostrophes and hyphens fold away,
the order of given and family names does not matter, and the phonetic key joins spellings that are
written for one sound (Nguema/Nguéma, Tchoua/Choua, Fouda/Fuda, Mbarga/Barga).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

MAX_PREFIX = 10
PARTICLES = frozenset(
    {"de", "du", "la", "le", "epse", "ep", "epouse", "nee", "ne", "dit", "mme", "mr"}
)

# spelling -> sound, applied in this order
_SOUNDS = (
    ("tch", "C"), ("tsch", "C"), ("sch", "C"), ("ch", "C"), ("sh", "C"), ("dj", "J"), ("dg", "J"),
    ("gn", "N"), ("ny", "N"), ("ph", "f"), ("kh", "k"), ("qu", "k"), ("ck", "k"), ("gh", "g"),
    ("th", "t"), ("ou", "u"), ("oo", "u"), ("oe", "e"), ("ae", "e"), ("ai", "e"), ("ei", "e"),
    ("eau", "o"), ("au", "o"), ("aw", "o"), ("w", "u"), ("y", "i"), ("z", "s"), ("x", "ks"), ("q", "k"),
    ("c", "k"), ("j", "J"), ("h", ""),
)  # fmt: skip


def fold(text: str) -> str:
    """Return `text` in lower case without accents, punctuation turned into single spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(ch for ch in plain if not unicodedata.combining(ch))
    return re.sub(r"[^a-z0-9]+", " ", letters.replace("'", "").replace("’", "")).strip()


def words(*names: str) -> list[str]:
    """Return the folded words of names, without particles such as `de` or `épse`."""
    return [word for name in names for word in fold(name).split() if word not in PARTICLES]


def sound(word: str) -> str:
    """Return the phonetic key of one folded word: first sound, then the consonants that follow."""
    text = word
    if len(text) > 2 and text[0] in "mn" and text[1] not in "aeiouyn":
        text = text[1:]
    for spelling, key in _SOUNDS:
        text = text.replace(spelling, key)
    if not text:
        return word
    tail = re.sub(r"[aeiou]", "", text[1:])
    return re.sub(r"(.)\1+", r"\1", text[0] + tail)


def search_keys(
    *, given_name: str, family_name: str, phones: Iterable[str], record_number: str
) -> list[str]:
    """Return the keys under which a patient is found: prefixes, sounds, phone digits, record number.

    Every key is compared for equality, so that it can be stored as a keyed hash as well.
    """
    keys: set[str] = set()
    for word in words(given_name, family_name):
        keys.update(f"n:{word[:size]}" for size in range(2, min(len(word), MAX_PREFIX) + 1))
        keys.add(f"n:{word}")
        keys.add(f"s:{sound(word)}")
    for phone in phones:
        digits = national_digits(phone)
        keys.update(f"t:{digits[:size]}" for size in range(4, len(digits) + 1))
    if record_number:
        keys.add(f"r:{fold(record_number).replace(' ', '')}")
    return sorted(keys)


def scope(facility_id: object) -> str:
    """Return the short mark that search keys of one facility begin with."""
    return str(facility_id)[-8:]


def stored_keys(keys: Iterable[str], facility_ids: Iterable[str]) -> list[str]:
    """Return the keys as a patient carries them.

    Once for each facility that follows them, so that a list is read from one index; the record number and phones
    also without one, for finding a person elsewhere.
    """
    base = list(keys)
    anywhere = [key for key in base if key[0] in "rt"]
    return sorted({*anywhere, *(f"{scope(place)}|{key}" for place in facility_ids for key in base)})


def query_keys(text: str) -> list[str]:
    """Return the keys that a patient must all carry to answer what was typed.

    Digits are a phone or the start of one; a record number is told by its shape (`YA-24-00012`).
    """
    compact = fold(text).replace(" ", "")
    if re.fullmatch(r"[a-z]{2}\d{2}[a-z0-9]{4,}", compact):
        return [f"r:{compact}"]
    digits = national_digits(text)
    if len(digits) >= 4 and not re.search(r"[a-z]", fold(text)):
        return [f"t:{digits}"]
    return [
        f"n:{word[:MAX_PREFIX] if len(word) <= MAX_PREFIX else word}"
        for word in words(text)
        if len(word) >= 2
    ]


def sound_keys(text: str) -> list[str]:
    """Return the phonetic keys of what was typed, for a second try when nothing was found."""
    return [f"s:{sound(word)}" for word in words(text) if len(word) >= 3]


def national_digits(phone: str) -> str:
    """Return the digits of a phone without the country code of Cameroon or Kenya."""
    digits = re.sub(r"\D", "", phone)
    for prefix in ("00237", "237", "00254", "254"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 8:
            return digits[len(prefix) :]
    return digits.lstrip("0") if len(digits) == 10 else digits


@dataclass(frozen=True)
class Identity:
    """What two records are compared by."""

    given_name: str
    family_name: str
    sex: str
    birth_date: date | None
    birth_date_is_estimated: bool = False
    phone: str = ""


@dataclass(frozen=True)
class Likeness:
    """How likely two identities are one person: 0–100, with the reasons in words the page translates."""

    score: int
    reasons: tuple[str, ...] = field(default=())


LIKELY = 60


def likeness(a: Identity, b: Identity) -> Likeness:
    """Compare two identities. Names in any order count; a different sex halves the score.

    Returns:
        A score of 0–100; from `LIKELY` on, the desk is warned (never stopped).
    """
    name, reasons = _name_points(a, b)
    points = name + _birth_points(a, b, reasons) + _phone_points(a, b, reasons)
    if name < 20:
        points = min(points, 40)
    if a.sex and b.sex and a.sex != b.sex:
        points //= 2
        reasons.append("other-sex")
    return Likeness(max(0, min(points, 100)), tuple(reasons))


def _name_points(a: Identity, b: Identity) -> tuple[int, list[str]]:
    mine, theirs = set(words(a.given_name, a.family_name)), set(words(b.given_name, b.family_name))
    if not mine or not theirs:
        return 0, []
    if mine == theirs:
        swapped = fold(a.given_name) != fold(b.given_name)
        return 60, ["same-names-other-order" if swapped else "same-name"]
    fewest = min(len(mine), len(theirs))
    shared = mine & theirs
    alike = len(shared) + _alike(mine - shared, theirs - shared)
    if alike >= fewest and (fewest > 1 or shared):
        return (50 if fewest > 1 else 35), ["similar-name"]
    return (25 if alike else 0), (["part-of-name"] if alike else [])


def _alike(mine: set[str], theirs: set[str]) -> int:
    """Count the words that have a counterpart, from the side that has fewer: the order of records never matters."""
    return min(
        sum(any(_resemble(word, other) for other in theirs) for word in mine),
        sum(any(_resemble(word, other) for word in mine) for other in theirs),
    )


def _resemble(a: str, b: str) -> bool:
    return (min(len(a), len(b)) > 2 and sound(a) == sound(b)) or _one_letter_off(a, b)


def _one_letter_off(a: str, b: str) -> bool:
    if min(len(a), len(b)) < 5 or abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    at = next((i for i, ch in enumerate(short) if ch != long[i]), len(short))
    rest = 1 if len(short) == len(long) else 0
    return short[at + rest :] == long[at + 1 :]


def _birth_points(a: Identity, b: Identity, reasons: list[str]) -> int:
    if a.birth_date is None or b.birth_date is None:
        return 0
    if a.birth_date == b.birth_date and not (
        a.birth_date_is_estimated and b.birth_date_is_estimated
    ):
        reasons.append("same-birth-date")
        return 30
    swapped = (a.birth_date.year, a.birth_date.day, a.birth_date.month)
    if (b.birth_date.year, b.birth_date.month, b.birth_date.day) == swapped:
        reasons.append("day-and-month-swapped")
        return 20
    estimated = a.birth_date_is_estimated or b.birth_date_is_estimated
    if abs(a.birth_date.year - b.birth_date.year) <= (3 if estimated else 0):
        reasons.append("close-birth-year")
        return 15
    return -20 if not estimated else -5


def _phone_points(a: Identity, b: Identity, reasons: list[str]) -> int:
    if a.phone and national_digits(a.phone) == national_digits(b.phone):
        reasons.append("same-phone")
        return 25
    return 0


def age_in_days(birth_date: date, today: date) -> int:
    """Return the age in whole days, never below zero."""
    return max((today - birth_date).days, 0)


def age_in_years(birth_date: date, today: date) -> int:
    """Return the age in completed years."""
    before = (today.month, today.day) < (birth_date.month, birth_date.day)
    return today.year - birth_date.year - before


class PhoneError(ValueError):
    """The phone cannot be read. `code` says why: `letters`, `too-short`, `too-long`, `landline-or-unknown`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_COUNTRY = {"CM": ("237", 9, "6"), "KE": ("254", 9, "17")}


def clean_phone(text: str, country: str = "CM") -> str:
    """Return a phone as `+237699123456`, repairing the mistakes that are common.

    Repaired: spaces, dots and hyphens; the letter O for zero; `00237`, `237` or a doubled prefix; in Cameroon
    the eight digits used before 21 November 2014 (a 6 is put before them; landlines `22…` get a 2); in Kenya
    the national `07…`. Only digits that are certain are added.

    Raises:
        PhoneError: what is left is no phone of the country; `code` says why.
    """
    if not text.strip():
        return ""
    digits = re.sub(r"[\s.\-/()+]", "", text.strip().replace("O", "0").replace("o", "0"))
    if not digits.isdigit():
        raise PhoneError("letters")
    bare = digits.lstrip("0")
    if text.strip().startswith(("+", "00")) and not bare.startswith(("237", "254")):
        return _foreign(digits)
    country = {"254": "KE", "237": "CM"}.get(bare[:3], country)
    return _domestic(digits, country)


def _domestic(digits: str, country: str) -> str:
    prefix, length, mobile = _COUNTRY.get(country, _COUNTRY["CM"])
    national = _national(digits, prefix, length)
    if country == "CM" and len(national) == 8:
        national = ("2" if national.startswith(("22", "23", "33")) else "6") + national
    if len(national) < length:
        raise PhoneError("too-short")
    if len(national) > length:
        raise PhoneError("too-long")
    if national[0] not in mobile + "2":
        raise PhoneError("landline-or-unknown")
    return f"+{prefix}{national}"


def _national(digits: str, prefix: str, length: int) -> str:
    digits = digits.lstrip("0") if digits.startswith("00") else digits
    while digits.startswith(prefix) and len(digits) - len(prefix) >= length - 1:
        digits = digits[len(prefix) :]
    return digits[1:] if digits.startswith("0") and len(digits) > length else digits


def _foreign(digits: str) -> str:
    number = digits.lstrip("0")
    if len(number) < 8:
        raise PhoneError("too-short")
    if len(number) > 15:
        raise PhoneError("too-long")
    return f"+{number}"


# A fact of the history is never edited: it ends, with who ended it, when and why.
FACT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "active": ("resolved", "entered-in-error"),
    "resolved": ("entered-in-error",),
    "family": ("entered-in-error",),
    "entered-in-error": (),
}
MEASUREMENT_TRANSITIONS: dict[str, tuple[str, ...]] = {
    "final": ("entered-in-error",),
    "entered-in-error": (),
}


def may_end_measurement(status: str, to: str) -> bool:
    """Tell whether a measurement may go from one status to another."""
    return to in MEASUREMENT_TRANSITIONS[status]


def may_end(status: str, to: str) -> bool:
    """Tell whether a fact of the history may go from one status to another."""
    return to in FACT_TRANSITIONS[status]
