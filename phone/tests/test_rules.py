"""Replies, reminders, doses and PINs: tables."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from phone.rules import (
    Course,
    Reply,
    dose_times,
    doses_on,
    is_locked,
    is_pin,
    next_dose,
    read_reply,
    reminders_of,
)

pytestmark = pytest.mark.no_servers
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("1", Reply.CONFIRM), (" 1. ", Reply.CONFIRM), ("OUI", Reply.CONFIRM), ("Oui !", Reply.CONFIRM),
        ("yes", Reply.CONFIRM), ("D'accord", Reply.CONFIRM), ("d’accord", Reply.CONFIRM), ("I go come", Reply.CONFIRM),
        ("2", Reply.CANCEL), ("Non", Reply.CANCEL), ("NO", Reply.CANCEL), ("annulé", Reply.CANCEL),
        ("STOP", Reply.STOP), ("Désabonner", Reply.STOP), ("start", Reply.START), ("FIN", Reply.END_REMINDERS),
        ("end", Reply.END_REMINDERS), ("", Reply.OTHER), ("12", Reply.OTHER), ("oui mais plus tard", Reply.OTHER),
        ("1 ou 2 ?", Reply.OTHER), ("je ne peux pas, non", Reply.OTHER), ("☺", Reply.OTHER),
    ],
)  # fmt: skip
def test_a_reply_is_read_or_left_to_a_person(text, reply):
    assert read_reply(text) is reply


def at(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "start", "early", "late"),
    [
        ("Africa/Douala", (2026, 3, 6, 11, 0), (2026, 3, 4, 11, 0), (2026, 3, 6, 8, 0)),
        # three hours before 8:20 is night: the evening before
        ("Africa/Douala", (2026, 3, 6, 8, 20), (2026, 3, 4, 8, 20), (2026, 3, 5, 20, 0)),
        # across the year
        ("Africa/Douala", (2027, 1, 1, 9, 0), (2026, 12, 30, 9, 0), (2026, 12, 31, 20, 0)),
        # another zone: the same wall clock, two hours earlier in the world
        ("Africa/Nairobi", (2026, 3, 6, 11, 0), (2026, 3, 4, 11, 0), (2026, 3, 6, 8, 0)),
        # the clocks go forward on 29 March 2026 in Paris: 48 h before 11:00 is 10:00 two days earlier
        ("Europe/Paris", (2026, 3, 30, 11, 0), (2026, 3, 28, 10, 0), (2026, 3, 30, 8, 0)),
        # ... and back on 25 October
        ("Europe/Paris", (2026, 10, 26, 11, 0), (2026, 10, 24, 12, 0), (2026, 10, 26, 8, 0)),
    ],
)  # fmt: skip
def test_reminders_come_two_days_and_three_hours_before(zone, start, early, late):
    first, second = reminders_of(at(zone, *start).astimezone(UTC), zone, LONG_AGO)
    assert (first.due_at, second.due_at) == (at(zone, *early), at(zone, *late))
    assert first.due_at < first.expires_at < second.expires_at < at(zone, *start)


def test_a_late_booking_is_not_reminded_of_what_it_has_just_said():
    start = at("Africa/Douala", 2026, 3, 6, 11, 0)

    def kinds(hours):
        booked_at = start - timedelta(hours=hours)
        return [reminder.kind for reminder in reminders_of(start, "Africa/Douala", booked_at)]

    assert kinds(49) == ["appointment-reminder-48h", "appointment-reminder-3h"]
    assert kinds(47) == ["appointment-reminder-3h"]
    assert kinds(2) == []


def test_doses_are_spread_over_the_waking_day():
    shown = {n: [f"{at:%H:%M}" for at in dose_times(n)] for n in range(1, 7)}
    assert shown[1] == ["08:00"]
    assert shown[2] == ["08:00", "20:00"]
    assert shown[3] == ["08:00", "14:00", "20:00"]
    assert shown[4] == ["08:00", "12:00", "16:00", "20:00"]
    assert all(time(7) <= at < time(21) for n in range(1, 13) for at in dose_times(n))


def days_of(course, days):
    return [n for n in range(days) if doses_on(course, course.first_date + timedelta(days=n))]


def test_a_course_has_its_days():
    first = date(2026, 12, 30)
    assert days_of(Course(3, 1, first, first + timedelta(days=4)), 10) == [0, 1, 2, 3, 4]
    assert days_of(Course(1, 7, first, first + timedelta(days=27)), 40) == [0, 7, 14, 21]
    assert days_of(Course(2, 7, first, first + timedelta(days=13)), 20) == [0, 3, 7, 10]
    assert doses_on(Course(1, 1, first, first), first - timedelta(days=1)) == []


def walk(courses, start, zone):
    found, after = [], start
    while (due := next_dose(courses, after, zone)) is not None:
        found.append(due)
        after = due
    return found


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Africa/Douala", date(2026, 12, 30)), ("Africa/Nairobi", date(2026, 3, 4)),
        ("Europe/Paris", date(2026, 3, 27)), ("Europe/Paris", date(2026, 10, 23)),
    ],
)  # fmt: skip
def test_each_dose_has_its_wall_clock_time_whatever_the_calendar_does(zone, first):
    course = Course(3, 1, first, first + timedelta(days=4))
    found = walk([course], datetime.combine(first, time(0), ZoneInfo(zone)), zone)
    assert len(found) == 15
    assert len(set(found)) == 15
    assert {f"{due:%H:%M}" for due in found} == {"08:00", "14:00", "20:00"}
    assert [due.utcoffset() for due in found] == [
        d.astimezone(ZoneInfo(zone)).utcoffset() for d in found
    ]


def test_two_medicines_at_the_same_time_are_one_reminder():
    first = date(2026, 3, 4)
    courses = [Course(2, 1, first, first), Course(3, 1, first, first)]
    begin = datetime(2026, 3, 4, 0, 0, tzinfo=ZoneInfo("Africa/Douala"))
    assert [f"{due:%H:%M}" for due in walk(courses, begin, "Africa/Douala")] == [
        "08:00",
        "14:00",
        "20:00",
    ]
    assert next_dose([], begin, "Africa/Douala") is None


@pytest.mark.parametrize(
    ("pin", "is_fine"),
    [
        ("2580", True), ("482913", True), ("258", False), ("1234567", False), ("1111", False), ("1234", False),
        ("4321", False), ("12a4", False), ("", False), ("٢٥٨٠", False),
    ],
)  # fmt: skip
def test_a_pin_is_not_too_simple(pin, is_fine):
    assert is_pin(pin) == is_fine


def test_five_errors_lock():
    assert [is_locked(n) for n in (0, 4, 5, 6)] == [False, False, True, True]
