"""What all screens of the USSD menu share: where a session is, its texts (`texts.yaml`), whose phone it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import yaml

from patients.models import Patient
from phone.queries import household

Show = Callable[["State", str, datetime], str]
Take = Callable[["State", str, str, datetime], str]
# What may be shown only after the PIN, and where a session that is resumed goes once it is typed again.
AFTER_PIN = {
    "doses": "doses", "new-pin": "new-pin", "again-pin": "new-pin", "balance": "balance", "operator": "balance",
    "pay": "balance", "payment": "payment",
}  # fmt: skip


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_name("texts.yaml").read_text(encoding="utf-8")
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
        invoice_id: of the invoice to pay, `amount` of which was shown.
        provider: who is to take the money.
        attempt_id: of the payment that was asked for.
        note: name of the text to show instead of the screen's own, once.
    """

    screen: str = "language"
    language: str = "fr"
    patient_id: str = ""
    page: int = 0
    wanted: str = ""
    new_pin: str = ""
    note: str = ""
    invoice_id: str = ""
    amount: int = 0
    provider: str = ""
    attempt_id: str = ""

    def go(self, screen: str, note: str = "") -> None:
        """Go to a screen."""
        self.screen, self.page, self.note = screen, 0, note

    def forget_pin(self) -> None:
        """Ask for the PIN again before anything that needs it."""
        if self.screen in AFTER_PIN:
            self.wanted = AFTER_PIN[self.screen]
            self.new_pin = ""
            self.go("pin")


class GoneError(Exception):
    """The person is no longer one of this phone's."""

    code = "gone"


def say(state: State, text: str, /, **values: str) -> str:
    """Return a text of the menu in the session's language, filled in."""
    return phrase(text, state.language, **values)


def show_plain(state: State, phone: str, now: datetime) -> str:
    """Show the screen's own text, or once its note."""
    return say(state, state.note or state.screen)


def patient_of(state: State, phone: str) -> Patient:
    """Return the person chosen, as long as the phone is still theirs."""
    for patient in household(phone):
        if str(patient.pk) == state.patient_id:
            return patient
    raise GoneError
