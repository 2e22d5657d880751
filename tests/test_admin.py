"""The administration: staff, facilities and schedules change through actions; records are only looked at."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import get_user_perms

from accounts.actions import grant_role
from accounts.models import Facility, Membership, User
from accounts.permissions import ROLE_PERMISSIONS
from appointments.hours import hours_text, parse_hours
from appointments.models import Appointment, Doctor, WorkingHours
from audit.models import AccessEntry
from consultations.models import Consultation
from patients.models import Observation, Patient
from pharmacy.models import Dispensing, Prescription, SafetyCheck
from tests.factories import (
    make_appointment,
    make_consultation,
    make_patient,
    make_prescription,
)

RECORDS = (Patient, Observation, Consultation, Prescription, Dispensing, SafetyCheck, Appointment)
STAFF = (User, Facility, Membership, Doctor)
ACCOUNT = {
    "username": "awa",
    "first_name": "Awa",
    "last_name": "Bello",
    "language": "fr",
    "is_active": "on",
    "password1": "pluie-sur-le-wouri",
    "password2": "pluie-sur-le-wouri",
}


def page(model: Any, kind: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


@pytest.fixture
def boss(cast: Any) -> Client:
    user = cast.admin.user
    user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def a_record_of_each(cast: Any) -> list[Any]:
    patient = make_patient(cast.receptionist, family_name="Ngono")
    make_consultation(patient, cast.doctor)
    order = make_prescription(patient, cast.doctor)
    make_appointment(patient, cast.profile)
    place, now = str(cast.clinic.pk), timezone.now()
    who = {"by": str(cast.doctor.user.pk), "patient": patient}
    Observation.objects.create(
        patient=patient, name="weight_kg", value=62000, taken_at=now, noted_by="x",
        noted_by_name="x", facility_id=place,
    )  # fmt: skip
    Dispensing.objects.create(
        prescription_id=str(order.pk), line_id=order.lines[0].line_id, pharmacy_id=place,
        medicine="paracétamol", quantity=1, at=now, by_name="x", check_id=order.check_id,
        verdict="clear", knowledge_version="1", **who,
    )  # fmt: skip
    return [model.objects.filter(**({"pk": patient.pk} if model is Patient else {"patient": patient})).first()
            for model in RECORDS]  # fmt: skip


def test_every_list_and_every_page_opens(boss: Client, cast: Any) -> None:
    rows = a_record_of_each(cast)
    assert boss.get(reverse("admin:index")).status_code == 200
    rows += [cast.doctor.user, cast.clinic, Membership.objects.first(), cast.profile]
    for row in rows:
        assert boss.get(page(row, "changelist")).status_code == 200, row
        assert boss.get(page(row, "changelist"), {"q": "ngono"}).status_code == 200, row
        assert boss.get(page(row, "change", row.pk)).status_code == 200, row
    for model in STAFF:
        assert boss.get(page(model, "add")).status_code == 200, model


def test_a_record_is_found_by_its_patient(boss: Client, cast: Any) -> None:
    rows = a_record_of_each(cast)
    for row in rows:
        for term in ("ngono", str(rows[0].pk), rows[0].record_number):
            assert str(row.pk) in boss.get(page(row, "changelist"), {"q": term}).content.decode()
        assert str(row.pk) not in boss.get(page(row, "changelist"), {"q": "x" * 9}).content.decode()


def test_nothing_of_a_record_can_be_changed(boss: Client, cast: Any) -> None:
    for row in a_record_of_each(cast):
        before = type(row).objects.filter(pk=row.pk).values().get()
        for address in (page(row, "change", row.pk), page(row, "delete", row.pk), page(row, "add")):
            answer = boss.post(address, {"reason": "x", "given_name": "x", "post": "yes"})
            assert answer.status_code == 403, address
        assert type(row).objects.filter(pk=row.pk).values().get() == before


def test_opening_a_record_is_noted(boss: Client, cast: Any) -> None:
    for row in a_record_of_each(cast):
        patient_id = str(row.pk if isinstance(row, Patient) else row.patient_id)
        for address in (page(row, "change", row.pk), page(row, "changelist") + "?q=ngono"):
            AccessEntry.objects.all().delete()
            boss.get(address)
            entry = AccessEntry.objects.get()
            assert entry.patient_ids == [patient_id], address
            assert entry.username == "admin"


def test_records_are_shown_to_those_who_audit_this_facility_only(boss: Client, cast: Any) -> None:
    rows = a_record_of_each(cast)
    other = make_patient(cast.other_receptionist)
    assert boss.get(page(other, "change", other.pk)).status_code == 302
    Membership.objects.filter(user=cast.admin.user).update(is_active=False)
    for row in rows:
        assert boss.get(page(row, "changelist")).status_code == 403
        assert boss.get(page(row, "change", row.pk)).status_code == 403


def test_hidden_fields_cannot_be_guessed_by_filters(boss: Client, cast: Any) -> None:
    for model, lookup in ((Patient, "pin_hash__startswith"), (User, "password__startswith")):
        assert boss.get(page(model, "changelist"), {lookup: "a"}).status_code == 400


def test_a_person_is_added_and_can_sign_in(boss: Client, cast: Any) -> None:
    assert boss.post(page(User, "add"), ACCOUNT).status_code == 302
    user = User.objects.get(username="awa")
    assert user.check_password(ACCOUNT["password1"])
    assert not user.is_staff
    kept = {**ACCOUNT, "first_name": "Hawa", "password1": "", "password2": ""}
    assert boss.post(page(User, "change", user.pk), kept).status_code == 302
    user.refresh_from_db()
    assert user.first_name == "Hawa"
    assert user.check_password(ACCOUNT["password1"])
    renewed = {**ACCOUNT, "password1": "harmattan-de-mars", "password2": "harmattan-de-mars"}
    assert boss.post(page(User, "change", user.pk), renewed).status_code == 302
    user.refresh_from_db()
    assert user.check_password("harmattan-de-mars")


@pytest.mark.parametrize(
    "wrong",
    [
        {"password2": "autre-chose-ici"},
        {"password1": "", "password2": ""},
        {"password1": "court", "password2": "court"},
        {"username": "doctor"},
    ],
)
def test_a_wrong_account_is_not_kept(boss: Client, cast: Any, wrong: dict[str, str]) -> None:
    count = User.objects.count()
    assert boss.post(page(User, "add"), {**ACCOUNT, **wrong}).status_code == 200
    assert User.objects.count() == count


def test_staff_who_are_no_superusers_do_not_rise(cast: Any, boss: Client) -> None:
    from django.contrib.auth.models import Permission

    clerk = cast.stranger.user
    clerk.is_staff = True
    clerk.save()
    clerk.user_permissions.set(Permission.objects.filter(codename__in=("view_user", "change_user")))
    client = Client()
    client.force_login(clerk)
    address = page(User, "change", cast.admin.user.pk)
    assert client.get(address).status_code == 200
    assert client.post(address, {**ACCOUNT, "username": "admin"}).status_code == 403
    doctor = cast.doctor.user
    values = {**ACCOUNT, "username": "doctor", "is_staff": "on"}
    assert client.post(page(User, "change", doctor.pk), values).status_code == 302
    doctor.refresh_from_db()
    assert not doctor.is_staff
    assert doctor.last_name == "Bello"


def test_a_role_is_given_and_ended_with_its_permissions(boss: Client, cast: Any) -> None:
    user = cast.stranger.user
    values = {"user": str(user.pk), "facility": str(cast.clinic.pk), "role": "nurse"}
    assert boss.post(page(Membership, "add"), values).status_code == 302
    assert boss.post(page(Membership, "add"), values).status_code == 302
    row = Membership.objects.get(user=user)
    assert set(get_user_perms(user, cast.clinic)) == ROLE_PERMISSIONS["nurse"]

    change = {**values, "role": "doctor", "post": "yes"}
    assert boss.post(page(Membership, "change", row.pk), change).status_code == 403
    assert boss.post(page(Membership, "delete", row.pk), change).status_code == 403
    data = {"action": "end_roles", "_selected_action": [str(row.pk)]}
    assert boss.post(page(Membership, "changelist"), data).status_code == 302
    row.refresh_from_db()
    assert (row.is_active, row.role) == (False, "nurse")
    assert timezone.now() - row.until < timedelta(minutes=1)
    assert not set(get_user_perms(user, cast.clinic))
    ended_at = row.until
    boss.post(page(Membership, "changelist"), data)
    row.refresh_from_db()
    assert row.until == ended_at


def test_ending_one_role_leaves_what_another_gives(boss: Client, cast: Any) -> None:
    user = cast.stranger.user
    for role in ("nurse", "receptionist"):
        grant_role(user=user, facility=cast.clinic, role=role, by=cast.admin, now=timezone.now())
    grant_role(
        user=user, facility=cast.other_clinic, role="nurse", by=cast.admin, now=timezone.now()
    )
    row = Membership.objects.get(user=user, facility=cast.clinic, role="nurse")
    data = {"action": "end_roles", "_selected_action": [str(row.pk)]}
    boss.post(page(Membership, "changelist"), data)
    assert set(get_user_perms(user, cast.clinic)) == ROLE_PERMISSIONS["receptionist"]
    assert set(get_user_perms(user, cast.other_clinic)) == ROLE_PERMISSIONS["nurse"]


def test_a_facility_is_added_and_changed(boss: Client, cast: Any) -> None:
    values = {
        "name": "Clinique C", "kind": "clinic", "currency": "XAF", "time_zone": "Africa/Douala", "country": "cm",
        "city": "Kribi", "is_active": "on",
    }  # fmt: skip
    assert boss.post(page(Facility, "add"), values).status_code == 302
    row = Facility.objects.get(name="Clinique C")
    assert row.country == "CM"
    assert (
        boss.post(page(Facility, "change", row.pk), {**values, "city": "Edéa"}).status_code == 302
    )
    row.refresh_from_db()
    assert row.city == "Edéa"
    for wrong in ({"time_zone": "Afrique/Douala"}, {"country": "1"}, {"sms_name": "Centre VIH"}):
        assert boss.post(page(Facility, "change", row.pk), {**values, **wrong}).status_code == 200


def test_the_schedule_of_a_doctor_is_typed_as_text(boss: Client, cast: Any) -> None:
    address = page(Doctor, "change", cast.profile.pk)
    assert "dimanche 08:00-17:00" in boss.get(address).content.decode()
    values = {
        "speciality": "Pédiatrie", "licence_number": "CM-1", "slot_minutes": "20", "is_active": "on",
        "hours": "lundi 08:00-12:40, 14:00-17:00\njeudi 9h-12h",
    }  # fmt: skip
    assert boss.post(address, values).status_code == 302
    row = Doctor.objects.get(pk=cast.profile.pk)
    assert [(h.weekday, h.start, h.end) for h in row.schedule] == [
        (0, "08:00", "12:40"), (0, "14:00", "17:00"), (3, "09:00", "12:00"),
    ]  # fmt: skip
    assert row.user_id == cast.doctor.user.pk
    answer = boss.post(address, {**values, "hours": "lundi midi"})
    assert "Ligne 1" in answer.content.decode()
    assert Doctor.objects.get(pk=row.pk).schedule == row.schedule


def test_a_profile_needs_the_role(boss: Client, cast: Any) -> None:
    values = {
        "facility": str(cast.clinic.pk), "speciality": "x", "licence_number": "1", "slot_minutes": "20",
        "is_active": "on", "user": str(cast.nurse.user.pk),
    }  # fmt: skip
    assert boss.post(page(Doctor, "add"), values).status_code == 200
    assert not Doctor.objects.filter(user=cast.nurse.user).exists()


@pytest.mark.no_servers
def test_hours_survive_being_written_and_read() -> None:
    hours = [WorkingHours(weekday=d, start="08:00", end="12:40") for d in range(7)]
    assert parse_hours(hours_text(hours)) == hours
    assert parse_hours("\n") == []


@pytest.mark.no_servers
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lunedi 08:00-12:00", "pas un jour"),
        ("lundi", "pas une plage"),
        ("lundi 08:00", "pas une plage"),
        ("lundi 08:00-25:00", "n’existe pas"),
        ("lundi 12:00-08:00", "finit avant"),
        ("lundi 08:00-12:00, 11:00-14:00", "chevauchent"),
        ("lundi 08:00-12:00\nlundi 14:00-17:00", "Ligne 2"),
    ],
)
def test_hours_that_cannot_be_read_are_refused(text: str, why: str) -> None:
    with pytest.raises(ValidationError) as error:
        parse_hours(text)
    assert why in " ".join(error.value.messages)
