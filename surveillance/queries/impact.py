"""What the page about Carnet's own effect reads: sums over weeks, of a country or of one facility."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accounts.permissions import Actor
from surveillance.models import ImpactWeek, OpeningWeek, OpinionWeek
from surveillance.permissions import country_of, is_authority
from surveillance.rules.impact import RANKS, Tally
from surveillance.rules.survey import GOOD_FROM, MARKS
from surveillance.rules.timing import BUCKETS, quantile

MOST_RULES = 40


@dataclass
class WeekSum:
    """One week: lines prescribed, stopped ones by outcome, people at work."""

    prescribed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    staff: int = 0

    @property
    def stopped(self) -> int:
        """Return how many lines were stopped."""
        return sum(self.outcomes.values())

    @property
    def per_thousand(self) -> float | None:
        """Return the lines stopped and then changed per 1,000 prescribed, or None when nothing was prescribed."""
        return 1000 * self.outcomes["changed"] / self.prescribed if self.prescribed else None


@dataclass
class Measured:
    """The sums of some weeks: by week, by rule and by role."""

    whole: WeekSum
    weeks: dict[str, WeekSum]
    rules: list[tuple[str, Tally]]
    roles: list[tuple[str, Tally]]


@dataclass(frozen=True)
class Opening:
    """How long the records of a week took to open, in milliseconds."""

    week: str
    what: str
    count: int
    p50: int | None
    p95: int | None


@dataclass(frozen=True)
class Opinions:
    """What people said: how many were asked, how many gave each mark, best first."""

    asked: int
    marks: dict[int, int]

    @property
    def answered(self) -> int:
        """Return how many answered."""
        return sum(self.marks.values())

    @property
    def good_percent(self) -> int | None:
        """Return the share that was content, of those who answered."""
        good = sum(count for mark, count in self.marks.items() if mark >= GOOD_FROM)
        return round(100 * good / self.answered) if self.answered else None


def scope_of(actor: Actor) -> dict[str, str]:
    """Return whose figures somebody sees: an authority those of the country, others those of their facility."""
    if is_authority(actor):
        return {"country": country_of(actor)}
    return {"facility_id": str(actor.facility_id)}


def measured(actor: Actor, weeks: Sequence[str]) -> Measured:
    """Return the sums of these weeks."""
    found: dict[str, WeekSum] = {week: WeekSum() for week in weeks}
    rules: dict[str, Tally] = defaultdict(Tally)
    roles: dict[str, Tally] = defaultdict(Tally)
    for row in ImpactWeek.objects.filter(week__in=weeks, **scope_of(actor)):
        one = found[row.week]
        one.prescribed += row.prescribed
        one.outcomes.update(row.outcomes)
        one.staff += row.staff
        for rule, role, *figures in row.rules:
            _add(rules[rule], figures)
            _add(roles[role], figures)
    return Measured(
        _sum(found.values()), found, _worst_first(rules)[:MOST_RULES], _worst_first(roles)
    )


def _add(tally: Tally, figures: Sequence[object]) -> None:
    severity, fired, stopped, heeded, overridden = figures
    tally.severity = max(tally.severity, str(severity), key=RANKS.__getitem__)
    tally.fired += int(str(fired))
    tally.stopped += int(str(stopped))
    tally.heeded += int(str(heeded))
    tally.overridden += int(str(overridden))


def _sum(rows: Iterable[WeekSum]) -> WeekSum:
    whole = WeekSum()
    for row in rows:
        whole.prescribed += row.prescribed
        whole.outcomes.update(row.outcomes)
    return whole


def _worst_first(tallies: dict[str, Tally]) -> list[tuple[str, Tally]]:
    return sorted(tallies.items(), key=lambda pair: (-pair[1].fired, pair[0]))


def openings(weeks: Sequence[str]) -> list[Opening]:
    """Return how long records took to open, newest week first: of the whole installation."""
    rows = OpeningWeek.objects.filter(week__in=weeks).order_by("-week", "what")
    return [
        Opening(row.week, row.what, sum(row.counts), quantile(row.counts, 0.5), quantile(row.counts, 0.95))
        for row in rows
        if len(row.counts) == BUCKETS
    ]  # fmt: skip


def opinions(actor: Actor, weeks: Sequence[str]) -> Opinions:
    """Return what people said of their visits."""
    marks: Counter[int] = Counter()
    asked = 0
    for row in OpinionWeek.objects.filter(week__in=weeks, **scope_of(actor)):
        asked += row.asked
        marks.update(dict(zip(MARKS, row.marks, strict=True)))
    return Opinions(asked, {mark: marks[mark] for mark in MARKS})
