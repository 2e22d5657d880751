"""Every address × everybody: what each is shown or refused. New urls get their row here.

Outcomes: `see` (200 with something of the patient), `page` (200 with nothing of any patient), `go` (done and
sent on), `login`, `emergency` (sent to break-the-glass), or a status code. Whoever a row does not name gets
`rest`; nobody signed in gets `login` unless the row says otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from patients.models import Observation
from pharmacy.queries import lines_today
from pharmacy.queries.reference import catalogue
from tests.world import ADDED_RULE

EVERYBODY = (
    "receptionist", "nurse", "doctor", "colleague", "pharmacist", "laboratory", "admin", "authority",
    "other_doctor", "other_receptionist", "other_pharmacist", "stranger", "anonymous",
)  # fmt: skip
RESULT = {
    "set_id": "",
    "potassium_mmol_l": "4,1",
    "taken_date": datetime.now(UTC).strftime("%d/%m/%Y"),
}
Maker = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One address and method, and what comes of it for whom."""

    name: str
    outcomes: dict[str, str]
    method: str = "GET"
    kwargs: Maker = field(default=lambda world: {})
    data: Maker = field(default=lambda world: {})
    rest: str = "403"

    def expected(self, who: str) -> str:
        """Return what `who` must get."""
        for outcome, names in self.outcomes.items():
            if who in names.split():
                return outcome
        return "login" if who == "anonymous" else self.rest

    def __str__(self) -> str:
        return f"{self.name} {self.method}"


def patient(w: Any) -> dict[str, Any]:
    return {"patient_id": w.patient.pk}


def allergy(w: Any) -> dict[str, Any]:
    return {**patient(w), "fact_id": w.patient.history.allergies[0].fact_id}


def condition(w: Any) -> dict[str, Any]:
    return {**patient(w), "fact_id": w.patient.history.conditions[0].fact_id}


def measured(w: Any) -> dict[str, Any]:
    return {**patient(w), "observation_id": Observation.objects.get(name="weight_kg").pk}


def wrong(w: Any) -> dict[str, Any]:
    return {**reason(w), "wrong": [str(measured(w)["observation_id"])]}


def taken(w: Any) -> dict[str, Any]:
    return {**patient(w), "fact_id": w.patient.history.medicines[0].fact_id}


def numbered(w: Any) -> dict[str, Any]:
    return {"record": w.patient.record_number}


def booked(w: Any) -> dict[str, Any]:
    return {"appointment_id": w.appointment.pk}


def draft(w: Any) -> dict[str, Any]:
    return {"consultation_id": w.draft.pk}


def ordered(w: Any) -> dict[str, Any]:
    return {"prescription_id": w.prescription.pk}


def line(w: Any) -> dict[str, Any]:
    return {**ordered(w), "line_id": w.prescription.lines[0].line_id}


def identity(w: Any) -> dict[str, Any]:
    p = w.patient
    return {
        "family_name": p.family_name, "given_name": p.given_name, "sex": p.sex, "phone": p.phone, "language": "fr",
        "birth_date": p.birth_date.strftime("%d/%m/%Y"), "rev": p.rev,
    }  # fmt: skip


def alike(w: Any) -> dict[str, Any]:
    return {
        "family_name": "Zangebar",
        "given_name": "Filomene",
        "sex": "F",
        "birth_date": "15/05/1990",
    }


def one_line(w: Any) -> dict[str, Any]:
    return {
        "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-medicine": "vitamine C",
        "lines-0-dose": "500", "lines-0-unit": "mg", "lines-0-route": "oral", "lines-0-times": "3",
        "lines-0-per_days": "1", "lines-0-days": "3",
    }  # fmt: skip


def reason(w: Any) -> dict[str, Any]:
    return {"reason": "motif suffisamment long", "text": "motif", "code": "will-monitor"}


def consultation_texts(w: Any) -> dict[str, Any]:
    return {"reason": "toux", "history_text": "", "examination": "", "plan": ""}


def code(w: Any) -> dict[str, Any]:
    return {"code": w.prescription.code}


def handover(w: Any) -> dict[str, Any]:
    return {
        "quantity": "1",
        "judgement_code": "clarified-with-patient",
        "judgement_text": "une tisane",
        "judged": lines_today(w.prescription, w.patient, timezone.now())[0].doubts,
    }


