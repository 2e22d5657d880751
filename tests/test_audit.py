"""What the administrator reads of the trail: access with filters and CSV, and emergency access to review."""

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appointments.models import Appointment
from audit.admin import as_cell
from audit.models import AccessEntry
from audit.rules import field_changes
from clinic.db import StaleDocumentError, claim
from patients.actions import add_allergy, break_the_glass, withdraw_allergy
from patients.models import EmergencyAccess, Patient
from pharmacy import actions as pharmacy
from tests.factories import GLUCOSE, make_appointment, make_patient, make_prescription, order

CHANGES = "admin:auditlog_logentry_changelist"


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


def test_the_list_of_recent_patients_is_noted_like_any_other(cast: Any) -> None:
    patient = make_patient(cast.doctor)
    desk = Client()
    desk.force_login(cast.receptionist.user)
    assert str(patient) in desk.get(reverse("patient-search")).content.decode()
    assert AccessEntry.objects.get(username="receptionist").patient_ids == [str(patient.pk)]


def test_a_check_by_anybody_leaves_a_trace_without_a_name(cast: Any) -> None:
    prescription = make_prescription(make_patient(cast.doctor), cast.doctor)
    anybody = Client(REMOTE_ADDR="198.51.100.7")
    anybody.get(reverse("verify-code", args=[prescription.code]))
    anybody.get(reverse("verify-code", args=["WRONGCDE"]))
    entry = AccessEntry.objects.get(route="verify-code")
    assert (entry.username, entry.patient_ids, entry.address) == ("", [], "198.51.100.7")
    assert entry.shown == [f"prescriptions:{prescription.pk}"]


def test_behind_the_proxy_the_address_is_what_the_proxy_saw(cast: Any, settings: Any) -> None:
    prescription = make_prescription(make_patient(cast.doctor), cast.doctor)
    address = reverse("verify-code", args=[prescription.code])
    forwarded = "203.0.113.9, 198.51.100.7"
    Client(REMOTE_ADDR="10.0.0.2").get(address, headers={"X-Forwarded-For": forwarded})
    settings.PRODUCTION = True
    Client(REMOTE_ADDR="10.0.0.2").get(address, headers={"X-Forwarded-For": forwarded})
    Client(REMOTE_ADDR="10.0.0.2").get(address)
    seen = [entry.address for entry in AccessEntry.objects.order_by("at")]
    assert seen == ["10.0.0.2", "198.51.100.7", "10.0.0.2"]


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


def test_an_emergency_access_is_reviewed_here_or_where_the_patient_is_followed(
    admin: Client, opened: EmergencyAccess, cast: Any
) -> None:
    patient = Patient.objects.get(pk=opened.patient_id)
    assert opened.places == sorted({str(cast.doctor.facility_id), *patient.facility_ids})
    EmergencyAccess.objects.update(places=patient.facility_ids)
    page = reverse("admin:patients_emergencyaccess_changelist")
    assert "coma" not in admin.get(page).content.decode()


def told(entry: LogEntry) -> dict[str, tuple[str, str]]:
    return {one.path: (one.before, one.after) for one in field_changes(entry.changes)}


def test_a_change_inside_the_history_is_kept_field_by_field(cast: Any) -> None:
    patient = make_patient(cast.doctor)
    fresh = add_allergy(patient=patient, substance="latex", by=cast.doctor, now=timezone.now())
    withdraw_allergy(
        patient=patient, fact_id=fresh.history.allergies[0].fact_id, reason="test négatif", by=cast.doctor,
        now=timezone.now(),
    )  # fmt: skip
    withdrawn, added = LogEntry.objects.filter(object_pk=str(patient.pk)).order_by("-timestamp")[:2]
    assert told(added)["history.allergies[latex].substance"] == ("", "latex")
    assert told(added)["history.allergy_answer"] == ("not-asked", "recorded")
    assert told(withdrawn)["history.allergies[latex].ended_reason"] == ("", "test négatif")
    assert "history.allergies[latex].substance" not in told(withdrawn)
    assert withdrawn.actor == cast.doctor.user
    beside = withdrawn.additional_data
    assert (beside["roles"], beside["facility"]) == (["doctor"], "Clinique A")
    assert beside["patient_id"] == str(patient.pk)


def test_each_field_of_each_line_stands_in_the_trail_of_a_prescription(cast: Any) -> None:
    patient = make_patient(cast.doctor, conditions=[("E11", "diabète de type 2")])
    held = make_prescription(patient, cast.doctor, GLUCOSE)
    created = told(LogEntry.objects.get(object_pk=str(held.pk)))
    assert created["lines[glucose 5 %].dose"] == ("", "500")
    assert created["lines[glucose 5 %].status"] == ("", "on-hold")
    pharmacy.amend(
        prescription=held, lines=[order()], reason="diabète", by=cast.doctor, now=timezone.now()
    )
    stopped = told(LogEntry.objects.filter(object_pk=str(held.pk)).order_by("-timestamp")[0])
    assert stopped["lines[glucose 5 %].status"] == ("on-hold", "stopped")


def test_a_guarded_change_is_logged_too_and_a_lost_one_is_not(cast: Any) -> None:
    booked = make_appointment(make_patient(cast.receptionist), cast.profile)
    here = Appointment.objects.filter(pk=booked.pk, status="booked")
    LogEntry.objects.all().delete()
    claim(here, status="arrived", rev=2)
    assert told(LogEntry.objects.get()) == {"status": ("booked", "arrived")}
    with pytest.raises(StaleDocumentError):
        claim(here, status="noshow")
    claim(Appointment.objects.filter(pk=booked.pk), rev=3)
    assert LogEntry.objects.count() == 1


