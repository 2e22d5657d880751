"""What a patient asks of the desk by phone: to confirm, cancel or move an appointment, to be called back."""

from datetime import datetime

from django.core.exceptions import PermissionDenied

from accounts.models import Facility
from accounts.permissions import Actor
from appointments.models import Appointment, AppointmentStatus
from clinic.db import claim
from clinic.recording import recorded
from patients.models import Patient
from patients.queries import today_in
from phone.models import DeskItem, DeskKind
from phone.queries import (
    facility_of,
)


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
    ask_desk(
        DeskKind.CANCEL, fresh.patient, fresh.facility, f"cancel:{fresh.pk}", now, appointment=fresh
    )
    return True


@recorded
def ask_to_move(*, appointment: Appointment, by: Actor, now: datetime) -> bool:
    """Tell the desk that the patient wants another day. The appointment stands meanwhile."""
    fresh = _booked(appointment, now)
    if fresh is None:
        return False
    ask_desk(
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
    return ask_desk(DeskKind.CALL_BACK, patient, facility, key, now)


def ask_desk(
    kind: str, patient: Patient, facility: Facility, key: str, now: datetime, text: str = "",
    appointment: Appointment | None = None,
) -> DeskItem:  # fmt: skip
    """Put a request on the desk's list, once for each `key`. Returns it."""
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
