"""A doctor's week as text, one weekday a line: "lundi 08:00-12:40, 14:00-17:00"."""

import re
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from appointments.models import Weekday, WorkingHours

WEEKDAYS = {
    name: day
    for names in (
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    )
    for day, name in enumerate(names)
}
PERIOD = re.compile(r"(\d{1,2})\s*[:h]\s*(\d{2})?\s*[-–]\s*(\d{1,2})\s*[:h]\s*(\d{2})?")


def hours_text(schedule: list[WorkingHours]) -> str:
    """Return a schedule as it is typed, in the order of the week."""
    lines = []
    for day in Weekday:
        periods = sorted((row.start, row.end) for row in schedule if row.weekday == day)
        if periods:
            spans = ", ".join(f"{start}-{end}" for start, end in periods)
            lines.append(f"{str(day.label).lower()} {spans}")
    return "\n".join(lines)


def parse_hours(text: str) -> list[WorkingHours]:
    """Return the working hours that `text` describes.

    Raises:
        ValidationError: one message for each line that cannot be read, naming the line.
    """
    hours: list[WorkingHours] = []
    errors: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            hours += _day(line, {row.weekday for row in hours})
        except ValueError as error:
            errors.append(_("Ligne %(n)s : %(why)s") % {"n": number, "why": error})
    if errors:
        raise ValidationError(errors)
    return hours


def _day(line: str, known: set[int]) -> list[WorkingHours]:
    name, _blank, rest = line.strip().partition(" ")
    weekday = WEEKDAYS.get(name.rstrip(":").lower())
    if weekday is None:
        raise ValueError(_("« %s » n’est pas un jour de la semaine.") % name)
    if weekday in known:
        raise ValueError(_("ce jour figure deux fois ; mettez ses heures sur une seule ligne."))
    periods = sorted(_period(part.strip()) for part in rest.lstrip(": ").split(","))
    for (_start, end), (start, _end) in pairwise(periods):
        if start < end:
            raise ValueError(_("deux plages se chevauchent."))
    return [WorkingHours(weekday=weekday, start=start, end=end) for start, end in periods]


def _period(text: str) -> tuple[str, str]:
    found = PERIOD.fullmatch(text)
    if found is None:
        raise ValueError(_("« %s » n’est pas une plage comme 08:00-12:40.") % text)
    first_hour, first_minute, last_hour, last_minute = (int(part or 0) for part in found.groups())
    if max(first_hour, last_hour) > 23 or max(first_minute, last_minute) > 59:
        raise ValueError(_("« %s » contient une heure qui n’existe pas.") % text)
    start, end = f"{first_hour:02}:{first_minute:02}", f"{last_hour:02}:{last_minute:02}"
    if start >= end:
        raise ValueError(_("« %s » finit avant de commencer.") % text)
    return start, end
