"""What is written down about access: reads, sign-ins, refusals. Nothing here is ever changed again."""

from datetime import datetime
from typing import Any, Protocol

from audit.models import AccessEntry, AccessKind


class Accessor(Protocol):
    """Who looked: what an entry says of an `accounts` actor, which lies above this app."""

    user: Any
    facility: Any
    roles: tuple[str, ...]
    address: str
    seen: list[tuple[str, str]]
    reason: str

    @property
    def facility_id(self) -> Any:
        """Return the active facility's id, or None."""


def record_access(
    *, kind: AccessKind, by: Accessor, now: datetime, route: str = "", method: str = "GET",
    status: int = 200, username: str = "", reason: str = "",
) -> AccessEntry:  # fmt: skip
    """Write one entry with everything `by` was shown. It is one insert, before the response leaves."""
    entry = AccessEntry(
        at=now,
        kind=kind,
        user_id=str(by.user.pk) if by.user else "",
        username=(by.user.username if by.user else username)[:150],
        roles=list(by.roles),
        facility_id=str(by.facility_id or ""),
        facility_name=by.facility.name if by.facility else "",
        patient_ids=[record_id for what, record_id in by.seen if what == "patients"],
        shown=[f"{what}:{record_id}" for what, record_id in by.seen if what != "patients"],
        route=route[:80],
        method=method,
        status=status,
        reason=(reason or by.reason)[:300],
        address=by.address,
    )
    entry.save(force_insert=True)
    return entry
