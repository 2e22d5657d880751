"""The screens of the USSD menu: what each shows, and what an entry does."""

from datetime import datetime

from phone.screens.appointment import show_appointment, take_appointment
from phone.screens.doses import show_doses, take_doses
from phone.screens.entrance import (
    show_menu,
    show_person,
    take_back,
    take_language,
    take_menu,
    take_more,
    take_opinion,
    take_person,
)
from phone.screens.frame import GoneError, Show, State, Take, phrase, show_plain
from phone.screens.money import (
    show_balance,
    show_operator,
    show_pay,
    show_payment,
    take_balance,
    take_operator,
    take_pay,
    take_payment,
)
from phone.screens.pins import take_again_pin, take_code, take_new_pin, take_no_pin, take_pin

__all__ = ["GoneError", "State", "phrase", "show", "take"]

SCREENS: dict[str, tuple[Show, Take]] = {
    "language": (show_plain, take_language),
    "person": (show_person, take_person),
    "menu": (show_menu, take_menu),
    "more": (show_plain, take_more),
    "opinion": (show_plain, take_opinion),
    "no-opinion": (show_plain, take_back),
    "appointment": (show_appointment, take_appointment),
    "pin": (show_plain, take_pin),
    "no-pin": (show_plain, take_no_pin),
    "code": (show_plain, take_code),
    "new-pin": (show_plain, take_new_pin),
    "again-pin": (show_plain, take_again_pin),
    "doses": (show_doses, take_doses),
    "balance": (show_balance, take_balance),
    "operator": (show_operator, take_operator),
    "pay": (show_pay, take_pay),
    "payment": (show_payment, take_payment),
}


def show(state: State, phone: str, now: datetime) -> str:
    """Return the text of the screen a session is at.

    Raises:
        GoneError: the person is no longer one of this phone's.
    """
    return SCREENS[state.screen][0](state, phone, now)


def take(state: State, entry: str, phone: str, now: datetime) -> str:
    """Do what an entry asks for. Returns the last text when that ends the session, else an empty one.

    Raises:
        GoneError: the person is no longer one of this phone's.
    """
    return SCREENS[state.screen][1](state, entry, phone, now)
