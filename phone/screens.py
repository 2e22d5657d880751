"""The screens of the USSD menu: what each shows, and what an entry does. Texts stand in `screens.yaml`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from django.contrib.auth.hashers import check_password, make_password

from accounts.permissions import SYSTEM
from appointments.models import Appointment
from patients.models import Patient
from patients.queries import today_in
from phone import actions
from phone.queries import doses_of_day, facilities_of, facility_of, household, upcoming
from phone.rules import is_locked, is_pin
from surveillance.actions import take_reply
from surveillance.queries.survey import open_question

LANGUAGES = {"1": "fr", "2": "en", "3": "pcm"}
PEOPLE, LINES = 3, 3
AFTER_PIN = ("doses", "new-pin", "again-pin")


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    )
    return loaded


def phrase(text: str, language: str, /, **values: str) -> str:
    """Return a text of the menu in a language, filled in."""
    texts = _texts()[text]
    return (texts.get(language) or texts.get("any") or texts["fr"]).format(**values)


@dataclass
class State:
    """Where a session is.

    Attributes:
        screen: name of what is shown.
        patient_id: the person chosen, or empty.
        page: of a list.
        wanted: the screen to go to once the PIN is known.
        new_pin: hash of the PIN typed first, until it is typed again.
        note: name of the text to show instead of the screen's own, once.
    """

    screen: str = "language"
    language: str = "fr"
    patient_id: str = ""
    page: int = 0
    wanted: str = ""
    new_pin: str = ""
    note: str = ""

    def go(self, screen: str, note: str = "") -> None:
        """Go to a screen."""
        self.screen, self.page, self.note = screen, 0, note

    def forget_pin(self) -> None:
        """Ask for the PIN again before anything that needs it."""
        if self.screen in AFTER_PIN:
            self.wanted = "doses" if self.screen == "doses" else "new-pin"
            self.new_pin = ""
            self.go("pin")


class GoneError(Exception):
    """The person is no longer one of this phone's."""

    code = "gone"


def show(state: State, phone: str, now: datetime) -> str:
    """Return the text of the screen a session is at."""
    return SCREENS[state.screen][0](state, phone, now)


def take(state: State, entry: str, phone: str, now: datetime) -> str:
    """Do what an entry asks for. Returns the last text when that ends the session, else an empty one."""
    try:
        return SCREENS[state.screen][1](state, entry, phone, now)
    except GoneError:
        return phrase("unknown", state.language)


def _say(state: State, text: str, /, **values: str) -> str:
    return phrase(text, state.language, **values)


def _plain(state: State, phone: str, now: datetime) -> str:
    return _say(state, state.note or state.screen)


def _patient(state: State, phone: str) -> Patient:
    """Return the person chosen, as long as the phone is still theirs."""
    for patient in household(phone):
        if str(patient.pk) == state.patient_id:
            return patient
    raise GoneError


# language


