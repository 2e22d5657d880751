"""Deletes, weakens and widens each rule and operator in turn; a change that no case notices is a survivor.

usage: python -m pharmacy.safety.mutate [file or folder ...] [--list] [--least PERCENT]
Only the cases of the changed rule are run. Each `fires` case also gives a bare near-miss: the same order
for the same person with nothing recorded and nothing else taken, which no rule about a fact may meet.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import logic
from .checks import Missing
from .compile import compile_knowledge
from .engine import raw_findings
from .frozen import frozen_trials
from .golden import wrong_answers
from .knowledge import Knowledge
from .logic import Expr
from .model import RANK, ROUTES, SEVERITIES
from .selftest import examples, selected
from .sources import Sources
from .trial import Trial, context_of, is_noticed, trials_of

ORDERS = Path(__file__).resolve().parent.parent / "tests" / "orders"
Rule = dict[str, Any]


class Mutant(NamedTuple):
    """One change of one rule."""

    rule: str
    what: str
    detail: str
    changed: Rule


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
            raws = raw_findings(context_of(knowledge, case), Missing()) if least else []
            enough = {raw.rule: RANK[raw.severity] for raw in raws if RANK[raw.severity] >= least}
            judged.update(
                rule for rule, rank in enough.items() if len(enough) == 1 and rank == least
            )
    return judged


class Change(NamedTuple):
    """A change made, and whether the authored cases, or those with the frozen ones, noticed it."""

    what: str
    by_authored: bool
    noticed: bool
    name: str


class Subject(NamedTuple):
    """A rule with its authored trials and its frozen ones."""

    rule: Rule
    authored: list[Trial]
    frozen: list[Trial]


def subjects(knowledge: Knowledge, sources: Sources, wanted: list[str]) -> list[Subject]:
    """Every rule and dose entry of the wanted files."""
    kinds = {rule["id"]: rule["kind"] for rule in knowledge.rules}
    authored: dict[str, list[Trial]] = {}
    frozen: dict[str, list[Trial]] = {}
    for example in examples(sources, knowledge):
        if selected(example.file, wanted):
            authored.setdefault(example.rule, []).extend(trials_of(knowledge, kinds, example))
    for rule_id, trial in frozen_trials(knowledge):
        frozen.setdefault(rule_id, []).append(trial)
    return [
        Subject(rule, authored[rule["id"]], frozen.get(rule["id"], []))
        for rule in (*knowledge.rules, *knowledge.doses)
        if rule["id"] in authored
    ]


def run(wanted: list[str]) -> list[Change]:
    """Every change made."""
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    everything = subjects(knowledge, sources, wanted)
    judged = severities_judged(knowledge)
    found = [change for subject in everything for change in _changes(subject, judged)]
    authored = [(subject.rule, subject.authored) for subject in everything]
    found.extend(
        Change("operator", seen, seen, f"operator {change}")
        for change, seen in operator_survivors(authored)
    )
    return found


def _changes(subject: Subject, judged: set[str]) -> Iterator[Change]:
    rule = subject.rule
    where = f"{rule['file']}: {rule['id']}"
    for mutant in dose_mutants(rule) if "limits" in rule else rule_mutants(rule):
        seen = is_noticed(mutant.changed, subject.authored)
        also = seen or is_noticed(mutant.changed, subject.frozen)
        yield Change(mutant.what, seen, also, f"{where}: {mutant.what} {mutant.detail}")
    seen = rule["id"] in judged or is_noticed(_lowered(rule), subject.authored)
    also = seen or is_noticed(_lowered(rule), subject.frozen)
    yield Change("severity lowered", seen, also, f"{where}: severity lowered")


def _lowered(rule: Rule) -> Rule:
    if "limits" in rule:
        limits = [{**limit, "severity": _less(limit["severity"])} for limit in rule["limits"]]
        return {**rule, "limits": limits}
    return {**rule, "severity": _less(rule["severity"])}


def _less(severity: str) -> str:
    return SEVERITIES[RANK[severity] - 1]


def main(arguments: list[str]) -> int:
    """Print the score; 1 if it is below --least."""
    least = 0.0
    if "--least" in arguments:
        place = arguments.index("--least")
        least = float(arguments.pop(place + 1))
    wanted = [argument for argument in arguments if not argument.startswith("--")]
    changes = run(wanted)
    if "--list" in arguments:
        for change in changes:
            if not change.noticed:
                sys.stdout.write(f"survivor {change.name}\n")
    for what in sorted({change.what for change in changes}):
        _say(what, [change for change in changes if change.what == what])
    share = _say("mutation score", changes)
    return 1 if share * 100 < least else 0


def _say(what: str, changes: list[Change]) -> float:
    """Print one line of the score; the share noticed."""
    authored = sum(change.by_authored for change in changes)
    noticed = sum(change.noticed for change in changes)
    whole = max(len(changes), 1)
    sys.stdout.write(
        f"{what:26} {len(changes):6d} changes; noticed by the cases beside the rules "
        f"{authored / whole:7.1%}, with the frozen cases {noticed / whole:7.1%}\n"
    )
    return noticed / whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
