"""What a reply means, when reminders and doses are due, when a PIN is locked. Pure functions."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from notifications.rules import before_quiet

PIN_TRIES = 5
PIN_LENGTHS = range(4, 7)
DAY_FROM, DAY_TO = 8 * 60, 20 * 60  # doses are reminded of between 8:00 and 20:00
OPEN_ENDED_DAYS = 30
EARLY, LATE = timedelta(hours=48), timedelta(hours=3)


class Reply(StrEnum):
    """What somebody answered."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    STOP = "stop"
    START = "start"
    END_REMINDERS = "end-reminders"
    OTHER = "other"


_WORDS = {
    Reply.CONFIRM: ("1", "oui", "yes", "ok", "okay", "daccord", "confirme", "je confirme", "i go come", "oui merci"),
    Reply.CANCEL: ("2", "non", "no", "annuler", "annule", "cancel", "i no go come", "non merci"),
    Reply.STOP: ("stop", "stop sms", "unsubscribe", "desabonner"),
    Reply.START: ("start", "reprendre"),
    Reply.END_REMINDERS: ("fin", "end", "fin rappels"),
}  # fmt: skip
_MEANING = {word: reply for reply, words in _WORDS.items() for word in words}


def read_reply(text: str) -> Reply:
    """Return what a whole message means; anything longer or doubtful is for a person to read."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    words = "".join(char if char.isalnum() else " " for char in plain.replace("'", "")).split()
    return _MEANING.get(" ".join(words), Reply.OTHER)


@dataclass(frozen=True)
class Reminder:
    """One reminder of an appointment."""

    kind: str
    due_at: datetime
    expires_at: datetime


def reminders_of(start: datetime, zone: str, booked_at: datetime) -> list[Reminder]:
    """Return the reminders of an appointment: 48 h and 3 h before, earlier when that is at night.

    Args:
        start: when it begins, aware.
        zone: of the facility.
        booked_at: a reminder that was due before the booking is left out: the booking has just said it.
    """
    two_days, hours = before_quiet(start - EARLY, zone), before_quiet(start - LATE, zone)
    every = (
        Reminder("appointment-reminder-48h", two_days, start - timedelta(hours=24)),
        Reminder("appointment-reminder-3h", hours, start - timedelta(minutes=30)),
    )
    return [reminder for reminder in every if reminder.due_at > booked_at]


def dose_times(times: int) -> list[time]:
    """Return the clock times of `times` doses a day: one at 8:00, more spread evenly until 20:00."""
    if times <= 1:
        return [time(8, 0)]
    step = (DAY_TO - DAY_FROM) / (times - 1)
    minutes = [int(DAY_FROM + step * n) // 5 * 5 for n in range(times)]
    return [time(minute // 60, minute % 60) for minute in minutes]


@dataclass(frozen=True)
class Course:
    """A medicine by the clock: `times` doses every `per_days` days, from the first to the last day, both included."""

    times: int
    per_days: int
    first_date: date
    last_date: date


def doses_on(course: Course, day: date) -> list[time]:
    """Return the times at which a dose is due on a day, in order."""
    if not course.first_date <= day <= course.last_date:
        return []
    if course.per_days <= 1:
        return dose_times(course.times)
    number = (day - course.first_date).days
    before, until = (-(-n * course.times // course.per_days) for n in (number, number + 1))
    return dose_times(until - before) if until > before else []


def next_dose(courses: Iterable[Course], after: datetime, zone: str) -> datetime | None:
    """Return the first dose time of any course later than `after`, or None when all courses have ended."""
    courses = list(courses)
    if not courses:
        return None
    local = ZoneInfo(zone)
    day = max(after.astimezone(local).date(), min(course.first_date for course in courses))
    last = max(course.last_date for course in courses)
    while day <= last:
        due = [datetime.combine(day, at, local) for c in courses for at in doses_on(c, day)]
        later = [at for at in due if at > after]
        if later:
            return min(later)
        day += timedelta(days=1)
    return None


def is_pin(text: str) -> bool:
    """Tell whether `text` may be a PIN: four to six digits, not all the same, not a run like 1234."""
    if not (text.isascii() and text.isdigit() and len(text) in PIN_LENGTHS):
        return False
    steps = {int(b) - int(a) for a, b in pairwise(text)}
    return steps not in ({0}, {1}, {-1})


def is_locked(failures: int) -> bool:
    """Tell whether so many wrong tries have locked a PIN; only the desk opens it again."""
    return failures >= PIN_TRIES
