"""A stand-in of the gateway, and an account to send with."""

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
