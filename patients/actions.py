"""What changes in a patient's record: registration, identity, facts of the history, measurements, emergency access."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from guardian.shortcuts import assign_perm

from accounts.models import Facility
from accounts.permissions import Actor
from clinic.db import StaleDocumentError, random_id
from clinic.recording import recorded
from notifications.queue import enqueue
from patients.models import (
    Allergy,
    AllergyAnswer,
    Condition,
    EmergencyAccess,
    FactStatus,
    History,
    Observation,
    Patient,
    ReportedMedicine,
    Tolerance,
)
from patients.rules import may_end, search_keys, stored_keys

IDENTITY_FIELDS = (
    "given_name", "family_name", "sex", "birth_date", "birth_date_is_estimated", "phone", "other_phone", "address",
    "city", "district", "language", "next_of_kin", "next_of_kin_phone", "insurance", "accepts_messages", "pharmacy_id",
)  # fmt: skip


@recorded
def register(
    *,
    identity: Mapping[str, Any],
    by: Actor,
    now: datetime,
    patient_id: Any = None,
    blood_type: str = "",
) -> Patient:
    """Register a patient in the actor's facility.

    Args:
        identity: values for IDENTITY_FIELDS; the four that must be there are checked by the form.
        patient_id: an id made by a device or a form: sending the same registration twice stores it once.

    Returns:
        The new patient, or the one already stored under `patient_id`.
    """
    if patient_id is not None and (known := Patient.objects.filter(pk=patient_id).first()):
        return known
    patient = Patient(
        id=patient_id or random_id(),
        record_number=_new_record_number(by.facility, now),
        history=History(blood_type=blood_type),
        facility_ids=[str(by.facility_id)],
        registered_at=now,
        registered_in=str(by.facility_id),
        updated_at=now,
    )
    _set_identity(patient, identity)
    patient.save(force_insert=True)
    by.note_seen("patients", patient.pk)
    return patient


@dataclass(frozen=True)
class Facts:
    """What is told of a history at once: keyword arguments of `add_allergy`, `add_condition`, `add_medicine`.

    `values` are measurements as `observe` takes them.
    """

    allergies: Sequence[Mapping[str, str]] = ()
    no_known_allergies: bool = False
    conditions: Sequence[Mapping[str, str]] = ()
    medicines: Sequence[Mapping[str, Any]] = ()
    blood_type: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@recorded
def register_with_history(
    *, identity: Mapping[str, Any], facts: Facts, by: Actor, now: datetime, patient_id: Any = None
) -> Patient:
    """Register a patient and note what they tell of their history, together or not at all.

    Returns:
        The new patient, or the one already stored under `patient_id`, unchanged.
    """
    if patient_id is not None and (known := Patient.objects.filter(pk=patient_id).first()):
        return known
    patient = register(
        identity=identity, by=by, now=now, patient_id=patient_id, blood_type=facts.blood_type
    )
    for allergy in facts.allergies:
        add_allergy(patient=patient, by=by, now=now, **allergy)
    if facts.no_known_allergies:
        answer_no_known_allergy(patient=patient, by=by, now=now)
    for condition in facts.conditions:
        add_condition(patient=patient, by=by, now=now, **condition)
    for medicine in facts.medicines:
        add_medicine(patient=patient, by=by, now=now, **medicine)
    if facts.values:
        observe(patient=patient, values=facts.values, by=by, now=now)
    return _fresh(patient.pk)


def _new_record_number(facility: Facility | None, now: datetime) -> str:
    """Return a number of the form `YA-26-7KQ4M2`: place, year, six characters that cannot be confused."""
    place = (facility.city or facility.name if facility else "XX")[:2].upper()
    alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
    return f"{place}-{now:%y}-" + "".join(secrets.choice(alphabet) for _ in range(6))


def _set_identity(patient: Patient, identity: Mapping[str, Any]) -> None:
    for name in IDENTITY_FIELDS:
        if name in identity:
            setattr(patient, name, identity[name])
    _set_search_keys(patient)


def _set_search_keys(patient: Patient) -> None:
    keys = search_keys(
        given_name=patient.given_name,
        family_name=patient.family_name,
        phones=[phone for phone in (patient.phone, patient.other_phone) if phone],
        record_number=patient.record_number,
    )
    patient.search_keys = stored_keys(keys, patient.facility_ids)


@recorded
def change_identity(
    *, patient: Patient, identity: Mapping[str, Any], rev: int, by: Actor, now: datetime
) -> Patient:
    """Correct the identity.

    Args:
        rev: the revision the form was filled from.

    Raises:
        StaleDocumentError: somebody changed the patient since; nothing is stored, the page shows both.
    """
    fresh = _fresh(patient.pk)
    if fresh.rev != rev:
        raise StaleDocumentError("patients")
    _set_identity(fresh, identity)
    return _save(fresh, now)


def _fresh(patient_id: Any) -> Patient:
    return Patient.objects.get(pk=patient_id)


def _save(patient: Patient, now: datetime) -> Patient:
    """Save with the next revision; a concurrent change of the same patient makes the transaction start again."""
    patient.rev += 1
    patient.updated_at = now
    patient.save()
    return patient


def _noted(by: Actor, now: datetime) -> dict[str, Any]:
    return {
        "noted_at": now,
        "noted_by": str(by.user.pk) if by.user else "",
        "noted_by_name": str(by.user) if by.user else "Carnet",
        "reported_only": not by.may("read_record"),
    }


@recorded
def add_allergy(
    *, patient: Patient, substance: str, by: Actor, now: datetime, reaction: str = "", severity: str = "",
    fact_id: str = "",
) -> Patient:  # fmt: skip
    """Note an allergy in the words it was told. The same fact id twice stores it once."""
    fresh = _fresh(patient.pk)
    if fact_id and any(fact.fact_id == fact_id for fact in fresh.history.allergies):
        return fresh
    fact = Allergy(
        substance=substance.strip(), reaction=reaction, severity=severity, **_noted(by, now)
    )
    fact.fact_id = fact_id or fact.fact_id
    fresh.history.allergies = [*fresh.history.allergies, fact]
    fresh.history.allergy_answer = AllergyAnswer.RECORDED
    return _save(fresh, now)


@recorded
def answer_no_known_allergy(*, patient: Patient, by: Actor, now: datetime) -> Patient:
    """Record that the question was asked and no allergy is known. It never hides an allergy that is noted."""
    fresh = _fresh(patient.pk)
    if not fresh.history.active_allergies:
        fresh.history.allergy_answer = AllergyAnswer.NONE_KNOWN
    return _save(fresh, now)


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
    fresh = _fresh(patient.pk)
    fresh.history.allergies = _ended(
        fresh.history.allergies, fact_id, FactStatus.ENTERED_IN_ERROR, reason, by, now
    )
    if not fresh.history.active_allergies:
        fresh.history.allergy_answer = AllergyAnswer.NOT_ASKED
    return _save(fresh, now)


@recorded
def note_tolerance(*, patient: Patient, substance: str, by: Actor, now: datetime) -> Patient:
    """Note that a medicine was taken without harm since an allergy to its class was noted."""
    fresh = _fresh(patient.pk)
    fresh.history.tolerances = [
        *fresh.history.tolerances,
        Tolerance(substance=substance.strip(), **_noted(by, now)),
    ]
    return _save(fresh, now)


@recorded
def add_condition(
    *, patient: Patient, by: Actor, now: datetime, code: str = "", text: str = "",
    status: str = FactStatus.ACTIVE, fact_id: str = "",
) -> Patient:  # fmt: skip
    """Add a condition: an ICD-10 code, words, or both. One that stands already is not added again."""
    fresh = _fresh(patient.pk)
    known = fresh.history.conditions
    if any(
        c.fact_id == fact_id or (c.is_active and (c.code, c.text) == (code, text.strip()))
        for c in known
    ):
        return fresh
    fact = Condition(code=code, text=text.strip(), **{**_noted(by, now), "status": status})
    fact.fact_id = fact_id or fact.fact_id
    fresh.history.conditions = [*known, fact]
    return _save(fresh, now)


@recorded
def resolve_condition(
    *, patient: Patient, fact_id: str, status: str, reason: str, by: Actor, now: datetime
) -> Patient:
    """End a condition (resolved, or entered in error), as a clinician, with a reason."""
    if not by.may("withdraw_facts"):
        raise PermissionDenied("withdraw_facts")
    fresh = _fresh(patient.pk)
    fresh.history.conditions = _ended(fresh.history.conditions, fact_id, status, reason, by, now)
    return _save(fresh, now)


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
    fresh = _fresh(patient.pk)
    if fact_id and any(fact.fact_id == fact_id for fact in fresh.history.medicines):
        return fresh
    fact = ReportedMedicine(
        medicine=medicine.strip(), dose_text=dose_text, route=route, dose=dose, unit=unit, times=times,
        per_days=per_days, **_noted(by, now),
    )  # fmt: skip
    fact.fact_id = fact_id or fact.fact_id
    fresh.history.medicines = [*fresh.history.medicines, fact]
    return _save(fresh, now)


@recorded
def end_medicine(
    *, patient: Patient, fact_id: str, reason: str, by: Actor, now: datetime
) -> Patient:
    """Note that a reported medicine is no longer taken."""
    fresh = _fresh(patient.pk)
    fresh.history.medicines = _ended(
        fresh.history.medicines, fact_id, FactStatus.RESOLVED, reason, by, now
    )
    return _save(fresh, now)


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
    fresh = _fresh(patient.pk)
    fresh.history.blood_type = blood_type
    return _save(fresh, now)


@recorded
def observe(
    *, patient: Patient, values: Mapping[str, int | str | tuple[str, int | None]], by: Actor, now: datetime,
    taken_at: datetime | None = None, consultation_id: str = "", set_id: str = "",
) -> list[Observation]:  # fmt: skip
    """Append measured or stated facts.

    Args:
        values: by name; an integer in thousandths of the unit, a text, or both as a pair
            (`{"weight_kg": 62500, "pregnancy": ("yes", 24000)}`).
        set_id: id of the form that was filled: the same set sent twice is stored once.
    """
    if set_id and (known := list(Observation.objects.filter(patient=patient, set_id=set_id))):
        return known
    fresh = _fresh(patient.pk)
    rows = [
        _observation(fresh, name, value, by, now, taken_at, consultation_id, set_id)
        for name, value in values.items()
    ]
    for row in rows:
        row.save(force_insert=True)
    _save(fresh, now)
    return rows


def _observation(
    patient: Patient, name: str, value: Any, by: Actor, now: datetime, taken_at: datetime | None,
    consultation_id: str, set_id: str,
) -> Observation:  # fmt: skip
    text, number = (
        value
        if isinstance(value, tuple)
        else ("", value)
        if isinstance(value, int)
        else (value, None)
    )
    noted = _noted(by, now)
    return Observation(
        patient=patient, name=name, value=number, value_text=text, taken_at=taken_at or now,
        noted_by=noted["noted_by"], noted_by_name=noted["noted_by_name"], facility_id=str(by.facility_id),
        consultation_id=consultation_id, set_id=set_id,
    )  # fmt: skip


@recorded
def break_the_glass(*, patient_id: Any, reason: str, by: Actor, now: datetime) -> EmergencyAccess:
    """Open a record without a relation, in an emergency, for four hours.

    Raises:
        PermissionDenied: the actor is no clinician, or the reason is shorter than ten characters.
    """
    if not by.may("read_record") or by.user is None or len(reason.strip()) < 10:
        raise PermissionDenied("emergency-access")
    patient = _fresh(patient_id)
    access = EmergencyAccess.objects.create(
        patient=patient,
        user_id=str(by.user.pk),
        username=str(by.user),
        facility_id=str(by.facility_id),
        facility_name=by.facility.name if by.facility else "",
        reason=reason.strip(),
        opened_at=now,
        ends_at=now + timedelta(hours=settings.EMERGENCY_ACCESS_HOURS),
    )
    assign_perm("patients.use_emergency_access", by.user, patient)
    by.reason = f"emergency: {reason.strip()}"
    by.note_seen("patients", patient.pk)
    enqueue(
        kind="emergency-access", patient=patient, cause=f"emergency:{access.pk}", by=by, now=now
    )
    return access


@recorded
def review_emergency_access(
    *, access: EmergencyAccess, note: str, by: Actor, now: datetime
) -> EmergencyAccess:
    """Note that an administrator reviewed an emergency access."""
    by.require("read_audit")
    access.reviewed_at = now
    access.reviewed_by_name = str(by.user)
    access.review_note = note.strip()
    access.save()
    return access


@recorded
def follow_here(*, patient: Patient, by: Actor, now: datetime) -> Patient:
    """Make the actor's facility one of those that follow the patient."""
    fresh = _fresh(patient.pk)
    if str(by.facility_id) not in fresh.facility_ids:
        fresh.facility_ids = [*fresh.facility_ids, str(by.facility_id)]
        _set_search_keys(fresh)
        return _save(fresh, now)
    return fresh
