"""Today's doses."""

from datetime import datetime

from patients.queries import today_in
from phone.queries import doses_of_day, facility_of
from phone.screens.frame import State, patient_of, say

LINES = 3


def _doses(state: State, phone: str, now: datetime) -> list[str]:
    patient = patient_of(state, phone)
    facility = facility_of(patient, now)
    zone = facility.time_zone if facility else "Africa/Douala"
    rows = doses_of_day(patient, today_in(facility, now), zone)
    return [f"{row.at:%H:%M} {row.medicine[:18]} {row.dose[:10]}".strip() for row in rows]


def show_doses(state: State, phone: str, now: datetime) -> str:
    lines = _doses(state, phone, now)
    if not lines:
        return say(state, "no-doses")
    shown = lines[state.page * LINES : state.page * LINES + LINES]
    if len(lines) > (state.page + 1) * LINES:
        shown.append(say(state, "next-page"))
    return say(state, "doses", lines="\n".join([*shown, say(state, "back")]))


def take_doses(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif entry == "1" and len(_doses(state, phone, now)) > (state.page + 1) * LINES:
        state.page += 1
    return ""
