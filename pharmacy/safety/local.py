"""What a facility adds to the knowledge: rules of its own and severities it raises. Nothing is ever lowered.

The rules are compiled into the same expressions and run by the same engine as those of the knowledge.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import icd
from .knowledge import Knowledge
from .model import RANK, ROUTES, SYSTEMIC, NotChecked
from .text import fold

Expr = list[Any]
KINDS = {
    "condition": "condition", "drug": "interaction", "allergy": "allergy", "pregnancy": "pregnancy",
    "lactation": "lactation", "age-below": "age", "age-from": "age", "egfr-below": "renal",
}  # fmt: skip


class UnreadableRuleError(ValueError):
    """A part of an added rule is not understood. `code` names the part: `drug` or `value`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class AddedRule:
    """A rule as a facility writes it: a medicine or class, what it meets, how grave, what to say.

    `value` says what `trigger` is about: codes or names, whole years, or mL/min.
    """

    id: str
    drug: str
    trigger: str
    value: str
    severity: str
    fr: str
    en: str
    do_fr: str = ""
    do_en: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """A rule of the knowledge whose severity a facility raises; `ref` names the facility's decision."""

    rule: str
    severity: str
    ref: str


@dataclass(frozen=True, slots=True)
class Local:
    """All that holds for one patient besides the knowledge."""

    added: tuple[AddedRule, ...] = ()
    raised: tuple[Raised, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.raised)


def higher(severity: str, other: str) -> str:
    """The graver of two severities."""
    return severity if RANK[severity] >= RANK[other] else other


@lru_cache(maxsize=64)
def extended(knowledge: Knowledge, local: Local) -> tuple[Knowledge, tuple[NotChecked, ...]]:
    """(the knowledge with a facility's rules, a note for each rule that is not understood)."""
    other = copy.copy(knowledge)
    index = dict(knowledge.index)
    index["sets"], index["rules"] = list(index["sets"]), _with_raised(index["rules"], local.raised)
    index["doses"] = [_raised_dose(entry, local.raised) for entry in index["doses"]]
    index["groups"], index["codes"] = dict(index["groups"]), dict(index["codes"])
    notes = []
    for rule in local.added:
        try:
            index["rules"].append(_compiled(knowledge, index, rule))
        except (UnreadableRuleError, KeyError, IndexError) as error:
            notes.append(_unread(rule, error))
    other.index, other.rules, other.doses = index, index["rules"], index["doses"]
    other.groups = index["groups"]
    other.content_hash = hashlib.sha256(f"{knowledge.content_hash} {local!r}".encode()).hexdigest()
    other._remember(index)
    return other, tuple(notes)


def _with_raised(rules: list[dict[str, Any]], raised: tuple[Raised, ...]) -> list[dict[str, Any]]:
    found = []
    for rule in rules:
        severity = rule["severity"]
        for one in raised:
            if one.rule == rule["id"]:
                severity = higher(severity, one.severity)
        found.append(rule if severity == rule["severity"] else {**rule, "severity": severity})
    return found


def _raised_dose(entry: dict[str, Any], raised: tuple[Raised, ...]) -> dict[str, Any]:
    mine = [one.severity for one in raised if one.rule == entry["id"]]
    if not mine:
        return entry
    limits = [
        {**limit, "severity": max(limit["severity"], *mine, key=RANK.__getitem__)}
        for limit in entry["limits"]
    ]
    return {**entry, "limits": limits}


def readable(knowledge: Knowledge, rule: AddedRule) -> None:
    """Check that a rule can be compiled.

    Raises:
        UnreadableRuleError: its medicine or what it meets is not understood.
    """
    index = {**knowledge.index, "sets": [], "groups": {}, "codes": {}}
    _compiled(knowledge, index, rule)


def _compiled(knowledge: Knowledge, index: dict[str, Any], rule: AddedRule) -> dict[str, Any]:
    kind = KINDS[rule.trigger]
    others, expr = _meets(knowledge, index, rule)
    return {
        "id": rule.id,
        "file": "",
        "kind": kind,
        "subject": _number(index, members_of(knowledge, rule.drug, "drug")),
        "routes": list(ROUTES if kind == "allergy" else SYSTEMIC),
        "others": others,
        "expr": expr,
        "unless": None,
        "severity": rule.severity,
        "say": False,
        "about": [],
        "evidence": "policy",
        "source": {"title": rule.source, "section": rule.id},
        "instead": [],
        "fr": rule.fr,
        "en": rule.en,
        "do_fr": rule.do_fr,
        "do_en": rule.do_en,
    }


