"""How figures are drawn: bars, a line and labels as numbers, which templates write as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from surveillance.models import Alert
from surveillance.queries.alerts import Shown
from surveillance.rules.alerts import TRANSITIONS
from surveillance.rules.answers import Row
from surveillance.rules.detection import c2
from surveillance.rules.groups import AGE_BANDS, BY_KEY, EVENTS

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 240, 40, 20, 26
NAME_HALF = 40  # half the width of a week's name on a phone: nearer to the edge it would be cut


@dataclass(frozen=True)
class Bar:
    """A bar of a chart, or a part of one."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass
class Chart:
    """A drawing with the table that says the same in figures."""

    bars: list[Bar] = field(default_factory=list)
    line: str = ""
    ticks: list[tuple[float, int]] = field(default_factory=list)
    labels: list[tuple[float, str]] = field(default_factory=list)
    gaps: list[tuple[float, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM
    left: int = LEFT


def name_of(group: str) -> str:
    """Return the name of a group of diagnoses or an event in the language of the page."""
    english = (get_language() or "fr").startswith("en")
    if group in BY_KEY:
        return BY_KEY[group].en if english else BY_KEY[group].fr
    return next((en if english else fr for key, fr, en in EVENTS if key == group), group)


def band_name(band: str) -> str:
    """Return the name of an age band."""
    return {"0": _("moins de 1 an"), "50+": _("50 ans et plus")}.get(
        band, _("%(band)s ans") % {"band": band.replace("-", "–")}
    )


def shown(row: Row | None) -> str:
    """Return a count as text: withheld ones are said to be so."""
    if row is None:
        return "0"
    if row.count is None:
        return _("masqué")
    return f"{row.count} +" if row.withheld else str(row.count)


def curve(weeks: Sequence[str], rows: Mapping[str, Row], threshold: int) -> Chart:
    """Return the epidemic curve: cases by week, with the EARS C2 limit drawn from published counts alone."""
    known = [rows[week].count if week in rows else 0 for week in weeks]
    limits = [_limit(known, place) for place in range(len(weeks))]
    top = round_top([*(n or 0 for n in known), *(limit or 0 for limit in limits)])
    chart = frame(weeks, top)
    step = (WIDTH - LEFT) / max(len(weeks), 1)
    points = []
    for place, week in enumerate(weeks):
        count, limit, x = known[place], limits[place], LEFT + place * step
        over = count is not None and limit is not None and count > limit
        if count is None:
            chart.gaps.append((round(x + step / 2, 1), week))
        elif count:
            height = height_of(count, top)
            kind = "over" if over else "case"
            chart.bars.append(bar(x, chart.base - height, step, height, kind, f"{week} : {count}"))
        if limit is not None:
            points.append(f"{round(x + step / 2, 1)},{chart.base - height_of(limit, top)}")
        text = "—" if limit is None else f"{limit:.1f}"
        less = _("moins de %(n)d") % {"n": threshold}
        chart.rows.append([week, less if count is None else str(count), text, "▲" if over else ""])
    chart.line = " ".join(points)
    return chart


def bar(x: float, y: float, step: float, height: float, kind: str, title: str) -> Bar:
    """Return a bar of one step, with a little room on both sides."""
    return Bar(round(x + 1, 1), round(y, 1), round(step - 2, 1), height, kind, title)


def _limit(known: Sequence[int | None], at: int) -> float | None:
    """Return the limit of a week, when all weeks that it rests on are published."""
    base = list(known[max(at - 9, 0) : at - 2]) if at >= 2 else []
    if at < 9 or None in base:
        return None
    score = c2([n or 0 for n in known], at)
    return score.limit if score else None


def by_age(weeks: Sequence[str], rows: Mapping[tuple[str, str], Row]) -> Chart:
    """Return the cases by week, each bar parted by age band."""
    bands = [name for name, _first in AGE_BANDS]
    sums = [sum((rows[w, b].count or 0) for b in bands if (w, b) in rows) for w in weeks]
    top = round_top(sums)
    chart = frame(weeks, top)
    step = (WIDTH - LEFT) / max(len(weeks), 1)
    for place, week in enumerate(weeks):
        y = float(chart.base)
        for number, band in enumerate(bands):
            row = rows.get((week, band))
            height = height_of((row.count if row else 0) or 0, top)
            if height:
                y = round(y - height, 1)
                title = f"{week}, {band_name(band)} : {shown(row)}"
                x = LEFT + place * step
                chart.bars.append(bar(x, y, step, height, f"age{number}", title))
        if not sums[place] and any((week, band) in rows for band in bands):
            chart.gaps.append((round(LEFT + (place + 0.5) * step, 1), week))
        chart.rows.append([week, *(shown(rows.get((week, band))) for band in bands)])
    return chart


def frame(weeks: Sequence[str], top: int) -> Chart:
    """Return an empty chart with its lines and the names of its weeks; `top` is the highest value."""
    chart = Chart()
    chart.ticks = [(chart.base - height_of(n, top), n) for n in sorted({0, top // 2, top})]
    step = (WIDTH - LEFT) / max(len(weeks), 1)
    every = -(-len(weeks) // 6) or 1  # six names fit on a phone
    chart.labels = [
        (round(LEFT + (place + 0.5) * step, 1), week[2:])
        for place, week in enumerate(weeks)
        if place % every == 0 and LEFT + (place + 0.5) * step <= WIDTH - NAME_HALF
    ]
    return chart


def height_of(count: float, top: int) -> float:
    """Return how high a value is drawn."""
    return round(count * (HEIGHT - TOP - BOTTOM) / top, 1)


def round_top(values: Sequence[float]) -> int:
    """Return a round number that no value exceeds."""
    most = max([*values, 4])
    size = 10 ** (len(str(int(most))) - 1)
    return next(n for n in range(size, 12 * size, max(size // 2, 1)) if n >= most and n % 2 == 0)


def alert_cases(row: Shown) -> str:
    """Return the cases of an alert: as published, and until then what its rule tells anyway."""
    if row.cases is not None:
        return str(row.cases)
    return _("au moins %(n)d") % {"n": row.alert.least}


def why(code: str) -> str:
    """Return what a rule compared."""
    return {
        "cases": _("nombre de cas"),
        "rate": _("taux pour 100 000 habitants"),
        "small-population": _("nombre de cas, population faible ou inconnue"),
        "doubling": _("doublement pendant trois semaines"),
        "rise": _("1,5 fois la semaine précédente et la moyenne de quatre"),
        "percentile": _("au-dessus des mêmes semaines de cinq ans"),
        "ears-c1": "EARS C1",
        "ears-c2": "EARS C2",
        "ears-c3": "EARS C3",
    }.get(code, code)


def next_steps(alert: Alert) -> list[tuple[str, str]]:
    """Return what may be done about an alert: (status, words on the button)."""
    words = {
        "acknowledged": _("Prendre en compte"),
        "investigated": _("Enquête faite"),
        "closed": _("Clore"),
    }
    return [(status, words[status]) for status in TRANSITIONS[alert.status] if status in words]
