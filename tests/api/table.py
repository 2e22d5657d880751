# ruff: noqa: E501 (a row is a line)
"""Every address of the API × everybody. New addresses get their row here.

Outcomes: `see` (2xx, the patient is named or their words are read), `ok` (2xx, nothing of the patient in it), or a
status code. Whoever a row does not name gets 403; nobody signed in gets 401.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from patients.models import Observation
from tests.api.calling import PARACETAMOL

EVERYBODY = (
    "receptionist", "nurse", "doctor", "colleague", "pharmacist", "laboratory", "admin", "authority",
    "other_doctor", "other_receptionist", "other_pharmacist", "stranger", "anonymous",
)  # fmt: skip
SIGNED_IN = " ".join(EVERYBODY[:-1])
Maker = Callable[[Any], Any]


@dataclass(frozen=True)
class Row:
    """One address and method, and what comes of it for whom."""

    name: str
    outcomes: dict[str, str]
    method: str = "get"
    kwargs: Maker = field(default=lambda world: {})
    body: Maker = field(default=lambda world: {})
    query: str = ""

    def expected(self, who: str) -> str:
        """Return what `who` must get."""
        for outcome, names in self.outcomes.items():
            if who in names.split():
                return outcome
        return "401" if who == "anonymous" else "403"

    def __str__(self) -> str:
        return f"{self.name} {self.method}"


def patient(w: Any) -> dict[str, Any]:
    return {"patient_id": w.patient.pk}


def fact(kind: str) -> Maker:
    return lambda w: {**patient(w), "fact_id": getattr(w.patient.history, kind)[0].fact_id}


def measured(w: Any) -> dict[str, Any]:
    return {**patient(w), "observation_id": Observation.objects.get(name="weight_kg").pk}


def doctor(w: Any) -> dict[str, Any]:
    return {"doctor_id": w.cast.profile.pk}


def booked(w: Any) -> dict[str, Any]:
    return {"appointment_id": w.appointment.pk}


def draft(w: Any) -> dict[str, Any]:
    return {"consultation_id": w.draft.pk}


def ordered(w: Any) -> dict[str, Any]:
    return {"prescription_id": w.prescription.pk}


def line(w: Any) -> dict[str, Any]:
    return {**ordered(w), "line_id": w.prescription.lines[0].line_id}


def line_id(w: Any) -> str:
    return str(w.prescription.lines[0].line_id)


def whose(w: Any) -> dict[str, Any]:
    return {"patientId": str(w.patient.pk)}


def reason(w: Any) -> dict[str, Any]:
    return {"reason": "motif suffisamment long"}


def slot(w: Any) -> dict[str, Any]:
    return {"doctorId": str(w.cast.profile.pk), "start": w.free_slot.isoformat()}


OWN_DESK = "receptionist nurse doctor colleague"
OWN_CARE = "nurse doctor colleague"
OWN_DOCTORS = "doctor colleague"
ALL_DESK = f"{OWN_DESK} other_doctor other_receptionist"
HIDDEN = {"404": "other_receptionist"}  # other_doctor: 403, who may break the glass
NEWCOMER = {"firstName": "Jean", "lastName": "Nouveau", "sex": "M", "ageYears": 30}

TABLE: tuple[Row, ...] = (
    Row("schema", {"ok": " ".join(EVERYBODY)}),
    Row("token", {"401": " ".join(EVERYBODY)}, "post", body=lambda w: {"username": "x", "password": "y"}),
    Row("refresh", {"401": " ".join(EVERYBODY)}, "post", body=lambda w: {"refresh": "x"}),
    Row("revoke", {"ok": SIGNED_IN}, "post"),
    Row("devices", {"ok": SIGNED_IN}),
    Row("device", {"404": SIGNED_IN}, "delete", lambda w: {"device_id": "0" * 24}),
    Row("me", {"ok": SIGNED_IN}),
    Row("me", {"ok": SIGNED_IN}, "patch", body=lambda w: {"language": "en"}),
    Row("patients", {"see": OWN_DESK, "ok": "other_doctor other_receptionist"}, query="?q=philomene"),
    Row("patients", {"ok": "receptionist nurse doctor colleague other_doctor other_receptionist"}, "post", body=lambda w: NEWCOMER),
    Row("patient-search", {"see": OWN_DESK, "ok": "other_doctor other_receptionist"}, "post", body=lambda w: {"q": "philomene"}),
    Row("patient", {"see": OWN_DESK, **HIDDEN}, kwargs=patient),
    Row("patient", {"428": "receptionist nurse doctor colleague", **HIDDEN}, "patch", patient, lambda w: {"city": "Kribi"}),
    Row("allergies", {"see": OWN_DESK, **HIDDEN}, "post", patient, lambda w: {"substance": "latex"}),
    Row("allergy-withdraw", {"see": OWN_DOCTORS}, "post", fact("allergies"), reason),
    Row("conditions", {"see": OWN_CARE}, "post", patient, lambda w: {"text": "HTA"}),
    Row("condition-end", {"see": OWN_DOCTORS}, "post", fact("conditions"), reason),
    Row("medicines", {"see": OWN_CARE, "404": "receptionist other_receptionist"}, "post", patient, lambda w: {"medicine": "aspirine"}),
    Row("medicine-end", {"see": OWN_CARE, "404": "receptionist other_receptionist"}, "post", fact("medicines"), reason),
    Row("observations", {"see": OWN_CARE}, "post", patient, lambda w: {"measurements": {"weight_kg": 61}}),
    Row("measurement-withdraw", {"see": OWN_DOCTORS}, "post", measured, reason),
    Row("emergency", {"see": f"{OWN_CARE} other_doctor"}, "post", patient, reason),
    Row("doctors", {"ok": ALL_DESK}),
    Row("free-slots", {"ok": OWN_DESK, "404": "other_doctor other_receptionist"}, kwargs=doctor),
    Row("appointments", {"ok": ALL_DESK}),
    Row("appointments", {"see": OWN_DESK, **HIDDEN}, "post", body=lambda w: {**whose(w), **slot(w)}),
    Row("walk-in", {"see": OWN_DESK, **HIDDEN}, "post", body=whose),
    Row("appointment", {"see": OWN_DESK, "404": "other_doctor other_receptionist"}, kwargs=booked),
    Row("appointment-cancel", {"see": OWN_DESK, "404": "other_doctor other_receptionist"}, "post", booked, reason),
    Row("appointment-mark", {"see": OWN_DESK, "404": "other_doctor other_receptionist"}, "post", booked, lambda w: {"status": "arrived"}),
    Row("appointment-move", {"see": OWN_DESK, "404": "other_doctor other_receptionist"}, "post", booked, slot),
    Row("consultations", {"see": OWN_CARE}, query="?patientId={patient}"),
    Row("consultations", {"ok": OWN_DOCTORS}, "post", body=lambda w: {**whose(w), "reason": "contrôle"}),
    Row("consultation", {"see": OWN_CARE}, kwargs=draft),
    Row("consultation-error", {"see": "doctor"}, "post", draft, reason),
    Row("prescriptions", {"see": f"{OWN_CARE}", "404": "pharmacist other_pharmacist"}, query="?patientId={patient}"),
    Row("prescriptions", {"see": OWN_DOCTORS}, "post", body=lambda w: {**whose(w), "lines": [PARACETAMOL]}),
    Row("prescription-check", {"see": OWN_DOCTORS}, "post", body=lambda w: {**whose(w), "lines": [PARACETAMOL]}),
    Row("prescription-by-code", {"see": "pharmacist other_pharmacist"}, "post", body=lambda w: {"code": w.prescription.code}),
    Row("questions", {"ok": "doctor colleague other_doctor"}),
    Row("prescription", {"see": f"{OWN_CARE} pharmacist", "404": "other_pharmacist"}, kwargs=ordered),
    Row("verify", {"see": f"{OWN_CARE} pharmacist", "404": "other_pharmacist"}, kwargs=ordered),
    Row("amend", {"see": OWN_DOCTORS}, "post", ordered, lambda w: {"lines": [PARACETAMOL], "reason": "autre dose"}),
    Row("prescription-cancel", {"see": OWN_DOCTORS}, "post", ordered, reason),
    Row("repeat", {"see": OWN_DOCTORS}, "post", ordered),
    Row("line-reason", {"see": OWN_DOCTORS}, "post", line, lambda w: {"code": "will-monitor", "text": "motif"}),
    Row("dispense", {"ok": "pharmacist", "404": "other_pharmacist"}, "post", ordered, lambda w: {"lineId": line_id(w), "quantity": 1, "judgement": {"code": "verified-in-reference", "text": "vu au Vidal"}}),
    Row("bill", {"ok": "pharmacist", "404": "other_pharmacist"}, "post", ordered, lambda w: {"lineId": line_id(w), "quantity": 1}),
    Row("ask", {"ok": "pharmacist", "404": "other_pharmacist"}, "post", ordered, lambda w: {"lineId": line_id(w), "text": "bien ?"}),
    Row("payments", {"ok": "receptionist admin other_receptionist"}),
    Row("sms", {"ok": "receptionist doctor colleague", "404": "admin other_receptionist"}, "post", body=lambda w: {**whose(w), "text": "Bonjour"}),
    Row("statistics", {"ok": "admin authority"}, query="?from=2026-W01&to=2026-W02&by=week,diagnosis"),
)  # fmt: skip
