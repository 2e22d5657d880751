"""The changes of rules and dose entries that cases must notice: deleted, weakened, widened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .compile_rules import AMOUNTS
from .logic import Expr
from .model import RANK, ROUTES, SEVERITIES
from .trial import Rule


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
            kept = _without(rule["unless"], place)
            yield Mutant(name, "unless dropped", str(place), {**rule, "unless": kept})


def _other_routes(routes: list[str]) -> list[str]:
    return [route for route in ROUTES if route not in routes]


def dose_mutants(entry: Rule) -> Iterator[Mutant]:
    """Every change of one dose entry: a limit gone; a figure half as high again, or a third lower."""
    name = entry["id"]
    yield Mutant(name, "rule deleted", "", {**entry, "limits": []})
    for place, limit in enumerate(entry["limits"]):
        others = (entry["limits"][:place], entry["limits"][place + 1 :])

        def with_limit(changed: Rule, around: tuple[list[Rule], list[Rule]] = others) -> Rule:
            return {**entry, "limits": [*around[0], changed, *around[1]]}

        yield Mutant(
            name, "limit dropped", str(place), {**entry, "limits": [*others[0], *others[1]]}
        )
        for key in AMOUNTS:
            if key in limit:
                for what, changed in (
                    ("limit raised by half", {**limit, key: _scaled(limit[key], 3, 2)}),
                    ("limit lowered by a third", {**limit, key: _scaled(limit[key], 2, 3)}),
                ):
                    yield Mutant(name, what, f"{place} {key}", with_limit(changed))
        for lifting in range(1, len(limit["unless"] or [])):
            changed = {**limit, "unless": _without(limit["unless"], lifting)}
            yield Mutant(name, "unless dropped", f"{place} {lifting}", with_limit(changed))


def _without(expr: Expr, place: int) -> Expr | None:
    rest = [*expr[:place], *expr[place + 1 :]]
    return rest if len(rest) > 1 else None


def _scaled(value: list[Any], times: int, parts: int) -> list[Any]:
    return [value[0], value[1] * times // parts]


def severity_mutants(rule: Rule) -> Iterator[Mutant]:
    """The severity of a rule, or of all limits of a dose entry, one level lower and one higher."""
    for what, moved in (("severity lowered", -1), ("severity raised", 1)):
        if "limits" in rule:
            limits = [
                {**limit, "severity": _moved(limit["severity"], moved)} for limit in rule["limits"]
            ]
            changed = {**rule, "limits": limits}
        else:
            changed = {**rule, "severity": _moved(rule["severity"], moved)}
        if changed != rule:
            yield Mutant(rule["id"], what, "", changed)


def _moved(severity: str, levels: int) -> str:
    return SEVERITIES[min(RANK[severity] + levels, len(SEVERITIES) - 1)]
