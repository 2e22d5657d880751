"""Break-the-glass: a record opened without a relation, for four hours, and its review."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from guardian.shortcuts import assign_perm

from accounts.permissions import Actor
from clinic.recording import recorded
from notifications.queue import enqueue
from patients.actions.saving import read_again
from patients.models import (
    EmergencyAccess,
)


@recorded
def break_the_glass(*, patient_id: Any, reason: str, by: Actor, now: datetime) -> EmergencyAccess:
    """Open a record without a relation, in an emergency, for four hours.

    Raises:
        PermissionDenied: the actor is no clinician, or the reason is shorter than ten characters.
    """
    if not by.may("read_record") or by.user is None or len(reason.strip()) < 10:
        raise PermissionDenied("emergency-access")
    patient = read_again(patient_id)
    access = EmergencyAccess.objects.create(
        patient=patient,
        user_id=str(by.user.pk),
        username=str(by.user),
        facility_id=str(by.facility_id),
        facility_name=by.facility.name if by.facility else "",
        places=sorted({str(by.facility_id), *patient.facility_ids}),
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
