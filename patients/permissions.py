"""Who may see which patient, and how much of them. Every patient handed out is noted as seen."""

from enum import StrEnum
from typing import Any

from bson import ObjectId
from django.http import Http404
from django.utils import timezone

from accounts.permissions import Actor
from patients.models import EmergencyAccess, Observation, Patient


class Sight(StrEnum):
    """How much of a record an actor may see, from least to most."""

    IDENTITY = "identity"
    DISPENSING = "dispensing"
    CLINICAL = "clinical"


class NotRelatedError(Exception):
    """A clinician has no relation with this patient: break-the-glass is open to them."""

    code = "not-related"

    def __init__(self, patient_id: object) -> None:
        super().__init__(str(patient_id))
        self.patient_id = patient_id


def is_followed_here(actor: Actor, patient: Patient) -> bool:
    """Tell whether the patient belongs to the actor's facility or the actor to their care team."""
    return str(actor.facility_id) in patient.facility_ids or (
        actor.user is not None and str(actor.user.pk) in patient.care_team_ids
    )


def has_emergency_access(actor: Actor, patient_id: object) -> bool:
    """Tell whether an emergency access of this person to this patient is running now."""
    if actor.user is None:
        return False
    running = EmergencyAccess.objects.filter(
        user_id=str(actor.user.pk), patient_id=patient_id, ends_at__gt=timezone.now()
    )
    return running.exists() and actor.user.has_perm(
        "patients.use_emergency_access", Patient(pk=patient_id)
    )


def sight_of(actor: Actor, patient: Patient) -> Sight | None:
    """Return how much of `patient` the actor may see, or None when nothing."""
    if is_followed_here(actor, patient):
        if actor.may("read_record"):
            return Sight.CLINICAL
        if actor.may("find_patients"):
            return Sight.IDENTITY
    if actor.may("read_record") and has_emergency_access(actor, patient.pk):
        return Sight.CLINICAL
    return None


def open_patient(actor: Actor, patient_id: ObjectId | str, need: Sight = Sight.CLINICAL) -> Patient:
    """Return the patient for `actor`, noting that it was seen.

    Raises:
        NotRelatedError: a clinician without a relation (the page offers break-the-glass).
        Http404: missing, or hidden from this actor: the two look alike.
    """
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise Http404
    sight = sight_of(actor, patient)
    if sight is None or (need is Sight.CLINICAL and sight is not Sight.CLINICAL):
        actor.note_seen("refused", patient.pk)
        if sight is None and actor.may("read_record"):
            raise NotRelatedError(patient.pk)
        raise Http404
    actor.note_seen("patients", patient.pk)
    return patient


def open_for_audit(actor: Actor, patient_id: ObjectId | str) -> Patient:
    """Return the patient whose accesses are listed: for whoever sees them, and for the facility's own auditor."""
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is not None and actor.may("read_audit") and is_followed_here(actor, patient):
        actor.note_seen("patients", patient.pk)
        return patient
    return open_patient(actor, patient_id, Sight.IDENTITY)


def visible_to(actor: Actor) -> Any:
    """Return the patients that lists may show the actor: those followed in their facility."""
    if not (actor.may("find_patients") and actor.facility_id):
        return Patient.objects.none()
    return Patient.objects.of_facility(actor.facility_id)


def may_withdraw(actor: Actor) -> bool:
    """Tell whether the actor may withdraw an allergy or resolve a condition: clinicians only."""
    return actor.may("withdraw_facts")


def may_withdraw_measurement(actor: Actor, row: Observation) -> bool:
    """Tell whether the actor may mark a measurement as entered in error: their own, or any as a clinician."""
    own = actor.user is not None and row.noted_by == str(actor.user.pk)
    return may_withdraw(actor) or (own and actor.may("record_vitals"))
