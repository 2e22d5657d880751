"""Who may what: one table drives every address for everybody, and reads the bodies too."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.permissions import FACILITY_PERMISSIONS, PUBLIC, ROLE_PERMISSIONS, SIGNED_IN
from audit.models import AccessEntry, AccessKind
from tests.permissions_table import EVERYBODY, TABLE, Row
from tests.world import CLINICAL, World, put_back, stored, the_world

KNOWN = {PUBLIC, SIGNED_IN, *(codename for codename, _ in FACILITY_PERMISSIONS)}


def product_urls(resolver: Any = None) -> list[URLPattern]:
    """Every url of the pages; Django's admin has its own gate, and the API its own table."""
    found: list[URLPattern] = []
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            if item.namespace != "admin":
                found += product_urls(item)
        elif not (item.name or "").startswith("api-"):
            found.append(item)
    return found


@pytest.mark.no_servers
def test_every_url_has_a_name_and_a_row_in_the_table() -> None:
    names = {url.name for url in product_urls()}
    assert None not in names, [str(url.pattern) for url in product_urls() if not url.name]
    assert names - {row.name for row in TABLE} == set()
    assert {row.name for row in TABLE} - names == set()


@pytest.mark.no_servers
def test_every_view_declares_permissions_that_exist() -> None:
    bare = [u.name for u in product_urls() if not getattr(u.callback, "permissions", None)]
    unknown = [u.name for u in product_urls() if set(u.callback.permissions) - KNOWN]
    assert (bare, unknown) == ([], [])


@pytest.mark.no_servers
def test_every_permission_is_given_to_a_role_or_to_nobody_on_purpose() -> None:
    given = frozenset().union(*ROLE_PERMISSIONS.values())
    assert given == {codename for codename, _ in FACILITY_PERMISSIONS}


@pytest.fixture
def world(cast: Any) -> World:
    return the_world(cast)


def client_of(world: World, who: str) -> Client:
    client = Client(REMOTE_ADDR=address_of(who))
    if who != "anonymous":
        client.force_login(getattr(world.cast, who).user)
    return client


def address_of(who: str) -> str:
    return f"10.0.0.{EVERYBODY.index(who) + 1}"


def ask(client: Client, row: Row, world: World) -> Any:
    url = reverse(row.name, kwargs=row.kwargs(world))
    data = row.data(world)
    return client.get(url, data) if row.method == "GET" else client.post(url, data)


def outcome(response: Any, world: World) -> str:
    if response.status_code == 302:
        where = response["Location"]
        if where.startswith("/login/"):
            return "login"
        return "emergency" if where.endswith("/emergency/") else "go"
    if response.status_code != 200:
        return str(response.status_code)
    return "see" if read_in(response, world) else "page"


def read_in(response: Any, world: World) -> list[str]:
    body = response.content.decode()
    return [word for word in world.words if word in body]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_everybody_gets_what_the_table_says_and_it_is_written_down(row: Row, world: World) -> None:
    clients = {who: client_of(world, who) for who in EVERYBODY}
    before = stored()
    got = {}
    for who in EVERYBODY:
        AccessEntry.objects.all().delete()
        response = ask(clients[who], row, world)
        got[who] = outcome(response, world)
        if got[who] in ("see", "go", "409"):
            put_back(before)
        else:
            assert read_in(response, world) == [], f"{who} reads it in {row}"
            assert row.method == "GET" or stored() == before, f"{who} changed something by {row}"
        if got[who] in TRACED:
            trace(row, world, who, got[who])
    assert got == {who: row.expected(who) for who in EVERYBODY}
    assert stored() == before


TRACED = ("see", "403", "404", "emergency")


def trace(row: Row, world: World, who: str, came: str) -> None:
    """Who saw, or was refused, stands in the trail with role, place, page and address."""
    entry, actor = AccessEntry.objects.get(), getattr(world.cast, who)
    assert (entry.user_id, entry.facility_id) == (str(actor.user.pk), str(actor.facility_id or ""))
    assert (entry.roles, entry.route) == (list(actor.roles), row.name)
    assert entry.address == address_of(who)
    if came == "see":
        assert str(world.patient.pk) in entry.patient_ids
    else:
        assert (entry.kind, entry.patient_ids) == (AccessKind.REFUSED, [])


def test_reception_reads_no_clinical_text(world: World) -> None:
    body = client_of(world, "receptionist").get(reverse("patient", args=[world.patient.pk]))
    text = body.content.decode()
    assert "quinquina" in text  # an allergy is asked at the desk
    assert [word for word in CLINICAL if word in text] == ["quinquina"]


def test_a_pharmacist_reads_what_dispensing_needs_and_no_consultation(world: World) -> None:
    page = client_of(world, "pharmacist").get(reverse("dispensing", args=[world.prescription.pk]))
    text = page.content.decode()
    assert "quinquina" in text
    assert "toux-secrète" not in text
    assert "699887766" not in text


def test_an_unknown_id_looks_like_a_hidden_one(world: World) -> None:
    client = client_of(world, "other_receptionist")
    hidden = client.get(reverse("patient", args=[world.patient.pk]))
    missing = client.get(reverse("patient", args=["0" * 24]))
    assert hidden.status_code == missing.status_code == 404
    assert len(hidden.content) == len(missing.content)


def test_admin_pages_open_only_to_staff(world: World) -> None:
    for who in EVERYBODY:
        response = client_of(world, who).get(reverse("admin:index"))
        assert (response.status_code == 200) == (who == "admin"), who
