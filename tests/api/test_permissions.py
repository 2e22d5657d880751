"""Who may what in the API: one table drives every address for everybody, and reads the bodies too."""

import json
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from accounts.actions import sign_in_device
from accounts.tokens import tokens_of
from clinic.api.urls import urlpatterns
from tests.api.calling import ROOT, Caller
from tests.api.table import EVERYBODY, TABLE, Row
from tests.world import World, make_world, put_back, stored

IN_PLACE = {row.name for row in TABLE}
METHODS = ("get", "post", "put", "patch", "delete")


def declared() -> set[tuple[str, str]]:
    """Every (name, method) that the API answers."""
    found = set()
    for url in urlpatterns:
        view = getattr(url.callback, "view_class", None)
        if view is not None:
            found |= {(url.name[4:], name) for name in METHODS if hasattr(view, name)}
    return found


@pytest.mark.no_servers
def test_every_address_and_method_has_a_row() -> None:
    rows = {(row.name, row.method) for row in TABLE}
    assert declared() - rows == set()
    assert rows - declared() <= {("statistics", "get")}, "surveillance may be left out"


@pytest.mark.no_servers
def test_every_method_declares_what_it_needs() -> None:
    for url in urlpatterns:
        view = getattr(url.callback, "view_class", None)
        if view is not None:
            answered = {name.upper() for name in METHODS if hasattr(view, name)}
            assert set(view.needs) == answered, url.name


@pytest.fixture
def world(cast: Any, settings: Any) -> World:
    settings.API_LIMITS = dict.fromkeys(settings.API_LIMITS, (10**6, 60))
    return make_world(cast)


def caller_of(world: World, who: str) -> Caller:
    if who == "anonymous":
        return Caller()
    actor = getattr(world.cast, who)
    grant = sign_in_device(user=actor.user, device="test", by=actor, now=timezone.now())
    return Caller(tokens_of(grant)["access"])


def ask(caller: Caller, row: Row, world: World) -> Any:
    path = reverse(f"api-{row.name}", kwargs=row.kwargs(world)).removeprefix(ROOT)
    path += row.query.format(patient=world.patient.pk)
    return (
        caller.get(path) if row.method == "get" else caller.send(row.method, path, row.body(world))
    )


def outcome(response: Any, world: World) -> str:
    if response.status_code >= 300:
        assert response["Content-Type"] == "application/problem+json"
        return str(response.status_code)
    body = response.content.decode()
    if body.startswith("{"):
        body = json.dumps(json.loads(body), ensure_ascii=False)
    return "see" if any(word in body for word in world.words) else "ok"


PRESENT = [row for row in TABLE if (row.name, row.method) in declared()]


@pytest.mark.parametrize("row", PRESENT, ids=str)
def test_everybody_gets_what_the_table_says(row: Row, world: World) -> None:
    callers = {who: caller_of(world, who) for who in EVERYBODY}
    before = stored()
    got = {}
    for who in EVERYBODY:
        response = ask(callers[who], row, world)
        got[who] = outcome(response, world)
        if got[who] in ("see", "ok"):
            put_back(before)
            continue
        body = response.content.decode()
        assert [word for word in world.words if word in body] == [], f"{who} reads it in {row}"
        assert stored() == before, f"{who} changed something by {row}"
    assert got == {who: row.expected(who) for who in EVERYBODY}


def test_the_desk_reads_no_condition_and_the_pharmacist_no_consultation(world: World) -> None:
    desk = caller_of(world, "receptionist").get(f"patients/{world.patient.pk}").content.decode()
    assert "quinquina" in desk
    assert [word for word in ("drépanocytose", "somnifère-du-village") if word in desk] == []
    pharmacist = caller_of(world, "pharmacist")
    shown = pharmacist.get(f"prescriptions/{world.prescription.pk}").content.decode()
    assert "toux-secrète" not in shown
    assert pharmacist.get(f"consultations/{world.draft.pk}").status_code == 403


def test_a_token_without_a_device_opens_nothing(world: World) -> None:
    token = AccessToken()
    token["user_id"] = str(world.cast.doctor.user.pk)
    assert Caller(str(token)).get("me").status_code == 401
