"""The calls by which anything in Carnet asks for a message, or takes one back: `enqueue`, `withdraw`."""

from collections.abc import Iterable, Mapping, Sequence
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
from notifications.queries import own_texts, text_of
from notifications.rules import after_quiet
from notifications.texts import KINDS, PLACE, fill, standard_text

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
    wanted = wanted_by(
        patient, kind=kind, cause=cause, facility=facility or by.facility, values=values or {},
        due_at=due_at, expires_at=expires_at,
    )  # fmt: skip
    return _write(wanted, by, now)


@recorded
def enqueue_to_phone(
    *, kind: str, phone: str, language: str, cause: str, by: Actor, now: datetime, facility: Facility | None = None,
) -> Message:  # fmt: skip
    """Write a message to a phone of which nobody knows whose it is, or which several share."""
    to = Recipient(phone=phone, language=language)
    return _write(Wanted(kind, to, cause, {}, facility or by.facility), by, now)


@dataclass(frozen=True)
class Recipient:
    """Who gets a message."""

    phone: str
    language: str
    patient_id: str = ""
    accepts: bool = True


@dataclass(frozen=True)
class Wanted:
    """A message that is asked for; `values` hold the first name already."""

    kind: str
    to: Recipient
    cause: str
    values: Mapping[str, str]
    facility: Facility | None
    due_at: datetime | None = None
    expires_at: datetime | None = None


def wanted_by(
    patient: Any, *, kind: str, cause: str, facility: Facility | None, values: Mapping[str, str],
    due_at: datetime | None = None, expires_at: datetime | None = None,
) -> Wanted:  # fmt: skip
    """Return what `enqueue_all` takes, for a patient; the arguments are those of `enqueue`."""
    to = Recipient(
        phone=patient.phone,
        language=patient.language,
        patient_id=str(patient.pk),
        accepts=patient.accepts_messages,
    )
    given = {"name": patient.given_name.split(" ")[0], **values}
    return Wanted(kind, to, cause, given, facility, due_at, expires_at)


def _write(wanted: Wanted, by: Actor, now: datetime) -> Message:
    key = key_of(wanted.cause, wanted.kind, wanted.due_at)
    known = Message.objects.filter(key=key).first()
    if known is not None:
        return known
    text = text_of(wanted.kind, wanted.to.language)
    row = _row(wanted, text, _refusals([wanted.to.phone]), by, now)
    row.save(force_insert=True)
    if _is_due(row, now):
        wake_on_commit()
    return row


def _row(wanted: Wanted, text: str, refused: set[str], by: Actor, now: datetime) -> Message:
    """Return a message as it is written, not stored yet."""
    kind, to, facility = KINDS[wanted.kind], wanted.to, wanted.facility
    zone = facility.time_zone if facility else ZONE
    due = max(wanted.due_at or now, now)
    due = due if kind.is_awaited else after_quiet(due, zone)
    filled = {
        **_standing(now, zone),
        **wanted.values,
        **_place(facility, to.language),
    }
    said = fill(text, filled)[:640]
    reason = _why_not(to, refused)
    return Message(
        key=key_of(wanted.cause, wanted.kind, wanted.due_at), kind=wanted.kind, cause=wanted.cause,
        patient_id=to.patient_id, facility_id=str(facility.pk) if facility else "", phone=to.phone,
        language=to.language, time_zone=zone, values=filled, text=said, parts=size(said).parts,
        status=MessageStatus.SUPPRESSED if reason else MessageStatus.QUEUED, status_reason=reason, due_at=due,
        expires_at=wanted.expires_at or due + timedelta(hours=kind.valid_hours), created_at=now,
        created_by=str(by.user.pk) if by.user else "",
    )  # fmt: skip


@recorded
def enqueue_all(*, wanted: Sequence[Wanted], by: Actor, now: datetime) -> list[Message]:
    """Write many messages at once, as `enqueue` writes one. Returns those that were not written already.

    Raises:
        IntegrityError: somebody else wrote one of them at this moment; none was written here.
    """
    keys = [key_of(want.cause, want.kind, want.due_at) for want in wanted]
    known = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    refused, own = _refusals({want.to.phone for want in wanted}), own_texts()
    rows = []
    for key, want in zip(keys, wanted, strict=True):
        if key in known:
            continue
        known.add(key)
        text = own.get(f"{want.kind}|{want.to.language}") or standard_text(
            want.kind, want.to.language
        )
        rows.append(_row(want, text, refused, by, now))
    Message.objects.bulk_create(rows)
    if any(_is_due(row, now) for row in rows):
        wake_on_commit()
    return rows


def _is_due(row: Message, now: datetime) -> bool:
    return row.status == MessageStatus.QUEUED and row.due_at <= now


def key_of(cause: str, kind: str, due_at: datetime | None) -> str:
    """Return what makes a message the only one of its cause, kind and due time."""
    return f"{cause}|{kind}|{due_at:%Y%m%dT%H%M}" if due_at else f"{cause}|{kind}"


def _standing(now: datetime, zone: str) -> dict[str, str]:
    local = now.astimezone(ZoneInfo(zone))
    return {"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"}


def _place(facility: Facility | None, language: str) -> dict[str, str]:
    """Return the neutral name only: a facility's full name may tell what it treats."""
    return {"place": (facility.sms_name if facility else "") or PLACE.get(language, PLACE["fr"])}


def _refusals(phones: Iterable[str]) -> set[str]:
    rows = OptOut.objects.filter(phone__in=[phone for phone in phones if phone])
    return set(rows.values_list("phone", flat=True))


def _why_not(to: Recipient, refused: set[str]) -> str:
    if not to.phone:
        return "no-phone"
    return "opted-out" if not to.accepts or to.phone in refused else ""


def wake_on_commit() -> None:
    """Start the sending after the commit. A broker that is down does not matter: the sweep sends later."""
    from notifications.tasks import wake  # noqa: PLC0415 (tasks import the actions, which import this)

    on_commit(wake)


@recorded
def withdraw(*, cause: str, by: Actor, now: datetime) -> int:
    """Take back what still waits about `cause`. Returns how many messages will not be sent."""
    return Message.objects.filter(cause=cause, status=MessageStatus.QUEUED).update(
        status=MessageStatus.SUPPRESSED, status_reason="withdrawn", final_at=now
    )
