"""The one question after a visit: its marks, who is asked, and what an answer means. Pure functions.

The marks are digits that answer nothing else: 1 and 2 confirm and cancel an appointment.
"""

import hashlib
from datetime import datetime, timedelta

MARKS = (9, 8, 7, 6)  # very good, good, fair, bad
GOOD_FROM = 8
AFTER, UNTIL = timedelta(hours=2), timedelta(hours=26)  # asked so long after the end of a visit
VALID = timedelta(days=4)


def is_chosen(consultation_id: str, percent: int) -> bool:
    """Tell whether a visit is one of those that are asked about: the same each time, and of no pattern."""
    return int(hashlib.sha256(consultation_id.encode()).hexdigest()[:8], 16) % 100 < percent


def is_soon(last_asked_at: datetime | None, now: datetime, weeks: int) -> bool:
    """Tell whether somebody was asked less than so many weeks ago."""
    return last_asked_at is not None and now - last_asked_at < timedelta(weeks=weeks)


def mark_of(text: str) -> int | None:
    """Return the mark that a whole message gives, or None when it is none."""
    plain = text.strip().strip(".!").strip()
    return int(plain) if plain in {str(mark) for mark in MARKS} else None
