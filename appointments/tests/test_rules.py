"""Slots of a day, in the facility's own time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from appointments.rules import TRANSITIONS, Hours, free_slots, may_change, slots

MONDAY = date(2026, 3, 2)
MORNING = Hours(0, time(8), time(9))


def test_slots_fill_the_hours_of_the_weekday_only():
    found = slots(hours=[MORNING], day=MONDAY, minutes=20, zone="Africa/Douala")
    assert [f"{slot:%H:%M}" for slot in found] == ["08:00", "08:20", "08:40"]
    assert (
        slots(hours=[MORNING], day=MONDAY + timedelta(days=1), minutes=20, zone="Africa/Douala")
        == []
    )


def test_a_slot_that_does_not_fit_is_left_out():
    assert len(slots(hours=[MORNING], day=MONDAY, minutes=25, zone="Africa/Douala")) == 2


@pytest.mark.parametrize(("zone", "utc_hour"), [("Africa/Douala", 7), ("Africa/Nairobi", 5)])
def test_hours_are_local(zone, utc_hour):
    assert (
        slots(hours=[MORNING], day=MONDAY, minutes=60, zone=zone)[0].astimezone(UTC).hour
        == utc_hour
    )


def test_overlapping_hours_give_each_slot_once():
    assert len(slots(hours=[MORNING, MORNING], day=MONDAY, minutes=20, zone="Africa/Douala")) == 3


def test_past_and_taken_slots_are_not_free():
    every = slots(hours=[MORNING], day=MONDAY, minutes=20, zone="Africa/Douala")
    now = datetime(2026, 3, 2, 7, 10, tzinfo=UTC)
    assert free_slots(all_slots=every, taken=[every[2]], now=now) == [every[1]]


def test_every_status_stands_in_the_table():
    from appointments.models import AppointmentStatus

    assert set(TRANSITIONS) == set(AppointmentStatus.values)
    assert not may_change("cancelled", "booked")
