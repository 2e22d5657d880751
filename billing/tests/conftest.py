import threading

import pytest

from gateways import mobile_money_daraja, mobile_money_mtn, mobile_money_orange
from gateways.http import make_server

WORLDS = {
    "momo": mobile_money_mtn.WORLD, "orange": mobile_money_orange.WORLD,
    "orange-web": mobile_money_orange.WORLD, "mpesa": mobile_money_daraja.WORLD,
}  # fmt: skip


@pytest.fixture(scope="session")
def stand_ins():
    """The stand-ins of mobile money, served in this process on a free port."""
    server = make_server(0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def providers(stand_ins, settings):
    """The providers of phone payments, answered by the stand-ins at once and without notices."""
    for name, path in (
        ("momo", "momo"),
        ("orange", "orange"),
        ("orange-web", "orange"),
        ("mpesa", "daraja"),
    ):
        settings.MOBILE_MONEY = {
            **settings.MOBILE_MONEY,
            name: {
                **settings.MOBILE_MONEY[name],
                "base_url": f"{stand_ins}/{path}",
                "read_seconds": 2,
            },
        }
    for world in WORLDS.values():
        world.reset()
        world.seconds = 0.0
    return WORLDS