def test_changes_are_listed_filtered_and_exported_field_by_field(admin: Client, cast: Any) -> None:
    patient = make_patient(cast.nurse)
    add_allergy(patient=patient, substance="latex", by=cast.doctor, now=timezone.now())
    AccessEntry.objects.all().delete()
    shown = admin.get(reverse(CHANGES), {"q": str(patient.pk)}).content.decode()
    assert "history.allergies[latex].fact_id" in shown
    assert AccessEntry.objects.get().patient_ids == [str(patient.pk)]
    entry = LogEntry.objects.filter(object_pk=str(patient.pk)).order_by("-timestamp")[0]
    one = admin.get(reverse("admin:auditlog_logentry_change", args=[entry.pk])).content.decode()
    assert "<th scope=row>history.allergies[latex].substance</th><td>—</td><td>latex</td>" in one
    for asked, count in (
        ({"role": "doctor"}, 1), ({"role": "nurse"}, 1), ({"role": "authority"}, 0), ({"q": "doctor"}, 1),
        ({"what": "patients.patient"}, 2),
        ({"action": "0"}, 1),
        ({"action": "1"}, 1),
        ({"action": "x"}, 2), ({"what": "pharmacy.dispensing"}, 0), ({"q": "x" * 24}, 0),
    ):  # fmt: skip
        assert admin.get(reverse(CHANGES), asked).context["cl"].result_count == count, asked
    data = {"action": "export", "_selected_action": [str(entry.pk)]}
    rows = admin.post(reverse(CHANGES), data).content.decode().splitlines()
    assert rows[0].startswith(
        "at,action,username,roles,facility,what,id,patient_id,field,before,after"
    )
    assert any("history.allergies[latex].substance,,latex" in row for row in rows)


def test_the_trail_of_another_facility_stays_there(admin: Client, cast: Any) -> None:
    patient = make_patient(cast.other_doctor, family_name="Zanguebar")
    entry = LogEntry.objects.filter(object_pk=str(patient.pk))[0]
    seen = AccessEntry.objects.create(
        at=timezone.now(), kind="read", username="x", facility_id=str(cast.other_clinic.pk)
    )
    assert "ZANGUEBAR" not in admin.get(reverse(CHANGES)).content.decode()
    for name, row in (("auditlog_logentry", entry), ("audit_accessentry", seen)):
        assert admin.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 302
    cast.admin.user.is_superuser = False
    cast.admin.user.save()
    assert admin.get(reverse(CHANGES)).status_code == 403


def test_a_superuser_without_the_role_reads_no_trail(admin: Client, cast: Any) -> None:
    admin.force_login(cast.stranger.user)
    cast.stranger.user.is_superuser = cast.stranger.user.is_staff = True
    cast.stranger.user.save()
    for page in (CHANGES, "admin:audit_accessentry_changelist"):
        assert admin.get(reverse(page)).status_code == 403


def test_who_has_seen_a_record_is_told_in_words(cast: Any) -> None:
    patient, desk = make_patient(cast.receptionist), Client()
    for name, who in (("patient", cast.doctor), ("patient-edit", cast.receptionist)):
        desk.force_login(who.user)
        desk.get(reverse(name, args=[patient.pk]))
    shown = desk.get(reverse("seen-by", args=[patient.pk])).content.decode()
    for words in ("Doctor Clinique A", "Médecin", "Accueil", "Lecture : le dossier", "l’identité"):
        assert words in shown
    assert "patient-edit" not in shown


def test_every_document_of_a_record_says_whose_it_is(cast: Any) -> None:
    patient = make_patient(cast.doctor, weight_kg=61)
    make_prescription(patient, cast.doctor)
    kinds = {
        e.content_type.model
        for e in LogEntry.objects.filter(additional_data__patient_id=str(patient.pk))
    }
    assert {"patient", "observation", "prescription"} <= kinds
    assert Patient.objects.get(pk=patient.pk).patient_id == patient.pk


def test_the_reason_of_an_emergency_is_for_clinicians(cast: Any) -> None:
    patient = make_patient(cast.other_receptionist)
    break_the_glass(
        patient_id=patient.pk, reason="coma, adressé de nuit", by=cast.doctor, now=timezone.now()
    )
    doctor, desk = Client(), Client()
    doctor.force_login(cast.doctor.user)
    doctor.get(reverse("patient", args=[patient.pk]))
    AccessEntry.objects.filter(username="doctor").update(reason="emergency: coma, adressé de nuit")
    desk.force_login(cast.other_receptionist.user)
    for name, words in (("patient", "Accès d’urgence"), ("seen-by", "noté, lu par les soignants")):
        shown = desk.get(reverse(name, args=[patient.pk])).content.decode()
        assert words in shown
        assert "coma" not in shown
    reader = Client()
    reader.force_login(cast.other_doctor.user)
    for name in ("patient", "seen-by"):
        assert "coma, adressé" in reader.get(reverse(name, args=[patient.pk])).content.decode()


@pytest.mark.no_servers
@pytest.mark.parametrize("text", ["=1+1", "+237", "-2", "@x"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(text: str) -> None:
    assert as_cell(text) == f"'{text}"
