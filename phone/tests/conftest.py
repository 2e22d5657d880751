"""A stand-in of the gateway, an account to send with, and a phone that dials."""

import itertools
import time

import pytest

from tests.stand_ins import running_stand_in


@pytest.fixture(scope="module")
def running():
    with running_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def gateway(running, settings):
    running.control("reset")
    settings.AFRICASTALKING = running.settings
    return running


@pytest.fixture
def call_back(client, settings):
    """Call back as the gateway does: a form, and a secret in the path."""

    def call(name, secret=None, **fields):
        address = f"/phone/{secret or settings.PHONE_CALLBACK_SECRET}/{name}/"
        return client.post(address, {key.rstrip("_"): value for key, value in fields.items()})

    return call


PHONE = "+237699000111"
_numbers = itertools.count(1)


class Dialled:
    """One session; every screen is plain, short and begins as it must."""

    def __init__(self, call_back, phone=PHONE):
        self.call_back, self.phone, self.text = call_back, phone, ""
        self.session = f"ATUid_{next(_numbers)}"
        self.ended, self.slowest = False, 0.0
        self.screen = self.hop()

    def hop(self):
        began = time.thread_time()
        response = self.call_back(
            "ussd", sessionId=self.session, phoneNumber=self.phone, networkCode="62401",
            serviceCode="*384*237#", text=self.text,
        )  # fmt: skip
        self.slowest = max(self.slowest, time.thread_time() - began)
        body = response.content.decode()
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/plain")
        assert body[:4] in ("CON ", "END ")
        assert body.isascii()
        assert len(body[4:]) <= 160
        choices = [line for line in body.splitlines() if line[:2] in ("1 ", "2 ", "3 ", "4 ", "5 ")]
        assert len(choices) <= 4
        self.ended = body.startswith("END ")
        return body[4:]

    def type(self, *entries):
        for entry in entries:
            assert not self.ended, self.screen
            self.text = f"{self.text}*{entry}" if self.text else entry
            self.screen = self.hop()
        return self.screen


@pytest.fixture
def dial(call_back):
    return lambda phone=PHONE: Dialled(call_back, phone)
