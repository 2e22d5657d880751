"""Reads laboratory figures that people write in a text: "créatinine 12 mg/L, K+ 5,8"."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from .lexicon import Found, compiled

# what a figure is replaced by, so that the reader finds it again; nobody writes this
MARK = "resultat0lu"


class Test:
    """A laboratory figure: its pattern, what one of each unit is in ours, and what can be true of a living patient."""

    def __init__(self, test: dict[str, Any]) -> None:
        self.figure: str = test["figure"]
        self.pattern = compiled(test["was"])
        self.units = [
            (compiled(unit), Fraction(over, under)) for unit, over, under in test["units"]
        ]
        self.least: int = test["least"]
        self.most: int = test["most"]

    def value(self, found: Found) -> Fraction | None:
        """The figure in our unit, or None if it cannot be true."""
        written = found[1].replace(" ", "").replace(",", ".")
        value = Fraction(written) * self._factor(found[2] or "")
        return value if self.least <= value <= self.most else None

    def _factor(self, written: str) -> Fraction:
        return next((factor for unit, factor in self.units if unit.search(written)), Fraction(1))


class Results:
    """The figures of the laboratory, one after the other."""

    def __init__(self, index: dict[str, Any]) -> None:
        table = index["reading"]["results"]
        self.tests = [Test(test) for test in table["tests"]]
        self.left = compiled(table["left"])
        self.other_time = compiled(table["other_time"])
        self.cuts = compiled(table["cuts"])

    def left_out(self, text: str) -> str:
        """What looks like a result in a text that all others have read, or nothing: "créat 450"."""
        found = self.left.search(text)
        return "" if found is None else found[0].strip()

    def taken_out(self, text: str) -> tuple[str, dict[str, tuple[str, int]]]:
        """The text with each figure as a mark, and {mark: (figure, thousandths of its unit)}.

        A figure stays in the text, and is then said not to be understood, when it has no unit and needs one, cannot be
        true, is of another time, or stands there a second time.
        """
        marks: dict[str, tuple[str, int]] = {}
        if not any(letter.isdigit() for letter in text):
            return text, marks
        for test in self.tests:
            if len(test.pattern.findall(text)) == 1:
                text = test.pattern.sub(self._marker(test, text, marks), text)
        return text, marks

    def _marker(
        self, test: Test, text: str, marks: dict[str, tuple[str, int]]
    ) -> Callable[[re.Match[str]], str]:
        def mark(found: re.Match[str]) -> str:
            value = test.value(found)
            if value is None or self._is_of_another_time(text, found):
                return found[0]
            name = f"{MARK}{chr(ord('a') + len(marks))}"
            marks[name] = (test.figure, int(value * 1000))
            return f" {name} "

        return mark

    def _is_of_another_time(self, text: str, found: Found) -> bool:
        """Whether the words around, up to the next comma or stop, tell another day, a course or an aim."""
        starts = [cut.end() for cut in self.cuts.finditer(text, 0, found.start()) if cut[0]]
        rest = self.cuts.search(text, found.end())
        before = text[starts[-1] if starts else 0 : found.start()]
        after = text[found.end() : len(text) if rest is None else rest.start()]
        return bool(self.other_time.search(before) or self.other_time.search(after))
