"""Runs the `fires` and `quiet` cases that stand beside each rule and dose entry.

usage: python -m pharmacy.safety.selftest [file or folder ...] [--quiet]
A case is judged by its own rule's id, before pruning. The knowledge is compiled afresh from the files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .cases import lines_of, patient_of
from .checks import Missing, stepped_down
from .compile import compile_knowledge
from .context import gather
from .engine import raw_findings
from .knowledge import Knowledge
from .sources import Entry, Sources

DEFAULT_PATIENT = {"age_years": 40, "sex": "M", "weight_kg": 70}
AGES = ("age_years", "age_months", "age_days")


class Example(NamedTuple):
    """One case of one rule: whether it must fire."""

    file: str
    rule: str
    must_fire: bool
    place: int
    case: Entry

    @property
    def name(self) -> str:
        """How the case is called in reports."""
        return f"{self.rule} {'fires' if self.must_fire else 'quiet'}[{self.place}]"


def examples(sources: Sources, knowledge: Knowledge) -> Iterator[Example]:
    """Every case of every rule and dose entry that compiled."""
    rules = {rule["id"] for rule in knowledge.rules}
    for file, entry in sources.of("rule"):
        if entry["id"] in rules:
            yield from _of(file, entry["id"], entry)
    for file, entry in sources.of("dose"):
        dose_id = sources.dose_ids.get(id(entry))
        if dose_id is not None:
            yield from _of(file, dose_id, entry)


def _of(file: str, rule: str, entry: Entry) -> Iterator[Example]:
    for key in ("fires", "quiet"):
        for place, case in enumerate(entry[key]):
            yield Example(file, rule, key == "fires", place, case)


def case_of(example: Entry) -> dict[str, Any]:
    """The example in the case format: the default patient, the order, the current medicines."""
    wanted = example.get("patient", {})
    patient = {**DEFAULT_PATIENT, **wanted}
    if any(key in wanted for key in AGES):
        for key in AGES:
            if key not in wanted:
                patient.pop(key, None)
    if "pregnant_weeks" in wanted or "lactating" in wanted:
        patient["sex"] = wanted.get("sex", "F")
    line_keys = ("drug", "route", "dose", "dose_mg", "dose_text", "per_day", "days", "atc")
    first = {key: example[key] for key in line_keys if key in example}
    return {
        "patient": patient,
        "order": [first, *example.get("order", [])],
        "current": example.get("current", []),
    }


def fired(knowledge: Knowledge, example: Entry) -> tuple[dict[str, str], list[str]]:
    """The ids that fire for an example with their severity, and what was not checked."""
    case = case_of(example)
    context = gather(
        knowledge,
        patient_of(case["patient"]),
        lines_of(case["order"], "order"),
        lines_of(case["current"], "current"),
    )
    missing = Missing()
    ids = {raw.rule: stepped_down(context, raw) for raw in raw_findings(context, missing)}
    notes = [note.why_en for note in context.notes if note.kind != "unnamed"]
    notes.extend(f"rule {rule} raised {said}" for rule, _, said in missing.errors)
    return ids, notes


def judge(knowledge: Knowledge, example: Example) -> str | None:
    """What is wrong with a case, or None."""
    ids, notes = fired(knowledge, example.case)
    said = f" ({'; '.join(notes)})" if notes else ""
    if example.must_fire and example.rule not in ids:
        return f"must fire and does not; fired: {', '.join(sorted(ids)) or 'nothing'}{said}"
    if not example.must_fire and example.rule in ids:
        return f"must be quiet and fires{said}"
    wanted = example.case.get("severity")
    if wanted and example.must_fire and ids[example.rule] != wanted:
        return f"must be {wanted} and is {ids[example.rule]}"
    if notes:
        return f"not understood{said}"
    return None


def selected(file: str, wanted: list[str]) -> bool:
    """Whether a knowledge file is one of the paths asked for."""
    names = [str(Path(path)).partition("knowledge/")[2] or path for path in wanted]
    return not names or any(file.startswith(name.rstrip("/")) for name in names)


def main(arguments: list[str]) -> int:
    """Print what fails; 1 if anything does."""
    wanted = [argument for argument in arguments if not argument.startswith("--")]
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    if "--quiet" not in arguments:
        for problem in sources.problems:
            if selected(problem.file, wanted):
                sys.stderr.write(f"compile: {problem}\n")
    run = failed = 0
    for example in examples(sources, knowledge):
        if selected(example.file, wanted):
            run += 1
            wrong = judge(knowledge, example)
            if wrong is not None:
                failed += 1
                sys.stdout.write(f"{example.file}: {example.name}: {wrong}\n")
    sys.stdout.write(f"{run} cases, {failed} wrong\n")
    return 1 if failed or sources.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
