"""Reminders: written once when they fall due, of appointments that stand and courses that run."""

import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.permissions import SYSTEM
from appointments import actions as appointments
from appointments.models import Appointment
from notifications.models import Message
from patients.models import Patient
from phone import actions, tasks
from phone.actions import reminders
from phone.models import DosePlan
from phone.queries import reminders_to_write
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

DOUALA = ZoneInfo("Africa/Douala")
START = datetime(2027, 1, 1, 11, 0, tzinfo=DOUALA)


def patient_of(by, number=1, **values):
    return make_patient(by, phone=f"+2376990002{number:02d}", given_name=f"P{number}", **values)


def booked(cast, start=START, number=1, **values):
    row = make_appointment(
        patient_of(cast.receptionist, number, **values), cast.profile, start=start
    )
    Appointment.objects.filter(pk=row.pk).update(created_at=start - timedelta(days=9))
    return row


def write_all(now):
    return actions.write_reminders(plans=reminders_to_write(now), by=SYSTEM, now=now)


def run_days(begin, days, minutes=60):
    """Let beat run over some days, as often as it does, sometimes twice."""
    now, written = begin, []
    while now < begin + timedelta(days=days):
        written += write_all(now)
        if now.hour % 6 == 0:
            written += write_all(now)
        now += timedelta(minutes=minutes)
    return written


def test_each_appointment_has_its_two_reminders_once_across_the_year(cast):
    booked(cast)
    written = run_days(START - timedelta(days=3), 3)
    assert [(m.kind, m.due_at) for m in written] == [
        ("appointment-reminder-48h", datetime(2026, 12, 30, 11, 0, tzinfo=DOUALA)),
        ("appointment-reminder-3h", datetime(2027, 1, 1, 8, 0, tzinfo=DOUALA)),
    ]
    assert "01/01/2027 à 11:00, A" in written[0].text
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("zone", "start", "first", "second"),
    [
        ("Africa/Nairobi", (2026, 3, 6, 11, 0), (2026, 3, 4, 11, 0), (2026, 3, 6, 8, 0)),
        ("Europe/Paris", (2026, 3, 30, 11, 0), (2026, 3, 28, 10, 0), (2026, 3, 30, 8, 0)),
        ("Europe/Paris", (2026, 10, 26, 8, 0), (2026, 10, 24, 9, 0), (2026, 10, 25, 20, 0)),
    ],
)
def test_the_day_is_right_in_other_zones_and_when_clocks_change(db, zone, start, first, second):
    place = make_facility("Nyota", sms_name="Nyota", **{**KENYA, "time_zone": zone})
    desk, (_, profile) = make_staff("receptionist", place), make_doctor(place)
    begin = datetime(*start, tzinfo=ZoneInfo(zone))
    row = make_appointment(patient_of(desk), profile, start=begin)
    Appointment.objects.filter(pk=row.pk).update(created_at=begin - timedelta(days=9))
    written = run_days(begin - timedelta(days=3), 3)
    assert [m.due_at.astimezone(UTC) for m in written] == [
        datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC) for parts in (first, second)
    ]
    assert all(f"{begin:%d/%m/%Y} à {begin:%H:%M}" in m.text for m in written)


def test_one_patient_without_a_phone_stops_nobody_else(cast):
    booked(cast, number=1)
    silent = booked(cast, START + timedelta(minutes=20), number=2)
    booked(cast, START + timedelta(minutes=40), number=3)
    Patient.objects.filter(pk=silent.patient_id).update(phone="")
    written = write_all(START - timedelta(hours=47))
    assert sorted(m.status for m in written) == ["queued", "queued", "suppressed"]


def test_a_clock_that_jumps_writes_nothing_twice_and_nothing_stale(cast):
    booked(cast)
    assert len(write_all(START - timedelta(hours=48))) == 1
    assert write_all(START - timedelta(hours=60)) == []  # back
    assert [m.kind for m in write_all(START - timedelta(hours=2))] == ["appointment-reminder-3h"]
    assert write_all(START + timedelta(days=1)) == []
    assert Message.objects.count() == 2


def test_after_an_outage_of_a_day_the_old_reminder_is_left_out(cast):
    booked(cast)
    assert [m.kind for m in write_all(START - timedelta(hours=23))] == []


def test_cancelling_or_moving_takes_back_what_waits(cast):
    row = booked(cast)
    (message,) = write_all(START - timedelta(hours=48, minutes=10))
    assert message.status == "queued"
    appointments.cancel(
        appointment=row, reason="x", by=cast.receptionist, now=START - timedelta(hours=48)
    )
    assert Message.objects.get(pk=message.pk).status_reason == "withdrawn"
    assert Message.objects.get(kind="appointment-cancelled").status == "queued"
    assert write_all(START - timedelta(hours=3)) == []


def hand_out(cast, patient, at, **line):
    row = make_prescription(
        patient, cast.doctor, {**PARACETAMOL, **line}, pharmacy_id=cast.clinic.pk
    )
    row.lines[0].last_dispensed_at, row.lines[0].status, row.status = at, "completed", "completed"
    row.save()
    return row


def follow(plan, begin, days):
    now = begin
    while now < begin + timedelta(days=days):
        actions.remind_of_doses(plan_ids=[plan.pk], by=SYSTEM, now=now)
        actions.remind_of_doses(plan_ids=[plan.pk], by=SYSTEM, now=now)
        now += timedelta(minutes=30)
    return list(Message.objects.filter(kind="medicine-reminder").order_by("due_at"))


