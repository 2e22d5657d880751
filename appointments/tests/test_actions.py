"""Two people never hold one slot; moving is one step; a walk-in's number is theirs alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from appointments import actions
from appointments.models import Appointment
from appointments.queries import free_slots_of
from notifications.models import Message
from tests.factories import make_patient


@pytest.fixture
def slot(cast):
    day = timezone.now().date() + timedelta(days=2)
    return free_slots_of(cast.profile, day, timezone.now())[3]


def book(cast, patient, slot, **values):
    return actions.book(
        patient=patient,
        doctor=cast.profile,
        start=slot,
        by=cast.receptionist,
        now=timezone.now(),
        **values,
    )


def test_a_booked_slot_is_taken(cast, slot):
    first, second = make_patient(cast.receptionist), make_patient(cast.receptionist)
    book(cast, first, slot)
    with pytest.raises(actions.SlotTakenError):
        book(cast, second, slot)


def test_ten_people_at_once_get_one_slot(cast, slot):
    people = [make_patient(cast.receptionist) for _ in range(10)]

    def attempt(patient):
        try:
            return book(cast, patient, slot)
        except actions.SlotTakenError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        booked = [row for row in pool.map(attempt, people) if row]
    assert len(booked) == 1
    assert Appointment.objects.filter(start=slot, holds_slot=True).count() == 1


def test_a_cancelled_slot_is_free_again_and_the_patient_is_told(cast, slot):
    patient = make_patient(cast.receptionist, phone="+237699123456")
    row = book(cast, patient, slot)
    actions.cancel(appointment=row, reason="empêchement", by=cast.receptionist, now=timezone.now())
    book(cast, make_patient(cast.receptionist), slot)
    kinds = set(Message.objects.filter(patient_id=str(patient.pk)).values_list("kind", flat=True))
    assert {"appointment-booked", "appointment-cancelled"} <= kinds


def test_moving_to_a_taken_slot_leaves_the_old_one(cast, slot):
    other_slot = slot + timedelta(minutes=20)
    row = book(cast, make_patient(cast.receptionist), slot)
    book(cast, make_patient(cast.receptionist), other_slot)
    with pytest.raises(actions.SlotTakenError):
        actions.reschedule(
            appointment=row,
            doctor=cast.profile,
            start=other_slot,
            by=cast.receptionist,
            now=timezone.now(),
        )
    assert Appointment.objects.get(pk=row.pk).status == "booked"


def test_moving_frees_the_old_slot(cast, slot):
    row = book(cast, make_patient(cast.receptionist), slot)
    moved = actions.reschedule(
        appointment=row,
        doctor=cast.profile,
        start=slot + timedelta(minutes=40),
        by=cast.receptionist,
        now=timezone.now(),
    )
    assert (Appointment.objects.get(pk=row.pk).status, moved.replaces_id) == (
        "cancelled",
        str(row.pk),
    )
    assert book(cast, make_patient(cast.receptionist), slot)


def test_the_same_form_twice_books_once(cast, slot):
    patient = make_patient(cast.receptionist)
    assert (
        book(cast, patient, slot, form_id="a" * 24).pk
        == book(cast, patient, slot, form_id="a" * 24).pk
    )


def test_a_time_outside_the_doctors_hours_is_refused(cast, slot):
    with pytest.raises(actions.SlotTakenError):
        book(cast, make_patient(cast.receptionist), slot + timedelta(minutes=7))


def test_a_patient_of_another_clinic_cannot_be_booked(cast, slot):
    with pytest.raises(PermissionDenied):
        book(cast, make_patient(cast.other_receptionist), slot)


def test_walk_ins_count_up_even_when_they_come_together(cast):
    people = [make_patient(cast.receptionist) for _ in range(6)]

    def attempt(patient):
        try:
            return actions.walk_in(
                patient=patient, by=cast.receptionist, now=timezone.now()
            ).queue_number
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, people)) == [1, 2, 3, 4, 5, 6]


def test_a_cancelled_appointment_does_not_come_back(cast, slot):
    row = book(cast, make_patient(cast.receptionist), slot)
    actions.cancel(appointment=row, reason="empêchement", by=cast.receptionist, now=timezone.now())
    with pytest.raises(actions.NotPossibleError):
        actions.mark(appointment=row, status="arrived", by=cast.receptionist, now=timezone.now())
