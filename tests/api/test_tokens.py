"""Tokens: exchanged once, answered again for a minute, and gone when they should be."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import RefreshGrant
from audit.models import AccessEntry, AccessKind
from tests.api.calling import ROOT, Caller
from tests.factories import PASSWORD


@pytest.fixture
def doctor(call: Any) -> Caller:
    return call("doctor", device="Tablet 2")


def exchange(refresh: str) -> Any:
    return Caller().post("auth/refresh", {"refresh": refresh})


def test_the_access_token_opens_and_nothing_else_does(doctor: Caller) -> None:
    assert doctor.get("me").json()["username"] == "doctor"
    assert Caller("forged").get("me").status_code == 401
    assert Caller(doctor.refresh).get("me").status_code == 401, "a refresh token opens nothing"
    answer = Caller().get("me")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_lost_reply_is_answered_again_with_the_same_successor(doctor: Caller) -> None:
    first, again = exchange(doctor.refresh), exchange(doctor.refresh)
    assert first.status_code == again.status_code == 200
    assert first.json()["refresh"] == again.json()["refresh"] != doctor.refresh
    assert Caller(again.json()["access"]).get("me").status_code == 200


def test_a_copied_token_ends_the_device(doctor: Caller) -> None:
    successor = exchange(doctor.refresh).json()
    RefreshGrant.objects.update(rotated_at=timezone.now() - timedelta(seconds=61))
    reused = exchange(doctor.refresh)
    assert (reused.status_code, reused.json()["code"]) == (401, "refresh-reused")
    assert exchange(successor["refresh"]).status_code == 401
    assert Caller(successor["access"]).get("me").status_code == 401
    assert doctor.get("me").status_code == 401


def test_a_token_two_generations_old_ends_the_device(doctor: Caller) -> None:
    second = exchange(doctor.refresh).json()["refresh"]
    assert exchange(second).status_code == 200
    assert exchange(doctor.refresh).json()["code"] == "refresh-reused"


def test_a_closed_account_is_out_at_once(doctor: Caller, cast: Any) -> None:
    cast.doctor.user.is_active = False
    cast.doctor.user.save()
    assert doctor.get("me").status_code == 401
    assert exchange(doctor.refresh).status_code == 401


def test_a_changed_password_ends_every_device(doctor: Caller, cast: Any) -> None:
    cast.doctor.user.set_password("another-long-password")
    cast.doctor.user.save()
    assert doctor.get("me").status_code == 401
    assert exchange(doctor.refresh).status_code == 401


def test_devices_are_listed_and_revoked_by_their_owner_alone(doctor: Caller, call: Any) -> None:
    other = call("doctor", device="Phone")
    rows = doctor.get("auth/devices").json()["results"]
    assert {row["device"] for row in rows} == {"Tablet 2", "Phone"}
    phone = next(row["id"] for row in rows if row["device"] == "Phone")
    assert call("nurse").send("delete", f"auth/devices/{phone}").status_code == 404
    assert doctor.send("delete", f"auth/devices/{phone}").status_code == 204
    assert other.get("me").status_code == 401
    assert doctor.get("me").status_code == 200
    assert doctor.post("auth/revoke").status_code == 204
    assert doctor.get("me").status_code == 401


def test_a_wrong_password_is_written_down_and_soon_refused_unheard(cast: Any) -> None:
    caller = Caller()
    wrong = {"username": "doctor", "password": "not-this"}
    answers = [caller.post("auth/token", wrong) for _ in range(11)]
    assert answers[0].status_code == 401
    assert answers[0].json()["code"] == "wrong-credentials"
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) >= 1
    assert caller.post("auth/token", {**wrong, "password": PASSWORD}).status_code in (401, 429)
    assert AccessEntry.objects.filter(kind=AccessKind.SIGN_IN_FAILED, username="doctor").exists()


def test_an_account_may_ask_only_so_often(doctor: Caller, settings: Any) -> None:
    settings.API_LIMITS = {**settings.API_LIMITS, "account": (3, 3600)}
    answers = [doctor.get("me").status_code for _ in range(5)]
    assert answers[-1] == 429
    assert answers.count(200) <= 3


def test_the_browsers_session_works_and_needs_its_csrf_token(cast: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.receptionist.user)
    assert client.get(f"{ROOT}me").status_code == 200
    body = {"q": "x"}
    refused = client.post(f"{ROOT}patients/search", body, content_type="application/json")
    assert refused.status_code == 403
    client.get("/patients/new/")
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token}
    found = client.post(
        f"{ROOT}patients/search", body, content_type="application/json", headers=headers
    )
    assert found.status_code == 200


def test_a_facility_where_one_does_not_work_gives_no_right(call: Any, cast: Any) -> None:
    elsewhere = call("receptionist", **{"X-Facility": str(cast.other_clinic.pk)})
    assert elsewhere.get("patients").status_code == 403
    assert call("receptionist", **{"X-Facility": "nonsense"}).get("patients").status_code == 422


def test_problems_speak_the_callers_language(call: Any) -> None:
    nurse = call("nurse")
    french = nurse.get("patients/" + "0" * 24, **{"Accept-Language": "fr"})
    assert french.json()["title"].startswith("Cela n’existe pas")
    assert french["Content-Language"] == "fr"
    assert nurse.get("patients/nonsense").json()["code"] == "not-found"
