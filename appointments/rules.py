"""When a doctor can be booked, and how an appointment may change. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "booked": ("arrived", "fulfilled", "cancelled", "noshow"),
    "arrived": ("fulfilled", "cancelled", "booked"),
    "noshow": ("arrived",),
    "fulfilled": (),
    "cancelled": (),
}
HOLDING_STATUSES = ("booked", "arrived", "fulfilled")
HORIZON_DAYS = 180


def may_change(status: str, to: str) -> bool:
    """Tell whether an appointment may go from one status to another."""
    return to in TRANSITIONS[status]


@dataclass(frozen=True)
class Hours:
    """Working hours on a weekday (Monday is 0), local time."""

    weekday: int
    start: time
    end: time


def slots(*, hours: Iterable[Hours], day: date, minutes: int, zone: str) -> list[datetime]:
    """Return the starts of all slots of a day, in order, as aware datetimes.

    Args:
        minutes: length of a slot, above zero.
        zone: IANA name of the facility's time zone.
    """
    local = ZoneInfo(zone)
    starts: list[datetime] = []
    for period in hours:
        if period.weekday != day.weekday():
            continue
        at = datetime.combine(day, period.start, local)
        end = datetime.combine(day, period.end, local)
        while at + timedelta(minutes=minutes) <= end:
            starts.append(at)
            at += timedelta(minutes=minutes)
    return sorted(set(starts))


def free_slots(
    *, all_slots: Iterable[datetime], taken: Iterable[datetime], now: datetime
) -> list[datetime]:
    """Return the slots that nobody holds, that have not passed and are no further than HORIZON_DAYS ahead."""
    held, last = set(taken), now + timedelta(days=HORIZON_DAYS)
    return [slot for slot in all_slots if now < slot <= last and slot not in held]
