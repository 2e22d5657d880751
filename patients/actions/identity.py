"""Who a patient is: registering, correcting, finding again."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts.models import Facility
from accounts.permissions import Actor
from clinic.db import StaleDocumentError, random_id
from clinic.recording import recorded
from patients.actions.facts import (
    add_allergy,
    add_condition,
    add_medicine,
    answer_no_known_allergy,
)
from patients.actions.measuring import observe
from patients.actions.saving import keep, read_again
from patients.models import (
    History,
    Patient,
)
from patients.rules import search_keys, stored_keys

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
    return read_again(patient.pk)


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
    fresh = read_again(patient.pk)
    if fresh.rev != rev:
        raise StaleDocumentError("patients")
    _set_identity(fresh, identity)
    return keep(fresh, now)


@recorded
def follow_here(*, patient: Patient, by: Actor, now: datetime) -> Patient:
    """Make the actor's facility one of those that follow the patient."""
    fresh = read_again(patient.pk)
    if str(by.facility_id) not in fresh.facility_ids:
        fresh.facility_ids = [*fresh.facility_ids, str(by.facility_id)]
        _set_search_keys(fresh)
        return keep(fresh, now)
    return fresh
