"""The whole story in JSON, exactly as programs were promised it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AccessEntry, AccessKind
from notifications.models import Message
from pharmacy.models import Dispensing, SafetyCheck
from tests.api.calling import GLUCOSE, PARACETAMOL, john


@pytest.fixture
def patient_id(call: Any) -> str:
    return call("receptionist").post("patients", john()).json()["id"]


def prescribe(call: Any, patient_id: str, *lines: Any, who: str = "doctor", **more: Any) -> Any:
    body = {"patientId": patient_id, "lines": list(lines), **more}
    response = call(who).post("prescriptions", body)
    assert response.status_code == 201, response.content
    return response.json()


def test_the_glucose_of_a_diabetic_is_stored_on_hold_and_does_not_leave(call: Any) -> None:
    registered = call("receptionist").post("patients", john())
    assert registered.status_code == 201, registered.content
    body = registered.json()
    history = body["medicalHistory"]
    assert [a["substance"] for a in history["allergies"]] == ["penicillin", "aspirin"]
    assert [c["text"] for c in history["chronicConditions"]] == ["diabetes", "hypertension"]
    assert history["bloodType"] == "A+"
    doctor = call("doctor")
    consulted = doctor.post(
        "consultations",
        {"patientId": body["id"], "reason": "thirst", "notes": "a week", "diagnoses": ["E11"]},
    )
    assert consulted.status_code == 201, consulted.content
    assert consulted.json()["status"] == "finished"
    read = doctor.get(f"patients/{body['id']}").json()
    assert "E11" in [c["code"] for c in read["medicalHistory"]["chronicConditions"]]
    prescribed = doctor.post(
        "prescriptions",
        {"patientId": body["id"], "consultationId": consulted.json()["id"], "lines": [GLUCOSE]},
    )
    assert prescribed.status_code == 201, prescribed.content
    order = prescribed.json()
    assert order["status"] == "on-hold"
    assert order["findings"][0]["severity"] == "contraindicated"
    assert "E11" in order["findings"][0]["about"]
    assert order["findings"][0]["message"]
    line_id = order["lines"][0]["id"]
    pharmacist = call("pharmacist")
    verified = pharmacist.get(f"prescriptions/{order['id']}/verify").json()
    assert (verified["status"], verified["dispensable"]) == ("alert", False)
    assert verified["lines"][0]["blocks"]
    for key in ("findings", "notChecked", "knowledgeVersion", "checkedAt"):
        assert key in verified
    refused = pharmacist.post(
        f"prescriptions/{order['id']}/dispense", {"lineId": line_id, "quantity": 1}
    )
    assert refused.status_code == 409
    assert refused["Content-Type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "not-dispensable"
    assert problem["findings"][0]["severity"] == "contraindicated"
    assert "contraindicated" in problem["blocks"]
    assert Dispensing.objects.count() == 0
    assert SafetyCheck.objects.filter(moment="dispense", outcome="refused").count() == 1


def test_a_clear_line_is_dispensed(call: Any) -> None:
    patient = john(medicalHistory={"noKnownAllergies": True})
    patient_id = call("receptionist").post("patients", patient).json()["id"]
    order = prescribe(call, patient_id, PARACETAMOL)
    assert (order["status"], order["findings"]) == ("active", [])
    pharmacist = call("pharmacist")
    verified = pharmacist.get(f"prescriptions/{order['id']}/verify").json()
    assert (verified["status"], verified["dispensable"]) == ("clear", True)
    done = pharmacist.post(
        f"prescriptions/{order['id']}/dispense",
        {"lineId": order["lines"][0]["id"], "quantity": order["lines"][0]["quantity"]},
    )
    assert done.status_code == 200, done.content
    assert done.json()["lineStatus"] == "completed"
    assert done.json()["quantityLeft"] == 0
    again = pharmacist.get(f"prescriptions/{order['id']}/verify").json()
    assert again["dispensable"] is False


def test_an_unknown_medicine_waits_for_the_pharmacists_judgement(
    call: Any, patient_id: str
) -> None:
    order = prescribe(call, patient_id, {"medicine": "zorglubine", "dose": 1, "unit": "mg"})
    assert order["notChecked"][0]["needsJudgement"] is True
    assert order["notChecked"][0]["about"] == "zorglubine"
    assert order["notChecked"][0]["why"]
    pharmacist = call("pharmacist")
    path = f"prescriptions/{order['id']}"
    verified = pharmacist.get(f"{path}/verify").json()
    assert (verified["status"], verified["dispensable"]) == ("not-checked", False)
    body = {"lineId": order["lines"][0]["id"], "quantity": 1}
    assert pharmacist.post(f"{path}/dispense", body).json()["blocks"] == ["not-checked"]
    judged = {**body, "judgement": {"code": "verified-in-reference", "text": "read the leaflet"}}
    assert pharmacist.post(f"{path}/dispense", judged).status_code == 200


def test_a_missing_measurement_alone_is_not_checked_and_dispensable(call: Any) -> None:
    child = john(dateOfBirth=(timezone.now() - timedelta(days=4 * 365)).date().isoformat())
    child["medicalHistory"] = {"noKnownAllergies": True}
    patient_id = call("receptionist").post("patients", child).json()["id"]
    line = {"medicine": "paracetamol", "dose": 150, "unit": "mg", "timesPerDay": 4, "days": 2}
    order = prescribe(call, patient_id, line)
    verified = call("pharmacist").get(f"prescriptions/{order['id']}/verify").json()
    assert [item["needsJudgement"] for item in verified["notChecked"]] == [False]
    assert (verified["status"], verified["dispensable"]) == ("not-checked", True)


def test_a_slot_is_booked_once(call: Any, cast: Any, patient_id: str) -> None:
    desk = call("receptionist")
    doctors = desk.get("doctors").json()["results"]
    doctor_id = next(d["id"] for d in doctors if d["id"] == str(cast.profile.pk))
    day = (timezone.now() + timedelta(days=2)).date().isoformat()
    slots = desk.get(f"doctors/{doctor_id}/free-slots?day={day}").json()["slots"]
    body = {"patientId": patient_id, "doctorId": doctor_id, "start": slots[3]}
    booked = desk.post("appointments", body)
    assert booked.status_code == 201, booked.content
    assert booked.json()["status"] == "booked"
    taken = desk.post("appointments", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "slot-taken")
    assert slots[3] not in taken.json()["freeSlots"]
    assert slots[4] in taken.json()["freeSlots"]
    cancelled = desk.post(f"appointments/{booked.json()['id']}/cancel", {"reason": "away"})
    assert cancelled.json()["status"] == "cancelled"
    assert desk.post("appointments", body).status_code == 201


def test_a_message_is_queued_for_a_patient_or_a_phone(call: Any, patient_id: str) -> None:
    desk = call("receptionist")
    for to in ({"patientId": patient_id}, {"phone": "699 88 77 66"}):
        sent = desk.post("notifications/sms", {**to, "text": "Fermé vendredi."})
        assert sent.status_code == 202, sent.content
        assert set(sent.json()) >= {"id", "status"}
    phones = set(Message.objects.filter(cause__startswith="api:").values_list("phone", flat=True))
    assert phones == {"+237699123456", "+237699887766"}
    telling = desk.post("notifications/sms", {"phone": "677000001", "text": "Votre test VIH"})
    assert telling.status_code == 422
    assert "VIH" in str(telling.json())
    wrong = desk.post("notifications/sms", {"phone": "12", "text": "x"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "phone"


def test_every_read_and_write_leaves_who_where_and_whom(
    call: Any, cast: Any, patient_id: str
) -> None:
    doctor = call("doctor")
    AccessEntry.objects.all().delete()
    doctor.get(f"patients/{patient_id}")
    entry = AccessEntry.objects.get()
    assert (entry.kind, entry.user_id, entry.facility_id, entry.roles, entry.route) == (
        AccessKind.READ, str(cast.doctor.user.pk), str(cast.clinic.pk), ["doctor"], "api-patient",
    )  # fmt: skip
    assert entry.patient_ids == [patient_id]
    AccessEntry.objects.all().delete()
    prescribe(call, patient_id, PARACETAMOL)
    kinds = {row.kind: row for row in AccessEntry.objects.all()}
    assert kinds[AccessKind.WRITE].patient_ids == [patient_id]
    hidden = call("other_receptionist").get(f"patients/{patient_id}")
    assert hidden.status_code == 404
    assert AccessEntry.objects.filter(kind=AccessKind.REFUSED).count() == 1


def test_the_audit_trail_names_who_wrote_by_token(call: Any, cast: Any, patient_id: str) -> None:
    from auditlog.models import LogEntry

    entry = LogEntry.objects.filter(object_pk=patient_id).order_by("timestamp").first()
    assert entry.actor == cast.receptionist.user
