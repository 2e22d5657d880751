"""At 10,000 patients, no query of a page reads a whole collection: the server's profiler says so."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from appointments.models import Appointment
from clinic.db import random_id
from consultations.models import Consultation
from demo.actions import load
from patients.models import Patient
from pharmacy.models import Prescription

PATIENTS = 10_000
# Read whole on purpose: a handful of documents, and the server's own.
SMALL = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The demo clinic, large; the module shares it."""
    from django.core.cache import cache

    from conftest import empty_collections

    with django_db_blocker.unblock():
        empty_collections()
        cache.clear()
        load(size=PATIENTS, now=timezone.now())
        assert Patient.objects.count() >= PATIENTS
        yield
        empty_collections()


def addresses() -> dict[str, list[str]]:
    """What each person opens in a day, by username."""
    story = Patient.objects.get(phone="+237677000002")
    prescription = Prescription.objects.filter(patient=story).first()
    consultation = Consultation.objects.filter(patient=story).first()
    today = timezone.now().date()
    booked = Appointment.objects.filter(status="booked").first()
    assert None not in (prescription, consultation, booked)
    one = [story.pk]
    return {
        "receptionist": [
            reverse("day"),
            reverse("day") + f"?day={today + timedelta(days=1)}",
            reverse("patient-search"),
            reverse("patient-search") + "?q=ngo",
            reverse("patient-search") + "?q=marthe+ngo",
            reverse("patient-search") + "?q=677000002",
            reverse("patient-search") + "?q=zzyzx",
            reverse("patient-register"),
            reverse("patient-duplicates") + "?family_name=Kamdem&given_name=Jean&sex=M",
            reverse("patient", args=one),
            reverse("patient-edit", args=one),
            reverse("book", args=one),
            reverse("appointment-cancel", args=[booked.pk]),
            reverse("seen-by", args=one),
        ],
        "doctor": [
            reverse("today"),
            reverse("patient", args=one),
            reverse("consultation", args=[consultation.pk]),
            reverse("consultation-new", args=one),
            reverse("vitals", args=one),
            reverse("prescribe", args=[consultation.pk]),
            reverse("prescription", args=[prescription.pk]),
            reverse("prescription-amend", args=[prescription.pk]),
            reverse("prescription-print", args=[prescription.pk]),
            reverse("diagnoses") + "?q=palu",
            reverse("medicine-suggestions") + "?q=para",
        ],
        "pharmacist": [
            reverse("dispensary"),
            reverse("dispensing", args=[prescription.pk]),
            reverse("medicine-reference") + "?q=para",
        ],
        "admin": [
            reverse("admin:index"),
            reverse("impact"),
        ],
        "authority": [
            reverse(name)
            for name in (
                "statistics",
                "district-map",
                "alerts",
                "thresholds",
                "impact",
                "dhis2",
                "statistics-csv",
            )
        ],
        "": [reverse("verify-code", args=[prescription.code]), reverse("login")],
    }


def scans() -> list[tuple[str, str]]:
    """Return what the profiler saw read a whole collection: (collection, command)."""
    rows = connection.database["system.profile"].find(
        {"planSummary": {"$regex": "COLLSCAN"}, "appName": "carnet"}
    )
    return sorted(
        {
            (row["ns"].partition(".")[2], str(row["command"].get("pipeline") or row["command"]))
            for row in rows
            if row["ns"].partition(".")[2] not in SMALL | {"system.profile"}
        }
    )


def profile(act: Callable[[], Any], statuses: tuple[int, ...] = (200,)) -> None:
    """Do it with the profiler on."""
    connection.database.command("profile", 0)
    connection.database["system.profile"].drop()
    connection.database.command("profile", 2)
    try:
        response = act()
        assert response.status_code in statuses, response.status_code
    finally:
        connection.database.command("profile", 0)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "username", ["receptionist", "doctor", "pharmacist", "admin", "authority", ""]
)
def test_no_page_reads_a_whole_collection(username: str) -> None:
    client = Client()
    if username:
        client.force_login(User.objects.get(username=username))
    for url in addresses()[username]:
        profile(partial(client.get, url))
        assert scans() == [], url


def submissions() -> list[tuple[str, str, dict[str, str]]]:
    """What is sent in a day: who, where, what."""
    patient = Patient.objects.get(phone="+237677000006")
    consultation = Consultation.objects.filter(patient=patient).first()
    waiting = next(
        (p, line) for p in Prescription.objects.all() for line in p.lines if line.status == "active"
    )
    line = {
        "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-medicine": "vitamine C",
        "lines-0-dose": "500", "lines-0-unit": "mg", "lines-0-route": "oral", "lines-0-times": "1",
        "lines-0-per_days": "1", "lines-0-days": "3",
    }  # fmt: skip
    assert consultation is not None
    return [
        ("receptionist", reverse("patient-register"), {
            "family_name": "Atangana", "given_name": "Rose", "sex": "F", "birth_date": "01/02/1980",
            "language": "fr", "new_id": str(random_id()),
        }),
        ("receptionist", reverse("walk-in", args=[patient.pk]), {"form_id": str(random_id())}),
        ("nurse", reverse("vitals", args=[patient.pk]), {"temperature_c": "38", "set_id": str(random_id())}),
        ("doctor", reverse("consultation-new", args=[patient.pk]), {"reason": "toux", "form_id": str(random_id())}),
        ("doctor", reverse("prescribe", args=[consultation.pk]), {**line, "form_id": str(random_id())}),
        ("pharmacist", reverse("dispense", args=[waiting[0].pk, waiting[1].line_id]), {
            "quantity": "1", "form_id": str(random_id()), "alone_reason": "seul", "judgement_code": "other",
            "judgement_text": "vu",
        }),
    ]  # fmt: skip


@pytest.mark.usefixtures("db")
def test_no_form_that_is_sent_reads_a_whole_collection() -> None:
    for username, url, data in submissions():
        client = Client()
        client.force_login(User.objects.get(username=username))
        profile(partial(client.post, url, data), (302, 409))
        assert scans() == [], url


@pytest.mark.usefixtures("db")
def test_the_profiler_would_see_a_scan() -> None:
    connection.database["system.profile"].drop()
    connection.database.command("profile", 2)
    list(Patient.objects.filter(city="Nulle part"))
    connection.database.command("profile", 0)
    assert [name for name, _ in scans()] == ["patients"]
