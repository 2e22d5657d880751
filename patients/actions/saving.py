"""Reading a patient afresh and keeping what changed, with who noted it and when."""

from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from patients.models import (
    Patient,
)


def read_again(patient_id: Any) -> Patient:
    """Return the patient as it stands now, inside the running transaction."""
    return Patient.objects.get(pk=patient_id)


def keep(patient: Patient, now: datetime) -> Patient:
    """Save with the next revision; a concurrent change of the same patient makes the transaction start again."""
    patient.rev += 1
    patient.updated_at = now
    patient.save()
    return patient


def record_changed(patient_id: Any, now: datetime) -> None:
    """Note, in the running transaction, that something was added beside the patient's document.

    A check made at this very moment starts again, and so reads it.
    """
    keep(read_again(patient_id), now)


def noted(by: Actor, now: datetime) -> dict[str, Any]:
    """Return what every fact says of who noted it; told to somebody who reads no record, it is only reported."""
    return {
        "noted_at": now,
        "noted_by": str(by.user.pk) if by.user else "",
        "noted_by_name": str(by.user) if by.user else "Carnet",
        "reported_only": not by.may("read_record"),
    }
