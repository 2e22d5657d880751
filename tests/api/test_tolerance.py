"""Programs write things in their own way: what is plain is taken, what could lose care is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from patients.models import Patient
from pharmacy.models import Prescription
from tests.api.calling import GLUCOSE, PARACETAMOL, john


@pytest.fixture
def patient_id(call: Any) -> str:
    return call("receptionist").post("patients", john(medicalHistory={})).json()["id"]


def test_fields_of_the_callers_own_are_left_aside_and_named(call: Any) -> None:
    answer = call("receptionist").post("patients", john(email="j@example.org", nationality="CM"))
    assert answer.status_code == 201, answer.content
    assert answer.json()["ignored"] == ["email", "nationality"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"allergies": ["penicillin"]}, "allergies"),
        ({"currentMedicationList": ["warfarin"]}, "currentMedicationList"),
        ({"medicalHistori": {}}, "medicalHistori"),
        ({"medicalHistory": {"alergies": ["x"]}}, "medicalHistory/alergies"),
        ({"medicalHistory": {"surgeries": ["x"]}}, "medicalHistory/surgeries"),
        ({"gender": "F"}, "gender"),
    ],
)  # fmt: skip
def test_what_could_be_care_or_a_mistake_is_never_left_aside(
    call: Any, change: Any, field: str
) -> None:
    answer = call("receptionist").post("patients", john(**change))
    assert answer.status_code == 422
    assert field in [row["field"] for row in answer.json()["errors"]]
    assert Patient.objects.count() == 0


@pytest.mark.parametrize(
    "allergy",
    ["penicillin", {"substance": "penicillin"}, {"name": "penicillin", "severity": "Severe", "reaction": None}],
)  # fmt: skip
def test_an_allergy_is_words_or_an_object(call: Any, allergy: Any) -> None:
    history = {
        "allergies": [allergy],
        "chronicConditions": ["E11", {"name": "HTA"}],
        "bloodType": "a+",
    }
    answer = call("receptionist").post("patients", john(medicalHistory=history))
    assert answer.status_code == 201, answer.content
    kept = answer.json()["medicalHistory"]
    assert [row["substance"] for row in kept["allergies"]] == ["penicillin"]
    assert [(row["code"], row["text"]) for row in kept["chronicConditions"]][1] == ("", "HTA")
    assert kept["bloodType"] == "A+"


def test_the_least_that_registers_somebody(call: Any) -> None:
    least = {"firstName": "Ada", "lastName": "Ngo", "gender": "female", "dateOfBirth": "1990-01-02"}
    body = call("receptionist").post("patients/", {**least, "phone": None, "medicalHistory": None})
    assert body.status_code == 201, body.content
    assert body.json()["sex"] == "F"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ({"dose": "500", "unit": "ml", "route": "Intraveineuse", "timesPerDay": "1"}, ("500", "mL", "iv")),
        ({"dose": "0,5", "unit": "G", "route": "per os"}, ("0.5", "g", "oral")),
        ({"dose": 500, "unit": "mcg", "route": "IV"}, ("500", "µg", "iv")),
        ({"dose": 5, "unit": "μg", "route": "voie orale"}, ("5", "µg", "oral")),
        ({"dose": 2, "unit": "comprimés", "quantity": "6", "days": "3"}, ("2", "tablet", "oral")),
        ({"dose": 2, "unit": "Cp.", "route": None, "instructions": None}, ("2", "tablet", "oral")),
    ],
)  # fmt: skip
def test_doses_units_and_routes_are_understood_as_people_write_them(
    call: Any, patient_id: str, line: Any, kept: Any
) -> None:
    body = {"patientId": patient_id, "lines": [{"medicine": "paracetamol", **line}]}
    answer = call("doctor").post("prescriptions", body)
    assert answer.status_code == 201, answer.content
    stored = Prescription.objects.get(pk=answer.json()["id"]).lines[0]
    assert (stored.dose, stored.unit, stored.route) == kept


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"dose": "1,500", "unit": "mg"}, "dose"),
        ({"dose": "a lot", "unit": "mg"}, "dose"),
        ({"dose": "-5", "unit": "mg"}, "dose"),
        ({"dose": 5, "unit": "spoon"}, "unit"),
        ({"dose": 5, "unit": "mg", "route": "by drone"}, "route"),
        ({"dose": 5, "unit": "mg", "frequency": "every six hours"}, "frequency"),
        ({"dose": None, "unit": "mg"}, "dose"),
    ],
)
def test_what_could_be_read_in_two_ways_is_asked_back(
    call: Any, patient_id: str, line: Any, field: str
) -> None:
    body = {"patientId": patient_id, "lines": [{"medicine": "paracetamol", **line}]}
    answer = call("doctor").post("prescriptions", body)
    assert answer.status_code == 422
    assert [row["field"] for row in answer.json()["errors"]] == [f"lines/0/{field}"]
    assert Prescription.objects.count() == 0


def test_the_story_told_in_french_is_stopped_just_the_same(call: Any, patient_id: str) -> None:
    doctor = call("doctor")
    consulted = doctor.post(
        "consultations/", {"patientId": patient_id, "reason": "soif", "diagnoses": [{"code": "e11"}], "priority": 2}
    )  # fmt: skip
    assert consulted.status_code == 201, consulted.content
    assert consulted.json()["ignored"] == ["priority"]
    line = {**GLUCOSE, "medicine": "glucosé 5 %", "dose": "500", "unit": "ML", "route": "perfusion"}
    order = doctor.post("prescriptions/", {"patientId": patient_id, "lines": [line]}).json()
    assert (order["status"], order["findings"][0]["severity"]) == ("on-hold", "contraindicated")
    body = {"lineId": order["lines"][0]["id"], "quantity": "1", "comment": "fast please"}
    refused = call("pharmacist").post(f"prescriptions/{order['id']}/dispense/", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-dispensable")


def test_a_doctor_is_named_by_their_profile_or_their_account(
    call: Any, cast: Any, patient_id: str
) -> None:
    day = (timezone.now() + timedelta(days=2)).date().isoformat()
    desk = call("receptionist")
    slots = desk.get(f"doctors/{cast.profile.pk}/free-slots?day={day}").json()["slots"]
    body = {"patientId": patient_id, "doctorId": str(cast.doctor.user.pk), "start": slots[0]}
    booked = desk.post("appointments", body)
    assert booked.status_code == 201, booked.content
    assert booked.json()["doctorId"] == str(cast.profile.pk)


def test_a_repeated_post_names_what_it_left_aside_again(call: Any, patient_id: str) -> None:
    doctor, key = call("doctor"), {"Idempotency-Key": "once"}
    body = {"patientId": patient_id, "lines": [PARACETAMOL], "urgent": True}
    first, again = (doctor.post("prescriptions", body, **key) for _ in range(2))
    assert first.json()["ignored"] == again.json()["ignored"] == ["urgent"]


def test_what_is_asked_back_is_asked_in_the_callers_language(call: Any, patient_id: str) -> None:
    body = {
        "patientId": patient_id,
        "lines": [{"medicine": "paracétamol", "dose": "beaucoup", "unit": "mg"}],
    }
    told = {
        language: call("doctor").post("prescriptions", body, **{"Accept-Language": language}).json()["errors"][0]
        for language in ("fr", "en")
    }  # fmt: skip
    assert told["fr"] == {
        "field": "lines/0/dose",
        "message": "Un nombre est attendu.",
        "code": "invalid",
    }
    assert told["en"]["message"] == "A number is expected."
