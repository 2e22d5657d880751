"""Judges doses against the limits: per dose, day, week, kg, interval and duration.

Amounts are summed over all lines of a substance by the routes of the limit. Everything is compared by
cross-multiplication of integers; a tenth above a limit is still within it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .amounts import Amount
from .checks import Missing, Raw
from .context import Context, Item
from .logic import Evidence, evaluate

Limit = dict[str, Any]
TOLERANCE_TENTHS = 11
ADULT, OLD = 18 * 1461 // 4, 65 * 1461 // 4
BODY = ("age", "weight")
CHILD_DAYS = 12 * 1461 // 4
UNIT_NAMES = {
    "mass": (("g", 1_000_000), ("mg", 1_000), ("µg", 1)),
    "volume": (("L", 1_000_000), ("mL", 1_000), ("µL", 1)),
    "iu": (("UI", 1_000),),
    "mmol": (("mmol", 1_000),),
    "puff": (("bouffées", 1_000),),
    "forms": (("comprimés", 1_000),),
}
ENGLISH_UNITS = {"UI": "IU", "bouffées": "puffs", "comprimés": "tablets"}
SELECTOR_WORDS = {"egfr": "renal", "age": "age", "pregnancy": "pregnancy", "weight": "weight"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to measure what is given: which limit it meets and how it is said."""

    key: str
    fr: str
    en: str
    days: int | None = None
    per_kg: bool = False


MEASURES = (
    Measure("max_dose", "par prise", "per dose"),
    Measure("max_day", "par jour", "per day", days=1),
    Measure("max_week", "par semaine", "per week", days=7),
    Measure("max_dose_kg", "par kg et par prise", "per kg per dose", per_kg=True),
    Measure("max_day_kg", "par kg et par jour", "per kg per day", days=1, per_kg=True),
)


class Total(NamedTuple):
    """What is given, as bounds over a common denominator."""

    low: int
    high: int
    parts: int


class Verdict(NamedTuple):
    """A limit that is broken (`over`) or cannot be judged (`unsure`, `no weight`, `no dose`)."""

    said: str
    item: Item
    summed: list[Item]
    measure: Measure | None
    total: Total


NOTHING = Total(0, 0, 1)


def check_doses(context: Context, missing: Missing) -> Iterator[Raw]:
    """Every limit of every ordered substance, once per substance and limit."""
    for substance in dict.fromkeys(item.substance for item in context.items if item.ordered):
        for entry in context.knowledge.doses_of(substance):
            try:
                yield from run_dose(context, entry, substance, missing)
            except Exception as error:  # noqa: BLE001 (a broken limit must not hide the others)
                said = f"{type(error).__name__}: {error}"
                missing.errors.append((entry["id"], "", said))


def run_dose(
    context: Context, entry: dict[str, Any], substance: str, missing: Missing
) -> list[Raw]:
    """The findings of one dose entry for one substance; selectors are read only where needed."""
    given = [item for item in context.items if item.substance == substance]
    raws: list[Raw] = []
    for limit in entry["limits"]:
        items = [item for item in given if item.line.route in limit["routes"]]
        verdicts = _verdicts(context, limit, items)
        if verdicts:
            raws.extend(_applied(context, entry, limit, verdicts, missing))
    return raws


def _verdicts(context: Context, limit: Limit, items: list[Item]) -> list[Verdict]:
    ordered = sorted((item for item in items if item.ordered), key=_largest_first)
    if not ordered:
        return []
    found = []
    for measure in MEASURES:
        if measure.key in limit:
            dimension = limit[measure.key][0]
            each = ordered if measure.days is None else ordered[:1]
            for item in (_told_in(context, item, dimension) for item in each):
                told = (_told_in(context, other, dimension) for other in items)
                summed = [item] if measure.days is None else list(told)
                verdict = _judge(context, limit, measure, item, summed)
                if verdict is not None:
                    found.append(verdict)
    if "min_interval" in limit or "max_days" in limit:
        found.extend(
            Verdict("over", item, [item], None, NOTHING)
            for item in ordered
            if _is_too_often(limit, item) or _is_too_long(limit, item)
        )
    return found


