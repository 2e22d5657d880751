"""Double entry: compares the knowledge with what a second author wrote without sight of it.

usage: python -m pharmacy.safety.second
The files stand in pharmacy/second (its README.md says how they are written). Where two authors differ,
one of them is wrong: this prints each difference.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from .compile import build, compile_knowledge
from .compile_rules import KEYS, LIMITS
from .knowledge import Knowledge
from .second_doses import Written, dose_cases, found, severity_of
from .sources import Entry, Sources, name_of
from .trial import Trial, context_of

SECOND = Path(__file__).resolve().parent.parent / "second"
SOURCE = {"title": "second author", "section": ""}
# what stood there before the two were compared: the second author's figure, and the first author's
BEFORE = ("had", "first_had")
LIMIT_WORDS = frozenset({*LIMITS, *KEYS, *BEFORE, "severity", "unless"})


def read_folder(name: str, root: Path = SECOND) -> Iterator[tuple[str, Any]]:
    """(file, entry) of every file of one folder of pharmacy/second."""
    for path in sorted((root / name).glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf8"), Loader=yaml.CSafeLoader)
        for entry in content or []:
            yield f"{name}/{path.name}", entry


def second_knowledge(sources: Sources) -> tuple[Knowledge, Sources]:
    """The second author's dose limits, on the first author's names; problems stand in the sources."""
    own = replace(sources, entries=dict(sources.entries), problems=[], dose_ids={})
    own.entries |= {"rule": [], "dose": []}
    for file, entry in read_folder("doses"):
        for limit in entry["limits"]:
            for word in limit.keys() - LIMIT_WORDS:
                own.blame(file, name_of(entry), f"unknown word {word!r}")
        own.entries["dose"].append((file, _as_dose(entry)))
    return Knowledge(build(own)), own


def _as_dose(entry: Entry) -> Entry:
    limits = [
        {key: value for key, value in limit.items() if key not in BEFORE}
        for limit in entry["limits"]
    ]
    return {**entry, "limits": limits, "source": SOURCE}


def dose_differences(knowledge: Knowledge, cases: Iterable[Written]) -> Iterator[tuple[str, str]]:
    """(figure, what the knowledge says otherwise)."""
    for written in cases:
        said = _said_otherwise(knowledge, written)
        if said:
            yield written.figure, said


def _said_otherwise(knowledge: Knowledge, written: Written) -> str:
    answers = found(context_of(knowledge, written.case))
    if severity_of(answers) == written.severity:
        return ""
    return f"must be {written.severity or 'quiet'} and is {answers or 'quiet'}: {written.case}"


def dose_trials(knowledge: Knowledge, cases: Iterable[Written]) -> Iterator[tuple[str, Trial]]:
    """(dose entry, trial): a quiet case is one for each entry, another for the only one that finds it."""
    for written in cases:
        context = context_of(knowledge, written.case)
        answers = found(context)
        if written.severity is None:
            for item in context.items:
                for entry in knowledge.doses_of(item.substance):
                    yield entry["id"], Trial(context, must_fire=False)
        elif len(answers) == 1:
            yield next(iter(answers)), Trial(context, True, written.severity)


def second_trials(knowledge: Knowledge, sources: Sources) -> Iterator[tuple[str, Trial]]:
    """(rule or dose entry, trial) of all that the second author wrote."""
    second, _ = second_knowledge(sources)
    yield from dose_trials(knowledge, flat(dose_cases(second)))


def flat(cases: Iterable[tuple[str, list[Written]]]) -> Iterator[Written]:
    """All cases of all figures."""
    return (written for _, made in cases for written in made)


def main() -> int:
    """Print every difference; 1 if there is one."""
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    second, read = second_knowledge(sources)
    for problem in read.problems:
        sys.stdout.write(f"{problem}\n")
    cases = list(dose_cases(second))
    for name, made in cases:
        if not made:
            sys.stdout.write(f"no case: {name}\n")
    differences = list(dose_differences(knowledge, flat(cases)))
    for figure, said in differences:
        sys.stdout.write(f"{figure}: {said}\n")
    sys.stdout.write(f"{len(cases)} figures, {len(differences)} differences\n")
    return 1 if differences or read.problems else 0


if __name__ == "__main__":
    sys.exit(main())
