"""Judges doses against the limits: per dose, day, week, kg, interval and duration.

Amounts are summed over all lines of a substance by the routes of the limit. Everything is compared by
cross-multiplication of integers; a tenth above a limit is still within it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .amounts import Amount
from .checks import Missing, Raw
from .context import Context, Item
from .logic import Evidence, evaluate

Limit = dict[str, Any]
TOLERANCE = Fraction(11, 10)
CHILD_DAYS = 12 * 1461 // 4
UNIT_NAMES = {
    "mass": (("g", 1_000_000), ("mg", 1_000), ("µg", 1)),
    "volume": (("L", 1_000_000), ("mL", 1_000), ("µL", 1)),
    "iu": (("UI", 1_000),),
    "mmol": (("mmol", 1_000),),
    "puff": (("bouffées", 1_000),),
}
ENGLISH_UNITS = {"UI": "IU", "bouffées": "puffs"}
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


def check_doses(context: Context, missing: Missing) -> Iterator[Raw]:
    """Every limit of every ordered substance, once per substance and limit."""
    for substance in sorted({item.substance for item in context.items if item.ordered}):
        for entry in context.knowledge.doses_of(substance):
            try:
                yield from run_dose(context, entry, substance, missing)
            except Exception as error:  # noqa: BLE001 (a broken limit must not hide the others)
                said = f"{type(error).__name__}: {error}"
                missing.errors.append((entry["id"], "", said))


def run_dose(
    context: Context, entry: dict[str, Any], substance: str, missing: Missing
) -> Iterator[Raw]:
    """The findings of one dose entry for one substance."""
    for limit in entry["limits"]:
        items = [
            item
            for item in context.items
            if item.substance == substance and item.line.route in limit["routes"]
        ]
        ordered = sorted((item for item in items if item.ordered), key=_largest_first)
        if not ordered:
            continue
        found: list[Evidence] = []
        if _applies(context, limit, ordered[0], found, missing):
            yield from _judge(context, entry, limit, ordered, items, found, missing)


def _largest_first(item: Item) -> tuple[Fraction, str]:
    high = item.dose.high if item.dose else 0
    return (-_per_day(item.line.times, item.line.per_days, high), item.line.id)


def _per_day(times: int, per_days: int, amount: int) -> Fraction:
    return Fraction(amount * times, max(per_days, 1))


def _applies(
    context: Context, limit: Limit, item: Item, found: list[Evidence], missing: Missing
) -> bool:
    lacking: list[str] = []
    if limit["expr"] is not None:
        truth = evaluate(limit["expr"], context, item, found, lacking)
        if truth is None and _could_exceed(context, limit, item):
            missing.note(context, limit, item, lacking)
        if truth is not True:
            return False
    unless = limit["unless"]
    return unless is None or evaluate(unless, context, item, [], []) is not True


def _could_exceed(context: Context, limit: Limit, item: Item) -> bool:
    """Whether the limit, if it applied, could be broken: otherwise its figure is not asked for."""
    if item.dose is None:
        return True
    if "min_interval" in limit or "max_days" in limit:
        return True
    for measure in MEASURES:
        if measure.key in limit:
            if measure.per_kg and "weight_g" not in context.figures:
                return True
            given = _given(context, measure, [item], item)
            if given is not None and given[1] > _allowed(context, measure, limit):
                return True
    return False


def _judge(
    context: Context,
    entry: dict[str, Any],
    limit: Limit,
    ordered: list[Item],
    items: list[Item],
    found: list[Evidence],
    missing: Missing,
) -> Iterator[Raw]:
    for measure in MEASURES:
        if measure.key not in limit:
            continue
        if measure.per_kg and "weight_g" not in context.figures:
            _ask_weight(context, limit, ordered[0], missing)
            continue
        for item in ordered if measure.days is None else ordered[:1]:
            summed = [item] if measure.days is None else items
            yield from _measured(context, entry, limit, measure, item, summed, found, missing)
    for item in ordered:
        yield from _too_often(entry, limit, item, found)
        yield from _too_long(entry, limit, item, found)


def _ask_weight(context: Context, limit: Limit, item: Item, missing: Missing) -> None:
    age = context.figures.get("age_days")
    if limit["say"] or (age is not None and age[0] < CHILD_DAYS):
        missing.ask("weight_g", item.substance)


def _measured(
    context: Context,
    entry: dict[str, Any],
    limit: Limit,
    measure: Measure,
    item: Item,
    summed: list[Item],
    found: list[Evidence],
    missing: Missing,
) -> Iterator[Raw]:
    if not _same_dimension(limit[measure.key], item.dose):
        if item.dose is None:
            missing.ask(f"dose:{item.line.id}", item.substance)
        return
    given = _given(context, measure, summed, item)
    if given is None:
        return
    allowed = _allowed(context, measure, limit)
    if given[0] > allowed:
        yield _over(context, entry, limit, measure, item, summed, found)
    elif given[1] > allowed:
        missing.ask(f"dose:{item.line.id}", item.substance)


def _same_dimension(limit: list[Any], dose: Amount | None) -> bool:
    return dose is not None and dose.dimension == limit[0]


def _given(
    context: Context, measure: Measure, items: list[Item], item: Item
) -> tuple[Fraction, Fraction] | None:
    """The least and most that is given; lines that do not say their dose add nothing."""
    dimension = item.dose.dimension if item.dose else ""
    low = high = Fraction(0)
    for one in items:
        if one.dose is None or one.dose.dimension != dimension:
            continue
        factor = Fraction(1)
        if measure.days is not None:
            factor = Fraction(one.line.times * measure.days, max(one.line.per_days, 1))
        low += one.dose.low * factor
        high += one.dose.high * factor
    return low, high


def _allowed(context: Context, measure: Measure, limit: Limit) -> Fraction:
    allowed = Fraction(limit[measure.key][1]) * TOLERANCE
    if measure.per_kg:
        allowed *= Fraction(context.figures["weight_g"][0], 1000)
    return allowed


def _over(
    context: Context,
    entry: dict[str, Any],
    limit: Limit,
    measure: Measure,
    item: Item,
    summed: list[Item],
    found: list[Evidence],
) -> Raw:
    given = _given(context, measure, summed, item) or (Fraction(0), Fraction(0))
    dimension, most = limit[measure.key]
    amount = given[0]
    if measure.per_kg:
        amount = amount * 1000 / context.figures["weight_g"][0]
    fr = (
        f"{{drug}} : {shown(amount, dimension)} {measure.fr}, "
        f"au-delà du maximum de {shown(Fraction(most), dimension)}."
    )
    en = (
        f"{{drug}}: {shown(amount, dimension, english=True)} {measure.en}, "
        f"above the most of {shown(Fraction(most), dimension, english=True)}."
    )
    lines = [Evidence("", "", "", one.line.id) for one in summed if one is not item]
    return _raw(entry, limit, item, (*found, *lines), (fr, en))


def shown(amount: Fraction, dimension: str, *, english: bool = False) -> str:
    """An amount in the largest unit that gives at least one, with at most two decimals."""
    units = UNIT_NAMES[dimension]
    unit, factor = next((one for one in units if amount >= one[1]), units[-1])
    hundredths = round(amount * 100 / factor)
    whole, rest = divmod(hundredths, 100)
    text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)
    if english:
        return f"{text} {ENGLISH_UNITS.get(unit, unit)}"
    return f"{text.replace('.', ',')} {unit}"


def _too_often(
    entry: dict[str, Any], limit: Limit, item: Item, found: list[Evidence]
) -> Iterator[Raw]:
    hours = limit.get("min_interval")
    line = item.line
    if not hours or line.times * hours * 10 <= line.per_days * 24 * 11:
        return
    fr_hours = f"{hours // 24} jours" if hours % 24 == 0 and hours > 24 else f"{hours} heures"
    en_hours = f"{hours // 24} days" if hours % 24 == 0 and hours > 24 else f"{hours} hours"
    fr = f"{{drug}} : au plus une prise toutes les {fr_hours}."
    en = f"{{drug}}: at most one dose every {en_hours}."
    yield _raw(entry, limit, item, tuple(found), (fr, en))


def _too_long(
    entry: dict[str, Any], limit: Limit, item: Item, found: list[Evidence]
) -> Iterator[Raw]:
    most, planned = limit.get("max_days"), item.line.days
    if most is None or planned is None or planned <= most:
        return
    fr = f"{{drug}} : {planned} jours prévus, au-delà du maximum de {most}."
    en = f"{{drug}}: {planned} days planned, above the most of {most}."
    yield _raw(entry, limit, item, tuple(found), (fr, en))


def _raw(
    entry: dict[str, Any],
    limit: Limit,
    item: Item,
    found: tuple[Evidence, ...],
    texts: tuple[str, str],
) -> Raw:
    selectors = [SELECTOR_WORDS[name] for name in limit["selectors"] if name in SELECTOR_WORDS]
    fr, en = limit["fr"] or texts[0], limit["en"] or texts[1]
    return Raw(
        item=item,
        severity=limit["severity"],
        kind="dose",
        rule=entry["id"],
        evidence=(Evidence("dose", "", "", item.line.id), *found),
        texts=(
            fr,
            en,
            limit["do_fr"] or "Réduire la dose ou espacer les prises.",
            limit["do_en"] or "Reduce the dose or space the doses.",
        ),
        source=entry["source"],
        words=tuple(selectors),
    )


