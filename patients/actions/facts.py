"""The history: allergies, conditions, medicines taken. Facts are added and ended, never edited."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor
from clinic.recording import recorded
from patients.actions.saving import keep, noted, read_again
from patients.models import (
    Allergy,
    AllergyAnswer,
    Condition,
    FactStatus,
    Patient,
    ReportedMedicine,
    Tolerance,
)
from patients.rules import may_end


@recorded
def add_allergy(
    *, patient: Patient, substance: str, by: Actor, now: datetime, reaction: str = "", severity: str = "",
    fact_id: str = "",
) -> Patient:  # fmt: skip
    """Note an allergy in the words it was told. The same fact id twice stores it once."""
    fresh = read_again(patient.pk)
    if fact_id and any(fact.fact_id == fact_id for fact in fresh.history.allergies):
        return fresh
    fact = Allergy(
        substance=substance.strip(), reaction=reaction, severity=severity, **noted(by, now)
    )
    fact.fact_id = fact_id or fact.fact_id
    fresh.history.allergies = [*fresh.history.allergies, fact]
    fresh.history.allergy_answer = AllergyAnswer.RECORDED
    return keep(fresh, now)


@recorded
def answer_no_known_allergy(*, patient: Patient, by: Actor, now: datetime) -> Patient:
    """Record that the question was asked and no allergy is known. It never hides an allergy that is noted."""
    fresh = read_again(patient.pk)
    if not fresh.history.active_allergies:
        fresh.history.allergy_answer = AllergyAnswer.NONE_KNOWN
    return keep(fresh, now)


@recorded
def withdraw_allergy(
    *, patient: Patient, fact_id: str, reason: str, by: Actor, now: datetime
) -> Patient:
    """Withdraw an allergy, as a clinician, with a reason that the dispensing page shows.

    Raises:
        PermissionDenied: the actor is no clinician, or gave no reason.
    """
    if not by.may("withdraw_facts") or not reason.strip():
        raise PermissionDenied("withdraw_facts")
    fresh = read_again(patient.pk)
    fresh.history.allergies = _ended(
        fresh.history.allergies, fact_id, FactStatus.ENTERED_IN_ERROR, reason, by, now
    )
    if not fresh.history.active_allergies:
        fresh.history.allergy_answer = AllergyAnswer.NOT_ASKED
    return keep(fresh, now)


@recorded
def note_tolerance(*, patient: Patient, substance: str, by: Actor, now: datetime) -> Patient:
    """Note that a medicine was taken without harm since an allergy to its class was noted."""
    fresh = read_again(patient.pk)
    fresh.history.tolerances = [
        *fresh.history.tolerances,
        Tolerance(substance=substance.strip(), **noted(by, now)),
    ]
    return keep(fresh, now)


@recorded
def add_condition(
    *, patient: Patient, by: Actor, now: datetime, code: str = "", text: str = "",
    status: str = FactStatus.ACTIVE, fact_id: str = "",
) -> Patient:  # fmt: skip
    """Add a condition: an ICD-10 code, words, or both. One that stands already is only noted as said again."""
    fresh = read_again(patient.pk)
    known = fresh.history.conditions
    if any(c.fact_id == fact_id for c in known):
        return fresh
    for standing in known:
        if standing.is_active and (standing.code, standing.text) == (code, text.strip()):
            if status != FactStatus.ACTIVE or now.date() <= standing.last_said_at.date():
                return fresh
            standing.again_at = now
            return keep(fresh, now)
    fact = Condition(code=code, text=text.strip(), **{**noted(by, now), "status": status})
    fact.fact_id = fact_id or fact.fact_id
    fresh.history.conditions = [*known, fact]
    return keep(fresh, now)


@recorded
def resolve_condition(
    *, patient: Patient, fact_id: str, status: str, reason: str, by: Actor, now: datetime
) -> Patient:
    """End a condition (resolved, or entered in error), as a clinician, with a reason."""
    if not by.may("withdraw_facts"):
        raise PermissionDenied("withdraw_facts")
    fresh = read_again(patient.pk)
    fresh.history.conditions = _ended(fresh.history.conditions, fact_id, status, reason, by, now)
    return keep(fresh, now)


@recorded
def add_medicine(
    *,
    patient: Patient,
    medicine: str,
    by: Actor,
    now: datetime,
    dose_text: str = "",
    route: str = "oral",
    dose: str = "",
    unit: str = "",
    times: int = 1,
    per_days: int = 1,
    fact_id: str = "",
) -> Patient:
    """Note a medicine the patient says they take. The same fact id twice stores it once.

    Args:
        dose: a decimal number as text, in `unit`, when it is known; `dose_text` says it otherwise.
        times: doses every `per_days` days.
    """
    fresh = read_again(patient.pk)
    if fact_id and any(fact.fact_id == fact_id for fact in fresh.history.medicines):
        return fresh
    fact = ReportedMedicine(
        medicine=medicine.strip(), dose_text=dose_text, route=route, dose=dose, unit=unit, times=times,
        per_days=per_days, **noted(by, now),
    )  # fmt: skip
    fact.fact_id = fact_id or fact.fact_id
    fresh.history.medicines = [*fresh.history.medicines, fact]
    return keep(fresh, now)


@recorded
def end_medicine(
    *, patient: Patient, fact_id: str, reason: str, by: Actor, now: datetime
) -> Patient:
    """Note that a reported medicine is no longer taken."""
    fresh = read_again(patient.pk)
    fresh.history.medicines = _ended(
        fresh.history.medicines, fact_id, FactStatus.RESOLVED, reason, by, now
    )
    return keep(fresh, now)


def _ended(
    facts: list[Any], fact_id: str, status: str, reason: str, by: Actor, now: datetime
) -> list[Any]:
    for fact in facts:
        if fact.fact_id == fact_id and may_end(fact.status, status):
            fact.status = status
            fact.ended_at = now
            fact.ended_by_name = str(by.user)
            fact.ended_reason = reason.strip()
    return list(facts)


@recorded
def set_blood_type(*, patient: Patient, blood_type: str, by: Actor, now: datetime) -> Patient:
    """Note the blood type."""
    fresh = read_again(patient.pk)
    fresh.history.blood_type = blood_type
    return keep(fresh, now)