def test_doses_are_reminded_of_until_the_course_ends(cast):
    begin = datetime(2026, 12, 30, 6, 0, tzinfo=DOUALA)
    row = hand_out(cast, patient_of(cast.receptionist), begin, times=3, days=3)
    plan = actions.start_doses(prescription=row, by=cast.doctor, now=begin)
    assert actions.start_doses(prescription=row, by=cast.doctor, now=begin).pk == plan.pk
    sent = follow(plan, begin, 4)
    assert [f"{m.due_at.astimezone(DOUALA):%d %H:%M}" for m in sent] == [
        f"{day} {hour}" for day in (30, 31, "01") for hour in ("08:00", "14:00", "20:00")
    ]
    assert "paracétamol" not in sent[0].text.lower()
    assert not DosePlan.objects.get().is_active


def test_a_dose_long_past_is_left_out(cast):
    begin = datetime(2026, 12, 30, 6, 0, tzinfo=DOUALA)
    row = hand_out(cast, patient_of(cast.receptionist), begin, times=3, days=1)
    plan = actions.start_doses(prescription=row, by=cast.doctor, now=begin)
    late = begin.replace(hour=9)
    assert actions.remind_of_doses(plan_ids=[plan.pk], by=SYSTEM, now=late) == []
    assert DosePlan.objects.get().next_due_at == begin.replace(hour=14)


def test_stopping_the_prescription_ends_its_reminders(cast):
    begin = datetime(2026, 12, 30, 6, 0, tzinfo=DOUALA)
    row = hand_out(cast, patient_of(cast.receptionist), begin, times=3, days=3)
    plan = actions.start_doses(prescription=row, by=cast.doctor, now=begin)
    type(row).objects.filter(pk=row.pk).update(status="stopped")
    assert follow(plan, begin, 1) == []
    assert DosePlan.objects.get().stopped_by == "prescription"


def test_nothing_is_reminded_of_before_it_was_handed_out(cast):
    row = make_prescription(patient_of(cast.receptionist), cast.doctor)
    with pytest.raises(actions.NothingToRemindError):
        actions.start_doses(prescription=row, by=cast.doctor, now=timezone.now())


def test_fin_ends_the_reminders_and_says_so(cast):
    now = timezone.now()
    patient = patient_of(cast.receptionist)
    actions.start_doses(
        prescription=hand_out(cast, patient, now, times=3, days=9), by=cast.doctor, now=now
    )
    row = actions.take_incoming(
        gateway_id="in-9", phone=patient.phone, text="FIN", by=SYSTEM, now=now
    )
    assert type(row).objects.get(pk=row.pk).outcome == "reminders-ended"
    assert not DosePlan.objects.get().is_active
    assert Message.objects.get().kind == "reply-reminders-stopped"


def test_the_task_writes_and_sends_what_is_due(cast, gateway):
    row = booked(cast, timezone.now() + timedelta(hours=40))
    assert tasks.plan() == 1
    assert tasks.plan() == 0
    (message,) = Message.objects.all()
    assert message.cause == f"appointment:{row.pk}"


def test_a_reminder_that_cannot_be_written_stops_no_other(cast, gateway, monkeypatch):
    rows = [booked(cast, timezone.now() + timedelta(hours=40, minutes=20 * n), n) for n in range(5)]
    written_by = reminders._reminder

    def refuse(plan):
        if plan.appointment.pk == rows[2].pk:
            raise ValueError("a record that nobody foresaw")
        return written_by(plan)

    monkeypatch.setattr(reminders, "_reminder", refuse)
    assert tasks.plan() == 4
    monkeypatch.undo()
    assert tasks.plan() == 1
    causes = sorted(Message.objects.values_list("cause", flat=True))
    assert causes == sorted(f"appointment:{row.pk}" for row in rows)


def test_two_plans_at_one_moment_write_each_reminder_once(cast):
    now = timezone.now()
    for n in range(12):
        booked(cast, now + timedelta(hours=40, minutes=20 * n), n)
    plans = reminders_to_write(now)
    begin = threading.Barrier(3)

    def work():
        begin.wait()
        tasks._together(partial(tasks._write_reminders, now=now), plans)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Message.objects.count() == 12


def test_what_is_written_already_is_not_read_again(cast, django_assert_max_num_queries):
    booked(cast, timezone.now() + timedelta(hours=40))
    assert tasks.plan() == 1
    with django_assert_max_num_queries(5):
        tasks.plan()


def test_a_morning_of_doses_is_written_at_once(cast, django_assert_max_num_queries):
    begin = datetime(2026, 12, 30, 6, 0, tzinfo=DOUALA)
    plans = []
    for n in range(8):
        row = hand_out(cast, patient_of(cast.receptionist, n), begin, times=3, days=3)
        plans.append(actions.start_doses(prescription=row, by=cast.doctor, now=begin))
    type(row).objects.filter(pk=row.pk).update(status="stopped")
    ids = [plan.pk for plan in plans]
    morning = begin.replace(hour=8)
    with django_assert_max_num_queries(8 + len(plans)):
        written = actions.remind_of_doses(plan_ids=ids, by=SYSTEM, now=morning)
    assert len(written) == 7
    assert actions.remind_of_doses(plan_ids=ids, by=SYSTEM, now=morning) == []
    assert {plan.next_due_at for plan in DosePlan.objects.filter(is_active=True)} == {
        begin.replace(hour=14)
    }
