"""The declared operators: three-valued logic over the facts of one order.

An expression is [operator, argument, ...] and is true, false or None (unknown):
  all, any, not        over expressions; unknown stays unknown unless another part decides
  fact t...            one of the tokens is a fact of the record
  range f low high     low <= figure < high; a figure known only as an interval may stay unknown
  may f low high       the figure may lie in the range: false only if it is known not to
  is f word            the figure is a word (positive, negative)
  other n routes       another medicine of the order or current is in set n, by one of the routes
  none n               no medicine is in set n
  dose basis kg dim low high   the subject's dose, per dose, day or week, per kg of weight or not;
                               per day and week all lines of the substance by such a route count
  days low high        the planned duration
  route r...           the subject's route
What makes an expression true is left in `found`; the figures that leave it unknown in `missing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from .model import SYSTEMIC

if TYPE_CHECKING:
    from .context import Context, Item

Expr = list[Any]
Truth = bool | None
ALWAYS = "*"
WITHOUT_REASON = frozenset({"age_days", "weight_g", "pregnancy_weeks", "infant_age_days"})


class Evidence(NamedTuple):
    """One fact that an expression rests on: its word, its label, the fact's ref, the item met."""

    word: str
    fr: str
    en: str
    ref: str
    item: Item | None = None


def evaluate(
    expr: Expr, context: Context, item: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    """The truth of an expression for one medicine (None: for the patient alone)."""
    return OPERATORS[expr[0]](expr, context, item, found, missing)


def _all(
    expr: Expr, context: Context, item: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    truth: Truth = True
    lacking: list[str] = []
    for part in expr[1:]:
        value = OPERATORS[part[0]](part, context, item, found, lacking)
        if value is False:
            return False
        if value is None:
            truth = None
    if truth is None:
        missing.extend(lacking)
    return truth


def _any(
    expr: Expr, context: Context, item: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    truth: Truth = False
    lacking: list[str] = []
    for part in expr[1:]:
        evidence: list[Evidence] = []
        value = OPERATORS[part[0]](part, context, item, evidence, lacking)
        if value is True:
            truth = True
            found.extend(evidence)
        elif value is None and truth is False:
            truth = None
    if truth is None:
        missing.extend(lacking)
    return truth


def _not(
    expr: Expr, context: Context, item: Item | None, _: list[Evidence], missing: list[str]
) -> Truth:
    value = evaluate(expr[1], context, item, [], missing)
    return None if value is None else not value


def _fact(
    expr: Expr, context: Context, _: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    truth: Truth = False
    for token in expr[1:]:
        evidence = context.tokens.get(token)
        if evidence is not None:
            truth = True
            found.extend(evidence)
        elif truth is False and token in context.unknown:
            truth = None
    if truth is None:
        missing.extend(context.unknown[token] for token in expr[1:] if token in context.unknown)
    return truth


def _range(
    expr: Expr, context: Context, _: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    figure = context.figures.get(expr[1])
    if figure is None:
        missing.append(expr[1])
        return None
    truth = within(figure[0], figure[1], expr[2], expr[3])
    if truth is None:
        missing.append(expr[1])
    elif truth:
        found.append(context.evidence_of(expr[1]))
    return truth


def within(lowest: int, highest: int, low: int | None, high: int | None) -> Truth:
    """Whether a figure known to lie in lowest..highest is in low <= x < high."""
    if (low is not None and highest < low) or (high is not None and lowest >= high):
        return False
    if (low is None or lowest >= low) and (high is None or highest < high):
        return True
    return None


def _may(expr: Expr, context: Context, _: Item | None, __: list[Evidence], ___: list[str]) -> Truth:
    figure = context.figures.get(expr[1])
    return figure is None or within(figure[0], figure[1], expr[2], expr[3]) is not False


def _is(
    expr: Expr, context: Context, _: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    word = context.words.get(expr[1])
    if word is None:
        missing.append(expr[1])
        return None
    if word == expr[2]:
        found.append(context.evidence_of(expr[1]))
        return True
    return False


def _other(
    expr: Expr, context: Context, item: Item | None, found: list[Evidence], _: list[str]
) -> Truth:
    met = context.others(item, expr[1], expr[2])
    found.extend(context.drug_evidence(other) for other in met)
    return bool(met)


def _none(
    expr: Expr, context: Context, _: Item | None, __: list[Evidence], ___: list[str]
) -> Truth:
    return not context.present(expr[1])


def _dose(
    expr: Expr, context: Context, item: Item | None, found: list[Evidence], missing: list[str]
) -> Truth:
    _, basis, per_kg, dimension, low, high = expr
    if item is None or item.dose is None or item.dose.dimension != dimension:
        missing.append("dose")
        return None
    weight = context.figures.get("weight_g")
    if per_kg and weight is None:
        missing.append("weight_g")
        return None
    once = (item.dose.low, item.dose.high, 1)
    least, most, days = once if basis == "dose" else _a_day(context, item)
    factor = (7 if basis == "week" else 1) * (1000 if per_kg else 1)
    scale = days * (weight[0] if per_kg and weight else 1)
    truth = within(
        least * factor,
        most * factor,
        None if low is None else low * scale,
        None if high is None else high * scale,
    )
    if truth is None:
        missing.append("dose")
    elif truth:
        found.append(Evidence("dose", "", "", item.line.id))
    return truth


def _a_day(context: Context, item: Item) -> tuple[int, int, int]:
    """What all lines of the substance give by this kind of route: (low, high) in so many days."""
    low, high, days = 0, 0, 1
    for other in context.items:
        dose = other.dose
        if other is not item and not _adds_up(other, item):
            continue
        if dose is None or item.dose is None or dose.dimension != item.dose.dimension:
            continue
        times, of = other.line.times, max(other.line.per_days, 1)
        low = low * of + dose.low * times * days
        high = high * of + dose.high * times * days
        days *= of
    return low, high, days


def _adds_up(other: Item, item: Item) -> bool:
    if other.substance != item.substance:
        return False
    routes = (other.line.route, item.line.route)
    return routes[0] == routes[1] or all(route in SYSTEMIC for route in routes)


def _days(
    expr: Expr, _: Context, item: Item | None, __: list[Evidence], missing: list[str]
) -> Truth:
    if item is None or item.line.days is None:
        missing.append("days")
        return None
    return within(item.line.days, item.line.days, expr[1], expr[2])


def _route(expr: Expr, _: Context, item: Item | None, __: list[Evidence], ___: list[str]) -> Truth:
    return item is not None and item.line.route in expr[1:]


Operator = Callable[["Expr", "Context", "Item | None", list[Evidence], list[str]], Truth]
OPERATORS: dict[str, Operator] = {
    "all": _all,
    "any": _any,
    "not": _not,
    "fact": _fact,
    "range": _range,
    "may": _may,
    "is": _is,
    "other": _other,
    "none": _none,
    "dose": _dose,
    "days": _days,
    "route": _route,
}


def anchor(rule: dict[str, Any]) -> tuple[str, ...]:
    """Facts of which one must be present (or asked for) before the rule can be anything but false.

    The most selective part of the rule is chosen: other medicines, then facts, then figures.
    """
    if rule["others"]:
        return (f"s:{rule['others'][0][0]}",)
    if rule["expr"] is None:
        return (ALWAYS,)
    rank, tokens = _anchor(rule["expr"])
    if rule["say"] and rank >= FIGURE_RANK:
        return (ALWAYS,)
    return tokens if rank < ALWAYS_RANK else (ALWAYS,)


FIGURE_RANK, SEX_RANK, ALWAYS_RANK = 3, 8, 9


def _anchor(expr: Expr) -> tuple[int, tuple[str, ...]]:
    name = expr[0]
    if name == "fact":
        return _fact_rank(expr[1]), tuple(expr[1:])
    if name == "other":
        return 1, (f"s:{expr[1]}",)
    if name in ("range", "is") and expr[1] not in WITHOUT_REASON:
        return FIGURE_RANK, (f"m:{expr[1]}",)
    if name == "all":
        return min(_anchor(part) for part in expr[1:])
    if name == "any":
        return _joined([_anchor(part) for part in expr[1:]])
    return ALWAYS_RANK, (ALWAYS,)


def _fact_rank(token: str) -> int:
    if token.startswith("sex:"):
        return SEX_RANK
    return 0 if token.startswith("a") else 2


def _joined(parts: list[tuple[int, tuple[str, ...]]]) -> tuple[int, tuple[str, ...]]:
    rank = max(part[0] for part in parts)
    return rank, tuple(dict.fromkeys(token for part in parts for token in part[1]))


def partner_sets(rule: dict[str, Any]) -> set[int]:
    """The numbers of the sets of other medicines that can make the rule true."""
    numbers = {number for number, _ in rule["others"]}
    if rule["expr"] is not None:
        numbers |= set(_others_in(rule["expr"]))
    return numbers


def _others_in(expr: Expr) -> Iterable[int]:
    if expr[0] == "other":
        yield expr[1]
    if expr[0] in ("all", "any"):
        for part in expr[1:]:
            yield from _others_in(part)
