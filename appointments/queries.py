"""What the desk reads: doctors, free slots, the day's list and queue."""

from datetime import date, datetime, time
from typing import Any

from accounts.permissions import Actor
from appointments.models import Appointment, Doctor
from appointments.rules import Hours, free_slots, slots
from patients.models import Patient


def doctors_of(facility_id: Any) -> list[Doctor]:
    """Return the doctors who consult in a facility, by name."""
    rows = Doctor.objects.filter(facility_id=facility_id, is_active=True).select_related("user")
    return sorted(rows, key=lambda doctor: (doctor.user.last_name, doctor.user.first_name))


def hours_of(doctor: Doctor) -> list[Hours]:
    """Return a doctor's working hours."""
    return [
        Hours(row.weekday, time.fromisoformat(row.start), time.fromisoformat(row.end))
        for row in doctor.schedule
    ]


def free_slots_of(doctor: Doctor, day: date, now: datetime) -> list[datetime]:
    """Return a doctor's free slots on a day, in order."""
    every = slots(
        hours=hours_of(doctor), day=day, minutes=doctor.slot_minutes, zone=doctor.facility.time_zone
    )
    taken = Appointment.objects.filter(doctor=doctor, local_date=day.isoformat(), holds_slot=True)
    return free_slots(all_slots=every, taken=[row.start for row in taken], now=now)


def day_list(actor: Actor, day: date, doctor: Doctor | None = None) -> list[Appointment]:
    """Return the appointments of a day at the actor's facility, by time."""
    rows = Appointment.objects.filter(facility_id=actor.facility_id, local_date=day.isoformat())
    if doctor is not None:
        rows = rows.filter(doctor=doctor)
    found = list(rows.select_related("patient", "doctor", "doctor__user").order_by("start"))
    for row in found:
        actor.note_seen("patients", row.patient_id)
    return found


def doctor_profile(actor: Actor) -> Doctor | None:
    """Return the actor's own doctor profile in the active facility, or None."""
    if actor.user is None or actor.facility is None:
        return None
    return Doctor.objects.filter(user=actor.user, facility=actor.facility, is_active=True).first()


def appointments_of(patient: Patient, limit: int = 20) -> list[Appointment]:
    """Return a patient's appointments, newest first."""
    return list(
        Appointment.objects.filter(patient=patient)
        .select_related("doctor", "doctor__user")
        .order_by("-start")[:limit]
    )
