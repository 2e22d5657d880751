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
