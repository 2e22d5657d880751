"""The first screens: which language, which person of the household, what to see."""

from datetime import datetime

from accounts.permissions import SYSTEM
from patients.models import Patient
from phone import actions
from phone.queries import household
from phone.screens.frame import State, patient_of, say
from phone.screens.pins import ask_pin
from surveillance.actions import take_reply
from surveillance.queries.survey import open_question

LANGUAGES = {"1": "fr", "2": "en", "3": "pcm"}
PEOPLE = 3


def take_language(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry not in LANGUAGES:
        return ""
    state.language = LANGUAGES[entry]
    people = household(phone)
    if not people:
        return say(state, "unknown")
    if len(people) == 1:
        state.patient_id = str(people[0].pk)
        state.go("menu")
    else:
        state.go("person")
    return ""


def _first_names(phone: str) -> list[tuple[str, Patient]]:
    """Return the household by first name; the same name twice gets a number."""
    people = household(phone)
    names = [patient.given_name.split(" ")[0][:20] for patient in people]
    return [
        (name if names.count(name) == 1 else f"{name} {names[: n + 1].count(name)}", patient)
        for n, (name, patient) in enumerate(zip(names, people, strict=True))
    ]


def show_person(state: State, phone: str, now: datetime) -> str:
    people = _first_names(phone)
    shown = people[state.page * PEOPLE : state.page * PEOPLE + PEOPLE]
    lines = [say(state, "person"), *(f"{n} {name}" for n, (name, _) in enumerate(shown, 1))]
    if len(people) > (state.page + 1) * PEOPLE:
        lines.append(f"4 {say(state, 'others')}")
    return "\n".join([*lines, say(state, "back")])


def take_person(state: State, entry: str, phone: str, now: datetime) -> str:
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


def show_menu(state: State, phone: str, now: datetime) -> str:
    return say(state, "menu", name=patient_of(state, phone).given_name.split(" ")[0][:20])


def take_menu(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("person" if len(household(phone)) > 1 else "language")
    elif entry in ("2", "3"):
        return ask_pin(state, {"2": "doses", "3": "balance"}[entry], phone)
    elif entry in ("1", "4"):
        state.go({"1": "appointment", "4": "more"}[entry])
    return ""


def take_more(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "1":
        return ask_pin(state, "new-pin", phone)
    if entry == "2":
        return call_back(state, phone, now)
    if entry == "3":
        state.go("opinion" if open_question(phone, now) else "no-opinion")
    elif entry == "0":
        state.go("menu")
    return ""


def take_opinion(state: State, entry: str, phone: str, now: datetime) -> str:
    if take_reply(phone=phone, text=entry, by=SYSTEM, now=now):
        return say(state, "opinion-taken")
    return take_back(state, entry, phone, now)


def take_back(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    return ""


def call_back(state: State, phone: str, now: datetime) -> str:
    """Ask the desk to call back. Returns the last text."""
    actions.ask_call_back(patient=patient_of(state, phone), by=SYSTEM, now=now)
    return say(state, "call-asked")
