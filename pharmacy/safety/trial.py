"""Tries one rule or dose entry on one case: the ground of the frozen cases and of mutation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .cases import lines_of, patient_of
from .checks import Missing, Raw, run_rule
from .context import Context, gather
from .doses import run_dose
from .knowledge import Knowledge
from .model import RANK
from .selftest import AGES, Example, case_of

Rule = dict[str, Any]
# kinds that may meet a person of whom nothing is recorded
BARE_KINDS = frozenset({"age", "dose"})
GENERAL_FACTS = (*AGES, "sex", "weight_kg")


class Trial(NamedTuple):
    """The context of one case, whether the rule must fire in it, and how severely (None: not said)."""

    context: Context
    must_fire: bool
    severity: str | None = None


def context_of(knowledge: Knowledge, case: Rule) -> Context:
    """The context of an order in the case format."""
    return gather(
        knowledge,
        patient_of(case["patient"]),
        lines_of(case["order"], "order"),
        lines_of(case.get("current", []), "current"),
    )


def trials_of(knowledge: Knowledge, kinds: dict[str, str], example: Example) -> Iterator[Trial]:
    """The case itself and, of one that fires, its bare near-miss."""
    case = case_of(example.case)
    severity = example.case.get("severity") if example.must_fire else None
    yield Trial(context_of(knowledge, case), example.must_fire, severity)
    if example.must_fire and kinds.get(example.rule, "dose") not in BARE_KINDS:
        patient = {key: value for key, value in case["patient"].items() if key in GENERAL_FACTS}
        bare = {"patient": patient, "order": case["order"][:1]}
        yield Trial(context_of(knowledge, bare), must_fire=False)


def found_by(context: Context, rule: Rule) -> Raw | None:
    """The gravest finding of this one rule or dose entry in a context."""
    missing = Missing()
    members = context.knowledge.sets[rule["subject" if "subject" in rule else "drugs"]]
    items = [item for item in context.items if item.substance in members]
    found: Iterable[Raw]
    if "limits" in rule:
        names = sorted({item.substance for item in items if item.ordered})
        found = (raw for name in names for raw in run_dose(context, rule, name, missing))
    else:
        found = (
            raw
            for item in items
            if item.line.route in rule["routes"]
            for raw in run_rule(context, rule, item, missing)
        )
    return max(found, key=lambda raw: RANK[raw.severity], default=None)


def is_noticed(mutant: Rule, trials: Iterable[Trial]) -> bool:
    """Whether a case says otherwise than it must."""
    return any(_differs(found_by(trial.context, mutant), trial) for trial in trials)


def _differs(raw: Raw | None, trial: Trial) -> bool:
    if raw is None:
        return trial.must_fire
    return not trial.must_fire or trial.severity not in (None, raw.severity)
