"""The words and patterns that texts are read by, as `knowledge/reading` has them."""

from __future__ import annotations

import re
from typing import Any

from .text import Cuts

Found = re.Match[str]
# the steps of a text before figures of the laboratory are taken out of it, and after
STAGES = ("exceptions", "writing", "figures", "examination", "marks", "vital-signs")
BEFORE_RESULTS = 1


def compiled(pattern: list[Any]) -> re.Pattern[str]:
    """The regular expression of a compiled [expression, whether case is ignored]."""
    return re.compile(pattern[0], re.IGNORECASE if pattern[1] else 0)


class Lexicon:
    """Words as they are folded, how codes and words begin, and patterns, each by its name in the tables."""

    def __init__(self, index: dict[str, Any]) -> None:
        reading = index["reading"]
        self.words = {name: frozenset(words) for name, words in reading["words"].items()}
        self.codes = {name: tuple(codes) for name, codes in reading["codes"].items()}
        self.beginnings = {name: tuple(words) for name, words in reading["beginnings"].items()}
        self.half_a_year: dict[str, int] = reading["half_a_year"]
        self.patterns = {name: compiled(pattern) for name, pattern in reading["patterns"].items()}
        self.units: dict[str, tuple[str, int]] = {
            unit: (dimension, factor) for unit, (dimension, factor) in reading["units"].items()
        }
        self.cuts = cuts_of(index["separators"], reading["full_stops"], self.patterns)


def cuts_of(
    separators: list[str], full_stops: list[str], patterns: dict[str, re.Pattern[str]]
) -> Cuts:
    """Where texts are cut, by the separators and the patterns of `cuts.yaml`."""
    named = (patterns[name] for name in Cuts._fields[2:])
    return Cuts(tuple(separators), tuple(full_stops), *named)