def known_rule(w: Any) -> dict[str, Any]:
    return {"rule_id": "duplicate.ingredient"}


def read_rule(w: Any) -> dict[str, Any]:
    seen = catalogue()["duplicate.ingredient"].content_hash
    return {"rule": f"duplicate.ingredient|{seen}", "decision": "approved"}


def added_rule(w: Any) -> dict[str, Any]:
    return {**ADDED_RULE, "value": "3", "reason": "avis local"}


def local_rule(w: Any) -> dict[str, Any]:
    return {"facility_rule_id": w.facility_rule.pk}


def money(name: str, argument: str = "") -> Maker:
    return lambda w: {argument or f"{name}_id": w.money[name].pk}


def amount(w: Any) -> dict[str, Any]:
    return {
        "amount": "100", "reason": "motif", "deposit-amount": "100", "refund-amount": "10",
        "refund-reason": "motif",
    }  # fmt: skip


OWN_DESK = "receptionist nurse doctor colleague"
OWN_CARE = "nurse doctor colleague"
OWN_DOCTORS = "doctor colleague"
ALL_DOCTORS = "doctor colleague other_doctor"
READERS = f"{OWN_CARE} other_doctor pharmacist other_pharmacist admin"
DESK_ROW = {"emergency": "other_doctor", "404": "other_receptionist"}
HIDDEN = {"404": "other_doctor other_receptionist"}
DOOR = {"emergency": "other_doctor"}

