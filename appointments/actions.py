"""What changes about appointments: booking, moving, cancelling, arriving, walking in."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from accounts.permissions import Actor
from appointments.models import Appointment, AppointmentStatus, Doctor, WorkingHours
from appointments.queries import free_slots_of
from appointments.rules import HOLDING_STATUSES, may_change
from clinic.db import StaleDocumentError, claim, random_id
from clinic.recording import recorded
from notifications.queue import enqueue, withdraw
from patients.models import Patient
from patients.permissions import is_followed_here


class SlotTakenError(Exception):
    """Somebody else holds the slot, or the doctor does not consult then."""

    code = "slot-taken"


class NotPossibleError(Exception):
    """The appointment is no longer in a state that allows this."""

    code = "not-possible"


def book(
    *, patient: Patient, doctor: Doctor, start: datetime, by: Actor, now: datetime, reason: str = "",
    form_id: str = "", replaces_id: str = "",
) -> Appointment:  # fmt: skip
    """Book a free slot of a doctor; the patient is told by SMS.

    Raises:
        SlotTakenError: the slot is held, has passed, or is outside the doctor's hours.
        PermissionDenied: the actor may not book here, or the patient is not followed here.
    """
    by.require("book_appointments")
    if doctor.facility_id != by.facility_id or not is_followed_here(by, patient):
        raise PermissionDenied("book_appointments")
    try:
        return _book(
            patient=patient, doctor=doctor, start=start, by=by, now=now, reason=reason, form_id=form_id,
            replaces_id=replaces_id,
        )  # fmt: skip
    except IntegrityError as error:
        raise SlotTakenError from error


@recorded
def _book(
    *, patient: Patient, doctor: Doctor, start: datetime, by: Actor, now: datetime, reason: str, form_id: str,
    replaces_id: str,
) -> Appointment:  # fmt: skip
    if form_id and (known := Appointment.objects.filter(form_id=form_id, patient=patient).first()):
        return known
    day = _local_day(start, by)
    if start not in free_slots_of(doctor, datetime.fromisoformat(day).date(), now):
        raise SlotTakenError
    appointment = Appointment.objects.create(
        patient=patient, doctor=doctor, facility=doctor.facility, start=start, minutes=doctor.slot_minutes,
        local_date=day, reason=reason, created_at=now, form_id=form_id, replaces_id=replaces_id,
    )  # fmt: skip
    by.note_seen("patients", patient.pk)
    kind = "appointment-changed" if replaces_id else "appointment-booked"
    _tell(appointment, kind, by, now)
    return appointment


def _local_day(at: datetime, by: Actor) -> str:
    zone = by.facility.time_zone if by.facility else "Africa/Douala"
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def _tell(appointment: Appointment, kind: str, by: Actor, now: datetime) -> None:
    local = appointment.start.astimezone(ZoneInfo(appointment.facility.time_zone))
    enqueue(
        kind=kind,
        patient=appointment.patient,
        cause=f"appointment:{appointment.pk}",
        by=by,
        now=now,
        values={
            "date": f"{local:%d/%m/%Y}",
            "time": f"{local:%H:%M}",
            "doctor": str(appointment.doctor or ""),
            "place": appointment.facility.sms_name or appointment.facility.name,
        },
    )


def reschedule(
    *,
    appointment: Appointment,
    doctor: Doctor,
    start: datetime,
    by: Actor,
    now: datetime,
    form_id: str = "",
) -> Appointment:
    """Move an appointment: the old one is cancelled and a new one booked, together or not at all.

    Raises:
        SlotTakenError: as for `book`; the old one stands.
        NotPossibleError: it was cancelled or honoured meanwhile.
    """
    try:
        return _reschedule(
            appointment=appointment, doctor=doctor, start=start, by=by, now=now, form_id=form_id
        )
    except IntegrityError as error:
        raise SlotTakenError from error


@recorded
def _reschedule(
    *,
    appointment: Appointment,
    doctor: Doctor,
    start: datetime,
    by: Actor,
    now: datetime,
    form_id: str,
) -> Appointment:
    if form_id and (
        known := Appointment.objects.filter(form_id=form_id, patient=appointment.patient_id).first()
    ):
        return known
    by.require("book_appointments")
    old = _change(appointment, AppointmentStatus.CANCELLED, by, now, cancel_reason="→")
    return _book(
        patient=old.patient, doctor=doctor, start=start, by=by, now=now, reason=old.reason, form_id=form_id,
        replaces_id=str(old.pk),
    )  # fmt: skip


@recorded
def cancel(*, appointment: Appointment, reason: str, by: Actor, now: datetime) -> Appointment:
    """Cancel with a reason; the slot is free again and the patient is told."""
    by.require("book_appointments")
    changed = _change(
        appointment, AppointmentStatus.CANCELLED, by, now, cancel_reason=reason.strip()
    )
    _tell(changed, "appointment-cancelled", by, now)
    return changed


@recorded
def mark(*, appointment: Appointment, status: str, by: Actor, now: datetime) -> Appointment:
    """Note that the patient arrived, was seen, or did not come."""
    by.require("book_appointments")
    extra: dict[str, Any] = {"arrived_at": now} if status == AppointmentStatus.ARRIVED else {}
    changed = _change(appointment, status, by, now, **extra)
    if status == AppointmentStatus.NOSHOW:
        _tell(changed, "appointment-missed", by, now)
    return changed


def _change(
    appointment: Appointment, status: str, by: Actor, now: datetime, **extra: Any
) -> Appointment:
    fresh = Appointment.objects.select_related("patient", "facility", "doctor").get(
        pk=appointment.pk
    )
    if fresh.facility_id != by.facility_id:
        raise PermissionDenied("book_appointments")
    if not may_change(fresh.status, status):
        raise NotPossibleError(fresh.status)
    claim(Appointment.objects.filter(pk=fresh.pk, rev=fresh.rev), rev=fresh.rev + 1)
    fresh.rev += 1
    fresh.status = status
    fresh.holds_slot = (
        status in HOLDING_STATUSES and fresh.doctor_id is not None and not fresh.is_walk_in
    )
    for name, value in extra.items():
        setattr(fresh, name, value)
    fresh.save()
    withdraw(cause=f"appointment:{fresh.pk}", by=by, now=now)
    return fresh


def walk_in(
    *,
    patient: Patient,
    by: Actor,
    now: datetime,
    doctor: Doctor | None = None,
    reason: str = "",
    form_id: str = "",
) -> Appointment:
    """Give somebody who comes without an appointment the next number of the day."""
    by.require("book_appointments")
    for _ in range(20):
        try:
            return _walk_in(
                patient=patient, doctor=doctor, by=by, now=now, reason=reason, form_id=form_id
            )
        except IntegrityError:
            continue
    raise StaleDocumentError("appointments")


@recorded
def _walk_in(
    *, patient: Patient, doctor: Doctor | None, by: Actor, now: datetime, reason: str, form_id: str
) -> Appointment:
    if form_id and (known := Appointment.objects.filter(form_id=form_id, patient=patient).first()):
        return known
    if not is_followed_here(by, patient):
        raise PermissionDenied("book_appointments")
    day = _local_day(now, by)
    last = (
        Appointment.objects.filter(facility_id=by.facility_id, local_date=day, queue_number__gt=0)
        .order_by("-queue_number")
        .values_list("queue_number", flat=True)
        .first()
    )
    by.note_seen("patients", patient.pk)
    return Appointment.objects.create(
        id=random_id(), patient=patient, doctor=doctor, facility_id=by.facility_id, start=now, local_date=day,
        status=AppointmentStatus.ARRIVED, holds_slot=False, is_walk_in=True, queue_number=(last or 0) + 1,
        reason=reason, created_at=now, arrived_at=now, form_id=form_id,
    )  # fmt: skip


@recorded
def save_doctor(
    *, doctor: Doctor, schedule: list[WorkingHours], by: Actor, now: datetime
) -> Doctor:
    """Keep a doctor's profile with these hours. Appointments already booked stay as they are."""
    doctor.schedule = schedule
    doctor.save()
    return doctor
