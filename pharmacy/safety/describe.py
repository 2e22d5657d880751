"""Says in plain French or English what a rule or a dose limit is about, and names its content by a hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .doses import MEASURES, english, french, shown
from .knowledge import Knowledge
from .model import LOCAL, PARENTERAL, ROUTES, SYSTEMIC

Rule = dict[str, Any]
Expr = list[Any]
NAMED_AT_ONCE = 6
YEAR, MONTH = 1461 / 4, 1461 / 48
# what a change of makes no other rule: where it is written
PLACE = frozenset({"file"})

WORDS: dict[str, tuple[str, str]] = {
    "and": (" et ", " and "),
    "or": (" ou ", " or "),
    "not": ("sans {}", "without {}"),
    "h": ("antécédent : {}", "history of {}"),
    "f": ("dans la famille : {}", "in the family: {}"),
    "a": ("allergie : {}", "allergy to {}"),
    "sex:M": ("homme", "man"),
    "sex:F": ("femme", "woman"),
    "pregnancy": ("grossesse", "pregnancy"),
    "lactation": ("allaitement", "breastfeeding"),
    "other": ("avec {}", "with {}"),
    "none": ("sans {}", "without {}"),
    "dose": ("dose {}", "dose {}"),
    "days": ("durée {} jours", "duration {} days"),
    "route": ("voie {}", "route {}"),
    "more": ("… ({} en tout)", "… ({} in all)"),
    "pregnancy_weeks": ("semaines {}", "weeks {}"),
    "infant_age_days": ("enfant de {} jours", "infant of {} days"),
    "deficient": ("déficitaire", "deficient"),
    "positive": ("positif", "positive"),
    "negative": ("négatif", "negative"),
    "any": ("toute voie", "any route"),
    "systemic": ("voie générale", "systemic"),
    "local": ("voie locale", "local"),
    "parenteral": ("voie injectable", "by injection"),
    "always": ("toujours", "always"),
    "dose basis": ("par prise", "per dose"),
    "day basis": ("par jour", "per day"),
    "week basis": ("par semaine", "per week"),
    "years": ("ans", "years"),
    "months": ("mois", "months"),
    "age in days": ("jours", "days"),
    "interval": ("au plus une prise toutes les {} h", "at most one dose every {} h"),
    "max_days": ("au plus {} jours", "at most {} days"),
    "most": ("au plus {}", "at most {}"),
}

ROUTES_FR = {
    "oral": "orale", "sublingual": "sublinguale", "intradermal": "intradermique", "inhaled": "inhalée",
    "rectal": "rectale", "vaginal": "vaginale", "topical": "cutanée", "ophthalmic": "oculaire",
    "otic": "auriculaire", "nasal": "nasale", "iv": "IV", "im": "IM", "sc": "sous-cutanée",
}  # fmt: skip


def _content(knowledge: Knowledge, codes: dict[str, list[str]], key: str, value: Any) -> Any:
    if key in ("subject", "drugs"):
        return sorted(knowledge.sets[value])
    if key == "others":
        return [[sorted(knowledge.sets[number]), routes] for number, routes in value]
    if key in ("expr", "unless"):
        return _written_out(knowledge, codes, value)
    if key == "limits":
        return [
            {name: _content(knowledge, codes, name, part) for name, part in limit.items()}
            for limit in value
        ]
    return value


def _written_out(knowledge: Knowledge, codes: dict[str, list[str]], expr: Expr | None) -> Any:
    if expr is None:
        return None
    name, *parts = expr
    if name in ("all", "any", "not"):
        return [name, *(_written_out(knowledge, codes, part) for part in parts)]
    if name in ("other", "none"):
        return [name, sorted(knowledge.sets[parts[0]]), *parts[1:]]
    if name == "fact":
        return [name, *(_token_content(knowledge, codes, token) for token in parts)]
    return expr


def _token_content(knowledge: Knowledge, codes: dict[str, list[str]], token: str) -> Any:
    prefix, _, rest = token.partition(":")
    if prefix in ("c", "h", "f"):
        return [prefix, codes.get(rest, [rest])]
    if prefix == "as":
        return [prefix, sorted(knowledge.sets[int(rest)])]
    return token


def _codes_of_groups(knowledge: Knowledge) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, groups in sorted(knowledge.index["codes"].items()):
        for group in groups:
            found.setdefault(group, []).append(code)
    return found


def content_hashes(knowledge: Knowledge) -> dict[str, str]:
    """The SHA-256 of the content of every rule and dose entry, by id."""
    codes = _codes_of_groups(knowledge)
    found = {}
    for rule in (*knowledge.rules, *knowledge.doses):
        content = {
            key: _content(knowledge, codes, key, value)
            for key, value in rule.items()
            if key not in PLACE
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        found[rule["id"]] = hashlib.sha256(text.encode()).hexdigest()
    return found


class Teller:
    """Tells rules in one language."""

    def __init__(self, knowledge: Knowledge, *, is_english: bool) -> None:
        self.knowledge, self.place = knowledge, int(is_english)
        self.classes = {
            frozenset(facts["members"]): facts["en" if is_english else "fr"]
            for facts in knowledge.index["classes"].values()
        }

    def word(self, key: str, value: object = "") -> str:
        """A word or phrase of the language."""
        return WORDS[key][self.place].format(value)

    def name(self, substance: str) -> str:
        """The name of a substance or product."""
        facts = self.knowledge.substances.get(substance) or self.knowledge.products.get(substance)
        return substance if self.place or facts is None else str(facts["fr"])

    def drugs(self, number: int) -> str:
        """The name of a set of medicines: its class, or the members."""
        members = self.knowledge.sets[number]
        label = self.classes.get(members)
        if label is not None and len(members) > 1:
            return str(label)
        names = sorted(self.name(member) for member in members)
        shown_names = ", ".join(names[:NAMED_AT_ONCE])
        rest = f" {self.word('more', len(names))}" if len(names) > NAMED_AT_ONCE else ""
        return shown_names + rest

    def routes(self, routes: list[str]) -> str:
        """The routes, by the name of their group if they are one."""
        for group, members in (
            ("any", ROUTES),
            ("systemic", SYSTEMIC),
            ("local", LOCAL),
            ("parenteral", PARENTERAL),
        ):
            if set(routes) == set(members):
                return self.word(group)
        return ", ".join(routes if self.place else (ROUTES_FR.get(one, one) for one in routes))

    def when(self, rule: Rule) -> str:
        """What the medicine meets when the rule holds."""
        parts = [self.word("other", self.drugs(number)) for number, _ in rule.get("others", ())]
        if rule["expr"] is not None:
            parts.append(self.expression(rule["expr"]))
        return self.word("and").join(parts) or self.word("always")

    def unless(self, rule: Rule) -> str:
        """What lifts the rule; empty when nothing does."""
        if rule["unless"] is None:
            return ""
        told = self.expression(rule["unless"])
        is_whole = rule["unless"][0] == "any" and told.startswith("(")
        return told[1:-1] if is_whole else told

    def expression(self, expr: Expr) -> str:
        """An expression of the operators in words."""
        name, *parts = expr
        if name in ("all", "any"):
            told = [self.expression(part) for part in parts]
            joined = self.word("and" if name == "all" else "or").join(told)
            return f"({joined})" if name == "any" and len(told) > 1 else joined
        return _TOLD[name](self, parts)

    def _not(self, parts: Expr) -> str:
        return self.word("not", self.expression(parts[0]))

    def _fact(self, parts: Expr) -> str:
        return self.word("or").join(self._token(token) for token in parts)

    def _token(self, token: str) -> str:
        if token in WORDS:
            return self.word(token)
        prefix, _, rest = token.partition(":")
        if prefix in ("c", "h", "f"):
            label = self._condition(rest)
            return label if prefix == "c" else self.word(prefix, label)
        if prefix == "as":
            return self.word("a", self.drugs(int(rest)))
        if prefix == "a":
            known = self.knowledge.index["allergens"].get(rest)
            return self.word("a", known["en" if self.place else "fr"] if known else self.name(rest))
        return token

    def _condition(self, named: str) -> str:
        """The label of a group; of a code with the code; of a range with what it begins with."""
        label = self.knowledge.label(named)[self.place]
        if label == named or not named[:1].isupper():
            return label
        first, dash, _ = named.partition("-")
        return (
            f"{named} ({self.knowledge.label(first)[self.place]}…)"
            if dash
            else f"{label} ({named})"
        )

    def _range(self, parts: Expr) -> str:
        figure, low, high = parts
        if figure in ("pregnancy_weeks", "infant_age_days"):
            return self.word(figure, _between(low, high))
        facts = self.knowledge.measurements.get(figure, {})
        label = facts.get("en" if self.place else "fr", figure)
        if figure == "age_days":
            return f"{label} {self._ages(low, high)}"
        unit = "kg" if figure == "weight_g" else facts.get("unit", "")
        return f"{label} {_between(self._decimal(low), self._decimal(high))} {unit}".strip()

    def _decimal(self, thousandths: int | None) -> str | None:
        if thousandths is None:
            return None
        text = f"{thousandths / 1000:.3f}".rstrip("0").rstrip(".")
        return text if self.place else text.replace(".", ",")

    def _ages(self, low: int | None, high: int | None) -> str:
        least = min(bound for bound in (low, high) if bound)
        unit, size = next(
            (unit, size)
            for unit, size in (("years", YEAR), ("months", MONTH), ("age in days", 1.0))
            if least >= size * (1 if unit == "years" else 2) or unit == "age in days"
        )
        bounds = [None if bound is None else f"{bound / size:.0f}" for bound in (low, high)]
        return f"{_between(*bounds)} {self.word(unit)}"

    def _is(self, parts: Expr) -> str:
        facts = self.knowledge.measurements.get(parts[0], {})
        label = facts.get("en" if self.place else "fr", parts[0])
        return f"{label} {self.word(parts[1]) if parts[1] in WORDS else parts[1]}"

    def _other(self, parts: Expr) -> str:
        return self.word("other", self.drugs(parts[0]))

    def _none(self, parts: Expr) -> str:
        return self.word("none", self.drugs(parts[0]))

    def _dose(self, parts: Expr) -> str:
        basis, per_kg, dimension, low, high = parts
        bounds = [None if bound is None else self.amount(dimension, bound) for bound in (low, high)]
        per = "/kg" if per_kg else ""
        return self.word("dose", f"{_between(*bounds)}{per} {self.word(f'{basis} basis')}")

    def amount(self, dimension: str, units: int) -> str:
        """An amount in its largest unit."""
        return (english if self.place else french)(shown(units, 1, dimension))

    def _days(self, parts: Expr) -> str:
        return self.word("days", _between(*parts))

    def _route(self, parts: Expr) -> str:
        return self.word("route", self.routes(parts))

    def limits(self, entry: Rule) -> list[str]:
        """Each limit of a dose entry: whom it is for, and what is the most."""
        return [self._limit(limit) for limit in entry["limits"]]

    def _limit(self, limit: Rule) -> str:
        most = [
            f"{self.amount(*limit[measure.key])} {measure.en if self.place else measure.fr}"
            for measure in MEASURES
            if measure.key in limit
        ]
        said = [self.word("most", " · ".join(most))] if most else []
        if "min_interval" in limit:
            said.append(self.word("interval", limit["min_interval"]))
        if "max_days" in limit:
            said.append(self.word("max_days", limit["max_days"]))
        told = ", ".join(said)
        routes = "" if set(limit["routes"]) == set(SYSTEMIC) else self.routes(limit["routes"])
        whom = [routes] if routes else []
        if limit["expr"] is not None:
            whom.append(self.expression(limit["expr"]))
        who = ", ".join(whom)
        return f"{who}{' :' if not self.place else ':'} {told}" if who else told


def _between(low: object, high: object) -> str:
    if low is None:
        return f"< {high}"
    return f"≥ {low}" if high is None else f"{low}–{high}"


_TOLD = {
    "not": Teller._not,
    "fact": Teller._fact,
    "range": Teller._range,
    "may": Teller._range,
    "is": Teller._is,
    "other": Teller._other,
    "none": Teller._none,
    "dose": Teller._dose,
    "days": Teller._days,
    "route": Teller._route,
}
