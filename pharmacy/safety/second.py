"""Double entry: compares the knowledge with what a second author wrote without sight of it.

usage: python -m pharmacy.safety.second
The files stand in pharmacy/second (its README.md says how they are written). Where two authors differ,
one of them is wrong: this prints each difference, and how often the two agreed at first sight.
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
from .frozen import Case, answer_of, cases_beside, rule_answers
from .knowledge import Knowledge
from .making import Maker
from .model import SEVERITIES
from .second_doses import Written, dose_cases, figure_name, found, severity_of
from .sources import Entry, Sources, name_of
from .trial import Trial, context_of

SECOND = Path(__file__).resolve().parent.parent / "second"
SOURCE = {"title": "second author", "section": ""}
# what stood there before the two were compared: the second author's figure, and the first author's
BEFORE = ("had", "first_had")
FIRST_OWN = ("first_had", "had")
LIMIT_WORDS = frozenset({*LIMITS, *KEYS, *BEFORE, "severity", "unless"})
RULE_WORDS = frozenset({*BEFORE, "id", "severity", "when", "unless"})


def read_folder(name: str, root: Path = SECOND) -> Iterator[tuple[str, Any]]:
    """(file, entry) of every file of one folder of pharmacy/second."""
    for path in sorted((root / name).glob("*.yaml")):
        content = yaml.load(path.read_text(encoding="utf8"), Loader=yaml.CSafeLoader)
        for entry in content or []:
            yield f"{name}/{path.name}", entry


def second_knowledge(sources: Sources) -> tuple[Knowledge, Sources]:
    """The second author's limits, severities and bounds on the first author's names; problems in the sources."""
    own = replace(sources, entries=dict(sources.entries), problems=[], dose_ids={})
    own.entries |= {"rule": list(_rules(sources, own)), "dose": []}
    for file, entry in read_folder("doses"):
        for limit in entry["limits"]:
            for word in limit.keys() - LIMIT_WORDS:
                own.blame(file, name_of(entry), f"unknown word {word!r}")
        own.entries["dose"].append((file, _as_dose(entry)))
    return Knowledge(build(own)), own


def _rules(sources: Sources, own: Sources) -> Iterator[tuple[str, Entry]]:
    """The rules that the second author graded, with his severity and bounds."""
    rules = {entry["id"]: (file, entry) for file, entry in sources.of("rule")}
    for file, graded in read_folder("rules"):
        for word in graded.keys() - RULE_WORDS:
            own.blame(file, graded["id"], f"unknown word {word!r}")
        if graded["id"] in rules:
            written = {key: value for key, value in graded.items() if key not in BEFORE}
            yield rules[graded["id"]][0], {**rules[graded["id"]][1], **written}
        else:
            own.blame(file, graded["id"], "there is no such rule any more")


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


def rule_cases(second: Knowledge, authored: dict[str, list[Case]]) -> Iterator[Case]:
    """The cases beside each rule moved to both sides of each bound, alternative and `unless`, with his answer."""
    maker = Maker(second)
    for rule in second.rules:
        yield from rule_answers(second, maker, rule, authored.get(rule["id"], []))


def rule_differences(knowledge: Knowledge, cases: Iterable[Case]) -> Iterator[tuple[str, str]]:
    """(rule, what the knowledge says otherwise)."""
    rules = {rule["id"]: rule for rule in knowledge.rules}
    for case in cases:
        said = answer_of(knowledge, rules[case["rule"]], case)
        if said != case["answer"]:
            yield (
                case["rule"],
                f"must be {case['answer'] or 'quiet'} and is {said or 'quiet'}: {case}",
            )


def second_trials(knowledge: Knowledge, sources: Sources) -> Iterator[tuple[str, str, Trial]]:
    """(rule or dose entry, "alike" or "settled", trial) of all that the second author wrote.

    What he wrote and did not change when the two were compared is "alike".
    """
    second, own = second_knowledge(sources)
    changed = set(_changed_by_settling(own))
    for name, made in dose_cases(second):
        for entry_id, trial in dose_trials(knowledge, made):
            yield entry_id, "settled" if name in changed else "alike", trial
    for case in rule_cases(second, cases_beside(sources, knowledge)):
        answer = case["answer"]
        trial = Trial(context_of(knowledge, case), answer is not None, answer)
        yield case["rule"], "settled" if case["rule"] in changed else "alike", trial


def _changed_by_settling(own: Sources) -> Iterator[str]:
    """The rules, and the figures of dose limits by their names, that the second author changed later."""
    for _, graded in read_folder("rules"):
        if "had" in graded:
            yield graded["id"]
    for (file, entry), (_, read) in zip(own.of("dose"), read_folder("doses"), strict=True):
        for place, limit in enumerate(read["limits"]):
            for key in limit.get("had", ()):
                yield figure_name(file, own.dose_ids[id(entry)], place, key)


def flat(cases: Iterable[tuple[str, list[Written]]]) -> Iterator[Written]:
    """All cases of all figures."""
    return (written for _, made in cases for written in made)


def agreement() -> dict[str, tuple[int, int, float]]:
    """What -> (how many were written twice, how many alike at first sight, Cohen's kappa or 0)."""
    pairs = list(_severities())
    alike = sum(first == own for first, own in pairs)
    by_chance = sum(
        sum(first == grade for first, _ in pairs) * sum(own == grade for _, own in pairs)
        for grade in SEVERITIES
    ) / max(len(pairs), 1)
    figures = list(_figures())
    return {
        "severity": (len(pairs), alike, (alike - by_chance) / max(len(pairs) - by_chance, 1)),
        "dose figure": (len(figures), sum(figures), 0),
    }


def _severities() -> Iterator[tuple[str, str]]:
    """(first author's, second author's) severity of each rule before they were compared."""
    for _, graded in read_folder("rules"):
        first, own = (graded.get(key, {}).get("severity", graded["severity"]) for key in FIRST_OWN)
        yield first, own


def _figures() -> Iterator[bool]:
    """Of each dose figure, whether the two were near enough not to be settled."""
    for _, entry in read_folder("doses"):
        for limit in entry["limits"]:
            for key in limit.keys() & set(LIMITS):
                yield not any(key in limit.get(before, {}) for before in BEFORE)


def main() -> int:
    """Print every difference and the agreement; 1 if there is a difference."""
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    second, read = second_knowledge(sources)
    for problem in read.problems:
        sys.stdout.write(f"{problem}\n")
    cases = list(dose_cases(second))
    for name, made in cases:
        if not made:
            sys.stdout.write(f"no case: {name}\n")
    differences = [
        *dose_differences(knowledge, flat(cases)),
        *rule_differences(knowledge, rule_cases(second, cases_beside(sources, knowledge))),
    ]
    for name, said in differences:
        sys.stdout.write(f"{name}: {said}\n")
    for what, (count, alike, kappa) in agreement().items():
        sys.stdout.write(
            f"{what}: {count}, {alike / count:.1%} alike at first sight, kappa {kappa:.2f}\n"
        )
    once = len(knowledge.rules) - len(second.rules)
    sys.stdout.write(f"{once} rules written once only, {len(differences)} differences\n")
    return 1 if differences or read.problems else 0


if __name__ == "__main__":
    sys.exit(main())
