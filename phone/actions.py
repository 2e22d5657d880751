"""What phones change: confirmations, requests to the desk, opt-outs, dose reminders, PINs."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from accounts.models import Facility
from accounts.permissions import SYSTEM, Actor
from appointments.models import Appointment, AppointmentStatus
from clinic.db import claim, on_commit
from clinic.recording import recorded
from notifications.actions import opt_in, opt_out
from notifications.models import Message
from notifications.queue import enqueue, enqueue_to_phone
from patients.models import Patient
from patients.queries import today_in
from pharmacy.models import Prescription
from phone.models import DeskItem, DeskKind, DoseLine, DosePlan, IncomingMessage
from phone.queries import (
    Planned,
    appointment_meant,
    facility_of,
    household,
    running_courses,
)
from phone.rules import Course, Reply, is_locked, is_pin, next_dose, read_reply
from surveillance.actions import take_reply

CODE_SECONDS = 600
CODE_TRIES = 5


class BadPinError(Exception):
    """The PIN is too simple, or no PIN at all."""

    code = "bad-pin"


class NothingToRemindError(Exception):
    """No course of the prescription runs."""

    code = "nothing-to-remind"


# Appointments


@recorded
def confirm(*, appointment: Appointment, by: Actor, now: datetime) -> bool:
    """Note that the patient will come. Returns whether the appointment still stood."""
    fresh = _booked(appointment, now)
    if fresh is None:
        return False
    fresh.confirmed_at, fresh.cancellation_asked_at = fresh.confirmed_at or now, None
    _save(fresh)
    return True


@recorded
def ask_to_cancel(*, appointment: Appointment, by: Actor, now: datetime) -> bool:
    """Note that the patient wants to cancel, and tell the desk. Returns whether the appointment still stood."""
    fresh = _booked(appointment, now)
    if fresh is None:
        return False
    fresh.confirmed_at, fresh.cancellation_asked_at = None, fresh.cancellation_asked_at or now
    _save(fresh)
    _ask_desk(
        DeskKind.CANCEL, fresh.patient, fresh.facility, f"cancel:{fresh.pk}", now, appointment=fresh
    )
    return True


@recorded
def ask_to_move(*, appointment: Appointment, by: Actor, now: datetime) -> bool:
    """Tell the desk that the patient wants another day. The appointment stands meanwhile."""
    fresh = _booked(appointment, now)
    if fresh is None:
        return False
    _ask_desk(
        DeskKind.MOVE, fresh.patient, fresh.facility, f"move:{fresh.pk}", now, appointment=fresh
    )
    return True


def _booked(appointment: Appointment, now: datetime) -> Appointment | None:
    rows = Appointment.objects.select_related("patient", "facility")
    return rows.filter(pk=appointment.pk, status=AppointmentStatus.BOOKED, start__gt=now).first()


def _save(appointment: Appointment) -> None:
    rows = Appointment.objects.filter(pk=appointment.pk, rev=appointment.rev)
    claim(rows, rev=appointment.rev + 1)
    appointment.rev += 1
    appointment.save()


@recorded
def ask_call_back(*, patient: Patient, by: Actor, now: datetime) -> DeskItem | None:
    """Ask the desk to call the patient: once a day."""
    facility = facility_of(patient, now)
    if facility is None:
        return None
    key = f"call:{patient.pk}:{today_in(facility, now).isoformat()}"
    return _ask_desk(DeskKind.CALL_BACK, patient, facility, key, now)


def _ask_desk(
    kind: str, patient: Patient, facility: Facility, key: str, now: datetime, text: str = "",
    appointment: Appointment | None = None,
) -> DeskItem:  # fmt: skip
    known = DeskItem.objects.filter(key=key).first()
    if known is not None:
        return known
    return DeskItem.objects.create(
        key=key, kind=kind, facility_id=str(facility.pk), patient=patient, phone=patient.phone, text=text,
        appointment_id=str(appointment.pk) if appointment else "", asked_at=now,
    )  # fmt: skip


@recorded
def finish_desk_item(*, item: DeskItem, by: Actor, now: datetime) -> None:
    """Note that the desk saw to a request of its own facility."""
    by.require("book_appointments")
    if item.facility_id != str(by.facility_id):
        raise PermissionDenied("book_appointments")
    rows = DeskItem.objects.filter(pk=item.pk, done_at=None)
    rows.update(done_at=now, done_by_name=str(by.user))


# Incoming SMS


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
        _ask_desk(DeskKind.MESSAGE, patient, facility, f"message:{row.pk}", now, text=row.text)
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


# Reminders


@recorded
def write_reminder(*, plan: Planned, by: Actor, now: datetime) -> Message:
    """Write one reminder of an appointment, to be sent when it is due."""
    row = plan.appointment
    local = row.start.astimezone(ZoneInfo(row.facility.time_zone))
    return enqueue(
        kind=plan.reminder.kind, patient=row.patient, cause=f"appointment:{row.pk}", by=by, now=now,
        due_at=plan.reminder.due_at, expires_at=plan.reminder.expires_at, facility=row.facility,
        values={"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"},
    )  # fmt: skip


@recorded
def start_doses(*, prescription: Prescription, by: Actor, now: datetime) -> DosePlan:
    """Remind the patient of each dose of what was handed out, until the courses end.

    Raises:
        NothingToRemindError: nothing was handed out, or all courses have ended.
    """
    known = DosePlan.objects.filter(prescription_id=str(prescription.pk), is_active=True).first()
    if known is not None:
        return known
    zone = prescription.facility.time_zone
    courses = running_courses(prescription, zone, today_in(prescription.facility, now))
    due = next_dose(courses, now, zone)
    if due is None:
        raise NothingToRemindError
    return DosePlan.objects.create(
        patient_id=prescription.patient_id, facility=prescription.facility, prescription_id=str(prescription.pk),
        lines=[DoseLine(**vars(course)) for course in courses], next_due_at=due, started_at=now,
        started_by=str(by.user.pk) if by.user else "ussd",
    )  # fmt: skip


@recorded
def stop_doses(*, plan: DosePlan, why: str, by: Actor, now: datetime) -> None:
    """End dose reminders."""
    rows = DosePlan.objects.filter(pk=plan.pk, is_active=True)
    rows.update(is_active=False, stopped_at=now, stopped_by=why, next_due_at=None)


@recorded
def remind_of_dose(*, plan_id: Any, by: Actor, now: datetime) -> Message | None:
    """Write the reminder of the dose that is due, and note when the next one is.

    A dose that is more than half an hour past is left out: a late reminder invites a double dose.
    """
    plan = DosePlan.objects.select_related("patient", "facility").filter(pk=plan_id).first()
    if plan is None or not plan.is_active or plan.next_due_at is None or plan.next_due_at > now:
        return None
    due, zone = plan.next_due_at, plan.facility.time_zone
    rows = DosePlan.objects.filter(pk=plan.pk, is_active=True, next_due_at=due)
    if _was_stopped(plan):
        rows.update(is_active=False, stopped_at=now, stopped_by="prescription", next_due_at=None)
        return None
    courses = [Course(c.times, c.per_days, c.first_date, c.last_date) for c in plan.lines]
    after = max(due, now - timedelta(minutes=30))
    following = next_dose(courses, after, zone)
    claim(rows, next_due_at=following, is_active=following is not None)
    if now - due > timedelta(minutes=30):
        return None
    return enqueue(
        kind="medicine-reminder", patient=plan.patient, cause=f"doses:{plan.pk}", by=by, now=now, due_at=due,
        expires_at=due + timedelta(minutes=45), facility=plan.facility,
        values={"time": f"{due.astimezone(ZoneInfo(zone)):%H:%M}"},
    )  # fmt: skip


def _was_stopped(plan: DosePlan) -> bool:
    """Tell whether the doctor has since stopped or replaced what the reminders are about."""
    row = Prescription.objects.filter(pk=plan.prescription_id).first()
    return row is None or bool(row.replaced_by_id) or row.status not in ("active", "completed")


# PIN


@recorded
def set_pin(*, patient: Patient, pin: str, by: Actor, now: datetime) -> None:
    """Set a patient's PIN and open it again if it was locked.

    Raises:
        BadPinError: not four to six digits, or too simple.
    """
    if not is_pin(pin):
        raise BadPinError
    Patient.objects.filter(pk=patient.pk).update(pin_hash=make_password(pin), pin_failures=0)


@recorded
def check_pin(*, patient: Patient, pin: str, by: Actor, now: datetime) -> bool:
    """Tell whether the PIN is right; a wrong one is counted, and five lock it."""
    fresh = Patient.objects.get(pk=patient.pk)
    if not fresh.pin_hash or is_locked(fresh.pin_failures):
        return False
    rows = Patient.objects.filter(pk=fresh.pk, pin_failures=fresh.pin_failures)
    right = check_password(pin, fresh.pin_hash)
    claim(rows, pin_failures=0 if right else fresh.pin_failures + 1)
    return right


@recorded
def send_code(*, patient: Patient, by: Actor, now: datetime) -> None:
    """Send a code by SMS with which a patient without a PIN may set one: valid ten minutes, three a day."""
    count_key = f"pin-codes:{patient.pk}:{now:%Y%m%d}"
    number = int(cache.get(count_key) or 0) + 1
    if number > 3 or patient.pin_hash:
        return
    code = f"{secrets.randbelow(1_000_000):06d}"
    cache.set(count_key, number, 86_400)
    cache.set(f"pin-code:{patient.pk}", {"hash": make_password(code), "tries": 0}, CODE_SECONDS)
    enqueue(
        kind="pin-code", patient=patient, cause=f"pin:{patient.pk}:{now:%Y%m%d}:{number}", by=by, now=now,
        values={"code": code}, facility=facility_of(patient, now),
    )  # fmt: skip


def check_code(*, patient: Patient, code: str) -> bool:
    """Tell whether this is the code that was sent; five wrong ones end it."""
    key = f"pin-code:{patient.pk}"
    sent = cache.get(key)
    if not sent or sent["tries"] >= CODE_TRIES:
        return False
    if check_password(code, sent["hash"]):
        cache.delete(key)
        return True
    cache.set(key, {**sent, "tries": sent["tries"] + 1}, CODE_SECONDS)
    return False


def opt_phone_out(*, phone: str, now: datetime) -> None:
    """Note an opt-out that the gateway reports."""
    opt_out(phone=phone, origin="gateway", by=SYSTEM, now=now)
