"""What phones ask about: whose phone it is, the next appointment, today's doses; and the desk's list."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId

from accounts.models import Facility
from accounts.permissions import Actor
from appointments.models import Appointment, AppointmentStatus
from clinic.converters import parse_id
from notifications.models import Message
from notifications.queue import key_of
from notifications.rules import revealing_word
from patients.models import Patient
from patients.queries import today_in
from patients.rules import query_keys
from pharmacy.models import Prescription, PrescriptionLine
from pharmacy.queries import knowledge, prescriptions_of
from phone.models import DeskItem, DosePlan, IncomingMessage
from phone.rules import OPEN_ENDED_DAYS, Course, Reminder, doses_on, reminders_of

PLAN_AHEAD = timedelta(minutes=15)
LONGEST_LEAD = timedelta(hours=48 + 11)
TAKEN_STATUSES = ("active", "completed")
WORD = re.compile(r"[^\W\d_]{5,}")
# Brands and substances that are first of all words.
ORDINARY = {
    "action",
    "actions",
    "alcohol",
    "alcool",
    "oxygen",
    "oxygène",
    "plaquettes",
    "platelets",
    "refresh",
}


def household(phone: str) -> list[Patient]:
    """Return the living patients whose phone this is, by first name."""
    found = Patient.objects.with_keys(query_keys(phone))[:40]
    own = [row for row in found if row.phone == phone and row.deceased_date is None]
    return sorted(own, key=lambda row: (row.given_name, row.birth_date))


def upcoming(patients: Iterable[Patient], now: datetime) -> list[Appointment]:
    """Return the booked appointments to come of these patients, soonest first."""
    rows = Appointment.objects.filter(
        patient_id__in=[row.pk for row in patients],
        status=AppointmentStatus.BOOKED,
        is_walk_in=False,
        start__gt=now,
    )
    return list(
        rows.select_related("patient", "facility", "doctor", "doctor__user").order_by("start")[:20]
    )


def appointment_meant(phone: str, patients: list[Patient], now: datetime) -> Appointment | None:
    """Return the appointment that a bare `1` or `2` is about, or None when that is not certain.

    The one that the newest message to this phone was about; else the next one, when only one person has any.
    """
    rows = upcoming(patients, now)
    sent = Message.objects.filter(
        phone=phone, cause__in=[f"appointment:{row.pk}" for row in rows], claimed_at__isnull=False
    ).order_by("-claimed_at")
    newest = sent.first() if rows else None
    if newest is not None:
        wanted = newest.cause.partition(":")[2]
        return next((row for row in rows if str(row.pk) == wanted), None)
    people = {row.patient_id for row in rows}
    return rows[0] if len(people) == 1 else None


@dataclass(frozen=True)
class Planned:
    """A reminder to write."""

    appointment: Appointment
    reminder: Reminder


def reminders_to_write(now: datetime, ahead: timedelta = PLAN_AHEAD) -> list[Planned]:
    """Return the reminders that fall due by `now` + `ahead`, are still of use, and are not written yet.

    Every minute all appointments of the next days are looked at, but only those with something to write are read.
    """
    rows = Appointment.objects.filter(
        status=AppointmentStatus.BOOKED, is_walk_in=False, start__gt=now, start__lte=now + LONGEST_LEAD + ahead
    )  # fmt: skip
    zones = dict(Facility.objects.values_list("pk", "time_zone"))
    due = [
        (pk, reminder)
        for pk, facility_id, start, created_at in rows.values_list("pk", "facility_id", "start", "created_at")
        for reminder in reminders_of(start, zones[facility_id], created_at)
        if reminder.due_at <= now + ahead and reminder.expires_at > now
    ]  # fmt: skip
    known = _known_keys([_key(pk, reminder) for pk, reminder in due])
    new = [(pk, reminder) for pk, reminder in due if _key(pk, reminder) not in known]
    read = _appointments([pk for pk, _ in new])
    planned = [Planned(read[pk], reminder) for pk, reminder in new if pk in read]
    return sorted(planned, key=lambda plan: plan.appointment.start)


def _key(appointment_id: object, reminder: Reminder) -> str:
    return key_of(f"appointment:{appointment_id}", reminder.kind, reminder.due_at)


def _appointments(ids: Sequence[Any]) -> dict[Any, Appointment]:
    found: dict[Any, Appointment] = {}
    for begin in range(0, len(ids), 1000):
        rows = Appointment.objects.filter(pk__in=ids[begin : begin + 1000])
        found.update({row.pk: row for row in rows.select_related("patient", "facility")})
    return found


def due_plans(plan_ids: Sequence[Any], now: datetime) -> list[DosePlan]:
    """Return those of these dose plans of which a dose is due."""
    rows = DosePlan.objects.filter(pk__in=list(plan_ids), is_active=True, next_due_at__lte=now)
    return list(rows.select_related("patient", "facility"))


def ended_prescriptions(ids: Iterable[str]) -> set[str]:
    """Return those of these prescriptions that were since stopped or replaced, or are gone."""
    wanted = set(ids)
    rows = Prescription.objects.filter(
        pk__in=[ObjectId(value) for value in wanted],
        replaced_by_id="",
        status__in=TAKEN_STATUSES,
    )
    return wanted - {str(pk) for pk in rows.values_list("pk", flat=True)}


def _known_keys(keys: list[str]) -> set[str]:
    found: set[str] = set()
    for begin in range(0, len(keys), 1000):
        rows = Message.objects.filter(key__in=keys[begin : begin + 1000])
        found.update(rows.values_list("key", flat=True))
    return found


def course_of(line: PrescriptionLine, prescription: Prescription, zone: str) -> Course | None:
    """Return a line's course by the clock once it was handed out, or None."""
    if line.status not in TAKEN_STATUSES or line.last_dispensed_at is None:
        return None
    first = line.last_dispensed_at.astimezone(ZoneInfo(zone)).date()
    days = line.days or OPEN_ENDED_DAYS
    return Course(line.times, line.per_days, first, first + timedelta(days=days - 1))


