"""The orders of pharmacy/cases as trials of single rules: what each must find, and where it must be silent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .checks import Missing
from .context import Context
from .engine import raw_findings
from .knowledge import Knowledge
from .model import RANK
from .trial import Rule, Trial, context_of

ORDERS = Path(__file__).resolve().parent.parent / "cases"


def order_trials(knowledge: Knowledge, folder: Path = ORDERS) -> Iterator[tuple[str, Trial]]:
    """(rule, trial) of every order.

    A danger is a trial of the only rule that reaches the severity the author asked for. An order that must
    not interrupt is one of every rule on its medicines that would.
    """
    by_substance = _by_substance(knowledge)
    known = {rule["id"] for rule in (*knowledge.rules, *knowledge.doses)}
    for case in read_orders(folder):
        context = context_of(knowledge, case)
        if case["expect"]["alert"]:
            least = RANK[case["expect"]["min_severity"]]
            # what is not known here is built in
            yield from (pair for pair in _danger(context, least) if pair[0] in known)
        elif case["category"] != "unanswerable":
            for substance in {item.substance for item in context.items}:
                for rule in by_substance.get(substance, ()):
                    yield rule["id"], Trial(context, must_fire=False)


def read_orders(folder: Path = ORDERS) -> Iterator[Rule]:
    """Every order of the files of a folder."""
    for path in sorted(folder.glob("*.jsonl")):
        yield from map(json.loads, path.read_text(encoding="utf8").splitlines())


def _danger(context: Context, least: int) -> Iterator[tuple[str, Trial]]:
    raws = raw_findings(context, Missing())
    enough = {raw.rule: raw.severity for raw in raws if RANK[raw.severity] >= least}
    if len(enough) == 1:
        for rule, severity in enough.items():
            exact = severity if RANK[severity] == least else None
            yield rule, Trial(context, True, exact)


def _by_substance(knowledge: Knowledge) -> dict[str, list[Rule]]:
    """The rules and dose entries that would interrupt, by the medicine they are about."""
    found: dict[str, list[Rule]] = {}
    for rule in (*knowledge.rules, *knowledge.doses):
        grades = [limit["severity"] for limit in rule.get("limits", [rule])]
        if min(RANK[grade] for grade in grades) >= RANK["major"]:
            for substance in knowledge.sets[rule["subject" if "subject" in rule else "drugs"]]:
                found.setdefault(substance, []).append(rule)
    return found
