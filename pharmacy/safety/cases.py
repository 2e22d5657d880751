"""Reads orders in the case format (one JSON object a line) and writes what the engine finds.

usage: python -m pharmacy.safety.cases < cases.jsonl > results.jsonl
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .engine import check
from .knowledge import Knowledge, load
from .model import Allergy, Condition, Finding, Line, Measurement, NotChecked, Patient, Result
from .units import AGE_DAYS, rate

Case = dict[str, Any]
Alike = Callable[[Finding], tuple[str, ...]]


def patient_of(facts: Case) -> Patient:
    """The patient of a case; a key that is absent is a fact that is missing."""
    labs = {**facts.get("labs", {})}
    if facts.get("egfr_ml_min") is not None:
        labs["egfr_ml_min"] = facts["egfr_ml_min"]
    weeks, weight = facts.get("pregnant_weeks"), facts.get("weight_kg")
    return Patient(
        age_days=age_of(facts),
        sex=facts.get("sex"),
        weight_g=None if weight is None else int(_exact(weight) * 1000),
        conditions=conditions_of(facts),
        allergies=tuple(
            Allergy(text, f"allergy:{place}")
            for place, text in enumerate(facts.get("allergies", []))
        ),
        tolerated=tuple(facts.get("tolerated", ())),
        pregnancy=facts.get("pregnancy") or ("no" if weeks is None else "yes"),
        pregnancy_weeks=None if weeks is None else int(weeks),
        lactation="yes" if facts.get("lactating") else "no",
        infant_age_days=_infant_age(facts),
        measurements=tuple(
            Measurement(
                name, value if isinstance(value, str) else int(_exact(value) * 1000), 0, name
            )
            for name, value in labs.items()
            if value is not None
        ),
    )


def _infant_age(facts: Case) -> int | None:
    """The age of the breastfed child: what has passed since its birth."""
    if facts.get("infant_age_days") is not None:
        return int(facts["infant_age_days"])
    weeks = facts.get("postpartum_weeks")
    return None if weeks is None else int(_exact(weeks) * 7)


def age_of(facts: Case) -> int | None:
    """The age in days of age_years, age_months or age_days."""
    for key, unit in (("age_days", "d"), ("age_months", "mo"), ("age_years", "y")):
        if facts.get(key) is not None:
            return int(_exact(facts[key]) * AGE_DAYS[unit])
    return None


def conditions_of(facts: Case) -> tuple[Condition, ...]:
    """Codes and texts, paired by position when there are as many of one as of the other."""
    codes, texts = facts.get("conditions", []), facts.get("conditions_text", [])
    if len(codes) == len(texts):
        pairs = list(zip(codes, texts, strict=True))
    else:
        pairs = [(code, "") for code in codes] + [(None, text) for text in texts]
    return tuple(
        Condition(text or "", code, "active", f"condition:{place}")
        for place, (code, text) in enumerate(pairs)
    )


def line_of(facts: Case | str, line_id: str) -> Line:
    """A line of a case; a bare name is one oral dose a day of unknown amount."""
    if isinstance(facts, str):
        return Line(line_id, facts, "oral")
    dose = facts.get("dose_mg")
    times, per_days = rate(_exact(facts.get("per_day") or 1))
    return Line(
        id=line_id,
        text=str(facts.get("drug") or ""),
        route=facts.get("route") or "oral",
        dose_ug=None if dose is None else round(_exact(dose) * 1000),
        dose_text=facts.get("dose_text") or facts.get("dose") or "",
        times=times,
        per_days=per_days,
        days=facts.get("days"),
        atc=facts.get("atc"),
    )


def _exact(value: float | str) -> Fraction:
    return Fraction(str(value))


def lines_of(facts: list[Case | str], prefix: str) -> tuple[Line, ...]:
    """The lines of a list, numbered after the prefix."""
    return tuple(line_of(line, f"{prefix}:{place}") for place, line in enumerate(facts))


def check_case(knowledge: Knowledge | None, case: Case) -> Result:
    """What the engine finds in one case."""
    return check(
        knowledge,
        patient_of(case.get("patient", {})),
        lines_of(case["order"], "order"),
        lines_of(case.get("current", []), "current"),
    )


def answer(case_id: object, result: Result, alike: Alike = lambda finding: ()) -> Case:
    """The result in the answer format.

    Args:
        alike: further names of what was ordered: the product, and its components that the rule of a finding bars; they
            stand after what the finding is about, four words at most ("ROR" is measles, mumps and rubella vaccine).
    """
    return {
        "id": case_id,
        "alerts": [
            {
                "severity": finding.severity,
                "kind": finding.kind,
                "about": [*finding.about, *alike(finding)][: max(4, len(finding.about))],
                "rule": finding.rule,
                "message_fr": finding.message_fr,
                "message_en": finding.message_en,
                "source": finding.source,
            }
            for finding in result.findings
        ],
        "not_checked": [
            {"about": note.about, "why": note.why_en, "kind": note.kind}
            for note in result.not_checked
        ],
        "knowledge": result.knowledge_version,
    }


@lru_cache(maxsize=2)
def _subjects(knowledge: Knowledge) -> dict[str, int]:
    return {rule["id"]: rule["subject"] for rule in knowledge.rules}


def components_alike(knowledge: Knowledge | None, case: Case) -> Alike:
    """Tell, for a finding, by which other names what was ordered goes."""
    if knowledge is None:
        return lambda finding: ()
    rules = _subjects(knowledge)
    ordered = {
        line.id: knowledge.find_medicine(line.text) for line in lines_of(case["order"], "order")
    }

    def alike(finding: Finding) -> tuple[str, ...]:
        resolution = ordered.get(finding.line_id)
        if resolution is None or not resolution.components:
            return ()
        owner = resolution.product or resolution.components[0]
        facts = knowledge.products.get(owner) or knowledge.substances.get(owner, {})
        named = list(facts.get("also", ()))
        if len(resolution.components) > 1:
            named.append(resolution.product or "/".join(resolution.components))
        subject = rules.get(finding.rule)
        barred = knowledge.sets[subject] if subject is not None else frozenset()
        named += [one for one in resolution.components if one in barred]
        return tuple(name for name in dict.fromkeys(named) if name not in finding.about)

    return alike


def answers(knowledge: Knowledge | None, lines: Iterable[str]) -> Iterator[str]:
    """One answer line per case line; a line that cannot be read is answered "not checked"."""
    for line in lines:
        if line.strip():
            yield json.dumps(_answer_line(knowledge, line), ensure_ascii=False)


def _answer_line(knowledge: Knowledge | None, line: str) -> Case:
    case_id: object = None
    try:
        case = json.loads(line)
        case_id = case.get("id")
        return answer(case_id, check_case(knowledge, case), components_alike(knowledge, case))
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        said = f"{type(error).__name__}: {error}"
        note = NotChecked(
            None,
            "rule",
            "case",
            f"Le cas n'a pas pu être lu ({said}).",
            f"The case could not be read ({said}).",
            True,
        )
        return answer(case_id, Result(not_checked=(note,)))


def run() -> None:
    """Answer the cases of standard input on standard output."""
    try:
        knowledge: Knowledge | None = load()
    except (OSError, ValueError, KeyError, ImportError) as error:
        sys.stderr.write(f"no knowledge: {error}\n")
        knowledge = None
    for line in answers(knowledge, sys.stdin):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    run()
