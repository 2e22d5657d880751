"""A form that comes too late: what stands and what was typed are both shown, and nothing is stored twice."""

from typing import Any

import pytest
from django.urls import reverse

from clinic.db import random_id
from pharmacy.models import Prescription
from tests.permissions_table import TABLE
from tests.test_permissions_table import client_of
from tests.world import World, the_world


@pytest.fixture
def world(cast: Any) -> World:
    return the_world(cast)


def test_a_stale_amendment_shows_both_versions_and_loses_neither(world: World) -> None:
    client = client_of(world, "doctor")
    row = next(r for r in TABLE if r.name == "prescription-amend" and r.method == "POST")
    address = reverse("prescription-amend", kwargs=row.kwargs(world))
    first = {**row.data(world), "lines-0-instructions": "au repas", "form_id": str(random_id())}
    assert client.post(address, first).status_code == 302
    late = {
        **row.data(world),
        "lines-0-instructions": "avant de dormir",
        "form_id": str(random_id()),
    }
    second = client.post(address, late)
    shown = second.content.decode()
    latest = Prescription.objects.get(replaces_id=str(world.prescription.pk))
    assert second.status_code == 409
    assert "avant de dormir" in shown
    assert 'value="au repas"' in shown
    assert f'action="{reverse("prescription-amend", args=[latest.pk])}"' in shown
    assert Prescription.objects.filter(patient=world.patient).count() == 2


def test_an_amendment_of_what_was_cancelled_gives_the_words_back(world: World) -> None:
    client = client_of(world, "doctor")
    row = next(r for r in TABLE if r.name == "prescription-amend" and r.method == "POST")
    cancel = reverse("prescription-cancel", args=[world.prescription.pk])
    assert client.post(cancel, {"reason": "erreur de patient"}).status_code == 302
    address = reverse("prescription-amend", kwargs=row.kwargs(world))
    late = {**row.data(world), "lines-0-instructions": "avant de dormir"}
    shown = client.post(address, late, follow=True).content.decode()
    assert "avant de dormir" in shown
