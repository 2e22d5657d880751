"""Today's doses, and an SMS at the time of each for who wants it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.permissions import SYSTEM
from patients.queries import today_in
from phone import actions
from phone.queries import DoseChoice, dose_choices, doses_of_day, facility_of
from phone.screens.frame import State, patient_of, say

LINES = 3


def _doses(state: State, phone: str, now: datetime) -> list[str]:
    patient = patient_of(state, phone)
    facility = facility_of(patient, now)
    zone = facility.time_zone if facility else "Africa/Douala"
    rows = doses_of_day(patient, today_in(facility, now), zone)
    return [f"{row.at:%H:%M} {row.medicine[:18]} {row.dose[:10]}".strip() for row in rows]


def _choices(state: State, phone: str, now: datetime) -> list[DoseChoice]:
    return dose_choices(patient_of(state, phone), now)


def show_doses(state: State, phone: str, now: datetime) -> str:
    lines, choices = _doses(state, phone, now), _choices(state, phone, now)
    shown = lines[state.page * LINES : state.page * LINES + LINES]
    if len(lines) > (state.page + 1) * LINES:
        shown.append(say(state, "next-page"))
    if choices:
        is_reminded = all(choice.plan for choice in choices)
        shown.append(say(state, "stop-reminders" if is_reminded else "start-reminders"))
    if not shown:
        return say(state, "no-doses")
    return say(state, "doses", lines="\n".join([*shown, say(state, "back")]))


def take_doses(state: State, entry: str, phone: str, now: datetime) -> str:
    """Turn the page, start reminders, or stop them: each has its own number, so that a repeated hop does no harm."""
    if entry == "0":
        state.go("menu")
    elif entry == "1" and len(_doses(state, phone, now)) > (state.page + 1) * LINES:
        state.page += 1
    elif entry == "2":
        return _start(state, phone, now)
    elif entry == "3":
        return _stop(state, phone, now)
    return ""


def _start(state: State, phone: str, now: datetime) -> str:
    if not patient_of(state, phone).accepts_messages:
        return say(state, "no-sms")
    next_at = []
    for choice in _choices(state, phone, now):
        try:
            plan = actions.start_doses(prescription=choice.prescription, by=SYSTEM, now=now)
        except actions.NothingToRemindError:
            continue
        zone = ZoneInfo(choice.prescription.facility.time_zone)
        next_at.append((plan.next_due_at or now).astimezone(zone))
    if not next_at:
        return ""
    first = min(next_at)
    return say(state, "reminders-started", date=f"{first:%d/%m}", time=f"{first:%H:%M}")


def _stop(state: State, phone: str, now: datetime) -> str:
    plans = [choice.plan for choice in _choices(state, phone, now) if choice.plan]
    for plan in plans:
        actions.stop_doses(plan=plan, why="ussd", by=SYSTEM, now=now)
    return say(state, "reminders-stopped") if plans else ""