def _take_language(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry not in LANGUAGES:
        return ""
    state.language = LANGUAGES[entry]
    people = household(phone)
    if not people:
        return _say(state, "unknown")
    if len(people) == 1:
        state.patient_id = str(people[0].pk)
        state.go("menu")
    else:
        state.go("person")
    return ""


# person


def _first_names(phone: str) -> list[tuple[str, Patient]]:
    """Return the household by first name; the same name twice gets a number."""
    people = household(phone)
    names = [patient.given_name.split(" ")[0][:20] for patient in people]
    return [
        (name if names.count(name) == 1 else f"{name} {names[: n + 1].count(name)}", patient)
        for n, (name, patient) in enumerate(zip(names, people, strict=True))
    ]


def _show_person(state: State, phone: str, now: datetime) -> str:
    people = _first_names(phone)
    shown = people[state.page * PEOPLE : state.page * PEOPLE + PEOPLE]
    lines = [_say(state, "person"), *(f"{n} {name}" for n, (name, _) in enumerate(shown, 1))]
    if len(people) > (state.page + 1) * PEOPLE:
        lines.append(f"4 {_say(state, 'others')}")
    return "\n".join([*lines, _say(state, "back")])


def _take_person(state: State, entry: str, phone: str, now: datetime) -> str:
    people = _first_names(phone)
    if entry == "0":
        state.go("language")
    elif entry == "4" and len(people) > (state.page + 1) * PEOPLE:
        state.page += 1
    elif entry in ("1", "2", "3"):
        place = state.page * PEOPLE + int(entry) - 1
        if place < len(people):
            state.patient_id = str(people[place][1].pk)
            state.go("menu")
    return ""


# menu


def _show_menu(state: State, phone: str, now: datetime) -> str:
    return _say(state, "menu", name=_patient(state, phone).given_name.split(" ")[0][:20])


def _take_menu(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("person" if len(household(phone)) > 1 else "language")
    elif entry == "2":
        return _ask_pin(state, "doses", phone)
    elif entry in ("1", "3", "4"):
        state.go({"1": "appointment", "3": "balance", "4": "more"}[entry])
    return ""


def _take_more(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "1":
        return _ask_pin(state, "new-pin", phone)
    if entry == "2":
        return _call_back(state, phone, now)
    if entry == "3":
        state.go("opinion" if open_question(phone, now) else "no-opinion")
    elif entry == "0":
        state.go("menu")
    return ""


def _take_opinion(state: State, entry: str, phone: str, now: datetime) -> str:
    if take_reply(phone=phone, text=entry, by=SYSTEM, now=now):
        return _say(state, "opinion-taken")
    return _take_back(state, entry, phone, now)


def _call_back(state: State, phone: str, now: datetime) -> str:
    actions.ask_call_back(patient=_patient(state, phone), by=SYSTEM, now=now)
    return _say(state, "call-asked")


# appointment


def _next(state: State, phone: str, now: datetime) -> Appointment | None:
    rows = upcoming([_patient(state, phone)], now)
    return rows[0] if rows else None


def _when(row: Appointment) -> dict[str, str]:
    local = row.start.astimezone(ZoneInfo(row.facility.time_zone))
    return {"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"}


def _show_appointment(state: State, phone: str, now: datetime) -> str:
    row = _next(state, phone, now)
    if row is None:
        return _say(state, "no-appointment")
    place = row.facility.sms_name or "Carnet"
    return _say(state, "appointment", place=place[:24], **_when(row))


def _take_appointment(state: State, entry: str, phone: str, now: datetime) -> str:
    row = _next(state, phone, now)
    if entry == "0":
        state.go("menu")
        return ""
    if row is None:
        return _call_back(state, phone, now) if entry == "1" else ""
    steps: dict[str, tuple[Callable[..., bool], str]] = {
        "1": (actions.confirm, "confirmed"),
        "2": (actions.ask_to_cancel, "cancel-asked"),
        "3": (actions.ask_to_move, "move-asked"),
    }
    if entry not in steps:
        return ""
    step, said = steps[entry]
    done = step(appointment=row, by=SYSTEM, now=now)
    return _say(state, said, **_when(row)) if done else _say(state, "changed")


# PIN


def _ask_pin(state: State, wanted: str, phone: str) -> str:
    patient = _patient(state, phone)
    if is_locked(patient.pin_failures):
        return _say(state, "pin-locked")
    state.wanted = wanted
    state.go("pin" if patient.pin_hash else "no-pin")
    return ""


def _take_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
        return ""
    if actions.check_pin(patient=_patient(state, phone), pin=entry, by=SYSTEM, now=now):
        state.go(state.wanted or "menu")
        return ""
    if is_locked(_patient(state, phone).pin_failures):
        return _say(state, "pin-locked")
    state.go("pin", note="pin-wrong")
    return ""


def _take_no_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif entry == "1":
        actions.send_code(patient=_patient(state, phone), by=SYSTEM, now=now)
        state.go("code")
    return ""


def _take_code(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif actions.check_code(patient=_patient(state, phone), code=entry):
        state.go("new-pin")
    else:
        state.go("code", note="code-wrong")
    return ""


def _take_new_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif is_pin(entry):
        state.new_pin = make_password(entry)
        state.go("again-pin")
    else:
        state.go("new-pin")
    return ""


def _take_again_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
        return ""
    if not check_password(entry, state.new_pin):
        state.new_pin = ""
        state.go("new-pin", note="pin-differs")
        return ""
    actions.set_pin(patient=_patient(state, phone), pin=entry, by=SYSTEM, now=now)
    return _say(state, "pin-saved")


# doses


def _doses(state: State, phone: str, now: datetime) -> list[str]:
    patient = _patient(state, phone)
    facility = facility_of(patient, now)
    zone = facility.time_zone if facility else "Africa/Douala"
    rows = doses_of_day(patient, today_in(facility, now), zone)
    return [f"{row.at:%H:%M} {row.medicine[:18]} {row.dose[:10]}".strip() for row in rows]


def _show_doses(state: State, phone: str, now: datetime) -> str:
    lines = _doses(state, phone, now)
    if not lines:
        return _say(state, "no-doses")
    shown = lines[state.page * LINES : state.page * LINES + LINES]
    if len(lines) > (state.page + 1) * LINES:
        shown.append(_say(state, "next-page"))
    return _say(state, "doses", lines="\n".join([*shown, _say(state, "back")]))


def _take_doses(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif entry == "1" and len(_doses(state, phone, now)) > (state.page + 1) * LINES:
        state.page += 1
    return ""


# balance


def _show_balance(state: State, phone: str, now: datetime) -> str:
    from billing.queries import owed_by  # noqa: PLC0415 (loads the whole ledger, for this screen only)

    patient = _patient(state, phone)
    lines = []
    for facility in facilities_of(patient)[:3]:
        owed = owed_by(patient, facility)
        if owed.owed > 0:
            lines.append(f"{owed.owed:.0f} {owed.currency}, {(facility.sms_name or 'Carnet')[:20]}")
    return (
        _say(state, "balance", lines="\n".join(lines)) if lines else _say(state, "nothing-to-pay")
    )


def _take_back(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    return ""


Show = Callable[[State, str, datetime], str]
Take = Callable[[State, str, str, datetime], str]
SCREENS: dict[str, tuple[Show, Take]] = {
    "language": (_plain, _take_language),
    "person": (_show_person, _take_person),
    "menu": (_show_menu, _take_menu),
    "more": (_plain, _take_more),
    "opinion": (_plain, _take_opinion),
    "no-opinion": (_plain, _take_back),
    "appointment": (_show_appointment, _take_appointment),
    "pin": (_plain, _take_pin),
    "no-pin": (_plain, _take_no_pin),
    "code": (_plain, _take_code),
    "new-pin": (_plain, _take_new_pin),
    "again-pin": (_plain, _take_again_pin),
    "doses": (_show_doses, _take_doses),
    "balance": (_show_balance, _take_back),
}
