"""Examples of the document, by the name of the operation: what to send, and what comes back where that tells most."""

from typing import Any

PATIENT, LINE = "5f1e0c9ab4d27e6683a1c0de", "5f1e0c9ab4d27e6683a1c0d1"
FINDING = {
    "lineId": LINE, "severity": "contraindicated", "kind": "condition", "about": ["glucose", "E11"],
    "message": "Glucose raises the blood sugar of a diabetic patient further.",
}  # fmt: skip

TAKES: dict[str, Any] = {
    "appointment_cancel": {"reason": "travelling that week"},
    "appointment_mark": {"status": "arrived"},
    "appointment_move": {"start": "2026-03-05T10:20:00+01:00"},
    "walk_in": {"patientId": PATIENT, "reason": "fever"},
    "refresh": {"refresh": "eyJhbGciOiJIUzI1NiIs…"},
    "revoke": {},
    "consultation_error": {"reason": "written for another patient"},
    "me_change": {"language": "en"},
    "allergy_withdraw": {"reason": "tolerated since, tested in hospital"},
    "condition_end": {"reason": "healed", "enteredInError": False},
    "emergency": {"reason": "unconscious, brought in by the fire brigade"},
    "medicine_end": {"reason": "stopped in May"},
    "measurement_withdraw": {"reason": "the scale showed another patient"},
    "patient_search": {"q": "doe john"},
    "amend": {
        "reason": "saline instead",
        "lines": [{"medicine": "paracetamol", "dose": 500, "unit": "mg", "timesPerDay": 3, "days": 3}],
    },
    "ask": {"lineId": LINE, "text": "Is the dose for a child?"},
    "prescription_cancel": {"reason": "the patient no longer needs it"},
    "line_reason": {"code": "will-monitor", "text": "INR every other day"},
    "take_over": {"code": "K7MX2R9P"},
    "check": {
        "patientId": PATIENT,
        "lines": [{"medicine": "ibuprofen", "dose": "400", "unit": "mg", "timesPerDay": 3, "days": 5}],
    },
}  # fmt: skip
GIVES: dict[str, Any] = {
    "token": {"access": "eyJhbGciOiJIUzI1NiIs…", "refresh": "eyJhbGciOiJIUzI1NiIs…", "expiresIn": 600},
    "verify": {
        "prescriptionId": PATIENT, "status": "alert", "dispensable": False,
        "lines": [{"id": LINE, "medicine": "glucose 5 %", "lineStatus": "on-hold", "status": "alert",
                   "dispensable": False, "blocks": ["contraindicated"], "needsConfirmation": False, "quantityLeft": 1}],
        "findings": [FINDING], "notChecked": [], "knowledgeVersion": "2026.11", "checkedAt": "2026-03-04T09:30:00Z",
    },
    "statistics": {
        "rows": [{"week": "2026-W01", "diagnosis": "malaria", "count": 214, "withheld": 0},
                 {"week": "2026-W01", "diagnosis": "measles", "count": None, "withheld": 1}],
        "suppressed": 1, "threshold": 5, "by": ["week", "diagnosis"], "publishedThrough": "2026-W20",
    },
}  # fmt: skip
