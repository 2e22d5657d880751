"""What every request may count on: repetitions, pages, revisions, errors with the path of the field."""

from typing import Any

import pytest

from appointments.models import Appointment
from patients.models import Patient
from pharmacy.models import Dispensing, Prescription
from tests.api.calling import PARACETAMOL, john
from tests.factories import make_patient


@pytest.fixture
def patient_id(call: Any) -> str:
    return call("receptionist").post("patients", john(medicalHistory={})).json()["id"]


def test_a_repeated_post_is_done_once_and_answered_the_same(call: Any, cast: Any) -> None:
    desk, key = call("receptionist"), {"Idempotency-Key": "form-1"}
    first, again = desk.post("patients", john(), **key), desk.post("patients", john(), **key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Patient.objects.count() == 1
    other = desk.post("patients", john(firstName="Jane"), **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert call("nurse").post("patients", john(), **key).json()["id"] != first.json()["id"]


def test_a_forgetful_cache_stores_nothing_twice(call: Any, patient_id: str) -> None:
    from django.core.cache import cache

    doctor, pharmacist = call("doctor"), call("pharmacist")
    key = {"Idempotency-Key": "form-2"}
    body = {"patientId": patient_id, "lines": [PARACETAMOL]}
    order = doctor.post("prescriptions", body, **key).json()
    cache.clear()
    assert doctor.post("prescriptions", body, **key).json()["id"] == order["id"]
    assert Prescription.objects.count() == 1
    handed = {"lineId": order["lines"][0]["id"], "quantity": 1}
    for _ in range(2):
        done = pharmacist.post(f"prescriptions/{order['id']}/dispense", handed, **key)
        assert done.status_code == 200, done.content
        cache.clear()
    assert Dispensing.objects.count() == 1
    assert Appointment.objects.count() == 0


def test_pages_show_each_patient_once(call: Any, cast: Any) -> None:
    made = {str(make_patient(cast.receptionist).pk) for _ in range(7)}
    Patient.objects.update(updated_at=Patient.objects.first().updated_at)
    desk, seen, cursor = call("receptionist"), [], ""
    while cursor is not None:
        body = desk.get(f"patients?limit=3&cursor={cursor}").json()
        seen += [row["id"] for row in body["results"]]
        cursor = body["next"]
    assert len(seen) == 7
    assert set(seen) == made
    assert desk.get("patients?cursor=x").status_code == 422
    assert desk.get("patients?limit=0").status_code == 422


def test_patients_are_found_with_and_without_a_name_in_the_address(
    call: Any, patient_id: str
) -> None:
    desk = call("receptionist")
    for found in (desk.get("patients?q=doe"), desk.post("patients/search", {"q": "doe john"})):
        assert [row["id"] for row in found.json()["results"]] == [patient_id]
    assert call("other_receptionist").get("patients?q=doe").json()["results"] == []


def test_an_identity_changes_only_as_it_was_read(call: Any, patient_id: str) -> None:
    desk = call("receptionist")
    path = f"patients/{patient_id}"
    tag = desk.get(path)["ETag"]
    change = {"phone": "+237699000111"}
    assert desk.send("patch", path, change).status_code == 428
    changed = desk.send("patch", path, change, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["phone"]) == (200, "+237699000111")
    assert changed.json()["dateOfBirth"] == "1980-05-15"
    assert desk.send("patch", path, change, **{"If-Match": tag}).status_code == 412
    assert changed["ETag"] != tag


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"firstName": 7}, "firstName"),
        ({"phone": "12"}, "phone"),
        ({"dateOfBirth": "2090-01-01"}, "dateOfBirth"),
        ({"sex": "X"}, "sex"),
        ({"medicalHistory": {"allergies": [{"substanse": "x"}]}}, "medicalHistory/allergies/0/substance"),
        ({"medicalHistory": {"alergies": ["x"]}}, "medicalHistory/alergies"),
        ({"medicalHistory": {"bloodType": "C"}}, "medicalHistory/bloodType"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path_and_nothing_is_stored(
    call: Any, change: Any, field: str
) -> None:
    answer = call("receptionist").post("patients", john(**change))
    assert answer.status_code == 422
    assert field in [row["field"] for row in answer.json()["errors"]]
    assert Patient.objects.count() == 0


def test_a_line_that_is_wrong_is_named_by_its_place(call: Any, patient_id: str) -> None:
    lines = [PARACETAMOL, {**PARACETAMOL, "dose": -1}]
    answer = call("doctor").post("prescriptions", {"patientId": patient_id, "lines": lines})
    assert [row["field"] for row in answer.json()["errors"]] == ["lines/1/dose"]


def test_measurements_reach_the_check_of_the_next_order(call: Any, patient_id: str) -> None:
    nurse = call("nurse")
    body = {"measurements": {"weight_kg": 70, "potassium_mmol_l": 6.4}}
    measured = nurse.post(f"patients/{patient_id}/observations", body)
    assert measured.status_code == 201, measured.content
    values = {
        row["name"]: row["value"] for row in measured.json()["medicalHistory"]["measurements"]
    }
    assert values == {"weight_kg": 70, "potassium_mmol_l": 6.4}
    line = {"medicine": "spironolactone", "dose": 50, "unit": "mg", "timesPerDay": 1, "days": 30}
    order = call("doctor").post("prescriptions", {"patientId": patient_id, "lines": [line]}).json()
    assert "lab:potassium" in {word for found in order["findings"] for word in found["about"]}
    wrong = nurse.post(f"patients/{patient_id}/observations", {"measurements": {"weight_kg": 7000}})
    assert wrong.json()["errors"][0]["field"] == "measurements/weight_kg"


def test_a_medicine_taken_meets_the_one_ordered(call: Any, patient_id: str) -> None:
    taken = {"medicine": "warfarin", "dose": 5, "unit": "mg", "timesPerDay": 1}
    noted = call("nurse").post(f"patients/{patient_id}/medicines", taken)
    assert noted.json()["medicalHistory"]["currentMedicines"][0]["dose"] == "5"
    line = {"medicine": "ibuprofen", "dose": 400, "unit": "mg", "timesPerDay": 3, "days": 5}
    order = call("doctor").post("prescriptions", {"patientId": patient_id, "lines": [line]}).json()
    assert order["status"] in ("draft", "on-hold")
    assert "warfarin" in {word for found in order["findings"] for word in found["about"]}
    reason = {"code": "will-monitor", "text": "INR every other day"}
    path = f"prescriptions/{order['id']}/lines/{order['lines'][0]['id']}/reason"
    assert call("doctor").post(path, reason).status_code == 200


def test_a_prescription_is_amended_repeated_and_cancelled(call: Any, patient_id: str) -> None:
    doctor = call("doctor")
    body = {"patientId": patient_id, "lines": [PARACETAMOL]}
    order = doctor.post("prescriptions", body).json()
    amended = doctor.post(
        f"prescriptions/{order['id']}/amend",
        {"lines": [{**PARACETAMOL, "days": 5}], "reason": "longer"},
    )
    assert (amended.status_code, amended.json()["version"]) == (201, 2)
    late = doctor.post(f"prescriptions/{order['id']}/cancel", {"reason": "late"})
    assert (late.status_code, late.json()["code"]) == (409, "not-amendable")
    repeated = doctor.post(f"prescriptions/{amended.json()['id']}/repeat")
    assert repeated.json()["repeatsId"] == amended.json()["id"]
    gone = doctor.post(f"prescriptions/{repeated.json()['id']}/cancel", {"reason": "enough"})
    assert gone.json()["status"] == "cancelled"
    rows = doctor.get(f"prescriptions?patientId={patient_id}").json()["results"]
    assert len(rows) == 3


def test_the_document_and_its_page_are_served(call: Any) -> None:
    from django.test import Client

    document = Client().get("/api/v1/schema").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/patients" in document["paths"]
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    assert b"<script>" not in page.content
    assert b"style=" not in page.content
    assert "'unsafe" not in page["Content-Security-Policy"]


@pytest.mark.no_servers
def test_measurements_units_and_routes_are_those_of_the_engine() -> None:
    from decimal import Decimal

    from clinic.api.fields import rhythm
    from patients.api.shapes import ROUTES, UNITS
    from patients.measurements import KINDS
    from pharmacy.models import DoseUnit, Route
    from pharmacy.queries import knowledge
    from pharmacy.safety.units import rate

    loaded = knowledge()
    assert loaded is not None
    stated = {"age_days", "sex", "weight_g", "pregnancy", "lactation", "infant_age_days"}
    assert set(loaded.measurements) - stated - set(KINDS) == set()
    assert (set(UNITS), set(ROUTES)) == (set(DoseUnit.values), set(Route.values))
    for text in ("0.143", "1", "3", "0.5", "0.0119", "0.333", "24", "0.286", "2.5"):
        assert rhythm(Decimal(text)) == rate(float(text))
