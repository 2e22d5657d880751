"""What the administrator reads of the trail: access with filters and CSV, and emergency access to review."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.admin import as_cell
from audit.models import AccessEntry
from patients.actions import break_the_glass
from patients.models import EmergencyAccess
from tests.factories import make_patient


@pytest.fixture
def admin(cast: Any) -> Client:
    user = cast.admin.user
    user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def opened(cast: Any) -> EmergencyAccess:
    patient = make_patient(cast.other_receptionist)
    return break_the_glass(
        patient_id=patient.pk, reason="coma, adressé de nuit", by=cast.doctor, now=timezone.now()
    )


def test_the_access_log_is_listed_filtered_and_exported(admin: Client, cast: Any) -> None:
    patient = make_patient(cast.doctor)
    doctor = Client()
    doctor.force_login(cast.doctor.user)
    doctor.get(reverse("patient", args=[patient.pk]))
    entry = AccessEntry.objects.get(username="doctor")
    page = reverse("admin:audit_accessentry_changelist")
    assert "doctor" in admin.get(page, {"q": str(patient.pk)}).content.decode()
    assert "0 accès" in admin.get(page, {"q": "nobody"}).content.decode()
    assert admin.get(page, {"kind__exact": "read"}).status_code == 200
    data = {"action": "export", "_selected_action": [str(entry.pk)]}
    rows = admin.post(page, data).content.decode().splitlines()
    assert rows[0].startswith("at,kind,username,roles")
    assert len(rows) == 2
    assert str(patient.pk) in rows[1]


def test_nothing_of_the_trail_can_be_added_changed_or_deleted(admin: Client, cast: Any) -> None:
    admin.get(reverse("admin:index"))
    entry = AccessEntry.objects.create(at=timezone.now(), kind="read", username="x")
    assert admin.get(reverse("admin:audit_accessentry_add")).status_code == 403
    address = reverse("admin:audit_accessentry_change", args=[entry.pk])
    admin.post(address, {"username": "changed"})
    admin.post(reverse("admin:audit_accessentry_delete", args=[entry.pk]), {"post": "yes"})
    assert AccessEntry.objects.get(pk=entry.pk).username == "x"


def test_an_emergency_access_waits_for_review_and_is_reviewed(
    admin: Client, opened: EmergencyAccess
) -> None:
    page = reverse("admin:patients_emergencyaccess_changelist")
    assert "coma, adressé de nuit" in admin.get(page).content.decode()
    admin.post(page, {"action": "mark_reviewed", "_selected_action": [str(opened.pk)]})
    fresh = EmergencyAccess.objects.get(pk=opened.pk)
    assert fresh.reviewed_at is not None
    assert fresh.reviewed_by_name


@pytest.mark.no_servers
@pytest.mark.parametrize("text", ["=1+1", "+237", "-2", "@x"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(text: str) -> None:
    assert as_cell(text) == f"'{text}"
