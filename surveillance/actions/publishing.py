"""Publishing: each week that is over is withheld from once, for good, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.permissions import Actor
from clinic.db import claim
from clinic.recording import recorded
from surveillance.models import FacilityWeek, PublishedTable, PublishedWeek
from surveillance.queries import counting
from surveillance.rules.suppression import Leaf, Order, Tables, publish, publish_events
from surveillance.rules.weeks import between, monday, shift, week_of

SPLITS = ("district", "age", "sex", "facility")


def publish_due(*, by: Actor, now: datetime) -> int:
    """Publish every week that is over and settled and was not published. Returns how many."""
    last = last_due(now)
    done = 0
    for country in sorted({place.country for place in counting.facilities().values()}):
        rows = FacilityWeek.objects.filter(country=country, week__lte=last).order_by("week")
        first = rows.values_list("week", flat=True).first()
        if first is None:
            continue
        known = set(PublishedWeek.objects.filter(country=country).values_list("week", flat=True))
        # A facility whose first records come late does not publish weeks before those known.
        for week in between(max(first, min(known, default=first)), last):
            if week not in known:
                _publish_week(country=country, week=week, by=by, now=now)
                done += 1
    return done


def last_due(now: datetime) -> str:
    """Return the last week whose records have had time to arrive."""
    settled = now.astimezone(UTC) - timedelta(days=settings.STATISTICS["settle_days"])
    return shift(week_of(settled.date()), -1)


@recorded
def _publish_week(*, country: str, week: str, by: Actor, now: datetime) -> None:
    PublishedWeek.objects.create(
        country=country, week=week, threshold=settings.STATISTICS["threshold"], published_at=now
    )
    PublishedTable.objects.bulk_create(_tables(country, week))


@recorded
def revise_week(*, country: str, week: str, by: Actor, now: datetime) -> None:
    """Publish a week again, with what came late.

    Whoever kept the old figures can compare: small differences may then be worked out. So only a person does it,
    for a week that is wrong, and never the schedule.
    """
    claim(PublishedWeek.objects.filter(country=country, week=week), revised_at=now)
    PublishedTable.objects.filter(country=country, week=week).delete()
    PublishedTable.objects.bulk_create(_tables(country, week))


def _tables(country: str, week: str) -> list[PublishedTable]:
    limit = settings.STATISTICS["threshold"]
    rows = list(FacilityWeek.objects.filter(country=country, week=week))
    parts = counting.members(country)
    made: list[PublishedTable] = []
    for group, leaves in sorted(_leaves(rows).items()):
        tables = publish(leaves, parts, threshold=limit, order=_order(country, week, group))
        made += _documents(country, week, group, tables)
    for event, counts in sorted(_events(rows).items()):
        shown = publish_events(counts, threshold=limit)
        made.append(
            _document(country, week, "event", event, {(d, ""): n for d, n in shown.items()})
        )
    return made


def _leaves(rows: Iterable[FacilityWeek]) -> dict[str, list[Leaf]]:
    leaves: dict[str, list[Leaf]] = defaultdict(list)
    for row in rows:
        for group, age, sex, count in row.counts:
            leaves[group].append(Leaf(row.district, row.facility_id, age, sex, count))
    return leaves


def _events(rows: Iterable[FacilityWeek]) -> dict[str, dict[str, int]]:
    events: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for event, count in row.events.items():
            events[event][row.district] += count
    return events


def _order(country: str, week: str, group: str) -> Order:
    """Return the secret order: the same each time, and nobody without the key can tell it."""

    def place(cell: tuple[str, ...]) -> str:
        text = "\x1f".join((country, week, group, *cell))
        return salted_hmac("surveillance.order", text, algorithm="sha256").hexdigest()

    return place


def _documents(country: str, week: str, group: str, tables: Tables) -> list[PublishedTable]:
    made = [_document(country, week, "total", group, {("", ""): tables.total})]
    made += [_document(country, week, kind, group, getattr(tables, kind)) for kind in SPLITS]
    return [row for row in made if row.cells]


def _document(
    country: str, week: str, split: str, group: str, cells: Mapping[tuple[str, str], Any]
) -> PublishedTable:
    """Return a stored table; zeros are left out, for what is not there is zero."""
    shown = [[*key, count] for key, count in sorted(cells.items()) if count != 0]
    return PublishedTable(country=country, week=week, split=split, group=group, cells=shown)


def is_over(week: str, now: datetime) -> bool:
    """Tell whether a week is over everywhere."""
    return now.astimezone(UTC).date() >= monday(shift(week, 1)) + timedelta(days=1)