@dataclass(frozen=True)
class Dose:
    """A dose to take today."""

    at: time
    medicine: str
    dose: str


def doses_of_day(patient: Patient, day: date, zone: str) -> list[Dose]:
    """Return what the patient takes on a day, by time: what was handed out and whose course runs."""
    doses = [
        Dose(at, line.medicine, line.dose_label)
        for prescription in prescriptions_of(patient, 30)
        if not prescription.replaced_by_id
        for line in prescription.lines
        if (course := course_of(line, prescription, zone))
        for at in doses_on(course, day)
    ]
    return sorted(doses, key=lambda dose: (dose.at, dose.medicine))


def running_courses(prescription: Prescription, zone: str, today: date) -> list[Course]:
    """Return the courses of a prescription that have not ended."""
    courses = (course_of(line, prescription, zone) for line in prescription.lines)
    return [course for course in courses if course and course.last_date >= today]


@dataclass(frozen=True)
class DoseChoice:
    """A prescription of which doses are taken, and its reminders if there are any."""

    prescription: Prescription
    plan: DosePlan | None
    until: date


def dose_choices(patient: Patient, now: datetime) -> list[DoseChoice]:
    """Return the prescriptions of which a course runs: reminders may be started or stopped for each."""
    active = DosePlan.objects.filter(patient=patient, is_active=True)
    plans = {row.prescription_id: row for row in active}
    rows = [row for row in prescriptions_of(patient, 20) if not row.replaced_by_id]
    places = Facility.objects.in_bulk({row.facility_id for row in rows}) if rows else {}
    return [
        DoseChoice(row, plans.get(str(row.pk)), max(course.last_date for course in courses))
        for row in rows
        if (place := places.get(row.facility_id))
        and (courses := running_courses(row, place.time_zone, today_in(place, now)))
    ]


def facility_of(patient: Patient, now: datetime) -> Facility | None:
    """Return the facility a patient's call is for: that of the next appointment, else where they registered."""
    rows = upcoming([patient], now)
    if rows:
        return rows[0].facility
    ids = [parse_id(value) for value in (patient.registered_in, *patient.facility_ids)]
    return Facility.objects.filter(pk__in=[value for value in ids if value]).first()


def desk_list(actor: Actor, limit: int = 100) -> list[DeskItem]:
    """Return what the desk has to see to, oldest first."""
    rows = DeskItem.objects.filter(facility_id=str(actor.facility_id), done_at=None)
    found = list(rows.select_related("patient").order_by("asked_at")[:limit])
    for row in found:
        actor.note_seen("patients", row.patient_id)
    return found


def incoming_of(patient: Patient, limit: int = 30) -> list[IncomingMessage]:
    """Return what a patient wrote, newest first."""
    rows = IncomingMessage.objects.filter(patient_id=str(patient.pk))
    return list(rows.order_by("-received_at")[:limit])


def telling_word(text: str) -> str:
    """Return the first word that tells a disease or names a medicine, or an empty text: phones are shared."""
    found = revealing_word(text)
    known = knowledge()
    if found or known is None:
        return found
    words = (word for word in WORD.findall(text) if word.casefold() not in ORDINARY)
    return next((word for word in words if known.find_medicine(word).kind == "exact"), "")
