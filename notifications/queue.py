"""The calls by which anything in Carnet asks for a message, or takes one back: `enqueue`, `withdraw`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Facility
from accounts.permissions import Actor
from clinic.db import on_commit
from clinic.recording import recorded
from notifications.alphabet import size
from notifications.models import Message, MessageStatus, OptOut
from notifications.queries import text_of
from notifications.rules import after_quiet
from notifications.texts import KINDS, PLACE, fill

ZONE = "Africa/Douala"


@recorded
def enqueue(
    *, kind: str, patient: Any, cause: str, by: Actor, now: datetime, due_at: datetime | None = None,
    values: Mapping[str, str] | None = None, facility: Facility | None = None, expires_at: datetime | None = None,
) -> Message:  # fmt: skip
    """Write a message in the transaction of its cause; it is sent after the commit.

    Args:
        kind: a key of `notifications.texts.KINDS`.
        patient: who it is for; their phone and language are taken as they are now.
        cause: what it is about, as `appointment:<id>`.
        due_at: when to send it; now when left out. What nobody waits for is held back in quiet hours.
        values: what the template's placeholders stand for; name, place, date and time of now are known.
        facility: whose message it is; the actor's when left out.
        expires_at: when it is worth nothing any more; by the kind when left out.

    Returns:
        The message; the one already written when cause, kind and due time are the same. A patient without a
        phone or who opted out gets a message that says it was not sent, and why.
    """
    given = {"name": patient.given_name.split(" ")[0], **(values or {})}
    to = Recipient(
        phone=patient.phone,
        language=patient.language,
        patient_id=str(patient.pk),
        accepts=patient.accepts_messages,
    )
    place = facility or by.facility
    return _write(kind, to, cause, by, now, due_at, given, place, expires_at)


@recorded
def enqueue_to_phone(
    *, kind: str, phone: str, language: str, cause: str, by: Actor, now: datetime, facility: Facility | None = None,
) -> Message:  # fmt: skip
    """Write a message to a phone of which nobody knows whose it is, or which several share."""
    to = Recipient(phone=phone, language=language)
    return _write(kind, to, cause, by, now, None, {}, facility or by.facility, None)


@dataclass(frozen=True)
class Recipient:
    """Who gets a message."""

    phone: str
    language: str
    patient_id: str = ""
    accepts: bool = True


def _write(
    kind: str, to: Recipient, cause: str, by: Actor, now: datetime, due_at: datetime | None,
    values: Mapping[str, str], facility: Facility | None, expires_at: datetime | None,
) -> Message:  # fmt: skip
    key = key_of(cause, kind, due_at)
    known = Message.objects.filter(key=key).first()
    if known is not None:
        return known
    zone = facility.time_zone if facility else ZONE
    due = max(due_at or now, now)
    due = due if KINDS[kind].is_awaited else after_quiet(due, zone)
    expires = expires_at or due + timedelta(hours=KINDS[kind].valid_hours)
    filled = {
        **_standing(now, zone, facility, to.language),
        **values,
        **_place(facility, to.language),
    }
    text = fill(text_of(kind, to.language), filled)[:640]
    reason = _why_not(to)
    is_due = due <= now and not reason
    row = Message.objects.create(
        key=key, kind=kind, cause=cause, patient_id=to.patient_id, facility_id=str(facility.pk) if facility else "",
        phone=to.phone, language=to.language, time_zone=zone, values=filled, text=text, parts=size(text).parts,
        status=MessageStatus.SUPPRESSED if reason else MessageStatus.QUEUED, status_reason=reason, due_at=due,
        expires_at=expires, created_at=now, created_by=str(by.user.pk) if by.user else "",
        dispatched_at=now if is_due else None,
    )  # fmt: skip
    if is_due:
        dispatch_on_commit(row)
    return row


def key_of(cause: str, kind: str, due_at: datetime | None) -> str:
    """Return what makes a message the only one of its cause, kind and due time."""
    return f"{cause}|{kind}|{due_at:%Y%m%dT%H%M}" if due_at else f"{cause}|{kind}"


def _standing(now: datetime, zone: str, facility: Facility | None, language: str) -> dict[str, str]:
    local = now.astimezone(ZoneInfo(zone))
    return {"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"}


def _place(facility: Facility | None, language: str) -> dict[str, str]:
    """Return the neutral name only: a facility's full name may tell what it treats."""
    return {"place": (facility.sms_name if facility else "") or PLACE.get(language, PLACE["fr"])}


def _why_not(to: Recipient) -> str:
    if not to.phone:
        return "no-phone"
    if not to.accepts or OptOut.objects.filter(phone=to.phone).exists():
        return "opted-out"
    return ""


def dispatch_on_commit(message: Message) -> None:
    """Start the sending after the commit. A broker that is down does not matter: the sweep sends later."""
    from notifications.tasks import start  # noqa: PLC0415 (tasks import the actions, which import this)

    message_id = str(message.pk)
    on_commit(lambda: start(message_id))


@recorded
def withdraw(*, cause: str, by: Actor, now: datetime) -> int:
    """Take back what still waits about `cause`. Returns how many messages will not be sent."""
    return Message.objects.filter(cause=cause, status=MessageStatus.QUEUED).update(
        status=MessageStatus.SUPPRESSED, status_reason="withdrawn", final_at=now
    )
