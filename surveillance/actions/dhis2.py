"""Sending published weeks to DHIS2, and the names that things have there."""

from collections.abc import Mapping
from datetime import datetime

from accounts.permissions import SYSTEM, Actor
from clinic.recording import recorded
from surveillance import gateway
from surveillance.models import Dhis2Export, Dhis2Name
from surveillance.permissions import require_authority
from surveillance.queries.dhis2 import names_of, payload_of
from surveillance.queries.published import published_weeks
from surveillance.rules.dhis2 import Conflict, Payload, Report


class NotSendableError(Exception):
    """The week cannot be sent. `code`: not-configured, not-published, nothing-mapped."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def send_week(
    *, country: str, week: str, is_dry_run: bool, by: Actor, now: datetime
) -> Dhis2Export:
    """Send a published week to DHIS2, or let it only try, and store what it said.

    Raises:
        PermissionDenied: the actor is not of that country's health authority (nor the command).
        NotSendableError: there is no DHIS2, the week is not published, or nothing has a name there.
    """
    if by is not SYSTEM:
        require_authority(by, country)
    if not gateway.is_configured():
        raise NotSendableError("not-configured")
    if week not in published_weeks(country):
        raise NotSendableError("not-published")
    names = names_of(country)
    payload = payload_of(country, week, names)
    if not payload.values and not payload.withheld:
        raise NotSendableError("nothing-mapped")
    report = gateway.send(payload, names, is_dry_run=is_dry_run)
    return _store(country, payload, report, is_dry_run=is_dry_run, by=by, now=now)


@recorded
def _store(
    country: str, payload: Payload, report: Report, *, is_dry_run: bool, by: Actor, now: datetime
) -> Dhis2Export:
    return Dhis2Export.objects.create(
        country=country, week=payload.week, is_dry_run=is_dry_run, at=now, by_name=str(by.user or ""),
        outcome=report.outcome, values=len(payload.values), withheld=payload.withheld, imported=report.imported,
        updated=report.updated, ignored=report.ignored, message=report.message,
        conflicts=[_conflict(one) for one in report.conflicts],
    )  # fmt: skip


def _conflict(one: Conflict) -> list[object]:
    about = sorted({(value.group, value.district) for value in one.values})
    return [one.code, [list(pair) for pair in about], one.message]


@recorded
def set_names(
    *, country: str, names: Mapping[tuple[str, str], str], by: Actor, now: datetime
) -> int:
    """Store what things are called in DHIS2: (kind, key) → name; an empty name takes it away.

    Returns:
        How many names changed.
    """
    require_authority(by, country)
    changed = 0
    for (kind, key), name in sorted(names.items()):
        row = Dhis2Name.objects.filter(country=country, kind=kind, key=key).first()
        if (row.name if row else "") == name:
            continue
        changed += 1
        if not name and row is not None:
            row.delete()
            continue
        row = row or Dhis2Name(country=country, kind=kind, key=key)
        row.name, row.changed_by_name, row.changed_at = name, str(by.user or ""), now
        row.save()
    return changed
