"""Whatever is typed, sent twice, replayed or made up: a clear answer in place, nothing lost, nothing leaked, no 500."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appointments.models import Appointment
from billing.models import Charge
from clinic.db import collection, random_id
from consultations.models import Consultation
from patients.models import Observation, Patient
from pharmacy.models import Dispensing, Prescription
from tests.factories import PASSWORD, make_patient
from tests.permissions_table import TABLE, Row
from tests.test_permissions_table import ask, client_of, read_in
from tests.world import World, the_world

SCRIPT = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
FORM = "application/x-www-form-urlencoded"
POSTS = [row for row in TABLE if row.method == "POST" and "go" in row.outcomes]
WEIRD = [
    "",
    "0",
    "-1",
    "999999999999",
    "NaN",
    "1e400",
    "\u202eabc",
    "'; db.dropDatabase()",
    "{$gt:''}",
    "é" * 5000,
]


@pytest.fixture
def world(cast: Any) -> World:
    return the_world(cast)


def someone_allowed(world: World, row: Row) -> Client:
    return client_of(world, row.outcomes["go"].split()[0])


def identity(**values: Any) -> dict[str, Any]:
    return {
        "family_name": "Mbarga", "given_name": "Paul", "sex": "M", "birth_date": "01/02/1980", "language": "fr",
        **values,
    }  # fmt: skip


def register(world: World, **values: Any) -> Any:
    return client_of(world, "receptionist").post(reverse("patient-register"), identity(**values))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("31/02/2020", "n’existe pas"),
        ("2020-13-45", "n’existe pas"),
        ("00/00/0000", "n’existe pas"),
        ("hier", "n’existe pas"),
        ("32/01/1990", "n’existe pas"),
        ("01/01/1800", "125 ans"),
        ("01/01/2199", "avenir"),
        ("", "ou l’âge"),
    ],
)
def test_an_impossible_birth_date_is_explained_beside_its_field(
    world: World, written: str, says: str
) -> None:
    response = register(world, birth_date=written)
    text = response.content.decode()
    assert response.status_code == 422
    assert says in text
    assert 'value="Mbarga"' in text
    assert f'value="{written}"' in text or not written
    assert not Patient.objects.filter(family_name="Mbarga").exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("699123456", "+237699123456"),
        ("6 99 12 34 56", "+237699123456"),
        ("+237 699 12 34 56", "+237699123456"),
        ("00237699123456", "+237699123456"),
        ("237237699123456", "+237699123456"),
        ("99123456", "+237699123456"),
        ("22 31 00 00", "+237222310000"),
        ("699.12.34.56", "+237699123456"),
        ("0699123456", "+237699123456"),
    ],
)
def test_a_common_mistake_in_a_phone_is_repaired(world: World, written: str, kept: str) -> None:
    assert register(world, phone=written).status_code == 302
    assert Patient.objects.get(family_name="Mbarga").phone == kept


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("69912", "Il manque des chiffres"),
        ("6991234567890", "trop de chiffres"),
        ("69912AB56", "lettres"),
        ("599123456", "ni par 6 ni par 2"),
        ("un deux trois", "lettres"),
    ],
)
def test_a_phone_that_cannot_be_repaired_is_explained(
    world: World, written: str, says: str
) -> None:
    response = register(world, phone=written)
    assert response.status_code == 422
    assert says in response.content.decode()


def test_a_name_of_ten_thousand_letters_is_refused_and_comes_back(world: World) -> None:
    response = register(world, family_name="A" * 10_000)
    assert response.status_code == 422
    assert "80" in response.content.decode()
    assert 'value="Paul"' in response.content.decode()


@pytest.mark.parametrize(
    "body", [b"family_name=%FF%FE&sex=M", b"family_name=A%00B", b"\xff\xfe=\xff"]
)
def test_broken_utf8_gets_an_answer(world: World, body: bytes) -> None:
    client = client_of(world, "receptionist")
    response = client.generic("POST", reverse("patient-register"), body, content_type=FORM)
    assert response.status_code in (400, 422)
    assert not Patient.objects.filter(family_name__contains="\ufffd").exists()


@pytest.mark.parametrize(
    "address", ["/patients/?q=%FF%FE", "/patients/?q=%00", "/%FF", "/verify/%00/"]
)
def test_a_broken_address_gets_an_answer(world: World, address: str) -> None:
    assert client_of(world, "receptionist").get(address).status_code in (200, 400, 404)


@pytest.mark.parametrize("wrong", ["1", "x" * 24, "0" * 24, "../../etc/passwd", "0" * 23])
def test_a_made_up_id_is_simply_not_found(world: World, wrong: str) -> None:
    assert client_of(world, "doctor").get(f"/patients/{wrong}/").status_code == 404


@pytest.mark.parametrize("row", POSTS, ids=str)
def test_weird_values_in_every_field_never_break_a_page(row: Row, world: World) -> None:
    fields = row.data(world) or {"form_id": "", "status": "", "facility": ""}
    client, address = someone_allowed(world, row), reverse(row.name, kwargs=row.kwargs(world))
    for value in WEIRD:
        response = client.post(address, dict.fromkeys(fields, value))
        assert response.status_code in (200, 302, 404, 409, 422), (value[:20], response.status_code)


@pytest.mark.parametrize("row", POSTS, ids=str)
def test_script_in_every_text_field_stays_text(row: Row, world: World) -> None:
    client = someone_allowed(world, row)
    fields = {
        name: SCRIPT if isinstance(value, str) and not value[:1].isdigit() else value
        for name, value in row.data(world).items()
    }
    address = reverse(row.name, kwargs=row.kwargs(world))
    response = client.post(address, fields, follow=True)
    assert SCRIPT not in response.content.decode()
    assert "<img src=x" not in response.content.decode()


def test_script_that_was_stored_is_shown_as_text(world: World) -> None:
    client = client_of(world, "doctor")
    here = [world.patient.pk]
    client.post(reverse("allergy-add", args=here), {"substance": SCRIPT, "reaction": SCRIPT})
    client.post(reverse("condition-add", args=here), {"text": SCRIPT, "status": "active"})
    client.post(reverse("consultation-new", args=here), {"reason": SCRIPT, "plan": SCRIPT})
    fresh = Patient.objects.get(pk=world.patient.pk)
    assert SCRIPT in [fact.substance for fact in fresh.history.allergies]
    for row in (r for r in TABLE if r.method == "GET" and "doctor" in r.outcomes.get("see", "")):
        text = ask(client, row, world).content.decode()
        assert "<script>alert" not in text, row
        assert "<img src=x" not in text, row


def test_ids_of_other_facilities_in_hidden_fields_open_nothing(world: World) -> None:
    stranger = make_patient(world.cast.other_receptionist, family_name="Zanguebarre")
    client = client_of(world, "receptionist")
    response = client.post(
        reverse("book", args=[world.patient.pk]),
        {
            "doctor": str(world.cast.profile.pk),
            "start": world.free_slot.isoformat(),
            "replaces": str(random_id()),
            "facility": str(world.cast.other_clinic.pk),
        },
    )
    booked = Appointment.objects.filter(patient=world.patient).order_by("-created_at").first()
    assert response.status_code == 302
    assert booked is not None
    assert booked.facility_id == world.cast.clinic.pk
    chosen = client.post(reverse("choose-facility"), {"facility": str(world.cast.other_clinic.pk)})
    assert chosen.status_code == 302
    assert client.get(reverse("patient", args=[stranger.pk])).status_code == 404


def twice(client: Client, address: str, data: dict[str, Any]) -> None:
    first, second = client.post(address, data), client.post(address, data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]


def test_a_registration_sent_twice_is_one_patient(world: World) -> None:
    twice(
        client_of(world, "receptionist"),
        reverse("patient-register"),
        identity(new_id=str(random_id())),
    )
    assert Patient.objects.filter(family_name="Mbarga").count() == 1


def test_a_consultation_sent_twice_is_one(world: World) -> None:
    data = {"reason": "deux fois", "form_id": str(random_id())}
    twice(client_of(world, "doctor"), reverse("consultation-new", args=[world.patient.pk]), data)
    assert Consultation.objects.filter(reason="deux fois").count() == 1


def test_vital_signs_sent_twice_are_one_set(world: World) -> None:
    data = {"temperature_c": "38.5", "set_id": str(random_id())}
    twice(client_of(world, "nurse"), reverse("vitals", args=[world.patient.pk]), data)
    assert Observation.objects.filter(name="temperature_c").count() == 1


def test_a_prescription_sent_twice_is_one(world: World) -> None:
    row = next(r for r in TABLE if r.name == "prescribe" and r.method == "POST")
    data = {**row.data(world), "form_id": str(random_id())}
    before = Prescription.objects.count()
    twice(client_of(world, "doctor"), reverse("prescribe", args=[world.draft.pk]), data)
    assert Prescription.objects.count() == before + 1


def test_a_dispensing_sent_twice_or_replayed_leaves_once(world: World) -> None:
    row = next(r for r in TABLE if r.name == "dispense")
    data = {**row.data(world), "quantity": "2", "form_id": str(random_id())}
    address = reverse("dispense", kwargs=row.kwargs(world))
    client = client_of(world, "pharmacist")
    twice(client, address, data)
    client.post(address, data)
    assert [d.quantity for d in Dispensing.objects.all()] == [2]
    assert Charge.objects.filter(kind="medicine").count() == 1
    left = Prescription.objects.get(pk=world.prescription.pk).lines[0].quantity_left
    assert left == world.prescription.lines[0].quantity - 2


def test_a_dispensing_form_that_comes_back_changed_dispenses_nothing_and_says_so(
    world: World,
) -> None:
    row = next(r for r in TABLE if r.name == "dispense")
    data = {**row.data(world), "quantity": "2", "form_id": str(random_id())}
    address = reverse("dispense", kwargs=row.kwargs(world))
    client = client_of(world, "pharmacist")
    client.post(address, data)
    page = client.post(address, {**data, "quantity": "5"}, follow=True).content.decode()
    assert "Rien n’a été délivré" in page
    assert [d.quantity for d in Dispensing.objects.all()] == [2]


def test_the_buttons_that_make_something_carry_an_id_of_their_form(world: World) -> None:
    client = client_of(world, "doctor")
    record = client.get(reverse("patient", args=[world.patient.pk])).content.decode()
    prescription = client.get(reverse("prescription", args=[world.prescription.pk]))
    for page, name, args in (
        (record, "walk-in", world.patient.pk),
        (prescription.content.decode(), "prescription-repeat", world.prescription.pk),
    ):
        form = page.split(f'action="{reverse(name, args=[args])}"')[1].split("</form>")[0]
        assert 'name="form_id" value="' in form
        assert 'value=""' not in form


def test_a_walk_in_sent_twice_takes_one_number(world: World) -> None:
    data = {"form_id": str(random_id())}
    twice(client_of(world, "receptionist"), reverse("walk-in", args=[world.patient.pk]), data)
    assert Appointment.objects.filter(is_walk_in=True).count() == 1


def test_a_slot_is_booked_once_and_the_second_person_is_told(world: World) -> None:
    other = make_patient(world.cast.receptionist)
    data = {"doctor": str(world.cast.profile.pk), "start": world.free_slot.isoformat()}
    first = client_of(world, "receptionist").post(
        reverse("book", args=[world.patient.pk]), {**data, "form_id": str(random_id())}
    )
    second = client_of(world, "nurse").post(
        reverse("book", args=[other.pk]), {**data, "form_id": str(random_id())}
    )
    assert (first.status_code, second.status_code) == (302, 409)
    assert "vient d’être pris" in second.content.decode()


def test_a_session_that_ends_in_a_consultation_loses_nothing(world: World) -> None:
    client = Client()
    doctor = world.cast.doctor.user
    signed_in = client.post(reverse("login"), {"username": doctor.username, "password": PASSWORD})
    assert signed_in.status_code == 302
    client.cookies["sessionid"] = "gone"
    written = {"reason": "toux depuis neuf jours", "plan": "repos & <eau>", "rev": world.draft.rev}
    address = reverse("consultation-edit", args=[world.draft.pk])
    lost = client.post(address, urlencode(written), content_type=FORM)
    assert lost.status_code == 302
    assert lost["Location"].startswith(reverse("login"))
    assert Consultation.objects.get(pk=world.draft.pk).reason == "toux-secrète"

    login = client.get(lost["Location"])
    assert "est gardé" in login.content.decode()
    again = client.post(
        lost["Location"], {"username": doctor.username, "password": PASSWORD, "next": "/held/"}
    )
    assert again["Location"] == "/held/"
    held = client.get("/held/").content.decode()
    assert "toux depuis neuf jours" in held
    assert "repos &amp; &lt;eau&gt;" in held
    assert f'action="{address}"' in held
    assert client.post(address, written).status_code == 302
    assert Consultation.objects.get(pk=world.draft.pk).reason == "toux depuis neuf jours"


def test_a_kept_form_is_not_offered_to_somebody_else(world: World) -> None:
    client = Client()
    client.post(reverse("login"), {"username": "doctor", "password": PASSWORD})
    client.cookies["sessionid"] = "gone"
    address = reverse("consultation-edit", args=[world.draft.pk])
    lost = client.post(address, urlencode({"reason": "mots-à-moi"}), content_type=FORM)
    assert "held_form" in lost.cookies
    client.force_login(world.cast.nurse.user)  # type: ignore[arg-type]
    shown = client.get("/held/", follow=True)
    assert "mots-à-moi" not in shown.content.decode()


def test_two_forms_of_one_ended_session_are_both_kept(world: World) -> None:
    client = Client()
    client.post(reverse("login"), {"username": "doctor", "password": PASSWORD})
    client.cookies["sessionid"] = "gone"
    address = reverse("consultation-edit", args=[world.draft.pk])
    for words in ("premier onglet", "deuxième onglet"):
        client.post(address, urlencode({"reason": words}), content_type=FORM)
    client.post(reverse("login"), {"username": "nurse", "password": PASSWORD})
    client.get("/held/")
    client.post(reverse("logout"))
    client.post(reverse("login"), {"username": "doctor", "password": PASSWORD})
    held = client.get("/held/").content.decode()
    assert "premier onglet" in held
    assert "deuxième onglet" in held
    token = held.split('name="held_token" value="')[1].split('"')[0]
    sent = {"reason": "deuxième onglet", "rev": world.draft.rev, "held_token": token}
    assert client.post(address, urlencode(sent), content_type=FORM).status_code == 302
    held = client.get("/held/").content.decode()
    assert "premier onglet" in held
    assert "deuxième onglet" not in held


def test_a_kept_form_holds_no_password(world: World) -> None:
    client = Client()
    client.post(reverse("login"), {"username": "pharmacist", "password": PASSWORD})
    client.cookies["sessionid"] = "gone"
    line = world.prescription.lines[0].line_id
    address = reverse("dispense", args=[world.prescription.pk, line])
    written = {"quantity": 1, "batch": "LOT-77", "second_password": "secret-of-the-nurse"}
    client.post(address, urlencode(written), content_type=FORM)
    client.post(reverse("login"), {"username": "pharmacist", "password": PASSWORD})
    held = client.get("/held/").content.decode()
    assert "LOT-77" in held
    assert "secret-of-the-nurse" not in held


def test_a_stored_form_that_comes_back_changed_is_not_dropped_in_silence(world: World) -> None:
    client = client_of(world, "doctor")
    address = reverse("prescribe", args=[world.draft.pk])
    line = {
        "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-medicine": "paracétamol", "lines-0-dose": "500",
        "lines-0-unit": "mg", "lines-0-route": "oral", "lines-0-times": "3", "lines-0-per_days": "1",
        "lines-0-days": "3", "form_id": "d" * 24,
    }  # fmt: skip
    assert client.post(address, line).status_code == 302
    assert client.post(address, line).status_code == 302
    changed = client.post(address, {**line, "lines-0-dose": "250"})
    assert changed.status_code == 409
    page = changed.content.decode()
    assert 'value="250"' in page
    assert "déjà enregistré" in page
    assert Prescription.objects.filter(form_id="d" * 24).count() == 1


def test_a_record_held_by_a_process_that_died_is_told_and_nothing_typed_is_lost(
    world: World,
) -> None:
    client, address = client_of(world, "nurse"), reverse("vitals", args=[world.patient.pk])
    written = {"temperature_c": "38.7", "set_id": str(random_id())}
    with connection.database.client.start_session() as dead:
        dead.start_transaction()
        row = {"_id": world.patient.pk}
        collection(Patient).update_one(row, {"$set": {"city": "Limbé"}}, session=dead)
        busy = client.post(address, written)
        api = client_of(world, "doctor").post(
            f"/api/v1/patients/{world.patient.pk}/allergies", {"substance": "iode"}, "application/json"
        )  # fmt: skip
        dead.abort_transaction()
    assert (busy.status_code, api.status_code, api.json()["code"]) == (503, 503, "busy")
    assert busy["Retry-After"] == api["Retry-After"] == "5"
    page = busy.content.decode()
    assert f'action="{address}"' in page
    assert '<textarea name="temperature_c"' in page
    assert "38.7" in page
    assert client.post(address, written).status_code == 302
    assert Observation.objects.filter(name="temperature_c", value=38700).count() == 1


def test_a_stale_consultation_shows_both_versions_and_loses_neither(world: World) -> None:
    client = client_of(world, "doctor")
    address = reverse("consultation-edit", args=[world.draft.pk])
    client.post(address, {"reason": "première main", "rev": world.draft.rev})
    second = client.post(address, {"reason": "deuxième main", "rev": world.draft.rev})
    assert second.status_code == 409
    assert "première main" in second.content.decode()
    assert "deuxième main" in second.content.decode()
    assert Consultation.objects.get(pk=world.draft.pk).reason == "première main"


def test_a_stale_identity_shows_both_versions(world: World) -> None:
    client = client_of(world, "receptionist")
    address = reverse("patient-edit", args=[world.patient.pk])
    values = identity(
        family_name="Zanguebar", given_name="Philomène", sex="F", rev=world.patient.rev
    )
    client.post(address, {**values, "city": "Kribi"})
    second = client.post(address, {**values, "city": "Limbé"})
    assert second.status_code == 409
    assert "Kribi" in second.content.decode()
    assert "Limbé" in second.content.decode()
    assert Patient.objects.get(pk=world.patient.pk).city == "Kribi"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("temperature_c", "370", "possible"),
        ("weight_kg", "0", "possible"),
        ("systolic_mmhg", "12", "possible"),
        ("oxygen_saturation_percent", "101", "possible"),
    ],
)
def test_an_impossible_measurement_is_refused_in_place(
    world: World, name: str, value: str, says: str
) -> None:
    address = reverse("vitals", args=[world.patient.pk])
    response = client_of(world, "nurse").post(address, {name: value})
    assert response.status_code == 422
    assert says in response.content.decode()
    assert f'value="{value}"' in response.content.decode()


def test_an_unusual_measurement_is_asked_again_once(world: World) -> None:
    client, address = client_of(world, "nurse"), reverse("vitals", args=[world.patient.pk])
    assert client.post(address, {"temperature_c": "42"}).status_code == 422
    assert client.post(address, {"temperature_c": "42", "confirmed": "1"}).status_code == 302


def test_a_form_without_its_token_is_refused_without_a_leak(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.receptionist.user)  # type: ignore[arg-type]
    address = reverse("allergy-add", args=[world.patient.pk])
    response = client.post(address, {"substance": "latex"})
    assert response.status_code == 403
    assert read_in(response, world) == []
    assert len(Patient.objects.get(pk=world.patient.pk).history.allergies) == 1


def test_too_many_fields_and_too_large_a_body_are_refused(world: World) -> None:
    client = client_of(world, "receptionist")
    many = urlencode([("family_name", "A")] * 1500)
    large = urlencode({"family_name": "A" * 1_200_000})
    for body in (many, large):
        answer = client.generic("POST", reverse("patient-register"), body, content_type=FORM)
        assert answer.status_code in (400, 413)


def test_an_appointment_in_the_past_or_at_no_slot_is_refused(world: World) -> None:
    client, address = client_of(world, "receptionist"), reverse("book", args=[world.patient.pk])
    for start in (
        timezone.now() - timedelta(days=2),
        world.free_slot + timedelta(minutes=7),
        world.free_slot + timedelta(days=4000),
    ):
        data = {"doctor": str(world.cast.profile.pk), "start": start.isoformat()}
        assert client.post(address, data).status_code == 409
    assert Appointment.objects.count() == 1
