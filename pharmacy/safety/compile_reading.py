"""Compiles the tables of `knowledge/reading`: words, patterns, and the steps that even out a text.

The index holds {"words", "codes", "beginnings": {name: [text]}, "half_a_year": {unit: count}, "patterns": {name:
Pattern}, "stages": {name: {"figures_only": bool, "steps": [Step]}}, "results": {"tests": [Test], ...}}. A Pattern is
[regular expression, whether case is ignored]; another interpreter can work by the same tables.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from .lexicon import STAGES, compiled, cuts_of
from .sources import READING, Sources
from .text import Cuts, fold, plain
from .units import UNITS

Table = dict[str, Any]
# the files of patterns; what they hold is found by name
PATTERNS = ("patterns", "cuts", "names", "amounts")
# how one figure comes of what a pattern found
TAKES = ("first", "least", "most", "sum", "least_ratio")
# how a step names its pattern: as it stands, a figure of an examination, a vital sign
FORMS = ("was", "figure_of", "vital_sign")
DOES = ("becomes", "joins", "says", "pressure")
OPTIONS = ("exact_case", "units", "unit_needed", "takes", "in_its_part", "unless")
# what not every interpreter of regular expressions knows
NOT_EVERYWHERE = re.compile(r"(?<!\\)(?:\(\?[(>P#]|\\[AZB])")
# a group whose case matters within a pattern whose case does not: "SA" are weeks, "sa" is "his"
EXACT = "(?-i:"
_PART = re.compile(r"\{([a-z_]+)\}")
_KEYS = ("names", "units", "least", "most")


class Reading:
    """Compiles one file of tables after the other and blames what is wrong in them."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.file = ""
        self.parts: dict[str, str] = {}
        self.patterns: Table = {}

    def table(self, name: str) -> Table:
        """The table of one file, whose parts its patterns may name."""
        self.file = f"{READING}/{name}.yaml"
        table: Table = self.sources.tables.get(f"{READING}/{name}", {})
        self.parts = {}
        for part, written in table.get("parts", {}).items():
            self.parts[part] = self.expression(written)
        return table

    def blame(self, entry: object, message: str) -> None:
        """Record a problem of the file that is being compiled."""
        self.sources.blame(self.file, str(entry)[:60], message)

    def expression(self, written: str | list[str]) -> str:
        """A regular expression whose fragments are joined and whose {parts} are put in."""
        whole = written if isinstance(written, str) else "".join(written)
        return _PART.sub(lambda found: self._part(found[1], whole), whole)

    def _part(self, name: str, whole: str) -> str:
        if name not in self.parts:
            self.blame(whole, f"unknown part {name!r}")
        return self.parts.get(name, "")

    def pattern(self, expression: str, *, exact_case: bool = False) -> list[Any]:
        """A Pattern that compiles and that every interpreter knows."""
        try:
            re.compile(expression)
        except re.error as error:
            self.blame(expression, str(error))
            return ["(?!)", True]
        strange = NOT_EVERYWHERE.search(expression)
        if strange is not None:
            self.blame(expression, f"{strange[0]} is not known everywhere")
        if EXACT not in expression:
            return [expression, not exact_case]
        return [
            expression.replace(EXACT, "(?:") if exact_case else in_both_cases(expression),
            False,
        ]

    def step(self, entry: Table) -> Table:
        """One step: its pattern and what it does with what it finds."""
        form = next((form for form in FORMS if form in entry), "was")
        does = [key for key in DOES if key in entry]
        strange = set(entry) - {form, *DOES, *OPTIONS}
        if strange or len(does) != 1 or form not in entry:
            self.blame(
                entry, f"one of {', '.join(FORMS)} and one of {', '.join(DOES)} are expected"
            )
            return {"was": ["(?!)", True], "becomes": ""}
        whole = self._whole(form, entry)
        step: Table = {"was": self.pattern(whole, exact_case=bool(entry.get("exact_case")))}
        step[does[0]] = self._done(does[0], entry[does[0]])
        for key in ("takes", "in_its_part", "unless"):
            if key in entry:
                step[key] = entry[key]
        if step.get("takes", "first") not in TAKES:
            self.blame(entry["takes"], f"one of {', '.join(TAKES)} is expected")
        if step.get("unless") not in (None, *self.patterns):
            self.blame(entry["unless"], "unknown pattern")
        return step

    def _whole(self, form: str, entry: Table) -> str:
        """The expression of a step: as it is written, or around a figure behind a name and before its unit."""
        named = self.expression(entry[form])
        if form == "was":
            return named
        unit = self.expression(entry.get("units", ""))
        if form == "vital_sign":
            unit = rf"(?:\s*(?:{unit}))?"
            return rf"(?<!\w)(?:{named})\s*(?:à|=|:|de)?\s*(\d{{1,3}}(?:[.,]\d{{1,2}})?){unit}(?![\w/])"
        unit = rf"\s*(?:{unit}){'' if entry.get('unit_needed') else '?'}" if unit else ""
        return (
            rf"(?<![\w/])(?:{named})\s*(?:à|a|=|:|de|est|was|is)?\s*"
            rf"(\d{{1,4}}(?:[.,]\d{{1,2}})?){unit}(?![\w/]|[.,]\d)"
        )

    def _done(self, does: str, given: Any) -> Any:
        if does == "says":
            return [[int(Fraction(str(bound)) * 1000), said] for bound, said in given]
        return given


