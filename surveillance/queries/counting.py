"""What counting needs to read: which weeks changed, and the persons of a facility's week."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bson import ObjectId
from django.conf import settings

from accounts.models import Facility, FacilityKind
from clinic.converters import parse_id
from clinic.db import collection
from consultations.models import Consultation, ConsultationStatus
from patients.models import Patient
from pharmacy.models import SafetyCheck
from surveillance.rules.groups import AGE_BANDS, SEXES, age_band, groups_of
from surveillance.rules.weeks import between, span, week_at

MOMENTS = ("prescribe", "amend", "dispense")
ANY_ZONE = timedelta(hours=15)
NOWHERE = "—"


@dataclass
class Counted:
    """The counts of one facility and week, as `FacilityWeek` stores them."""

    counts: list[list[Any]] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)
    consultations: int = 0
    late: int = 0


Dirty = dict[str, set[str]]  # facility id → weeks


def facilities() -> dict[str, Facility]:
    """Return every facility by its id, in service or not."""
    return {str(place.pk): place for place in Facility.objects.all()}


def district_of(facility: Facility) -> str:
    """Return the district a facility reports to; its city, else a dash, when none is noted."""
    return facility.district or facility.city or NOWHERE


def members(country: str) -> dict[str, dict[str, list[str]]]:
    """Return, for each district of a country, the parts of its splits."""
    found: dict[str, dict[str, list[str]]] = {}
    for place in Facility.objects.filter(country=country, kind=FacilityKind.CLINIC):
        parts = found.setdefault(
            district_of(place),
            {"age": [name for name, _ in AGE_BANDS], "sex": list(SEXES), "facility": []},
        )
        parts["facility"].append(str(place.pk))
    return found


def changed_since(moment: datetime, places: dict[str, Facility]) -> Dirty:
    """Return the weeks of facilities in which something changed since `moment`."""
    dirty: Dirty = defaultdict(set)
    rows = collection(Consultation).find(
        {"changed_at": {"$gte": _naive(moment)}}, {"facility_id": 1, "started_at": 1}
    )
    for row in rows:
        _mark(dirty, places, str(row["facility_id"]), row["started_at"])
    checks = collection(SafetyCheck).find(
        {"moment": {"$in": MOMENTS}, "at": {"$gte": _naive(moment)}}, {"facility_id": 1, "at": 1}
    )
    for row in checks:
        _mark(dirty, places, row["facility_id"], row["at"])
    return dict(dirty)


def _mark(dirty: Dirty, places: dict[str, Facility], facility_id: str, at: datetime) -> None:
    if facility_id in places:
        dirty[facility_id].add(week_at(at.replace(tzinfo=UTC), places[facility_id].time_zone))


def everything(places: dict[str, Facility], now: datetime) -> Dirty:
    """Return every week of every facility since the first consultation or check."""
    firsts = [
        row[name]
        for model, name in ((Consultation, "started_at"), (SafetyCheck, "at"))
        for row in collection(model).find({}, {name: 1}).sort(name, 1).limit(1)
    ]
    if not firsts:
        return {}
    zone = "UTC"
    first, last = week_at(min(firsts).replace(tzinfo=UTC) - ANY_ZONE, zone), week_at(now, zone)
    return {key: set(between(first, last)) for key in places}


def count_weeks(dirty: Dirty, places: dict[str, Facility]) -> dict[tuple[str, str], Counted]:
    """Return the counts of these weeks of these facilities; empty ones too."""
    found = {
        (key, week): count_consultations(places[key], week)
        for key, weeks in dirty.items()
        for week in sorted(weeks)
    }
    for week in sorted({week for weeks in dirty.values() for week in weeks}):
        for key, events in count_events(week, places).items():
            if (key, week) in found:
                found[key, week].events = events
    return found


def count_consultations(place: Facility, week: str) -> Counted:
    """Return the signed consultations of one facility and week: each person once in each group."""
    if place.kind != FacilityKind.CLINIC:
        return Counted()
    start, end = span(week, place.time_zone)
    rows = list(
        collection(Consultation).find(
            {
                "facility_id": place.pk,
                "started_at": {"$gte": _naive(start), "$lt": _naive(end)},
                "status": ConsultationStatus.FINISHED,
            },
            {"patient_id": 1, "started_at": 1, "finished_at": 1, "diagnoses.code": 1},
        )
    )
    people = _people({row["patient_id"] for row in rows})
    seen: dict[tuple[ObjectId, str], tuple[str, str]] = {}
    for row in sorted(rows, key=lambda row: (row["started_at"], row["_id"])):
        band, sex = _who(people, row)
        for group in groups_of(item.get("code", "") for item in row.get("diagnoses") or ()):
            seen.setdefault((row["patient_id"], group), (band, sex))
    counts = Counter((group, *who) for (_, group), who in seen.items())
    deadline = _naive(end) + timedelta(days=settings.STATISTICS["settle_days"])
    return Counted(
        counts=[[*key, count] for key, count in sorted(counts.items())],
        consultations=len(rows),
        late=sum((row.get("finished_at") or row["started_at"]) > deadline for row in rows),
    )


def _people(ids: Iterable[ObjectId]) -> dict[ObjectId, tuple[date, str]]:
    rows = collection(Patient).find({"_id": {"$in": list(ids)}}, {"birth_date": 1, "sex": 1})
    return {row["_id"]: (row["birth_date"].date(), row["sex"]) for row in rows}


def _who(people: dict[ObjectId, tuple[date, str]], row: dict[str, Any]) -> tuple[str, str]:
    born, sex = people[row["patient_id"]]
    return age_band(born, row["started_at"].date()), sex


def count_events(week: str, places: dict[str, Facility]) -> dict[str, dict[str, int]]:
    """Return, for each facility, the persons by event of prescribing and dispensing in a week."""
    start, end = span(week, "UTC")
    rows = collection(SafetyCheck).find(
        {"moment": {"$in": MOMENTS}, "at": {"$gte": _naive(start - ANY_ZONE), "$lt": _naive(end + ANY_ZONE)}},
        {
            "facility_id": 1, "at": 1, "patient_id": 1, "moment": 1, "outcome": 1, "findings.severity": 1,
            "not_checked.needs_judgement": 1,
        },
    )  # fmt: skip
    seen: dict[str, set[tuple[str, ObjectId]]] = defaultdict(set)
    for row in rows:
        place = places.get(row["facility_id"])
        if place and week_at(row["at"].replace(tzinfo=UTC), place.time_zone) == week:
            seen[row["facility_id"]].update((name, row["patient_id"]) for name in _events(row))
    return {
        key: dict(sorted(Counter(name for name, _ in pairs).items())) for key, pairs in seen.items()
    }


def _events(row: dict[str, Any]) -> set[str]:
    if row["moment"] == "dispense":
        return {"dispensed" if row["outcome"] == "released" else "refused"}
    found = {"prescribed"} | {item["severity"] for item in row.get("findings") or ()}
    if any(item.get("needs_judgement") for item in row.get("not_checked") or ()):
        found.add("not-checked")
    return found


def _naive(moment: datetime) -> datetime:
    """Return the moment as the driver stores it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def parse_facility(value: str) -> str:
    """Return a facility's id as text, or nothing when it is none."""
    found = parse_id(value)
    return str(found) if found else ""
