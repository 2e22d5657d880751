"""How written words are folded so that the same name is found however it is spelled."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "µ": "u", "μ": "u"})
_WORD = re.compile(r"[a-z0-9]+")
_WORD_OR_MARK = re.compile(r"[a-z0-9]+|[|#:]")
_NUMBER_UNIT = re.compile(r"^(\d{1,2})(sa|sem|semaines?|wks?|weeks?|mois|months?)$")
FULL_STOPS = (";", ". ", "\n", "•")
# a full stop behind these ends a word, not what is said: "insuf. rénale chron."
_ABBREVIATED = re.compile(
    r"\b(insuf|insuff|ins|card|resp|ren|hep|art|chr|chron|aig|pulm|digest|synd|inf|fam|atcd|ant|bact|staph|strep)\.(?=\s)"
)
# these at the head of what is said only, where no negation can run on: "conj. colorées"
_ABBREVIATED_HEAD = re.compile(
    r"((?:^|[,;.:\n])\s*)(conj|abd|abdo|ausc|auscult|ap|app|ex|exam|teg|muq|temp|syst|neuro|gyn|gyneco|ext|cons|perc|palp|insp|ut|aires|oto|speculum|spec|resp|cv|biol|rx)\.\s+"
)
_WEEKS_AND_DAYS = re.compile(r"(\d{1,2})\s*\+\s*\d\s*(?=sa\b|sem|w)")


@lru_cache(maxsize=20000)
def plain(text: str) -> str:
    """Lower case without accents and ligatures; punctuation stays."""
    lowered = text.lower().translate(_LIGATURES)
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


def singular(word: str) -> str:
    """The word without its plural ending: aux -> al, a last s or x dropped after three letters; "less" keeps its s."""
    if len(word) > 4 and word.endswith("aux"):
        return word[:-3] + "al"
    if len(word) > 3 and word[-1] in "sx" and word[-2:] != "ss":
        return word[:-1]
    return word


@lru_cache(maxsize=20000)
def fold(text: str) -> str:
    """The key of a name: no case, accent, punctuation or plural; words joined by one space."""
    return " ".join(singular(word) for word in _WORD.findall(plain(text)))


def fold_parts(text: str, separators: tuple[str, ...]) -> tuple[str, ...]:
    """The folded words of a text; "|" where one of the (plain) separators stood, "#" at a full stop.

    Word separators stand between spaces, as " et ". A colon is kept: it makes a heading.
    """
    padded = " " + _WEEKS_AND_DAYS.sub(r"\1 ", plain(text)) + " "
    padded = _ABBREVIATED.sub(r"\1 ", padded)
    padded = _ABBREVIATED_HEAD.sub(r"\1\2 ", padded)
    for stop in FULL_STOPS:
        padded = padded.replace(stop, " # ")
    for separator in separators:
        padded = padded.replace(separator, " | ")
    words: list[str] = []
    for word in _WORD_OR_MARK.findall(padded):
        words.extend(singular(part) for part in _with_unit(word))
    return tuple(words)


def _with_unit(word: str) -> tuple[str, ...]:
    found = _NUMBER_UNIT.match(word)
    return (found[1], found[2]) if found else (word,)


def distance_within(left: str, right: str, limit: int) -> bool:
    """Whether two words are at most `limit` edits (insert, drop, replace, swap) apart."""
    if abs(len(left) - len(right)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        before, previous, row = row, before, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == right[j - 2] and left[i - 2] == other:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return False
    return row[-1] <= limit


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