def in_both_cases(expression: str) -> str:
    """The expression with each letter in both cases but in its exact groups, which not every interpreter knows."""
    written: list[str] = []
    depth: list[bool] = [False]
    place = 0
    in_class = False
    while place < len(expression):
        letter = expression[place]
        if letter == "\\":
            size = 6 if expression[place + 1] == "u" else 2
            written.append(expression[place : place + size])
            place += size
            continue
        if letter == "(" and not in_class:
            exact = expression.startswith(EXACT, place)
            depth.append(depth[-1] or exact)
            written.append("(?:" if exact else letter)
            place += len(EXACT) if exact else 1
            continue
        if letter == ")" and not in_class:
            depth.pop()
        in_class = (in_class or letter == "[") and letter != "]"
        written.append(letter if depth[-1] else _both(letter, in_class=in_class))
        place += 1
    return "".join(written)


def _both(letter: str, *, in_class: bool) -> str:
    cases = "".join(sorted({letter, letter.lower(), letter.upper()}))
    if not letter.isalpha() or len(cases) != 2:
        return letter
    return cases if in_class else f"[{cases}]"


def compile_reading(sources: Sources) -> Table:
    """The tables of `knowledge/reading` as the index holds them."""
    reading = Reading(sources)
    words = reading.table("words")
    folded = {
        name: sorted({fold(str(word)) for word in given})
        for name, given in words.get("words", {}).items()
    }
    for file in PATTERNS:
        for name, written in reading.table(file).get("patterns", {}).items():
            reading.patterns[name] = reading.pattern(reading.expression(written))
    stages: Table = {}
    for name in STAGES:
        table = reading.table(name)
        steps = [reading.step(entry) for entry in table.get("steps", [])]
        stages[name] = {"figures_only": bool(table.get("figures_only")), "steps": steps}
    return {
        "words": folded,
        "beginnings": words.get("beginnings", {}),
        "codes": words.get("codes", {}),
        "half_a_year": words.get("half_a_year", {}),
        "patterns": reading.patterns,
        "full_stops": reading.table("cuts").get("full_stops", []),
        "units": {unit: list(facts) for unit, facts in UNITS.items()},
        "stages": stages,
        "results": _results(reading),
    }


def text_cuts(sources: Sources) -> Cuts:
    """Where texts are cut, for the names that are compiled."""
    table = compile_reading(sources)
    patterns = {name: compiled(pattern) for name, pattern in table["patterns"].items()}
    lexicon = sources.tables.get("lexicon", {})
    written = [plain(word) for word in lexicon.get("separators", [])]
    separators = [word for word in written if word not in table["full_stops"]]
    return cuts_of(separators, table["full_stops"], patterns)


def _results(reading: Reading) -> Table:
    table = reading.table("results")
    units = table.get("units", {})
    tests = []
    for entry in table.get("tests", []):
        if not all(key in entry for key in _KEYS):
            reading.blame(entry, f"{', '.join(_KEYS)} are expected")
            continue
        unknown = [unit for unit in entry["units"] if unit not in (*units, "none")]
        if unknown:
            reading.blame(entry["test"], f"unknown unit {unknown[0]!r}")
            continue
        tests.append(_test(reading, table, entry))
    named = [
        reading.expression(e["names"]) for e in table.get("tests", []) if "passed_over" not in e
    ]
    named.append(reading.expression(table.get("never_passed_over", "(?!)")))
    left = rf"(?<![\w/'’])(?:{'|'.join(named)}){reading.expression(table.get('between', ''))}"
    return {
        "tests": tests,
        "left": reading.pattern(left),
        "other_time": reading.pattern(reading.expression(table.get("other_time", "(?!)"))),
        "cuts": reading.pattern(reading.expression(table.get("cuts", "$"))),
    }


def _test(reading: Reading, table: Table, entry: Table) -> Table:
    """One test: its figure, its pattern, each unit with the exact factor [over, under], what can be true."""
    written = {unit: table["units"][unit] for unit in entry["units"] if unit != "none"}
    unit = rf"\s*({'|'.join(written.values())})" if written else "()"
    optional = "?" if "none" in entry["units"] and written else ""
    names = reading.expression(entry["names"])
    number = reading.expression(table["number"])
    whole = (
        rf"(?<![\w/])(?:{names}){table['about']}({number})(?:{unit}){optional}"
        rf"{reading.expression(table['otherwise'])}"
    )
    factors = []
    for unit_name, factor in entry["units"].items():
        exact = Fraction(factor)
        pattern = reading.pattern(f"^(?:{written.get(unit_name, '')})$")
        factors.append([pattern, exact.numerator, exact.denominator])
    return {
        "figure": entry["test"],
        "was": reading.pattern(whole),
        "units": factors,
        "least": entry["least"],
        "most": entry["most"],
    }
