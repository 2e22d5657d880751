"""The PIN: asked for, made with a code by SMS, changed."""

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from accounts.permissions import SYSTEM
from phone import actions
from phone.rules import is_locked, is_pin
from phone.screens.frame import State, patient_of, say


def ask_pin(state: State, wanted: str, phone: str) -> str:
    """Ask for the PIN before going where it is needed; who has none may make one."""
    patient = patient_of(state, phone)
    if is_locked(patient.pin_failures):
        return say(state, "pin-locked")
    state.wanted = wanted
    state.go("pin" if patient.pin_hash else "no-pin")
    return ""


def take_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
        return ""
    if actions.check_pin(patient=patient_of(state, phone), pin=entry, by=SYSTEM, now=now):
        state.go(state.wanted or "menu")
        return ""
    if is_locked(patient_of(state, phone).pin_failures):
        return say(state, "pin-locked")
    state.go("pin", note="pin-wrong")
    return ""


def take_no_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif entry == "1":
        actions.send_code(patient=patient_of(state, phone), by=SYSTEM, now=now)
        state.go("code")
    return ""


def take_code(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif actions.check_code(patient=patient_of(state, phone), code=entry):
        state.go("new-pin")
    else:
        state.go("code", note="code-wrong")
    return ""


def take_new_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
    elif is_pin(entry):
        state.new_pin = make_password(entry)
        state.go("again-pin")
    else:
        state.go("new-pin")
    return ""


def take_again_pin(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
        return ""
    if not check_password(entry, state.new_pin):
        state.new_pin = ""
        state.go("new-pin", note="pin-differs")
        return ""
    actions.set_pin(patient=patient_of(state, phone), pin=entry, by=SYSTEM, now=now)
    return say(state, "pin-saved")
