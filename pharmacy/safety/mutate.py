"""Deletes, weakens and widens each rule and operator in turn; a change that no case notices is a survivor.

usage: python -m pharmacy.safety.mutate [file or folder ...] [--list] [--record]
Only the cases of the changed rule are run: those beside it, then those made from what the second author
wrote (pharmacy/second), then the frozen ones. Each `fires` case also gives a bare near-miss: the same order
for the same person with nothing recorded and nothing else taken, which no rule about a fact may meet.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import logic
from .compile import compile_knowledge
from .frozen import frozen_trials
from .golden import wrong_answers
from .knowledge import Knowledge
from .mutants import dose_mutants, rule_mutants, severity_mutants
from .orders import order_trials
from .second import second_trials
from .selftest import examples, selected
from .sources import Sources
from .trial import Rule, Trial, is_noticed, trials_of

# who wrote the cases, in the order in which they are tried
BY = ("written", "alike", "settled", "frozen")
PEOPLE = BY[:-1]
SURVIVORS = Path(__file__).resolve().parent / "survivors.txt"


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


class Change(NamedTuple):
    """A change made, and the first in BY whose cases noticed it, "" if none did."""

    rule: str
    what: str
    noticed_by: str
    name: str

    def seen(self, *by: str) -> bool:
        """Whether one of these noticed it."""
        return self.noticed_by in by


class Subject(NamedTuple):
    """A rule with its trials by who wrote them."""

    rule: Rule
    trials: dict[str, list[Trial]]


def subjects(knowledge: Knowledge, sources: Sources, wanted: list[str]) -> list[Subject]:
    """Every rule and dose entry of the wanted files."""
    kinds = {rule["id"]: rule["kind"] for rule in knowledge.rules}
    trials: dict[str, dict[str, list[Trial]]] = {
        rule["id"]: {by: [] for by in BY} for rule in (*knowledge.rules, *knowledge.doses)
    }
    for example in examples(sources, knowledge):
        trials[example.rule]["written"].extend(trials_of(knowledge, kinds, example))
    for rule_id, trial in order_trials(knowledge):
        trials[rule_id]["written"].append(trial)
    for rule_id, by, trial in second_trials(knowledge, sources):
        trials[rule_id][by].append(trial)
    for rule_id, trial in frozen_trials(knowledge):
        trials[rule_id]["frozen"].append(trial)
    return [
        Subject(rule, trials[rule["id"]])
        for rule in (*knowledge.rules, *knowledge.doses)
        if selected(rule["file"], wanted)
    ]


def run(wanted: list[str], by: tuple[str, ...] = BY) -> list[Change]:
    """Every change made, tried on the cases of these authors."""
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    everything = subjects(knowledge, sources, wanted)
    found = [change for subject in everything for change in _changes(subject, by)]
    written = [(subject.rule, subject.trials["written"]) for subject in everything]
    found.extend(
        Change("operator", "operator", "written" if seen else "", f"operator {change}")
        for change, seen in operator_survivors(written)
    )
    return found


def _changes(subject: Subject, by: tuple[str, ...]) -> Iterator[Change]:
    rule = subject.rule
    where = f"{rule['file']}: {rule['id']}"
    made = dose_mutants(rule) if "limits" in rule else rule_mutants(rule)
    for mutant in (*made, *severity_mutants(rule)):
        noticed = (one for one in by if is_noticed(mutant.changed, subject.trials[one]))
        said = f"{where}: {mutant.what} {mutant.detail}"
        yield Change(rule["id"], mutant.what, next(noticed, ""), said)


def survivors(changes: list[Change]) -> dict[str, list[str]]:
    """Rule -> the changes of it that nothing written by a person noticed; every rule has an entry."""
    found: dict[str, list[str]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    for change in changes:
        counted[change.rule, change.what] += 1
        left = found.setdefault(change.rule, [])
        if not change.seen(*PEOPLE):
            left.append(f"{change.what} {counted[change.rule, change.what]}")
    return found


def dump_survivors(found: dict[str, list[str]]) -> str:
    """The text of the file: one rule a line with its survivors."""
    return "".join(
        f"{rule}: {', '.join(found[rule])}".rstrip(": ") + "\n" for rule in sorted(found)
    )


def load_survivors(path: Path = SURVIVORS) -> dict[str, list[str]]:
    """What the file says."""
    lines = (line.partition(": ") for line in path.read_text(encoding="utf8").splitlines())
    return {rule: rest.split(", ") if rest else [] for rule, _, rest in lines}


def new_survivors(recorded: dict[str, list[str]], today: dict[str, list[str]]) -> list[str]:
    """What survives today of a rule that was recorded without it; a rule not recorded yet is not asked."""
    return [
        f"{rule}: {what}"
        for rule, left in today.items()
        if rule in recorded
        for what in left
        if what not in recorded[rule]
    ]


def main(arguments: list[str]) -> int:
    """Print the score, and with --record keep what survives."""
    wanted = [argument for argument in arguments if not argument.startswith("--")]
    changes = run(wanted)
    if "--list" in arguments:
        for change in changes:
            if not change.seen(*PEOPLE):
                sys.stdout.write(f"survivor {change.name}\n")
    for what in sorted({change.what for change in changes}):
        _say(what, [change for change in changes if change.what == what])
    _say("mutation score", changes)
    if "--record" in arguments and not wanted:
        SURVIVORS.write_text(dump_survivors(survivors(changes)), encoding="utf8")
    return 0


def _say(what: str, changes: list[Change]) -> None:
    """Print one row of the table in docs/medication-safety.md."""
    whole = max(len(changes), 1)
    shares = [
        sum(change.seen(*BY[: place + 1]) for change in changes) / whole for place in range(len(BY))
    ]
    sys.stdout.write(
        f"| {what} | {len(changes)} | {' | '.join(f'{one:.1%}' for one in shares)} |\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
