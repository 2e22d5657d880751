"""What an SMS that came in changes, once."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError

from accounts.permissions import SYSTEM, Actor
from clinic.db import on_commit
from clinic.recording import recorded
from notifications.actions import opt_in, opt_out
from notifications.queue import enqueue, enqueue_to_phone
from patients.models import Patient
from phone.actions.desk import ask_desk, ask_to_cancel, confirm
from phone.actions.reminders import stop_doses
from phone.models import DeskKind, DosePlan, IncomingMessage
from phone.queries import (
    appointment_meant,
    facility_of,
    household,
)
from phone.rules import Reply, read_reply
from surveillance.actions import take_reply


def take_incoming(
    *, gateway_id: str, phone: str, text: str, by: Actor, now: datetime
) -> IncomingMessage | None:
    """Keep an SMS that came in. Returns None for one that is already kept."""
    try:
        return _take_incoming(gateway_id=gateway_id, phone=phone, text=text, by=by, now=now)
    except IntegrityError:
        return None


@recorded
def _take_incoming(
    *, gateway_id: str, phone: str, text: str, by: Actor, now: datetime
) -> IncomingMessage | None:
    if IncomingMessage.objects.filter(gateway_id=gateway_id).exists():
        return None
    row = IncomingMessage.objects.create(
        gateway_id=gateway_id, phone=phone, text=text[:640], received_at=now
    )
    message_id = str(row.pk)
    on_commit(lambda: _start_incoming(message_id))
    return row


def _start_incoming(message_id: str) -> None:
    from phone.tasks import start_incoming  # noqa: PLC0415 (tasks import this module)

    start_incoming(message_id)


@recorded
def handle_incoming(*, message_id: Any, by: Actor, now: datetime) -> IncomingMessage | None:
    """Do what an SMS asks for, once. Returns it, or None when it was already seen to."""
    row = IncomingMessage.objects.filter(pk=message_id, handled_at=None).first()
    if row is None:
        return None
    people = household(row.phone)
    reply = read_reply(row.text)
    if reply is Reply.STOP:
        opt_out(phone=row.phone, origin="sms", by=by, now=now)
        row.outcome = "opted-out"
    elif reply is Reply.START:
        row.outcome = "opted-in" if opt_in(phone=row.phone, by=by, now=now) else "help"
        _answer(row, people, "reply-welcome-back", by, now)
    elif not people:
        row.outcome = "unknown-number"
        _answer(row, people, "reply-unknown", by, now)
    elif take_reply(phone=row.phone, text=row.text, by=by, now=now):
        row.outcome, row.text = "opinion", ""  # counted; what it said stays nobody's
        _answer(row, people, "reply-opinion", by, now)
    elif reply is Reply.END_REMINDERS:
        row.outcome = _end_reminders(row, people, by, now)
    else:
        row.outcome = _about_appointment(row, reply, people, by, now)
    row.handled_at = now
    row.save()
    return row


def _end_reminders(row: IncomingMessage, people: list[Patient], by: Actor, now: datetime) -> str:
    plans = DosePlan.objects.filter(patient_id__in=[p.pk for p in people], is_active=True)
    stopped = {plan.patient_id for plan in plans}
    for plan in plans:
        stop_doses(plan=plan, why="sms", by=by, now=now)
    for patient in people:
        if patient.pk in stopped:
            row.patient_id = str(patient.pk)
            _tell(patient, "reply-reminders-stopped", f"incoming:{row.pk}:{patient.pk}", by, now)
    return "reminders-ended" if stopped else _pass_on(row, people, by, now)


def _about_appointment(
    row: IncomingMessage, reply: Reply, people: list[Patient], by: Actor, now: datetime
) -> str:
    meant = appointment_meant(row.phone, people, now) if reply is not Reply.OTHER else None
    if meant is None:
        return _pass_on(row, people, by, now)
    row.patient_id, row.facility_id = str(meant.patient_id), str(meant.facility_id)
    if reply is Reply.CONFIRM:
        done, kind, outcome = confirm, "reply-confirmed", "confirmed"
    else:
        done, kind, outcome = ask_to_cancel, "reply-cancel-asked", "cancel-asked"
    if not done(appointment=meant, by=by, now=now):
        return _pass_on(row, people, by, now)
    local = meant.start.astimezone(ZoneInfo(meant.facility.time_zone))
    values = {"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"}
    enqueue(
        kind=kind, patient=meant.patient, cause=f"incoming:{row.pk}", by=by, now=now, values=values,
        facility=meant.facility,
    )  # fmt: skip
    return outcome


def _pass_on(row: IncomingMessage, people: list[Patient], by: Actor, now: datetime) -> str:
    """Put the message on the desk's list and answer with the one helpful line."""
    patient = people[0]
    row.patient_id = str(patient.pk)
    facility = facility_of(patient, now)
    if facility is not None:
        row.facility_id = str(facility.pk)
        ask_desk(DeskKind.MESSAGE, patient, facility, f"message:{row.pk}", now, text=row.text)
    _answer(row, people, "reply-help", by, now)
    return "passed-on"


def _answer(
    row: IncomingMessage, people: list[Patient], kind: str, by: Actor, now: datetime
) -> None:
    """Answer a phone, at most once a day with the same line: two machines must not talk for ever."""
    language = people[0].language if people else "fr"
    cause = f"phone:{row.phone}:{now:%Y-%m-%d}"
    enqueue_to_phone(
        kind=kind, phone=row.phone, language=language, cause=cause, by=by, now=now,
        facility=facility_of(people[0], now) if people else None,
    )  # fmt: skip


def _tell(patient: Patient, kind: str, cause: str, by: Actor, now: datetime) -> None:
    enqueue(
        kind=kind, patient=patient, cause=cause, by=by, now=now, facility=facility_of(patient, now)
    )


def opt_phone_out(*, phone: str, now: datetime) -> None:
    """Note an opt-out that the gateway reports."""
    opt_out(phone=phone, origin="gateway", by=SYSTEM, now=now)
