"""Which ISO week a moment belongs to, and which weeks lie between two. Pure functions.

A week is written `2026-W05`: the year is the ISO year, so 1 January 2027 lies in `2026-W53`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PATTERN = r"^20[0-9]{2}-W[0-5][0-9]$"
SEVEN_DAYS = timedelta(days=7)


def week_of(day: date) -> str:
    """Return the ISO week of a day."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def week_at(moment: datetime, zone: str) -> str:
    """Return the ISO week in which an aware moment lies, by the clocks of `zone`."""
    return week_of(moment.astimezone(ZoneInfo(zone)).date())


def monday(week: str) -> date:
    """Return the first day of a week.

    Raises:
        ValueError: it is not written as a week of this century, or that year has no such week.
    """
    if not re.match(PATTERN, week):
        raise ValueError(week)
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def span(week: str, zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a week and the first one after it, in UTC, by the clocks of `zone`."""
    first = monday(week)
    start, end = (
        datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        for day in (first, first + SEVEN_DAYS)
    )
    return start, end


def shift(week: str, by: int) -> str:
    """Return the week so many weeks later; earlier when `by` is negative."""
    return week_of(monday(week) + by * SEVEN_DAYS)


def between(first: str, last: str) -> Iterator[str]:
    """Yield the weeks from `first` to `last`, both included."""
    day, end = monday(first), monday(last)
    while day <= end:
        yield week_of(day)
        day += SEVEN_DAYS


def dhis2(week: str) -> str:
    """Return the week as DHIS2 writes a period: `2026W5`, without the zero."""
    return f"{week[:4]}W{int(week[6:])}"
