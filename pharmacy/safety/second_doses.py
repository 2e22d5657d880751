"""Makes cases from the dose limits that a second author wrote: an order at each limit, and one 1.4 times it.

Nothing of the first author's knowledge is read here: that a case is met by this limit alone is tried on
the second author's own limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from .checks import Missing
from .compile_rules import AMOUNTS
from .context import Context
from .doses import run_dose
from .frozen import Case, written_dose
from .knowledge import Knowledge
from .logic import Expr, evaluate
from .making import Maker
from .model import RANK
from .trial import Rule, context_of

OVER = Fraction(14, 10)
DAY = 24
# age (years, or months below one), kg: from the plain adult to who is rare
PEOPLE: tuple[Case, ...] = (
    {"age_years": 40, "weight_kg": 70},
    {"age_years": 8, "weight_kg": 25},
    {"age_years": 2, "weight_kg": 12},
    {"age_years": 70, "weight_kg": 62},
    {"age_years": 15, "weight_kg": 50},
    {"age_years": 5, "weight_kg": 18},
    {"age_months": 9, "weight_kg": 8.5},
    {"age_months": 3.5, "weight_kg": 6},
    {"age_days": 20, "weight_kg": 3.5},
    {"age_days": 5, "weight_kg": 3},
    {"age_years": 82, "weight_kg": 55},
    {"age_years": 13, "weight_kg": 42},
    {"age_years": 17, "weight_kg": 60},
    {"age_years": 11, "weight_kg": 40},
    {"age_years": 11, "weight_kg": 70},
    {"age_years": 11, "weight_kg": 110},
    {"age_years": 40, "weight_kg": 46},
    {"age_years": 40, "weight_kg": 120},
    {"age_years": 40, "weight_kg": 180},
)
RHYTHMS = {
    "max_dose": (1, 2, 0.143),
    "max_dose_kg": (1, 2, 0.143),
    "max_day": (3, 2, 4, 1, 6, 8, 12, 24),
    "max_day_kg": (3, 2, 4, 1, 6, 8, 12, 24),
    "max_week": (1, 0.143, 2),
}
SPAN = {"max_dose": None, "max_dose_kg": None, "max_week": 7}


class Written(NamedTuple):
    """A case made from one figure of the second author, and the gravest finding it must have (None: quiet)."""

    figure: str
    case: Case
    severity: str | None


class Figure(NamedTuple):
    """One figure of one limit."""

    entry: Rule
    limit: Rule
    key: str

    @property
    def name(self) -> str:
        """How it is called in reports."""
        place = self.entry["limits"].index(self.limit)
        return figure_name(self.entry["file"], self.entry["id"], place, self.key)


def figure_name(file: str, entry: str, place: int, key: str) -> str:
    """How a figure of a limit is called in reports."""
    return f"{file}: {entry}[{place}] {key}"


def figures(second: Knowledge) -> Iterator[Figure]:
    """Every figure that the second author wrote."""
    for entry in second.doses:
        for limit in entry["limits"]:
            for key in (*AMOUNTS, "min_interval", "max_days"):
                if limit.get(key):
                    yield Figure(entry, limit, key)


def dose_cases(second: Knowledge) -> Iterator[tuple[str, list[Written]]]:
    """(name of the figure, its two cases; empty where no order can tell the figure from the others)."""
    maker = Maker(second)
    for figure in figures(second):
        yield figure.name, _cases(second, maker, figure)


def _cases(second: Knowledge, maker: Maker, figure: Figure) -> list[Written]:
    for base in _bases(second, maker, figure):
        for met, passed in _lines(figure, base):
            at, over = ({**base, "order": [{**base["order"][0], **line}]} for line in (met, passed))
            if _is_told_apart(second, figure, at, over):
                return [
                    Written(figure.name, case, severity_of(found(context_of(second, case))))
                    for case in (at, over, *_lifted(maker, figure, over))
                ]
    return []


def _lifted(maker: Maker, figure: Figure, over: Case) -> Iterator[Case]:
    """The case above the limit, with each fact that lifts it."""
    for lifting in (figure.limit["unless"] or [])[1:]:
        made = maker.make_true(lifting, over)
        if made is not None:
            yield made


def _bases(second: Knowledge, maker: Maker, figure: Figure) -> Iterator[Case]:
    """Orders without a dose for people whom the limit is meant for."""
    for drug in _medicines(second, figure):
        for person in PEOPLE:
            line = {"drug": drug, "route": figure.limit["routes"][0], "per_day": 1}
            base: Case | None = {"patient": {"sex": "M", **person}, "order": [line]}
            for part in parts(figure.limit["expr"]):
                base = _made(second, maker, part, base) if base is not None else None
            if base is not None:
                yield base
                yield from _with_lower_limits_lifted(maker, figure, base)


def _medicines(second: Knowledge, figure: Figure) -> list[str]:
    """Some medicines of the limit; where it counts tablets, the fixed combinations that hold one of them."""
    substances = second.sets[figure.entry["drugs"]]
    if figure.key not in AMOUNTS or figure.limit[figure.key][0] != "forms":
        return sorted(substances)[:3]
    return [
        name
        for name, product in sorted(second.products.items())
        if not substances.isdisjoint(product["components"])
    ]


def _with_lower_limits_lifted(maker: Maker, figure: Figure, base: Case) -> Iterator[Case]:
    for other in figure.entry["limits"]:
        if other is not figure.limit and other["unless"] is not None:
            made = maker.make_true(other["unless"], base)
            if made is not None:
                yield made


def parts(expr: Expr | None) -> Iterable[Expr]:
    """The expressions that must all hold."""
    if expr is None:
        return ()
    return expr[1:] if expr[0] == "all" else (expr,)


def _made(second: Knowledge, maker: Maker, part: Expr, base: Case) -> Case | None:
    context = context_of(second, base)
    if evaluate(part, context, context.items[0], [], []) is True:
        return base
    is_body = part[0] == "range" and part[1] in ("age_days", "weight_g")
    return None if is_body or part[0] == "dose" else maker.make_true(part, base)


def _lines(figure: Figure, base: Case) -> Iterator[tuple[Case, Case]]:
    value = figure.limit[figure.key]
    if figure.key == "max_days":
        yield {"dose_mg": 0.001, "days": value}, {"dose_mg": 0.001, "days": int(value * OVER) + 1}
    elif figure.key == "min_interval":
        yield tuple(  # type: ignore[misc]
            {"dose_mg": 0.001, "per_day": float(Fraction(DAY, value) * often)}
            for often in (1, OVER)
        )
    else:
        dimension, most = value
        weight = Fraction(str(base["patient"]["weight_kg"])) if figure.key.endswith("_kg") else 1
        for per_day in RHYTHMS[figure.key]:
            times = _times(figure.key, per_day)
            met, passed = (int(most * weight * by / times) for by in (1, OVER))
            yield tuple(  # type: ignore[misc]
                written_dose(dimension, amount) | {"per_day": per_day} for amount in (met, passed)
            )


def _times(key: str, per_day: float) -> Fraction:
    """How many doses the limit counts."""
    span = SPAN.get(key, 1)
    if span is None:
        return Fraction(1)
    return max(Fraction(round(per_day * 7), 7) * span, Fraction(1))


def _is_told_apart(second: Knowledge, figure: Figure, at: Case, over: Case) -> bool:
    """Whether by the second author's limits only this figure makes the second case graver than the first."""
    severity = RANK[figure.limit["severity"]]
    if graver(found(context_of(second, at))) >= severity:
        return False
    context = context_of(second, over)
    without = {key: value for key, value in figure.limit.items() if key != figure.key}
    limits = [without if limit is figure.limit else limit for limit in figure.entry["limits"]]
    return (
        graver(found(context)) == severity
        and graver(found(context, {**figure.entry, "limits": limits})) < severity
    )


def found(context: Context, changed: Rule | None = None) -> dict[str, str]:
    """The gravest severity by dose entry, for the ordered medicines; one entry may be changed."""
    missing = Missing()
    answers: dict[str, str] = {}
    for name in sorted({item.substance for item in context.items if item.ordered}):
        for entry in context.knowledge.doses_of(name):
            tried = changed if changed is not None and changed["id"] == entry["id"] else entry
            for raw in run_dose(context, tried, name, missing):
                worst = answers.get(entry["id"], raw.severity)
                answers[entry["id"]] = max(worst, raw.severity, key=RANK.__getitem__)
    return answers


def graver(answers: dict[str, Any]) -> int:
    """The rank of the gravest answer, -1 without one."""
    return max((RANK[severity] for severity in answers.values()), default=-1)


def severity_of(answers: dict[str, str]) -> str | None:
    """The gravest answer, None without one."""
    return max(answers.values(), key=RANK.__getitem__, default=None)
