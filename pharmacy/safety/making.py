"""Makes a case in which an expression holds, for the frozen cases: one fact added per comparison."""

from __future__ import annotations

from typing import Any

from .knowledge import Knowledge
from .logic import Expr
from .selftest import AGES

Case = dict[str, Any]
DOSE_KEYS = ("dose", "dose_mg", "dose_text", "per_day")
MIDDLE_OF_PREGNANCY = 20


class Maker:
    """Adds facts to cases; knows a code of each condition group."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.code_of: dict[str, str] = {}
        for code, groups in sorted(knowledge.index["codes"].items()):
            for group in groups:
                self.code_of.setdefault(group, code)

    def make_true(self, expr: Expr, case: Case) -> Case | None:
        """The case with what the expression needs added; None for what a case cannot say."""
        name = expr[0]
        if name == "all":
            made: Case | None = case
            for part in expr[1:]:
                made = self.make_true(part, made) if made is not None else None
            return made
        if name == "any":
            options = (self.make_true(part, case) for part in expr[1:])
            return next((option for option in options if option is not None), None)
        if name == "fact":
            return self._with_fact(expr[1], case)
        return self._with_figure_or_drug(expr, case)

    def _with_fact(self, token: str, case: Case) -> Case | None:
        patient = case["patient"]
        prefix, _, name = token.partition(":")
        added: Case | None = None
        if prefix in ("c", "h") and name in self.code_of:
            added = {"conditions": [*patient.get("conditions", []), self.code_of[name]]}
        elif prefix in ("a", "as"):
            allergen = name if prefix == "a" else min(self.knowledge.sets[int(name)])
            added = {"allergies": [*patient.get("allergies", []), allergen]}
        elif prefix == "sex":
            added = {"sex": name}
        elif prefix == "pregnancy":
            weeks = patient.get("pregnant_weeks", MIDDLE_OF_PREGNANCY)
            added = {"sex": "F", "pregnant_weeks": weeks}
        elif prefix == "lactation":
            added = {"sex": "F", "lactating": True}
        return None if added is None else {**case, "patient": patient | added}

    def _with_figure_or_drug(self, expr: Expr, case: Case) -> Case | None:
        name = expr[0]
        if name in ("range", "may", "days", "dose"):
            low, high = expr[-2], expr[-1]
            return with_figure(case, expr, low if low is not None else high - 1)
        if name == "is":
            labs = {**case["patient"].get("labs", {}), expr[1]: expr[2]}
            return {**case, "patient": {**case["patient"], "labs": labs}}
        if name == "other" and expr[2]:
            line = {"drug": min(self.knowledge.sets[expr[1]]), "route": expr[2][0]}
            return {**case, "current": [*case.get("current", []), line]}
        return None


def with_figure(case: Case, expr: Expr, value: int) -> Case | None:
    """The case with the compared figure set, or None where the case format has no such figure."""
    if value < 0:
        return None
    if expr[0] == "days":
        return {**case, "order": [{**case["order"][0], "days": value}, *case["order"][1:]]}
    if expr[0] == "dose":
        return _with_dose(case, expr, value)
    patient = {**case["patient"]}
    name = expr[1]
    if name == "age_days":
        for key in AGES:
            patient.pop(key, None)
    patient |= _figure(name, value, patient)
    return {**case, "patient": patient}


def _with_dose(case: Case, expr: Expr, value: int) -> Case | None:
    """The first line with one dose a day (a week: a seventh) of the compared amount."""
    _, basis, per_kg, dimension, _, _ = expr
    weight = case["patient"].get("weight_kg")
    if dimension != "mass" or (per_kg and weight is None):
        return None
    amount = value / 1000 * (weight if per_kg else 1)
    line = {key: word for key, word in case["order"][0].items() if key not in DOSE_KEYS}
    line |= {"dose_mg": round(amount, 6), "per_day": 0.14286 if basis == "week" else 1}
    return {**case, "order": [line, *case["order"][1:]]}


def _figure(name: str, value: int, patient: Case) -> Case:
    if name in ("age_days", "infant_age_days"):
        return {name: value}
    if name == "weight_g":
        return {"weight_kg": value / 1000}
    if name == "pregnancy_weeks":
        return {"pregnant_weeks": value}
    if name == "egfr_ml_min":
        return {name: value / 1000}
    return {"labs": {**patient.get("labs", {}), name: value / 1000}}


def bare(case: Case) -> Case:
    """The first line alone, for the same person with nothing recorded."""
    general = (*AGES, "sex", "weight_kg")
    patient = {key: value for key, value in case["patient"].items() if key in general}
    return {"patient": patient, "order": case["order"][:1], "current": []}


def alternatives(expr: Expr | None) -> list[Expr]:
    """For each part of the first `any`, the expression with only that part; else nothing."""
    if expr is None:
        return []
    if expr[0] == "any":
        return list(expr[1:])
    if expr[0] == "all":
        for place, part in enumerate(expr[1:], 1):
            if part[0] == "any":
                return [[*expr[:place], only, *expr[place + 1 :]] for only in part[1:]]
    return []