def _number(index: dict[str, Any], members: frozenset[str]) -> int:
    index["sets"].append(sorted(members))
    return len(index["sets"]) - 1


def members_of(knowledge: Knowledge, text: str, part: str) -> frozenset[str]:
    """The substances that the name of a medicine or of a class means.

    Raises:
        UnreadableRuleError: it is the name of neither.
    """
    resolution = knowledge.find_medicine(text)
    if resolution.kind == "exact":
        return frozenset(resolution.components)
    key = fold(text)
    for class_id, facts in knowledge.index["classes"].items():
        if key and key in (fold(class_id), *map(_short, (facts["fr"], facts["en"]))):
            return frozenset(facts["members"])
    allergen = knowledge.index["allergens"].get(knowledge.index["allergen_names"].get(key))
    if allergen is None or not allergen["members"]:
        raise UnreadableRuleError(part)
    return frozenset(allergen["members"])


def _short(label: str) -> str:
    """A label as it is typed: without what stands in brackets."""
    return fold(label.partition("(")[0])


def _meets(knowledge: Knowledge, index: dict[str, Any], rule: AddedRule) -> tuple[Expr, Any]:
    if rule.trigger == "drug":
        members = members_of(knowledge, rule.value, "value")
        return [[_number(index, members), list(SYSTEMIC)]], None
    if rule.trigger in ("pregnancy", "lactation"):
        return [], ["fact", rule.trigger]
    if rule.trigger == "allergy":
        reading = knowledge.find_allergen(rule.value)
        if not reading.allergens or reading.unknown:
            raise UnreadableRuleError("value")
        return [], ["fact", *(f"a:{allergen.word}" for allergen in reading.allergens)]
    if rule.trigger == "condition":
        return [], ["fact", f"c:{_group(knowledge, index, rule)}"]
    return [], _figure(rule)


def _figure(rule: AddedRule) -> Expr:
    if not rule.value.strip().isdigit() or not 0 < int(rule.value) <= 200:
        raise UnreadableRuleError("value")
    number = int(rule.value)
    if rule.trigger == "egfr-below":
        return ["range", "egfr_ml_min", None, number * 1000]
    days = -(-number * 1461 // 4)
    bounds = (None, days) if rule.trigger == "age-below" else (days, None)
    return ["range", "age_days", *bounds]


def _group(knowledge: Knowledge, index: dict[str, Any], rule: AddedRule) -> str:
    """A group of the codes that the value names, made for this rule."""
    codes = condition_codes(knowledge, rule.value)
    fr, en = knowledge.label(codes[0])
    index["groups"][rule.id] = {"fr": fr, "en": en, "code": codes[0]}
    for code in codes:
        index["codes"][code] = [*index["codes"].get(code, []), rule.id]
    return rule.id


def condition_codes(knowledge: Knowledge, text: str) -> list[str]:
    """The ICD-10 codes that a code, a range, or the name of a condition means.

    Raises:
        UnreadableRuleError: it is none of them.
    """
    try:
        return list(icd.expand(text.strip().upper()))
    except ValueError:
        pass
    held = knowledge.index["codes"].items()
    found = [
        code
        for group, facts in knowledge.groups.items()
        if fold(text) in (fold(group), fold(facts["fr"]), fold(facts["en"]))
        for code, groups in held
        if group in groups
    ]
    reading = knowledge.find_condition(text)
    if not reading.unknown:
        named = [name for name, status in reading.facts if status == "active"]
        for name in named:
            within = [code for code, groups in held if name in groups]
            found.extend([name] if icd.normal(name) else within)
    if not found:
        raise UnreadableRuleError("value")
    return list(dict.fromkeys(found))


def _unread(rule: AddedRule, error: Exception) -> NotChecked:
    said = rule.drug if getattr(error, "code", "drug") == "drug" else rule.value
    return NotChecked(
        None,
        "rule",
        rule.id,
        f"Une règle de la structure n'est plus comprise (« {said} ») : elle n'a pas été appliquée.",
        f'A rule of the facility is no longer understood ("{said}"): it was not applied.',
        True,
    )
