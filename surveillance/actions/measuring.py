"""Measuring what Carnet does: the last weeks are counted anew as a whole, for an order's fate is known later."""

from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from pymongo import ReplaceOne, UpdateOne

from accounts.models import Facility
from accounts.permissions import Actor
from clinic.db import collection
from surveillance.middleware import OPENINGS, key_of
from surveillance.models import ImpactWeek, OpeningWeek
from surveillance.queries.counting import facilities
from surveillance.queries.measuring import impacts_of, staff_of
from surveillance.rules.impact import Impact
from surveillance.rules.timing import BUCKETS
from surveillance.rules.weeks import shift, week_of

SETTLED_WEEKS = 5  # what is changed later than that is not counted as heeded


def measure(*, by: Actor, now: datetime, weeks_back: int = SETTLED_WEEKS) -> int:
    """Count the last weeks of every facility. Returns how many weeks of facilities hold something.

    Args:
        weeks_back: how many weeks, this one included.
    """
    places = facilities()
    last = week_of(now.astimezone(UTC).date())
    weeks = {shift(last, -back) for back in range(weeks_back)}
    staff = {week: staff_of(week, places) for week in weeks}
    done = 0
    for key, place in places.items():
        found = impacts_of(place, weeks)
        changes = [
            _change(place, week, impact, staff[week].get(key, 0)) for week, impact in sorted(found.items())
        ]  # fmt: skip
        done += sum(bool(impact.prescribed or impact.tallies) for impact in found.values())
        collection(ImpactWeek).bulk_write(changes, ordered=False)
    keep_openings(by=by, now=now)
    return done


def _change(place: Facility, week: str, impact: Impact, staff: int) -> Any:
    name = {"facility_id": str(place.pk), "week": week}
    rules = [
        [rule, role, tally.severity, tally.fired, tally.stopped, tally.heeded, tally.overridden]
        for (rule, role), tally in sorted(impact.tallies.items())
    ]
    document = {
        **name, "country": place.country, "prescribed": impact.prescribed,
        "outcomes": {name: count for name, count in sorted(impact.outcomes.items()) if count},
        "rules": rules, "staff": staff,
    }  # fmt: skip
    return ReplaceOne(name, document, upsert=True)


def keep_openings(*, by: Actor, now: datetime) -> int:
    """Move the counts of openings from Redis into the database. Returns how many openings that were."""
    this = week_of(now.astimezone(UTC).date())
    moved = 0
    for week in (shift(this, -1), this):
        for what in sorted(set(OPENINGS.values())):
            names = {key_of(what, week, bucket): bucket for bucket in range(BUCKETS)}
            counted = {name: int(count) for name, count in cache.get_many(names).items() if count}
            for name, count in counted.items():
                cache.decr(name, count)
            moved += sum(counted.values())
            if counted:
                _add_openings(what, week, {names[name]: count for name, count in counted.items()})
    return moved


def _add_openings(what: str, week: str, counts: dict[int, int]) -> None:
    name = {"what": what, "week": week}
    rows = collection(OpeningWeek)
    rows.bulk_write(
        [
            UpdateOne(name, {"$setOnInsert": {"counts": [0] * BUCKETS}}, upsert=True),
            UpdateOne(name, {"$inc": {f"counts.{bucket}": n for bucket, n in counts.items()}}),
        ]
    )
