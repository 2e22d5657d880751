"""The next appointment: seen, confirmed, asked to be cancelled or moved."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.permissions import SYSTEM
from appointments.models import Appointment
from phone import actions
from phone.queries import upcoming
from phone.screens.entrance import call_back
from phone.screens.frame import State, patient_of, say


def _next(state: State, phone: str, now: datetime) -> Appointment | None:
    rows = upcoming([patient_of(state, phone)], now)
    return rows[0] if rows else None


def _when(row: Appointment) -> dict[str, str]:
    local = row.start.astimezone(ZoneInfo(row.facility.time_zone))
    return {"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"}


def show_appointment(state: State, phone: str, now: datetime) -> str:
    row = _next(state, phone, now)
    if row is None:
        return say(state, "no-appointment")
    place = row.facility.sms_name or "Carnet"
    return say(state, "appointment", place=place[:24], **_when(row))


def take_appointment(state: State, entry: str, phone: str, now: datetime) -> str:
    row = _next(state, phone, now)
    if entry == "0":
        state.go("menu")
        return ""
    if row is None:
        return call_back(state, phone, now) if entry == "1" else ""
    steps: dict[str, tuple[Callable[..., bool], str]] = {
        "1": (actions.confirm, "confirmed"),
        "2": (actions.ask_to_cancel, "cancel-asked"),
        "3": (actions.ask_to_move, "move-asked"),
    }
    if entry not in steps:
        return ""
    step, said = steps[entry]
    done = step(appointment=row, by=SYSTEM, now=now)
    return say(state, said, **_when(row)) if done else say(state, "changed")