def _told_in(context: Context, item: Item, dimension: str) -> Item:
    """The item with its dose in the limit's dimension where only the words say it: 10 000 mg, "15 mL"."""
    if item.dose is None or item.dose.dimension == dimension:
        return item
    told = context.knowledge.amounts.told_in(item.line.dose_text, dimension) or _equivalent(
        context, item, dimension
    )
    return item if told is None else item._replace(dose=told)


def _equivalent(context: Context, item: Item, dimension: str) -> Amount | None:
    """A mass in the units that the limits of the substance count: 1 mg of enoxaparin is 100 IU."""
    equal = context.knowledge.derived.get("equivalents", {}).get(item.substance)
    if (
        equal is None
        or item.dose is None
        or (item.dose.dimension, equal["dimension"]) != ("mass", dimension)
    ):
        return None
    low, high = (one * equal["units"] // equal["micrograms"] for one in item.dose[1:])
    return Amount(dimension, low, high)


def _largest_first(item: Item) -> tuple[int, str]:
    high = item.dose.high if item.dose else 0
    return (-high * item.line.times // max(item.line.per_days, 1), item.line.id)


def _judge(
    context: Context, limit: Limit, measure: Measure, item: Item, summed: list[Item]
) -> Verdict | None:
    dimension, most = limit[measure.key]
    if item.dose is None:
        return Verdict("no dose", item, summed, measure, NOTHING)
    if item.dose.dimension != dimension:
        unread = not _is_told_otherwise(context, item, dimension)
        return Verdict("no dose", item, summed, measure, NOTHING) if unread else None
    weight = context.figures.get("weight_g")
    if measure.per_kg and weight is None:
        return Verdict("no weight", item, summed, measure, NOTHING)
    total = _total(summed, dimension, measure.days)
    allowed = most * total.parts * TOLERANCE_TENTHS
    scale = 10
    if measure.per_kg and weight is not None:
        allowed *= weight[0]
        scale *= 1000
    if total.low * scale > allowed:
        return Verdict("over", item, summed, measure, total)
    if total.high * scale > allowed:
        return Verdict("unsure", item, summed, measure, total)
    return None


def _is_told_otherwise(context: Context, item: Item, dimension: str) -> bool:
    """Whether another limit judges the dose as it is told, or it is counted in tablets on one side."""
    told = item.dose.dimension if item.dose else ""
    return "forms" in (told, dimension) or told in _dimensions(context, item.substance)


def _dimensions(context: Context, substance: str) -> set[str]:
    """What the limits of a substance are given in: a dose told in something else meets none of them."""
    return {
        limit[measure.key][0]
        for entry in context.knowledge.doses_of(substance)
        for limit in entry["limits"]
        for measure in MEASURES
        if measure.key in limit
    }


def _total(items: list[Item], dimension: str, days: int | None) -> Total:
    """The least and most given per dose or in so many days; unread doses add nothing."""
    low = high = 0
    parts = 1
    for item in items:
        dose, line = item.dose, item.line
        if dose is None or dose.dimension != dimension:
            continue
        times, per = 1, 1
        if days is not None:
            times, per = line.times * min(days, line.days or days), max(line.per_days, 1)
        low = low * per + dose.low * times * parts
        high = high * per + dose.high * times * parts
        parts *= per
    return Total(low, high, parts)


def _applied(
    context: Context,
    entry: dict[str, Any],
    limit: Limit,
    verdicts: list[Verdict],
    missing: Missing,
) -> Iterator[Raw]:
    """The verdicts that stand because the limit is meant for this patient."""
    found: list[Evidence] = []
    lacking: list[str] = []
    item = verdicts[0].item
    if limit["expr"] is not None:
        truth = evaluate(limit["expr"], context, item, found, lacking)
        if truth is None:
            missing.note(context, limit, item, lacking)
        if truth is not True:
            return
    unless = limit["unless"]
    if unless is not None and evaluate(unless, context, item, [], []) is True:
        return
    for verdict in verdicts:
        if verdict.said == "over":
            yield _raw(context, entry, limit, verdict, found)
        elif verdict.said == "no weight":
            _ask_weight(context, limit, verdict.item, missing)
        else:
            missing.ask(f"dose:{verdict.item.line.id}", verdict.item.substance)


def _ask_weight(context: Context, limit: Limit, item: Item, missing: Missing) -> None:
    age = context.figures.get("age_days")
    asked = limit["say"] or context.is_known_to_lack("weight_g")
    if asked or (age is not None and age[0] < CHILD_DAYS):
        missing.ask("weight_g", item.substance)


def _is_too_often(limit: Limit, item: Item) -> bool:
    hours = limit.get("min_interval", 0)
    return bool(item.line.times * hours * 10 > max(item.line.per_days, 1) * 24 * 11)


def _is_too_long(limit: Limit, item: Item) -> bool:
    return item.line.days is not None and item.line.days > limit.get("max_days", item.line.days)


def _said(context: Context, limit: Limit, verdict: Verdict) -> tuple[str, str]:
    if verdict.measure is not None:
        return _said_amount(context, limit, verdict, verdict.measure)
    if _is_too_often(limit, verdict.item):
        fr, en = _said_hours(limit["min_interval"])
        return (
            f"{{drug}} : au plus une prise toutes les {fr}.",
            f"{{drug}}: at most once every {en}.",
        )
    planned, most = verdict.item.line.days, limit["max_days"]
    return (
        f"{{drug}} : {planned} jours prévus, au-delà du maximum de {most}.",
        f"{{drug}}: {planned} days planned, above the most of {most}.",
    )


def _said_hours(hours: int) -> tuple[str, str]:
    if hours % 24 == 0 and hours > 24:
        return f"{hours // 24} jours", f"{hours // 24} days"
    return f"{hours} heures", f"{hours} hours"


def _said_amount(
    context: Context, limit: Limit, verdict: Verdict, measure: Measure
) -> tuple[str, str]:
    dimension, most = limit[measure.key]
    total, parts = verdict.total.low, verdict.total.parts
    if measure.per_kg:
        total, parts = total * 1000, parts * context.figures["weight_g"][0]
    given, allowed = shown(total, parts, dimension), shown(most, 1, dimension)
    return (
        f"{{drug}} : {french(given)} {measure.fr}, au-delà du maximum de {french(allowed)}.",
        f"{{drug}}: {english(given)} {measure.en}, above the most of {english(allowed)}.",
    )


def shown(total: int, parts: int, dimension: str) -> tuple[str, str]:
    """total/parts in the largest unit that gives at least one: (at most two decimals, unit)."""
    units = UNIT_NAMES[dimension]
    unit, factor = next((one for one in units if total >= one[1] * parts), units[-1])
    hundredths = (total * 200 + parts * factor) // (2 * parts * factor)
    whole, rest = divmod(hundredths, 100)
    return (f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)), unit


def french(amount: tuple[str, str]) -> str:
    """An amount as written in French."""
    number, unit = amount
    is_one = float(number) < 2  # French counts from two
    return f"{number.replace('.', ',')} {unit.removesuffix('s') if is_one else unit}"


def english(amount: tuple[str, str]) -> str:
    """An amount as written in English."""
    number, unit = amount[0], ENGLISH_UNITS.get(amount[1], amount[1])
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"


def _is_plain_adult(context: Context) -> bool:
    """Whether age and weight say nothing special: the limit is everybody's."""
    age = context.figures.get("age_days")
    return age is not None and ADULT <= age[0] < OLD


def _raw(
    context: Context,
    entry: dict[str, Any],
    limit: Limit,
    verdict: Verdict,
    found: list[Evidence],
) -> Raw:
    item, said = verdict.item, _said(context, limit, verdict)
    lines = [Evidence("", "", "", one.line.id) for one in verdict.summed if one is not item]
    silent = BODY if _is_plain_adult(context) else ()
    said_of = [name for name in limit["selectors"] if name in SELECTOR_WORDS and name not in silent]
    found = [Evidence("", "", "", one.ref) if one.word in silent else one for one in found]
    return Raw(
        item=item,
        severity=limit["severity"],
        kind="dose",
        rule=entry["id"],
        evidence=(Evidence("dose", "", "", item.line.id), *found, *lines),
        texts=(
            limit["fr"] or said[0],
            limit["en"] or said[1],
            limit["do_fr"] or "Réduire la dose ou espacer les prises.",
            limit["do_en"] or "Reduce the dose or space the doses.",
        ),
        source=entry["source"],
        words=tuple(SELECTOR_WORDS[name] for name in said_of),
    )
