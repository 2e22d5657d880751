"""How written words are folded so that the same name is found however it is spelled."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "µ": "u", "μ": "u"})
_WORD = re.compile(r"[a-z0-9]+")
_WORD_OR_MARK = re.compile(r"[a-z0-9]+|[|#:]")


class Cuts(NamedTuple):
    """Where a text is cut: at separators and full stops, but not at one that only ends a shortened word."""

    separators: tuple[str, ...]
    full_stops: tuple[str, ...]
    abbreviated: re.Pattern[str]
    abbreviated_head: re.Pattern[str]
    weeks_and_days: re.Pattern[str]
    number_and_unit: re.Pattern[str]


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


def fold_parts(text: str, cuts: Cuts) -> tuple[str, ...]:
    """The folded words of a text; "|" where one of the (plain) separators stood, "#" at a full stop.

    Word separators stand between spaces, as " et ". A colon is kept: it makes a heading.
    """
    padded = " " + cuts.weeks_and_days.sub(r"\1 ", plain(text)) + " "
    padded = cuts.abbreviated.sub(r"\1 ", padded)
    padded = cuts.abbreviated_head.sub(r"\1\2 ", padded)
    for stop in cuts.full_stops:
        padded = padded.replace(stop, " # ")
    for separator in cuts.separators:
        padded = padded.replace(separator, " | ")
    words: list[str] = []
    for word in _WORD_OR_MARK.findall(padded):
        counted = cuts.number_and_unit.match(word)
        words.extend(map(singular, counted.groups() if counted else (word,)))
    return tuple(words)


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
