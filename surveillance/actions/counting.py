"""Counting: only the weeks in which something changed are counted anew, each as a whole.

So counting twice does no harm, a consultation marked as an error leaves its week, and counting everything from
zero gives the same.
"""

from datetime import datetime, timedelta
from typing import Any

from pymongo import DeleteOne, ReplaceOne

from accounts.models import Facility
from accounts.permissions import Actor
from clinic.db import collection
from surveillance.models import FacilityWeek, Progress
from surveillance.queries import counting
from surveillance.queries.counting import Counted

# A document is written a little after the time that stands in it, and clocks of servers differ.
OVERLAP = timedelta(minutes=10)
KEY = "facility-weeks"
BATCH = 200


def refresh(*, by: Actor, now: datetime) -> int:
    """Count what changed since the last time. Returns how many weeks of facilities were counted."""
    progress = Progress.objects.filter(key=KEY).first()
    if progress is None:
        return rebuild(by=by, now=now)
    places = counting.facilities()
    dirty = counting.changed_since(progress.counted_until - OVERLAP, places)
    done = _count(dirty, places)
    _note_progress(now)
    return done


def rebuild(*, by: Actor, now: datetime) -> int:
    """Count everything from zero; weeks in which nothing is left go. Returns how many were counted."""
    places = counting.facilities()
    dirty = counting.everything(places, now)
    known = collection(FacilityWeek).find({}, {"facility_id": 1, "week": 1})
    for row in known:
        if row["facility_id"] in places:
            dirty.setdefault(row["facility_id"], set()).add(row["week"])
    done = _count(dirty, places)
    _note_progress(now)
    return done


def _count(dirty: counting.Dirty, places: dict[str, Facility]) -> int:
    changes: list[Any] = []
    done = 0
    for (key, week), counted in counting.count_weeks(dirty, places).items():
        changes.append(_change(places[key], week, counted))
        done += 1
        if len(changes) == BATCH:
            collection(FacilityWeek).bulk_write(changes, ordered=False)
            changes = []
    if changes:
        collection(FacilityWeek).bulk_write(changes, ordered=False)
    return done


def _change(place: Facility, week: str, counted: Counted) -> Any:
    name = {"facility_id": str(place.pk), "week": week}
    if not (counted.consultations or counted.events):
        return DeleteOne(name)
    document = {
        **name, "country": place.country, "district": counting.district_of(place), "counts": counted.counts,
        "events": counted.events, "consultations": counted.consultations, "late": counted.late,
    }  # fmt: skip
    return ReplaceOne(name, document, upsert=True)


def _note_progress(now: datetime) -> None:
    Progress.objects.update_or_create(key=KEY, defaults={"counted_until": now})
