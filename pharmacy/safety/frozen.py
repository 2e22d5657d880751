"""Freezes what each rule and limit answers just inside and just outside its figures.

usage: python -m pharmacy.safety.frozen [--record]
The cases beside the rules are written from the source and say what is true. These are made from the
rules themselves, on the day they are recorded: they prove nothing true, they make every later change
of a figure or a severity visible in a diff, and they try the arithmetic at its limits. Without
--record the file is compared with today's answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .compile import compile_knowledge
from .compile_rules import AMOUNTS
from .knowledge import Knowledge
from .logic import Expr
from .making import Maker, alternatives, bare, with_figure
from .selftest import case_of, examples
from .sources import Sources
from .trial import Rule, Trial, context_of, found_by

FROZEN = Path(__file__).resolve().parent / "frozen.jsonl"
Case = dict[str, Any]
Pair = tuple[Case, Case]
UNIT_TEXT = {"volume": "mL", "iu": "IU", "mmol": "mmol", "puff": "puffs", "forms": "comprimés"}
OFTEN = 24
PER_DOSE = ("max_dose", "max_dose_kg")


def thresholds(expr: Expr | None) -> Iterator[Expr]:
    """Every comparison inside an expression."""
    if expr is None:
        return
    if expr[0] in ("range", "may", "days", "dose"):
        yield expr
    elif expr[0] in ("all", "any"):
        for part in expr[1:]:
            yield from thresholds(part)


def rule_pairs(maker: Maker, rule: Rule, cases: list[Case]) -> Iterator[Iterator[Pair]]:
    """For each bound, alternative and `unless` of a rule, pairs of cases on its two sides."""
    for lifted in (rule["unless"] or [])[1:]:
        yield ((case, made) for case in cases if (made := maker.make_true(lifted, case)))
    for only in alternatives(rule["expr"]):
        yield (
            (bare(case) | {"current": case.get("current", [])}, made)
            for case in cases
            if (made := maker.make_true(only, bare(case) | {"current": case.get("current", [])}))
        )
    for expr in thresholds(rule["expr"]):
        for bound in expr[-2:]:
            if bound is not None:
                yield _pairs_at(expr, bound, cases)


def _pairs_at(expr: Expr, bound: int, cases: list[Case]) -> Iterator[Pair]:
    for case in cases:
        below, at = with_figure(case, expr, bound - 1), with_figure(case, expr, bound)
        if below is not None and at is not None:
            yield below, at


def dose_pairs(knowledge: Knowledge, entry: Rule, cases: list[Case]) -> Iterator[Iterator[Pair]]:
    """For each limit of a dose entry, pairs of cases that meet it and just pass it."""
    drug = min(knowledge.sets[entry["drugs"]])
    alone = [_alone(base, drug) for base in cases]
    for limit in entry["limits"]:
        figured = [case for base in alone for case in (base, *_at_selectors(limit, base))]
        for key in ("max_days", "min_interval", *AMOUNTS):
            if limit.get(key):
                yield (pair for case in figured for pair in _at_limit(key, limit[key], case))


def _alone(base: Case, drug: str) -> Case:
    line = {"drug": drug, "route": base["order"][0].get("route", "oral"), "per_day": 1}
    return {"patient": base["patient"], "order": [line]}


def _at_selectors(limit: Rule, case: Case) -> Iterator[Case]:
    for expr in thresholds(limit["expr"]):
        for bound in expr[-2:]:
            for value in (bound, bound - 1) if bound is not None else ():
                changed = with_figure(case, expr, value)
                if changed is not None:
                    yield changed


def _at_limit(key: str, value: Any, case: Case) -> Iterator[Pair]:
    line = {**case["order"][0], "dose_mg": 0.001}
    if key == "max_days":
        met, passed = {"days": value}, {"days": value + 1}
    elif key == "min_interval":
        met, passed = {"per_day": round(24 / value, 5)}, {"per_day": round(48 / value, 5)}
    else:
        yield from _at_amount(key, value, case)
        return
    yield {**case, "order": [line | met]}, {**case, "order": [line | passed]}


def _at_amount(key: str, value: list[Any], case: Case) -> Iterator[Pair]:
    dimension, most = value
    weight = case["patient"].get("weight_kg")
    allowed = most * 11
    if key.endswith("_kg"):
        if weight is None:
            return
        allowed = allowed * round(weight * 1000) // 1000
    times = 1 if key in PER_DOSE else OFTEN
    within = allowed // (10 * times * (7 if key == "max_week" else 1))
    line = {**case["order"][0], "per_day": times}
    yield (
        {**case, "order": [line | written_dose(dimension, within)]},
        {**case, "order": [line | written_dose(dimension, within + 1)]},
    )


def written_dose(dimension: str, amount: int) -> Case:
    """A dose as a line of the case format says it, from its amount in base units."""
    if dimension == "mass":
        return {"dose_mg": amount / 1000}
    # four decimals: three might be thousands
    return {"dose_text": f"{amount // 1000}.{amount % 1000:03d}0 {UNIT_TEXT[dimension]}"}


def answers(knowledge: Knowledge, authored: dict[str, list[Case]]) -> Iterator[Case]:
    """What each rule and dose entry answers today: a case that fires, then the two sides of each bound."""
    maker = Maker(knowledge)
    for rule in knowledge.rules:
        yield from rule_answers(knowledge, maker, rule, authored.get(rule["id"], []))
    for entry in knowledge.doses:
        cases = authored.get(entry["id"], [])
        yield from _first_of(knowledge, entry, cases, dose_pairs(knowledge, entry, cases))


def rule_answers(
    knowledge: Knowledge, maker: Maker, rule: Rule, cases: list[Case]
) -> Iterator[Case]:
    """What one rule answers in a case that fires, then on the two sides of each bound."""
    yield from _first_of(knowledge, rule, cases, rule_pairs(maker, rule, cases))


def _first_of(
    knowledge: Knowledge, rule: Rule, cases: list[Case], groups: Iterable[Iterable[Pair]]
) -> Iterator[Case]:
    """Of the pairs at one bound the first is taken whose two answers differ."""
    yield from _first(knowledge, rule, ((case,) for case in cases))
    for pairs in groups:
        yield from _first(knowledge, rule, pairs)


def _first(knowledge: Knowledge, rule: Rule, groups: Iterable[tuple[Case, ...]]) -> Iterator[Case]:
    """The first group of cases that answer differently (of one case: that fires), with the answers."""
    for group in groups:
        given = [answer_of(knowledge, rule, case) for case in group]
        if any(given) and (len(given) == 1 or len(set(given)) > 1):
            for case, answer in zip(group, given, strict=True):
                yield {"rule": rule["id"], **case, "answer": answer}
            return


def answer_of(knowledge: Knowledge, rule: Rule, case: Case) -> str | None:
    """The severity of what the rule finds in the case, or None."""
    raw = found_by(context_of(knowledge, case), rule)
    return raw.severity if raw else None


def record(knowledge: Knowledge, authored: dict[str, list[Case]]) -> str:
    """The text of the file."""
    return "".join(
        json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        for line in answers(knowledge, authored)
    )


def frozen_trials(knowledge: Knowledge) -> Iterator[tuple[str, Trial]]:
    """(rule id, trial) of every recorded case."""
    if not FROZEN.exists():
        return
    for text in FROZEN.read_text(encoding="utf8").splitlines():
        line = json.loads(text)
        answer = line["answer"]
        yield line["rule"], Trial(context_of(knowledge, line), answer is not None, answer)


def everything() -> tuple[Knowledge, dict[str, list[Case]]]:
    """The knowledge compiled from the files, and the authored cases of each rule."""
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    return knowledge, cases_beside(sources, knowledge)


def cases_beside(sources: Sources, knowledge: Knowledge) -> dict[str, list[Case]]:
    """The cases that stand beside each rule and dose entry."""
    authored: dict[str, list[Case]] = {}
    for example in examples(sources, knowledge):
        authored.setdefault(example.rule, []).append(case_of(example.case))
    return authored


def changes(old: str, new: str) -> list[str]:
    """The lines that are in one text and not in the other, marked - and +."""
    before, after = old.splitlines(), new.splitlines()
    gone, come = set(before) - set(after), set(after) - set(before)
    return [f"- {line}" for line in before if line in gone] + [
        f"+ {line}" for line in after if line in come
    ]


def main(arguments: list[str]) -> int:
    """Compare or record; 1 if today's answers differ from the recorded ones."""
    text = record(*everything())
    old = FROZEN.read_text(encoding="utf8") if FROZEN.exists() else ""
    different = changes(old, text)
    if "--record" in arguments:
        FROZEN.write_text(text, encoding="utf8")
        sys.stdout.write(f"{len(text.splitlines())} cases recorded, {len(different)} changed\n")
        return 0
    for line in different:
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{len(different)} lines differ\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
