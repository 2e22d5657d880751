"""The providers of phone payments behind one small interface: prepare, send, ask, read.

A provider is a module with four functions. `prepare` obtains what the provider needs before anybody is asked to
pay, `send` asks the patient to pay, `ask` returns what the provider says of a request, `read` turns the body of
a call on our address into a hint. None of them touches the database.
"""

import json
from types import ModuleType
from typing import Any, Protocol, cast

from django.conf import settings

from billing.providers import momo, mpesa, orange, orange_web
from billing.providers.wire import Hint, Order, Sent
from billing.rules import Answer


class Interface(Protocol):
    """What a provider's module offers.

    `MAY_RESEND`: the same request may be sent again without a second payment. `CURRENCY`: what it is paid in.
    """

    MAY_RESEND: bool
    CURRENCY: str

    def prepare(self, order: Order, config: dict[str, Any]) -> Sent:
        """Return the provider's own reference, where it gives one before the patient is asked."""

    def send(self, order: Order, config: dict[str, Any]) -> Sent:
        """Ask the patient to pay."""

    def ask(self, order: Order, config: dict[str, Any]) -> Answer:
        """Ask the provider what became of it."""

    def read(self, body: bytes) -> Hint | None:
        """Read a call on our address; None when it is not one of this provider's."""


_MODULES: dict[str, ModuleType] = {
    "momo": momo, "orange": orange, "orange-web": orange_web, "mpesa": mpesa,
}  # fmt: skip


def provider(name: str) -> Interface:
    """Return a provider by its name."""
    return cast(Interface, _MODULES[name])


def for_currency(currency: str) -> list[str]:
    """Return the names of the providers, of those that are set up, that take this currency."""
    return [
        name
        for name, module in _MODULES.items()
        if currency == module.CURRENCY and settings.MOBILE_MONEY[name]["base_url"]
    ]


def config_of(name: str, facility_id: object) -> dict[str, Any]:
    """Return a provider's settings, with what a facility has of its own (its merchant account) on top."""
    general = dict(settings.MOBILE_MONEY[name])
    path = settings.MOBILE_MONEY_ACCOUNTS_FILE
    if path:
        with open(path, encoding="utf-8") as file:
            own = json.load(file).get(str(facility_id), {})
        general |= own.get(name, {})
    return general | {"name": name}
