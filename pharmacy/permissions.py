"""Who may write, read, dispense or answer for a prescription."""

from bson import ObjectId
from django.http import Http404

from accounts.models import Facility, FacilityKind, Membership, User
from accounts.permissions import Actor, Role
from patients.models import Patient
from patients.permissions import NotRelatedError, Sight, sight_of
from pharmacy.models import Prescription


def may_dispense(actor: Actor, prescription: Prescription) -> bool:
    """Tell whether the actor is a pharmacist of the pharmacy the prescription is addressed to."""
    return actor.may("dispense") and prescription.pharmacy_id == str(actor.facility_id)


def may_take_over(actor: Actor, prescription: Prescription) -> bool:
    """Tell whether the actor may open a prescription by its code, as the pharmacy the patient came to."""
    return (
        actor.may("dispense")
        and actor.facility is not None
        and prescription.status not in ("completed", "stopped")
    )


def may_confirm(person: User, by: Actor) -> bool:
    """Tell whether somebody may confirm a released major finding: another person here, who treats or dispenses."""
    roles = (Role.DOCTOR, Role.NURSE, Role.PHARMACIST)
    return person != by.user and (
        Membership.objects.filter(
            user=person, facility=by.facility, is_active=True, role__in=roles
        ).exists()
    )


def open_for_reading(actor: Actor, prescription_id: ObjectId | str) -> Prescription:
    """Return a prescription for somebody who may read the patient's record, or dispense it.

    Raises:
        Http404: missing or hidden.
        NotRelatedError: a clinician without a relation with the patient.
    """
    prescription = Prescription.objects.filter(pk=prescription_id).select_related("patient").first()
    if prescription is None:
        raise Http404
    clinical = sight_of(actor, prescription.patient) is Sight.CLINICAL
    if not clinical and not may_dispense(actor, prescription):
        actor.note_seen("refused", prescription.patient_id)
        if actor.may("read_record"):
            raise NotRelatedError(prescription.patient_id)
        raise Http404
    actor.note_seen("patients", prescription.patient_id)
    actor.note_seen("prescriptions", prescription.pk)
    return prescription


def open_for_dispensing(actor: Actor, prescription_id: ObjectId | str) -> Prescription:
    """Return a prescription addressed to the actor's pharmacy. Raises Http404 otherwise."""
    prescription = Prescription.objects.filter(pk=prescription_id).select_related("patient").first()
    if prescription is None or not may_dispense(actor, prescription):
        raise Http404
    actor.note_seen("patients", prescription.patient_id)
    actor.note_seen("prescriptions", prescription.pk)
    return prescription


def may_amend(actor: Actor, prescription: Prescription, patient: Patient) -> bool:
    """Tell whether the actor may amend or cancel: a prescriber who sees the record, in the same facility."""
    return (
        actor.may("prescribe")
        and prescription.facility_id == actor.facility_id
        and sight_of(actor, patient) is Sight.CLINICAL
    )


def pharmacy_named(wanted: ObjectId | None) -> Facility | None:
    """Return the pharmacy, or the clinic that dispenses itself, to which a prescription may be addressed."""
    kinds = [FacilityKind.PHARMACY, FacilityKind.CLINIC]
    return (
        Facility.objects.filter(pk=wanted, kind__in=kinds, is_active=True).first()
        if wanted
        else None
    )
