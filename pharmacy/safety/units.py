"""Quantities as integers: amounts, ages, ranges and rates, read from text without floats."""

from __future__ import annotations

import re
from fractions import Fraction

from .text import plain

Bounds = tuple[int | None, int | None]  # lowest, and first above: low <= x < high
# unit -> (dimension, base units in it): micrograms, microlitres, thousandths of the rest
UNITS: dict[str, tuple[str, int]] = {
    "kg": ("mass", 1_000_000_000),
    "g": ("mass", 1_000_000),
    "mg": ("mass", 1_000),
    "ug": ("mass", 1),
    "mcg": ("mass", 1),
    "microgramme": ("mass", 1),
    "microgrammes": ("mass", 1),
    "microgram": ("mass", 1),
    "micrograms": ("mass", 1),
    "l": ("volume", 1_000_000),
    "cl": ("volume", 10_000),
    "ml": ("volume", 1_000),
    "iu": ("iu", 1_000),
    "ui": ("iu", 1_000),
    "u": ("iu", 1_000),
    "unit": ("iu", 1_000),
    "units": ("iu", 1_000),
    "unites": ("iu", 1_000),
    "unite": ("iu", 1_000),
    "mui": ("iu", 1_000_000_000),
    "miu": ("iu", 1_000_000_000),
    "mmol": ("mmol", 1_000),
    "meq": ("mmol", 1_000),
    "puff": ("puff", 1_000),
    "puffs": ("puff", 1_000),
    "bouffee": ("puff", 1_000),
    "bouffees": ("puff", 1_000),
}
# tablets, sachets or measures of a fixed combination, as limits count them
FORM_UNITS = {"tablet": ("forms", 1_000), "tablets": ("forms", 1_000)}
AGE_DAYS = {
    "d": Fraction(1),
    "w": Fraction(7),
    "mo": Fraction(1461, 48),
    "y": Fraction(1461, 4),
}
_NUMBER = r"\d+(?:[   ]\d{3})*(?:[.,]\d+)?"
_AMOUNT = re.compile(rf"({_NUMBER})\s*([a-z]+)")
_COMPARE = re.compile(r"^(<=|>=|<|>|=)\s*(.+)$")
_AGE = re.compile(r"^(\d+(?:\.\d+)?)\s*(d|w|mo|y)$")
_DOSE = re.compile(
    r"^(<=|>=|<|>)\s*([\d.,]+)\s*([a-zA-Zµμ]+)\s*((?:/\s*(?:kg|day|week|d|dose)\s*)*)$"
)


class UnreadableError(ValueError):
    """A quantity of the knowledge could not be read."""

    code = "unreadable-quantity"


def number(text: str) -> Fraction:
    """The exact value of a written number; comma or point, thin spaces between thousands."""
    return Fraction(re.sub(r"[\s ]", "", text).replace(",", "."))


def amount(text: str) -> tuple[str, int]:
    """("mass", micrograms) and so on of one written amount such as "500 mg".

    Raises:
        UnreadableError: no number and unit that is known.
    """
    found = _AMOUNT.search(plain(text))
    known = UNITS | FORM_UNITS
    if found is None or found[2] not in known:
        raise UnreadableError(f"amount {text!r}")
    dimension, factor = known[found[2]]
    return dimension, int(number(found[1]) * factor)


def age_days(text: str) -> int:
    """Whole days of an age such as 28d, 6w, 3mo, 65y."""
    found = _AGE.match(text.strip())
    if found is None:
        raise UnreadableError(f"age {text!r}")
    return int(Fraction(found[1]) * AGE_DAYS[found[2]])


def thousandths(text: str) -> int:
    """A written figure in thousandths of its unit."""
    try:
        return int(number(text.strip()) * 1000)
    except ValueError as error:
        raise UnreadableError(f"figure {text!r}") from error


def grams(text: str) -> int:
    """A weight such as 5kg, in grams."""
    dimension, value = amount(text)
    if dimension != "mass":
        raise UnreadableError(f"weight {text!r}")
    return value // 1_000_000


def weeks(text: str) -> int:
    """A number of weeks; a "w" after it is allowed."""
    digits = text.strip().removesuffix("w").strip()
    if not digits.isdigit():
        raise UnreadableError(f"weeks {text!r}")
    return int(digits)


READERS = {"age": age_days, "thousandths": thousandths, "weight": grams, "weeks": weeks}


def bounds(text: str, reader: str) -> Bounds:
    """The (low, high) of "<28d", ">=65y" or "a-b": low <= x < high, None where it is open.

    For weeks of pregnancy the last week is inside ("1-13", "28-").
    """
    read, text = READERS[reader], str(text).strip()
    compared = _COMPARE.match(text)
    if compared is not None:
        return _compared(compared[1], read(compared[2]))
    low, dash, high = text.partition("-")
    if not dash:
        value = read(text)
        return value, value + 1
    last = 1 if reader == "weeks" else 0
    return (read(low) if low.strip() else None), (read(high) + last if high.strip() else None)


def _compared(sign: str, value: int) -> Bounds:
    return {
        "<": (None, value),
        "<=": (None, value + 1),
        ">": (value + 1, None),
        ">=": (value, None),
        "=": (value, value + 1),
    }[sign]


def dose_bounds(text: str) -> tuple[str, bool, str, Bounds]:
    """What "> 0.2 mg/kg/day" says: ("day"|"week"|"dose", per kg, dimension, bounds)."""
    found = _DOSE.match(str(text).strip())
    if found is None or plain(found[3]) not in UNITS:
        raise UnreadableError(f"dose {text!r}")
    dimension, factor = UNITS[plain(found[3])]
    value = int(number(found[2]) * factor)
    rate = {part.strip() for part in found[4].split("/")}
    basis = "week" if "week" in rate else "day" if rate & {"day", "d"} else "dose"
    return basis, "kg" in rate, dimension, _compared(found[1], value)


def rate(per_day: float | Fraction) -> tuple[int, int]:
    """How often: (times, in how many days). 3 -> (3, 1); 0.143 -> (1, 7); 0.0119 -> (1, 84)."""
    value = Fraction(per_day).limit_denominator(100_000)
    if value <= 0:
        return 1, 1
    for days in (1, 2, 3, 4, 5, 6, 7, 10, 14, 15, 21, 28, 30, 56, 84, 90, 182, 365):
        times = round(value * days)
        if times and abs(Fraction(times, days) - value) * 40 <= value:
            return times, days
    near = value.limit_denominator(365)
    return max(near.numerator, 1), near.denominator
