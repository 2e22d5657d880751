"""Evens out what people write before it is read: exceptions, ways of writing, figures told in words."""

from __future__ import annotations

import re
from typing import Any

from .lexicon import BEFORE_RESULTS, STAGES, Found, Lexicon, compiled

# a blood pressure below this is told in centimetres of mercury: "TA 12/8"
CENTIMETRES = 30_000
_WHOLE = re.compile(r"(?<![.,\d])\d{1,2}(?!\d)")
_RATIO = re.compile(r"(\d{1,2})\s*/\s*(\d{1,3})")


class Step:
    """One change of a text: what its pattern finds becomes other words, or the words that stand for its figure."""

    def __init__(self, step: dict[str, Any], patterns: dict[str, re.Pattern[str]]) -> None:
        self.pattern = compiled(step["was"])
        self.becomes: str | None = step.get("becomes")
        self.says: list[tuple[int, str | None]] = step.get("says", [])
        self.takes: str = step.get("takes", "first")
        self.pressure: list[dict[str, Any]] = step.get("pressure", [])
        self.around = (" ", " ") if step.get("in_its_part") else (" , ", " , ")
        self.between = patterns["between"]
        self.unless = patterns.get(step.get("unless", ""))

    def applied(self, text: str) -> str:
        """The text after this step."""
        if self.unless is not None and self.unless.search(text):
            return text
        if self.becomes is not None:
            return self.pattern.sub(self.becomes, text)
        if self.says:
            return self.pattern.sub(self._told, text)
        return self.pattern.sub(self._pressed if self.pressure else self._joined, text)

    def _told(self, found: Found) -> str:
        """What stands for a figure: nothing, words, or itself where nobody knows what it means."""
        figure = _figure(self.takes, found)
        words: str | None = None
        for bound, said in self.says:
            words = said if figure is not None and figure >= bound else words
        if words is None:
            return found[0]
        return words.join(self.around) if words else " , "

    def _pressed(self, found: Found) -> str:
        """The first words that hold for a pressure; as it stands, without its stroke, if it cannot be one."""
        upper, lower = (thousandths(part) for part in found.groups())
        if upper < CENTIMETRES:
            upper, lower = upper * 10, lower * 10
        if lower >= upper:
            return f" , {found[0].replace('/', ' ')} , "
        for kind in self.pressure:
            below = upper < kind.get("below", 0) * 1000
            high = "systolic" in kind and (
                upper >= kind["systolic"] * 1000 or lower >= kind["diastolic"] * 1000
            )
            if below or high:
                return f" , {kind['says']} , "
        return " ,  , "

    def _joined(self, found: Found) -> str:
        return self.between.sub(" ", found[0])


class Writing:
    """The steps of all stages, in their order."""

    def __init__(self, index: dict[str, Any], lexicon: Lexicon) -> None:
        stages = index["reading"]["stages"]
        self.stages = [
            (
                bool(stages[name]["figures_only"]),
                [Step(step, lexicon.patterns) for step in stages[name]["steps"]],
            )
            for name in STAGES
        ]

    def plainly(self, text: str) -> str:
        """The text with exceptions as parts of their own, and without negations that deny nothing."""
        return self._through(text, 0, BEFORE_RESULTS)

    def in_words(self, text: str) -> str:
        """The text, evened out, with figures told in words; ordinary figures leave it."""
        return self._through(text, BEFORE_RESULTS, len(STAGES))

    def _through(self, text: str, first: int, last: int) -> str:
        for figures_only, steps in self.stages[first:last]:
            if figures_only and not any(letter.isdigit() for letter in text):
                continue
            for step in steps:
                text = step.applied(text)
        return text


def thousandths(written: str) -> int:
    """The figure in thousandths: "-2,5" is -2500, "1 200" is 1200000."""
    plain = written.replace(" ", "").replace(",", ".").replace("\u2212", "-")
    whole, _, part = plain.partition(".")
    least = int(f"{part}000"[:3])
    return int(whole) * 1000 + (-least if whole.startswith("-") else least)


def _figure(takes: str, found: Found) -> int | None:
    """The figure in thousandths that a sign takes from what was found; None if there is none."""
    if takes == "first":
        return thousandths(found[1])
    if takes == "sum":  # a patient with a tube says nothing, and counts one for it
        return sum(int(part) if part.isdigit() else 1 for part in found.groups()) * 1000
    if takes == "least_ratio":
        ratios = _RATIO.findall(found[0])
        return min((int(above) * 1000 // max(int(below), 1) for above, below in ratios), default=0)
    figures = [int(figure) for figure in _WHOLE.findall(found[0])]
    if not figures:
        return None
    return (min(figures) if takes == "least" else max(figures)) * 1000
