"""The lists of work: what waits at a pharmacy, what a doctor was asked, what was prescribed and handed out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.cache import cache

from accounts.permissions import Actor
from clinic.db import random_id
from patients.models import Patient
from patients.queries import banner_source
from patients.timeline import Entry, timeline_source
from pharmacy.models import Dispensing, PharmacyQuestion, Prescription, QuestionStatus
from pharmacy.queries.record import current_lines


def prescriptions_for_pharmacy(
    actor: Actor, statuses: Iterable[str], limit: int = 60
) -> list[Prescription]:
    """Return the prescriptions addressed to the actor's pharmacy, newest change first."""
    rows = list(
        Prescription.objects.filter(pharmacy_id=str(actor.facility_id), status__in=list(statuses))
        .select_related("patient")
        .order_by("-changed_at")[:limit]
    )
    for row in rows:
        actor.note_seen("patients", row.patient_id)
    return rows


def prescriptions_of(patient: Patient, limit: int = 50) -> list[Prescription]:
    """Return a patient's prescriptions, newest first."""
    return list(Prescription.objects.filter(patient=patient).order_by("-authored_at")[:limit])


def open_questions_for(actor: Actor, limit: int = 50) -> list[PharmacyQuestion]:
    """Return the pharmacists' open questions to the actor's facility: their own first, then colleagues'."""
    rows = list(
        PharmacyQuestion.objects.filter(
            facility_id=str(actor.facility_id), status=QuestionStatus.OPEN
        )
        .select_related("patient")
        .order_by("-asked_at")[:limit]
    )
    mine = str(actor.user.pk) if actor.user else ""
    rows.sort(key=lambda row: (row.prescriber_id != mine, row.asked_at))
    for row in rows:
        actor.note_seen("patients", row.patient_id)
    return rows


def dispensings_of(prescription_ids: Iterable[str]) -> list[Dispensing]:
    """Return what left on these prescriptions, newest first."""
    return list(
        Dispensing.objects.filter(prescription_id__in=list(prescription_ids)).order_by("-at")
    )


def touch_pharmacy(pharmacy_id: str) -> None:
    """Note that something changed for a pharmacy, so that its open pages fetch their list again."""
    cache.set(f"pharmacy-changed:{pharmacy_id}", str(random_id()), 86_400)


def pharmacy_stamp(pharmacy_id: object) -> str:
    """Return the stamp of the newest change for a pharmacy; pages compare it."""
    return str(cache.get(f"pharmacy-changed:{pharmacy_id}") or "0")


@banner_source
def medicines_in_banner(patient: Patient, now: datetime) -> dict[str, Any]:
    """Return the medicines a patient takes now, for the banner of every clinical page."""
    return {"current_medicines": current_lines(patient, now)}


@timeline_source
def prescription_entries(patient: Patient) -> Iterable[Entry]:
    """Return the prescriptions of a record for its timeline."""
    return [
        Entry(row.authored_at, "prescription", "pharmacy/_entry.html", row)
        for row in prescriptions_of(patient)
    ]
