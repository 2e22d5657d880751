"""Deletes, weakens and widens each rule and operator in turn; a change that no case notices is a survivor.

usage: python -m pharmacy.safety.mutate [file or folder ...] [--list] [--least PERCENT]
Only the cases of the changed rule are run. Each `fires` case also gives a bare near-miss: the same order
for the same person with nothing recorded and nothing else taken, which no rule about a fact may meet.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import logic
from .cases import lines_of, patient_of
from .checks import Missing, run_rule
from .compile import compile_knowledge
from .context import Context, gather
from .doses import run_dose
from .engine import raw_findings
from .golden import wrong_answers
from .knowledge import Knowledge
from .logic import Expr
from .model import RANK, ROUTES
from .selftest import AGES, Example, case_of, examples, selected
from .sources import Sources

ORDERS = Path(__file__).resolve().parent.parent / "tests" / "orders"
Rule = dict[str, Any]
# kinds that may meet a person of whom nothing is recorded
BARE_KINDS = frozenset({"age", "dose"})
GENERAL_FACTS = (*AGES, "sex", "weight_kg")


class Mutant(NamedTuple):
    """One change of one rule."""

    rule: str
    what: str
    detail: str
    changed: Rule


class Trial(NamedTuple):
    """The context of one case, and whether the rule must fire in it."""

    context: Context
    must_fire: bool


def widened(bound: int, *, low: bool) -> int:
    """A bound moved by a quarter so that more values are inside."""
    return bound - max(bound // 4, 1) if low else bound + max(bound // 4, 1)


def narrowed(bound: int, *, low: bool) -> int:
    """A bound moved by a quarter so that fewer values are inside."""
    return bound + max(bound // 4, 1) if low else bound - max(bound // 4, 1)


def expr_mutants(expr: Expr) -> Iterator[tuple[str, str, Expr | None]]:
    """(what, detail, changed expression); None is "always true"."""
    if expr[0] == "all":
        for place, part in enumerate(expr[1:], 1):
            rest = [*expr[:place], *expr[place + 1 :]]
            yield "condition dropped", str(part)[:90], rest if len(rest) > 1 else None
            for what, detail, changed in expr_mutants(part):
                if changed is not None:
                    yield what, detail, [*expr[:place], changed, *expr[place + 1 :]]
    else:
        yield "condition dropped", str(expr)[:90], None
        yield from _inner_mutants(expr)


def _inner_mutants(expr: Expr) -> Iterator[tuple[str, str, Expr | None]]:
    if expr[0] == "any":
        for place, part in enumerate(expr[1:], 1):
            rest = [*expr[:place], *expr[place + 1 :]]
            if len(rest) > 1:
                yield "alternative dropped", str(part)[:90], rest
    elif expr[0] in ("range", "may", "dose", "days"):
        yield from _threshold_mutants(expr)
    elif expr[0] == "not":
        yield "negation dropped", str(expr)[:90], expr[1]


def _threshold_mutants(expr: Expr) -> Iterator[tuple[str, str, Expr | None]]:
    for place, low in ((len(expr) - 2, True), (len(expr) - 1, False)):
        bound = expr[place]
        if bound:
            for move in (widened, narrowed):
                changed = list(expr)
                changed[place] = move(bound, low=low)
                yield f"threshold {move.__name__}", str(expr)[:90], changed


def rule_mutants(rule: Rule) -> Iterator[Mutant]:
    """Every change of one rule."""
    name = rule["id"]
    yield Mutant(name, "rule deleted", "", {**rule, "routes": []})
    yield Mutant(name, "other routes", "", {**rule, "routes": _other_routes(rule["routes"])})
    if rule["expr"] is not None:
        for what, detail, changed in expr_mutants(rule["expr"]):
            yield Mutant(name, what, detail, {**rule, "expr": changed})
    for place in range(len(rule["others"])):
        fewer = [*rule["others"][:place], *rule["others"][place + 1 :]]
        yield Mutant(name, "other medicine dropped", str(place), {**rule, "others": fewer})
    if rule["unless"] is not None:
        for place in range(1, len(rule["unless"])):
            fewer = [*rule["unless"][:place], *rule["unless"][place + 1 :]]
            kept = fewer if len(fewer) > 1 else None
            yield Mutant(name, "unless dropped", str(place), {**rule, "unless": kept})


def _other_routes(routes: list[str]) -> list[str]:
    return [route for route in ROUTES if route not in routes]


def dose_mutants(entry: Rule) -> Iterator[Mutant]:
    """Every change of one dose entry: a limit gone, half as high again, a third lower."""
    name = entry["id"]
    yield Mutant(name, "rule deleted", "", {**entry, "limits": []})
    for place, limit in enumerate(entry["limits"]):
        others = (entry["limits"][:place], entry["limits"][place + 1 :])

        def with_limit(changed: Rule, around: tuple[list[Rule], list[Rule]] = others) -> Rule:
            return {**entry, "limits": [*around[0], changed, *around[1]]}

        yield Mutant(
            name, "limit dropped", str(place), {**entry, "limits": [*others[0], *others[1]]}
        )
        looser = {key: _scaled(value, 3, 2) for key, value in limit.items()}
        tighter = {key: _scaled(value, 2, 3) for key, value in limit.items()}
        yield Mutant(name, "limit raised by half", str(place), with_limit(looser))
        yield Mutant(name, "limit lowered by a third", str(place), with_limit(tighter))


def _scaled(value: Any, times: int, parts: int) -> Any:
    is_amount = isinstance(value, list) and len(value) == 2 and isinstance(value[1], int)
    return [value[0], value[1] * times // parts] if is_amount else value


def trials_of(knowledge: Knowledge, kinds: dict[str, str], example: Example) -> Iterator[Trial]:
    """The case itself and, of one that fires, its bare near-miss."""
    case = case_of(example.case)
    yield Trial(_context(knowledge, case), example.must_fire)
    if example.must_fire and kinds.get(example.rule, "dose") not in BARE_KINDS:
        patient = {key: value for key, value in case["patient"].items() if key in GENERAL_FACTS}
        yield Trial(
            _context(knowledge, {"patient": patient, "order": case["order"][:1], "current": []}),
            must_fire=False,
        )


def _context(knowledge: Knowledge, case: Rule) -> Context:
    return gather(
        knowledge,
        patient_of(case["patient"]),
        lines_of(case["order"], "order"),
        lines_of(case["current"], "current"),
    )


def fires(context: Context, rule: Rule) -> bool:
    """Whether this one rule or dose entry fires in a context."""
    missing = Missing()
    members = context.knowledge.sets[rule["subject" if "subject" in rule else "drugs"]]
    items = [item for item in context.items if item.substance in members]
    if "limits" in rule:
        names = {item.substance for item in items if item.ordered}
        return any(run_dose(context, rule, name, missing) for name in sorted(names))
    return any(
        next(iter(run_rule(context, rule, item, missing)), None) is not None
        for item in items
        if item.line.route in rule["routes"]
    )


def is_noticed(mutant: Rule, trials: Iterable[Trial]) -> bool:
    """Whether a case says otherwise than it must."""
    return any(fires(trial.context, mutant) != trial.must_fire for trial in trials)


# --- operators


def _unknown_is_true(original: logic.Operator) -> logic.Operator:
    def changed(*arguments: Any) -> logic.Truth:
        return original(*arguments) is not False

    return changed


def _turned(original: logic.Operator) -> logic.Operator:
    def changed(*arguments: Any) -> logic.Truth:
        value = original(*arguments)
        return None if value is None else not value

    return changed


def _constant(value: logic.Truth) -> Callable[[logic.Operator], logic.Operator]:
    def change(_: logic.Operator) -> logic.Operator:
        return lambda *_: value

    return change


OPERATOR_CHANGES: dict[str, Callable[[logic.Operator], logic.Operator]] = {
    "turned": _turned,
    "always true": _constant(True),
    "always false": _constant(False),
    "always unknown": _constant(None),
    "unknown is true": _unknown_is_true,
}
# a change that is no change for these: they are never unknown
NEVER_UNKNOWN = frozenset({"may", "other", "none", "route"})


def operator_survivors(everything: list[tuple[Rule, list[Trial]]]) -> Iterator[tuple[str, bool]]:
    """(operator and change, whether a case noticed)."""
    for name, original in list(logic.OPERATORS.items()):
        for what, change in OPERATOR_CHANGES.items():
            if what == "unknown is true" and name in NEVER_UNKNOWN:
                continue
            logic.OPERATORS[name] = change(original)
            try:
                noticed = any(wrong_answers()) or any(
                    is_noticed(rule, trials) for rule, trials in everything
                )
            finally:
                logic.OPERATORS[name] = original
            yield f"{name}: {what}", noticed


# --- the run


def severities_judged(knowledge: Knowledge, folder: Path = ORDERS) -> set[str]:
    """The rules of which an order of the folder notices that its severity went down one level.

    An order of *.jsonl is one of the case format: `expect` says the least severity and what it is about.
    Only a rule that alone reaches that severity is judged by it.
    """
    judged: set[str] = set()
    for path in sorted(folder.glob("**/*.jsonl")):
        for line in path.read_text(encoding="utf8").splitlines():
            case = json.loads(line) if line.strip() else {}
            least = RANK.get(case.get("expect", {}).get("min_severity") or "", 0)
            raws = (
                raw_findings(_context(knowledge, {"current": [], **case}), Missing())
                if least
                else []
            )
            enough = {raw.rule: RANK[raw.severity] for raw in raws if RANK[raw.severity] >= least}
            judged.update(
                rule for rule, rank in enough.items() if len(enough) == 1 and rank == least
            )
    return judged


def run(wanted: list[str]) -> tuple[Counter[str], Counter[str], list[str]]:
    """(changes made, changes noticed, survivors) by what was changed."""
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    kinds = {rule["id"]: rule["kind"] for rule in knowledge.rules}
    trials: dict[str, list[Trial]] = {}
    for example in examples(sources, knowledge):
        if selected(example.file, wanted):
            trials.setdefault(example.rule, []).extend(trials_of(knowledge, kinds, example))
    everything = [
        (rule, trials[rule["id"]])
        for rule in (*knowledge.rules, *knowledge.doses)
        if rule["id"] in trials
    ]
    judged = severities_judged(knowledge) | _with_severity(sources)
    made: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    survivors = []
    for what, seen, name in _all_changes(everything, judged):
        made[what] += 1
        noticed[what] += seen
        if not seen:
            survivors.append(name)
    return made, noticed, survivors


def _all_changes(
    everything: list[tuple[Rule, list[Trial]]], judged: set[str]
) -> Iterator[tuple[str, bool, str]]:
    """(what was changed, whether a case noticed, how to name it) of every change."""
    for rule, own in everything:
        where = f"{rule['file']}: {rule['id']}"
        for mutant in dose_mutants(rule) if "limits" in rule else rule_mutants(rule):
            seen = is_noticed(mutant.changed, own)
            yield mutant.what, seen, f"{where}: {mutant.what} {mutant.detail}"
        yield "severity lowered", rule["id"] in judged, f"{where}: severity lowered"
    for change, seen in operator_survivors(everything):
        yield "operator", seen, f"operator {change}"


def _with_severity(sources: Sources) -> set[str]:
    return {
        entry["id"]
        for _, entry in sources.of("rule")
        if any("severity" in case for case in entry["fires"])
    }


def main(arguments: list[str]) -> int:
    """Print the score; 1 if it is below --least."""
    least = 0.0
    if "--least" in arguments:
        place = arguments.index("--least")
        least = float(arguments.pop(place + 1))
    wanted = [argument for argument in arguments if not argument.startswith("--")]
    made, noticed, survivors = run(wanted)
    if "--list" in arguments:
        for survivor in survivors:
            sys.stdout.write(f"survivor {survivor}\n")
    for what in sorted(made):
        share = noticed[what] / made[what]
        sys.stdout.write(f"{what:26} {noticed[what]:6d} of {made[what]:6d} noticed {share:7.1%}\n")
    total = sum(noticed.values()) / max(sum(made.values()), 1)
    sys.stdout.write(
        f"{'mutation score':26} {sum(noticed.values()):6d} of {sum(made.values()):6d} "
    )
    sys.stdout.write(f"noticed {total:7.1%}\n")
    return 1 if total * 100 < least else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
