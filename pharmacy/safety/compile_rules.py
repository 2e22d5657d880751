"""Compiles rules and dose limits into expressions of the declared operators.

An expression is a list whose first word is the operator (see logic.py). Drugs become numbered sets,
conditions become group tokens, figures become integer bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .compile_conditions import Conditions
from .compile_names import Drugs
from .model import ROUTE_GROUPS, ROUTES, SYSTEMIC
from .sources import Entry, Sources, name_of
from .units import READERS, UnreadableError, amount, bounds, dose_bounds

Expr = list[Any]
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")
_INTERVAL = re.compile(r"^(\d+)(h|d|w|mo)$")
_HOURS = {"h": 1, "d": 24, "w": 168, "mo": 720}
AMOUNTS = ("max_dose", "max_day", "max_week", "max_dose_kg", "max_day_kg")
LIMITS = (*AMOUNTS, "min_interval", "max_days")
TEXTS = ("fr", "en", "do_fr", "do_en")
FIGURES = {"age": "age_days", "weight": "weight_g", "egfr": "egfr_ml_min"}
READER = {"age": "age", "weight": "weight", "egfr": "thousandths"}


@dataclass(slots=True)
class Compiler:
    """What the compilation of rules shares: the drug sets met so far, and where to blame."""

    sources: Sources
    drugs: Drugs
    conditions: Conditions
    allergens: dict[str, Any]
    measurements: dict[str, Any]
    sets: list[list[str]] = field(default_factory=list)
    set_numbers: dict[frozenset[str], int] = field(default_factory=dict)
    file: str = ""
    owner: str = ""

    def blame(self, message: str) -> None:
        """Record a problem of the entry at hand."""
        self.sources.blame(self.file, self.owner, message)

    def number(self, words: list[str], excepted: list[str] | None = None) -> int:
        """The number of the set of drugs that the words name."""
        found = self.drugs.resolve(words, self.file, self.owner)
        found -= self.drugs.resolve(excepted or [], self.file, self.owner)
        if not found and not any(self.drugs.unknown(word) for word in words):
            self.blame(f"names no substance: {', '.join(words)}")
        if found not in self.set_numbers:
            self.set_numbers[found] = len(self.sets)
            self.sets.append(sorted(found))
        return self.set_numbers[found]


def routes_of(words: list[str] | None, default: tuple[str, ...] = SYSTEMIC) -> list[str]:
    """The routes that words and groups of routes name, in the order of ROUTES."""
    if not words:
        return list(default)
    wanted = {route for word in words for route in ROUTE_GROUPS.get(word, (word,))}
    return [route for route in ROUTES if route in wanted]


def compile_rules(compiler: Compiler) -> list[Entry]:
    """All rules in the order of their ids; a second rule of one id is a problem."""
    found: dict[str, Entry] = {}
    for file, entry in compiler.sources.of("rule"):
        compiler.file, compiler.owner = file, entry["id"]
        if entry["id"] in found:
            compiler.blame(f"this id stands already in {found[entry['id']]['file']}")
            continue
        try:
            found[entry["id"]] = _rule(compiler, entry)
        except UnreadableError as error:
            compiler.blame(str(error))
    return [found[key] for key in sorted(found)]


def _rule(compiler: Compiler, entry: Entry) -> Entry:
    when = dict(entry["when"])
    others = [
        [compiler.number(when.pop(key), when.get("drug_except")), _routes(when, f"{key}_routes")]
        for key in ("drug", "drug2", "drug3")
        if key in when
    ]
    when.pop("drug_except", None)
    rule: Entry = {
        "id": entry["id"],
        "file": compiler.file,
        "kind": entry["kind"],
        "subject": compiler.number(entry["drugs"], entry.get("except")),
        "routes": routes_of(
            entry.get("routes"), ROUTES if entry["kind"] == "allergy" else SYSTEMIC
        ),
        "others": others,
        "expr": expression(compiler, when) if when else None,
        "unless": _unless(compiler, entry),
        "severity": entry["severity"],
        "say": entry.get("if_missing") == "say",
        "about": entry.get("about", []),
        "evidence": entry["evidence"],
        "source": entry["source"],
        "instead": _instead(compiler, entry),
    }
    for key in TEXTS:
        rule[key] = entry.get(key, "")
        if set(_PLACEHOLDER.findall(rule[key])) - {"drug", "fact"}:
            compiler.blame(f"{key}: only {{drug}} and {{fact}} are replaced")
    return rule


def _routes(when: Entry, key: str) -> list[str]:
    return routes_of(when.pop(key, None))


def _unless(compiler: Compiler, entry: Entry) -> Expr | None:
    lifted = [expression(compiler, when) for when in entry.get("unless", [])]
    return ["any", *lifted] if lifted else None


def _instead(compiler: Compiler, entry: Entry) -> list[str]:
    known = []
    for word in entry.get("instead", []):
        owner = word
        if word not in compiler.drugs.substances and word not in compiler.drugs.products:
            owner = compiler.drugs.names.get(word, "")
        if owner:
            known.append(owner)
        else:
            compiler.blame(f"instead: unknown substance {word!r}")
    return known


def expression(compiler: Compiler, when: Entry) -> Expr:
    """The `all` of the keys of a `when` map; cheap facts come first."""
    parts = [
        part for key, make in KEYS.items() if key in when for part in make(compiler, when, key)
    ]
    return parts[0] if len(parts) == 1 else ["all", *parts]


def _facts(prefix: str) -> Callable[[Compiler, Entry, str], list[Expr]]:
    def make(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
        tokens = compiler.conditions.tokens(when[key], compiler.file, compiler.owner)
        return [["fact", *(f"{prefix}:{token}" for token in tokens)]]

    return make


def _no_condition(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["not", part] for part in _facts("c")(compiler, when, key)]


def _allergy(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
    allergens = [word for word in when[key] if word in compiler.allergens]
    drugs = [word for word in when[key] if word not in compiler.allergens]
    tokens = [f"a:{word}" for word in allergens]
    if drugs:
        tokens.append(f"as:{compiler.number(drugs)}")
    return [["fact", *tokens]]


def _sex(_: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["fact", f"sex:{when[key]}"]]


def _figure(_: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["range", FIGURES[key], *bounds(when[key], READER[key])]]


def _pregnancy(_: Compiler, when: Entry, key: str) -> list[Expr]:
    if when[key] == "any":
        return [["fact", "pregnancy"]]
    return [["fact", "pregnancy"], ["may", "pregnancy_weeks", *bounds(when[key], "weeks")]]


def _lactation(_: Compiler, when: Entry, key: str) -> list[Expr]:
    if when[key] == "any":
        return [["fact", "lactation"]]
    return [["fact", "lactation"], ["may", "infant_age_days", *bounds(when[key], "age")]]


def _lab(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
    parts: list[Expr] = []
    for name, wanted in when[key].items():
        measurement = compiler.measurements.get(name)
        if measurement is None:
            compiler.blame(f"unknown measurement {name!r}")
        elif measurement.get("values"):
            if wanted not in measurement["values"]:
                compiler.blame(f"{name} is never {wanted!r}")
            parts.append(["is", name, wanted])
        else:
            parts.append(["range", name, *bounds(wanted, "thousandths")])
    return parts


def _dose(_: Compiler, when: Entry, key: str) -> list[Expr]:
    basis, per_kg, dimension, (low, high) = dose_bounds(when[key])
    return [["dose", basis, per_kg, dimension, low, high]]


def _days(_: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["days", *(_whole(bound) for bound in bounds(when[key], "thousandths"))]]


def _whole(bound: int | None) -> int | None:
    return None if bound is None else -(-bound // 1000)


def _route(_: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["route", *routes_of(when[key])]]


def _drug(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
    number = compiler.number(when[key], when.get("drug_except"))
    return [["other", number, routes_of(when.get(f"{key}_routes"))]]


def _no_drug(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["none", compiler.number(when[key])]]


def _any(compiler: Compiler, when: Entry, key: str) -> list[Expr]:
    return [["any", *(expression(compiler, part) for part in when[key])]]


KEYS: dict[str, Callable[[Compiler, Entry, str], list[Expr]]] = {
    "allergy": _allergy,
    "condition": _facts("c"),
    "history": _facts("h"),
    "family": _facts("f"),
    "sex": _sex,
    "pregnancy": _pregnancy,
    "lactation": _lactation,
    "routes": _route,
    "age": _figure,
    "weight": _figure,
    "egfr": _figure,
    "lab": _lab,
    "days": _days,
    "dose": _dose,
    "drug": _drug,
    "drug2": _drug,
    "drug3": _drug,
    "no_condition": _no_condition,
    "no_drug": _no_drug,
    "any": _any,
}


def compile_doses(compiler: Compiler) -> list[Entry]:
    """All dose entries; the id of an entry without one is made from its drug."""
    found: dict[str, Entry] = {}
    for file, entry in compiler.sources.of("dose"):
        compiler.file, compiler.owner = file, name_of(entry)
        drugs = [entry["drug"]] if isinstance(entry["drug"], str) else entry["drug"]
        dose_id = _dose_id(entry, drugs, found)
        compiler.sources.dose_ids[id(entry)] = dose_id
        try:
            found[dose_id] = {
                "id": dose_id,
                "file": file,
                "drugs": compiler.number(drugs, entry.get("except")),
                "routes": routes_of(entry.get("routes")),
                "source": entry["source"],
                "limits": [_limit(compiler, entry, limit) for limit in entry["limits"]],
            }
        except UnreadableError as error:
            compiler.blame(str(error))
    return [found[key] for key in sorted(found)]


def _dose_id(entry: Entry, drugs: list[str], taken: dict[str, Entry]) -> str:
    stem = entry.get("id") or "dose." + re.sub(r"[^a-z0-9.]+", "-", drugs[0].lower()).strip("-")
    number, dose_id = 1, stem
    while dose_id in taken:
        number += 1
        dose_id = f"{stem}.{number}"
    return dose_id


def _limit(compiler: Compiler, entry: Entry, limit: Entry) -> Entry:
    when = {key: value for key, value in limit.items() if key in KEYS}
    when.pop("routes", None)
    compiled: Entry = {
        "expr": expression(compiler, when) if when else None,
        "unless": _unless(compiler, limit),
        "routes": routes_of(limit.get("routes") or entry.get("routes")),
        "severity": limit.get("severity") or entry.get("severity") or "major",
        "say": limit.get("if_missing") == "say",
        "selectors": sorted(when),
    }
    for key in AMOUNTS:
        if key in limit:
            compiled[key] = list(amount(limit[key]))
    if "min_interval" in limit:
        found = _INTERVAL.match(limit["min_interval"])
        compiled["min_interval"] = int(found[1]) * _HOURS[found[2]] if found else 0
    if "max_days" in limit:
        compiled["max_days"] = limit["max_days"]
    for key in TEXTS:
        compiled[key] = limit.get(key) or entry.get(key) or ""
    return compiled


__all__ = ["LIMITS", "READERS", "Compiler", "compile_doses", "compile_rules", "expression"]
