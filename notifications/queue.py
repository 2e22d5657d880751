"""The one call by which anything in Carnet asks for a message: `enqueue`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from clinic.recording import recorded
from notifications.models import Message
from notifications.rules import MessageStatus


@recorded
def enqueue(
    *, kind: str, patient: Any, cause: str, by: Actor, now: datetime, due_at: datetime | None = None,
    values: Mapping[str, str] | None = None,
) -> Message:  # fmt: skip
    """Write a message in the transaction of its cause; it is sent after the commit.

    Args:
        kind: the template's name.
        patient: who it is for; their phone and language are taken as they are now.
        cause: what it is about, as `appointment:<id>`.
        due_at: when to send it; now when left out.
        values: what the template's placeholders stand for.

    Returns:
        The message; the one already written when cause, kind and due time are the same. A patient without a
        phone or who opted out gets a message that says it was not sent, and why.
    """
    due = due_at or now
    key = f"{cause}|{kind}|{due:%Y%m%dT%H%M}" if due_at else f"{cause}|{kind}"
    known = Message.objects.filter(key=key).first()
    if known is not None:
        return known
    reason = "no-phone" if not patient.phone else "" if patient.accepts_messages else "opted-out"
    return Message.objects.create(
        key=key,
        kind=kind,
        cause=cause,
        patient_id=str(patient.pk),
        facility_id=str(by.facility_id or ""),
        phone=patient.phone,
        language=patient.language,
        values={"name": patient.given_name.split(" ")[0], **(values or {})},
        status=MessageStatus.SUPPRESSED if reason else MessageStatus.QUEUED,
        status_reason=reason,
        due_at=due,
        created_at=now,
        created_by=str(by.user.pk) if by.user else "",
    )