DESK = "receptionist nurse doctor colleague other_doctor other_receptionist"
SENDERS = "receptionist doctor colleague admin other_doctor other_receptionist"
TABLE: tuple[Row, ...] = (
    # anybody
    Row("healthz", {"page": " ".join(EVERYBODY)}),
    Row("login", {"page": "anonymous"}, rest="go"),
    Row("logout", {}, "POST", rest="login"),
    Row("language", {"go": "anonymous"}, "POST", data=lambda w: {"language": "en"}, rest="go"),
    Row("verify", {"page": " ".join(EVERYBODY)}),
    Row("verify-code", {"page": " ".join(EVERYBODY)}, kwargs=code),
    # anybody signed in
    Row("home", {"page": "stranger"}, rest="go"),
    Row("held-form", {}, rest="go"),
    Row("choose-facility", {}, "POST", data=lambda w: {"facility": str(w.cast.clinic.pk)}, rest="go"),
    # patients
    Row(
        "patient-search", {"see": OWN_DESK, "page": "other_doctor other_receptionist"},
        data=lambda w: {"q": "philomene"},
    ),
    Row("patient-register", {"page": f"{OWN_DESK} other_doctor other_receptionist"}),
    Row("patient-register", {"409": OWN_DESK, "go": "other_doctor other_receptionist"}, "POST", data=identity),
    Row("patient-duplicates", {"see": OWN_DESK, "page": "other_doctor other_receptionist"}, data=alike),
    Row("patient", {"see": OWN_DESK, **DESK_ROW}, kwargs=patient),
    Row("patient-edit", {"see": OWN_DESK, **DESK_ROW}, kwargs=patient),
    Row("patient-edit", {"go": OWN_DESK, **DESK_ROW}, "POST", patient, identity),
    Row("allergy-add", {"go": OWN_DESK, **DESK_ROW}, "POST", patient, lambda w: {"substance": "latex"}),
    Row("allergy-withdraw", {"see": OWN_DOCTORS, **DOOR}, kwargs=allergy),
    Row("allergy-withdraw", {"go": OWN_DOCTORS, **DOOR}, "POST", allergy, reason),
    Row("condition-add", {"go": OWN_CARE, **DOOR}, "POST", patient, lambda w: {"text": "HTA", "status": "active"}),
    Row("condition-end", {"see": OWN_DOCTORS, **DOOR}, kwargs=condition),
    Row("condition-end", {"go": OWN_DOCTORS, **DOOR}, "POST", condition, reason),
    Row("measurement-withdraw", {"see": OWN_DOCTORS, "404": "nurse", **DOOR}, kwargs=measured),
    Row("measurement-withdraw", {"go": OWN_DOCTORS, "404": "nurse", **DOOR}, "POST", measured, wrong),
    Row(
        "medicine-add", {"go": OWN_CARE, "404": "receptionist other_receptionist", **DOOR}, "POST", patient,
        lambda w: {"medicine": "aspirine"},
    ),
    Row("medicine-end", {"go": OWN_CARE, "404": "receptionist other_receptionist", **DOOR}, "POST", taken),
    Row("emergency", {"go": OWN_CARE, "page": "other_doctor"}, kwargs=patient),
    Row("emergency", {"go": "nurse doctor colleague other_doctor"}, "POST", patient, reason),
    Row("seen-by", {"see": f"{OWN_DESK} admin", "404": "other_receptionist", **DOOR}, kwargs=patient),
    # appointments
    Row(
        "day", {"see": OWN_DESK, "page": "other_doctor other_receptionist"},
        data=lambda w: {"day": w.appointment.local_date},
    ),
    Row("book", {"see": OWN_DESK, **DESK_ROW}, kwargs=patient),
    Row(
        "book", {"go": OWN_DESK, **DESK_ROW}, "POST", patient,
        lambda w: {"doctor": str(w.cast.profile.pk), "start": w.free_slot.isoformat()},
    ),
    Row("walk-in", {"go": OWN_DESK, **DESK_ROW}, "POST", patient),
    Row("appointment-mark", {"go": OWN_DESK, **HIDDEN}, "POST", booked, lambda w: {"status": "arrived"}),
    Row("appointment-cancel", {"see": OWN_DESK, **HIDDEN}, kwargs=booked),
    Row("appointment-cancel", {"go": OWN_DESK, **HIDDEN}, "POST", booked, reason),
    # consultations
    Row("laboratory", {"page": "laboratory"}),
    Row("laboratory", {"see": "laboratory"}, "POST", data=numbered),
    Row("laboratory", {"go": "laboratory"}, "POST", data=lambda w: {**numbered(w), **RESULT}),
    Row("vitals", {"see": OWN_CARE, **DOOR}, kwargs=patient),
    Row("vitals", {"go": OWN_CARE, **DOOR}, "POST", patient, lambda w: {"weight_kg": "61"}),
    Row("consultation-new", {"see": OWN_DOCTORS, **DOOR}, kwargs=patient),
    Row("consultation-new", {"go": OWN_DOCTORS, **DOOR}, "POST", patient, consultation_texts),
    Row("diagnoses", {"page": f"{OWN_CARE} other_doctor"}, data=lambda w: {"q": "palu"}),
    Row("consultation", {"see": OWN_CARE, **DOOR}, kwargs=draft),
    Row("consultation-edit", {"see": "doctor", **DOOR}, kwargs=draft),
    Row("consultation-edit", {"go": "doctor", **DOOR}, "POST", draft, consultation_texts),
    Row("consultation-finish", {"go": "doctor", **DOOR}, "POST", draft),
    Row("consultation-error", {"go": "doctor", **DOOR}, "POST", draft, reason),
    # prescriptions and dispensing
    Row("today", {"see": OWN_DOCTORS, "page": "other_doctor"}),
    Row("prescribe", {"see": OWN_DOCTORS, **DOOR}, kwargs=draft),
    Row("prescribe", {"go": OWN_DOCTORS, **DOOR}, "POST", draft, one_line),
    Row("prescription-check", {"see": OWN_DOCTORS, **DOOR}, "POST", patient, one_line),
    Row("medicine-suggestions", {"page": f"{ALL_DOCTORS} pharmacist other_pharmacist"}, data=lambda w: {"q": "para"}),
    Row("prescription", {"see": f"{OWN_CARE} pharmacist", "404": "other_pharmacist", **DOOR}, kwargs=ordered),
    Row("prescription-print", {"see": f"{OWN_CARE} pharmacist", "404": "other_pharmacist", **DOOR}, kwargs=ordered),
    Row("prescription-amend", {"see": OWN_DOCTORS, **DOOR}, kwargs=ordered),
    Row(
        "prescription-amend", {"go": OWN_DOCTORS, **DOOR}, "POST", ordered,
        lambda w: {**one_line(w), "reason": "autre dose"},
    ),
    Row("prescription-cancel", {"go": OWN_DOCTORS, **DOOR}, "POST", ordered, reason),
    Row("prescription-repeat", {"go": OWN_DOCTORS, **DOOR}, "POST", ordered),
    Row("line-reason", {"go": OWN_DOCTORS, **DOOR}, "POST", line, reason),
    Row("dispensary", {"see": "pharmacist", "page": "other_pharmacist"}),
    Row("dispensing-by-code", {"go": "pharmacist other_pharmacist"}, "POST", data=code),
    Row("dispensing", {"see": "pharmacist", "404": "other_pharmacist"}, kwargs=ordered),
    Row("prescription-ready", {"go": "pharmacist", "404": "other_pharmacist"}, "POST", ordered),
    Row("dispense", {"go": "pharmacist", "404": "other_pharmacist"}, "POST", line, handover),
    Row("ask-payment", {"go": "pharmacist", "404": "other_pharmacist"}, "POST", line, handover),
    Row("ask-doctor", {"go": "pharmacist", "404": "other_pharmacist"}, "POST", line, reason),
    # the medication knowledge
    # statistics
    Row("statistics", {"page": "admin authority"}),
    Row("statistics-csv", {"page": "admin authority"}),
    Row("district-map", {"page": "admin authority"}),
    Row("impact", {"page": "admin authority"}),
    Row("dhis2", {"page": "admin authority"}),
    Row("dhis2-send", {"go": "authority"}, "POST", data=lambda w: {"week": "2026-W05"}),
    Row("dhis2-names", {"go": "authority"}, "POST", data=lambda w: {"place:Biyem-Assi": "X"}),
    Row("alerts", {"page": "admin authority"}),
    Row("alert-follow-up", {"404": "admin authority"}, "POST", lambda w: {"alert_id": "0" * 24}),
    Row("thresholds", {"page": "admin authority"}),
    Row("thresholds", {"go": "authority"}, "POST", data=lambda w: {"district": "Biyem-Assi", "population": "90000"}),
    Row("medicine-reference", {"page": READERS}, data=lambda w: {"q": "warfarine"}),
    Row("knowledge", {"page": READERS}),
    Row("knowledge-coverage", {"page": READERS}),
    Row("knowledge-alerts", {"page": READERS}),
    Row("knowledge-rule", {"page": READERS}, kwargs=known_rule),
    Row("knowledge-review", {"go": "pharmacist other_pharmacist"}, "POST", data=read_rule),
    Row("facility-rules", {"page": "admin"}),
    Row("facility-rules", {"go": "admin"}, "POST", data=added_rule),
    Row("rule-raise", {"go": "admin"}, "POST", known_rule, lambda w: {"severity": "major", "reason": "avis local"}),
    Row("facility-rule-retire", {"go": "admin"}, "POST", local_rule, reason),
    # money
    Row("billing", {"see": "receptionist", "page": "other_receptionist"}),
    Row("bill", {"see": "receptionist", "404": "other_receptionist"}, kwargs=patient),
    Row(
        "bill", {"go": "receptionist", "404": "other_receptionist"}, "POST", patient,
        lambda w: {"charge": str(w.money["charge"].pk)},
    ),
    Row(
        "charge-add", {"go": "receptionist", "404": "other_receptionist"}, "POST", patient,
        lambda w: {"kind": "other", "label": "carnet", "quantity": "1", "amount": "500"},
    ),
    Row("charge-price", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("charge"), amount),
    Row("charge-cancel", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("charge"), reason),
    Row("deposit", {"go": "receptionist", "404": "other_receptionist"}, "POST", patient, amount),
    Row("refund-ask", {"go": "receptionist", "404": "other_receptionist"}, "POST", patient, amount),
    Row("refund-pay", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("approved", "refund_id")),
    Row("drawer", {"page": "receptionist other_receptionist"}),
    Row("drawer", {"go": "receptionist other_receptionist"}, "POST", data=lambda w: {"float_amount": "0"}),
    Row("drawer-close", {"go": "receptionist other_receptionist"}, "POST", data=lambda w: {"counted": "500"}),
    Row("invoice", {"see": "receptionist admin", "404": "other_receptionist"}, kwargs=money("invoice")),
    Row("invoice-attempts", {"see": "receptionist admin", "404": "other_receptionist"}, kwargs=money("invoice")),
    Row("invoice-print", {"see": "receptionist admin", "404": "other_receptionist"}, kwargs=money("invoice")),
    Row("receipt", {"see": "receptionist admin", "404": "other_receptionist"}, kwargs=money("payment")),
    Row("invoice-cash", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("invoice"), amount),
    Row(
        "invoice-phone", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("invoice"),
        lambda w: {"provider": "momo", "phone": "677000001", "amount": "99999"},
    ),
    Row("invoice-link", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("invoice")),
    Row("invoice-advance", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("invoice")),
    Row(
        "waiver-ask", {"go": "receptionist", "404": "other_receptionist"}, "POST", money("invoice"),
        lambda w: {**amount(w), "category": "other"},
    ),
    Row("invoice-credit", {"go": "admin"}, "POST", money("invoice"), reason),
    Row("invoice-credit-lines", {"go": "admin"}, "POST", money("invoice"), reason),
    Row("billing-day", {"page": "receptionist admin other_receptionist"}),
    Row("day-prepare", {"go": "receptionist admin other_receptionist"}, "POST"),
    Row("day-sign", {"go": "admin"}, "POST"),
    Row("day-statement", {"go": "admin"}, "POST"),
    Row("waiver-decide", {"go": "admin"}, "POST", money("waiver"), lambda w: {"decision": "approve"}),
    Row("refund-decide", {"go": "admin"}, "POST", money("refund"), lambda w: {"decision": "refuse"}),
    Row("attempt-resolve", {"go": "admin"}, "POST", money("attempt"), lambda w: {"is_paid": "no", "reason": "relevé"}),
    Row("prices", {"page": "receptionist admin other_receptionist"}),
    Row(
        "prices", {"go": "admin"}, "POST",
        data=lambda w: {"kind": "test", "label": "NFS", "amount": "900", "pack_size": "1"},
    ),
    Row("payers", {"page": "admin"}),
    Row("payers", {"go": "admin"}, "POST", data=lambda w: {"name": "AXA", "kind": "insurer", "covers_percent": "80"}),
    Row("claim-paid", {"go": "admin"}, "POST", money("payer"), lambda w: {"amount": "50", "reference": "VIR-1"}),
    Row("claims", {"see": "admin"}, kwargs=money("payer"), data=lambda w: {"month": w.money["invoice"].local_date[:7]}),
    Row("receipt-verify", {"page": " ".join(EVERYBODY)}, kwargs=lambda w: {"code": w.money["invoice"].code}),
    Row("pay-link", {"page": " ".join(EVERYBODY)}, kwargs=lambda w: {"code": w.money["link"].code}),
    Row("payment-return", {"page": " ".join(EVERYBODY)}, kwargs=lambda w: {"token": "a" * 48}),
    Row("provider-call", {"405": " ".join(EVERYBODY)}, kwargs=lambda w: {"token": "a" * 48}),
    Row("messages", {"see": "receptionist doctor colleague", "page": "admin other_doctor other_receptionist"}),
    Row("messages-resume", {"go": "admin"}, "POST"),
    Row("message-texts", {"page": "admin"}),
    Row("message-text", {"page": "admin"}, kwargs=lambda w: {"kind": "appointment-booked", "language": "pcm"}),
    Row(
        "message-text", {"go": "admin"}, "POST", lambda w: {"kind": "appointment-booked", "language": "pcm"},
        lambda w: {"text": "{name}: {date}", "save": "1"},
    ),
    Row("phone-desk", {"page": DESK}),
    Row("phone-desk-done", {"404": DESK}, "POST", lambda w: {"item_id": "0" * 24}),
    Row("message-again", {"404": SENDERS}, "POST", lambda w: {"message_id": "0" * 24}),
    Row(
        "patient-messages",
        {"see": "receptionist doctor colleague", "404": "admin other_receptionist", "emergency": "other_doctor"},
        kwargs=patient,
    ),
    Row(
        "dose-reminders",
        {"404": "receptionist doctor colleague admin other_receptionist", "emergency": "other_doctor"},
        "POST", patient, lambda w: {"prescription": "0" * 24, "start": "1"},
    ),
    Row(
        "patient-pin", {"see": f"receptionist {OWN_CARE}", "404": "other_receptionist", "emergency": "other_doctor"},
        kwargs=patient,
    ),
    *(
        Row(f"phone-{name}", {"405": " ".join(EVERYBODY)}, kwargs=lambda w: {"secret": "x"})
        for name in ("delivery", "incoming", "optout", "ussd", "ussd-end")
    ),
)  # fmt: skip
