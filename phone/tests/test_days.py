"""One day of messages, whole, where clocks change, where the year ends, and in other time zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from appointments.models import Appointment
from notifications.models import Message
from notifications.queries import messages_of_day
from pharmacy.models import Prescription
from phone import actions, tasks
from tests.factories import (
    KENYA,
    PARACETAMOL,
    make_appointment,
    make_doctor,
    make_facility,
    make_patient,
    make_prescription,
    make_staff,
)

DOSES = ["08:00 medicine-reminder", "14:00 medicine-reminder", "20:00 medicine-reminder"]


@pytest.mark.parametrize(
    ("zone", "day", "two_days_before"),
    [
        ("Africa/Douala", date(2026, 12, 31), "10:30"),
        ("Africa/Nairobi", date(2026, 12, 31), "10:30"),
        ("Asia/Kolkata", date(2027, 1, 1), "10:30"),
        ("Europe/Paris", date(2027, 3, 27), "09:30"),  # the night after has one hour less
        ("Europe/Paris", date(2027, 3, 28), "10:30"),
        ("Europe/Paris", date(2027, 10, 30), "11:30"),  # the night after has one hour more
        ("Europe/Paris", date(2027, 10, 31), "10:30"),
        ("America/New_York", date(2027, 3, 13), "09:30"),
    ],
)
def test_the_day_is_whole_and_each_message_comes_once_at_its_hour(
    db, monkeypatch, zone, day, two_days_before
):
    place = make_facility("Nyota", sms_name="Nyota", **{**KENYA, "time_zone": zone})
    desk, (doctor, profile) = make_staff("receptionist", place), make_doctor(place)
    begin = datetime.combine(day - timedelta(days=4), datetime.min.time(), ZoneInfo(zone))

    def book(number, days, hour, minute=0):
        start = datetime.combine(day + timedelta(days=days), datetime.min.time(), ZoneInfo(zone))
        patient = make_patient(desk, phone=f"+25471200000{number}", given_name=f"P{number}")
        row = make_appointment(patient, profile, start=start.replace(hour=hour, minute=minute))
        Appointment.objects.filter(pk=row.pk).update(created_at=begin - timedelta(days=9))
        return row

    book(1, 0, 11)  # three hours before: 8:00
    book(2, 2, 10, 30)  # two days before, in real hours
    book(3, 1, 9)  # three hours before is at night: the evening before
    book(4, 0, 7, 30)  # the same, of the day before: not on this day
    taken = make_prescription(
        make_patient(desk, phone="+254712000009", given_name="P9"),
        doctor,
        {**PARACETAMOL, "times": 3, "days": 9},
        pharmacy_id=place.pk,
    )
    line = taken.lines[0]
    line.last_dispensed_at, line.status, taken.status = begin, "completed", "completed"
    taken.save()
    actions.start_doses(prescription=Prescription.objects.get(pk=taken.pk), by=doctor, now=begin)
    now, until = begin.astimezone(UTC), begin.astimezone(UTC) + timedelta(days=7)
    while now < until:
        monkeypatch.setattr(timezone, "now", lambda at=now: at)
        tasks.plan()
        if now.hour % 5 == 0:
            tasks.plan()  # beat runs twice
        now += timedelta(minutes=20)
    expected = sorted(
        [*DOSES, "08:00 appointment-reminder-3h", f"{two_days_before} appointment-reminder-48h",
         "20:00 appointment-reminder-3h"]
    )  # fmt: skip
    found = messages_of_day(place.pk, day, zone)
    assert sorted(f"{row.due_at.astimezone(ZoneInfo(zone)):%H:%M} {row.kind}" for row in found) == (
        expected
    )
    keys = list(Message.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys))
    for row in found:
        if row.kind == "medicine-reminder":
            assert row.text.startswith(f"P9, il est {row.due_at.astimezone(ZoneInfo(zone)):%H:%M}")
