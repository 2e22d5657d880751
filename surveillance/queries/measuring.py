"""What measuring needs to read: orders with their checks, who worked, and how many were asked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.models import Facility
from audit.models import AccessEntry, AccessKind
from clinic.db import collection
from pharmacy.models import Prescription, SafetyCheck
from surveillance.rules import impact
from surveillance.rules.impact import Impact
from surveillance.rules.weeks import span, week_at

WRITING = ("prescribe", "amend")
CHUNK = 1000
AT_WORK = (AccessKind.READ, AccessKind.LIST, AccessKind.WRITE, AccessKind.SIGN_IN)
LINE = (
    "_id", "version", "authored_at", "replaces_id", "form_id", "lines.line_id", "lines.status", "lines.override.rules",
)  # fmt: skip


@dataclass
class Order:
    """The versions of a prescription, oldest first, and the week in which it was first written."""

    week: str
    versions: list[dict[str, Any]]


def impacts_of(place: Facility, weeks: set[str]) -> dict[str, Impact]:
    """Return what became of the orders written in these weeks in one facility, whatever happened to them since."""
    found = {week: Impact() for week in weeks}
    start, _ = span(min(weeks), place.time_zone)
    _, end = span(max(weeks), place.time_zone)
    orders = [order for order in _orders(place, start) if order.week in weeks]
    checks = _checks(str(row["_id"]) for order in orders for row in order.versions)
    forms = _forms(place, start, end)
    used: set[str] = set()
    for order in orders:
        used |= {row.get("form_id", "") for row in order.versions}
        impact.count_order(
            [_version(row, checks, forms) for row in order.versions], found[order.week]
        )
    for form_id, (at, check) in forms.items():
        week = week_at(at.replace(tzinfo=UTC), place.time_zone)
        if form_id not in used and week in found and not _was_stored(form_id):
            impact.count_given_up(check, found[week])
    for week in weeks:
        impact.count_counter(_counter(place, week), found[week])
    return found


def _orders(place: Facility, start: datetime) -> list[Order]:
    """Return the orders whose first version was written since `start`."""
    rows = collection(Prescription).find(
        {"facility_id": place.pk, "authored_at": {"$gte": _naive(start)}}, dict.fromkeys(LINE, 1)
    )
    orders: dict[str, Order] = {}
    for row in sorted(rows, key=lambda row: (row["version"], row["authored_at"])):
        before = row.get("replaces_id", "")
        if before and before not in orders:
            continue  # of an order that is older
        order = orders[before] if before else Order(_week(place, row), [])
        order.versions.append(row)
        orders[str(row["_id"])] = order
    return list({id(order): order for order in orders.values()}.values())


def _week(place: Facility, row: dict[str, Any]) -> str:
    return week_at(row["authored_at"].replace(tzinfo=UTC), place.time_zone)


def _checks(ids: Iterable[str]) -> dict[str, impact.Check]:
    """Return the check with which each version was written."""
    found: dict[str, impact.Check] = {}
    wanted = list(ids)
    for first in range(0, len(wanted), CHUNK):
        rows = collection(SafetyCheck).find(
            {"prescription_id": {"$in": wanted[first : first + CHUNK]}, "moment": {"$in": WRITING}},
            CHECK,
        )
        found.update((row["prescription_id"], _check(row, WRITER)) for row in rows)
    return found


CHECK = dict.fromkeys(
    ("prescription_id", "form_id", "line_id", "at", "by_role", "outcome", "findings.rule", "findings.severity",
     "findings.line_id"), 1,
)  # fmt: skip
WRITER, COUNTER = "doctor", "pharmacist"


def _check(row: dict[str, Any], usual: str) -> impact.Check:
    """Return a check, under the role that usually does this when the person holds it."""
    roles = (row.get("by_role") or "").split(",")
    role = usual if usual in roles else roles[0]
    return impact.Check(
        role,
        tuple(
            impact.Found(f["rule"], f["severity"], f.get("line_id", ""))
            for f in row.get("findings") or ()
        ),
    )


def _forms(
    place: Facility, start: datetime, end: datetime
) -> dict[str, tuple[datetime, impact.Check]]:
    """Return what forms showed before anything was stored, by form; also a while later, for amendments."""
    rows = collection(SafetyCheck).find(
        {"moment": "interrupt", "at": {"$gte": _naive(start)}, "facility_id": str(place.pk)}, CHECK
    )
    return {row["form_id"]: (row["at"], _check(row, WRITER)) for row in rows if row.get("form_id")}


def _was_stored(form_id: str) -> bool:
    """Tell whether the form became a version of an order that is older."""
    return Prescription.objects.filter(form_id=form_id).exists()


def _version(
    row: dict[str, Any], checks: dict[str, impact.Check], forms: dict[str, tuple[datetime, impact.Check]]
) -> impact.Version:  # fmt: skip
    lines = {
        line["line_id"]: impact.Line(line["status"], frozenset((line.get("override") or {}).get("rules") or ()))
        for line in row.get("lines") or ()
    }  # fmt: skip
    _, form = forms.get(row.get("form_id") or "-", (None, None))
    return impact.Version(lines, checks.get(str(row["_id"]), impact.Check("")), form)


def _counter(place: Facility, week: str) -> Iterator[tuple[str, str, bool, impact.Check]]:
    start, end = span(week, place.time_zone)
    rows = collection(SafetyCheck).find(
        {
            "moment": "dispense", "at": {"$gte": _naive(start), "$lt": _naive(end)}, "facility_id": str(place.pk),
        },
        CHECK,
    )  # fmt: skip
    for row in rows:
        released = row.get("outcome") == "released"
        yield row["prescription_id"], row.get("line_id", ""), released, _check(row, COUNTER)


def staff_of(week: str, places: dict[str, Facility]) -> dict[str, int]:
    """Return how many people worked with Carnet in each facility in a week; the week is that of UTC."""
    start, end = span(week, "UTC")
    pairs = collection(AccessEntry).aggregate(
        [
            {"$match": {"at": {"$gte": _naive(start), "$lt": _naive(end)}, "kind": {"$in": AT_WORK}}},
            {"$group": {"_id": {"place": "$facility_id", "who": "$user_id"}}},
        ]
    )  # fmt: skip
    found: dict[str, int] = defaultdict(int)
    for pair in pairs:
        place, who = pair["_id"].get("place"), pair["_id"].get("who")
        if who and place in places:
            found[place] += 1
    return dict(found)


def _naive(moment: datetime) -> datetime:
    """Return the moment as the driver stores it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)
