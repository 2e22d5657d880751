"""What the question after a visit needs to read: visits that ended, who was asked lately, what is open."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from consultations.models import Consultation, ConsultationStatus
from patients.models import Patient
from surveillance.models import Opinion
from surveillance.rules.survey import AFTER, UNTIL, is_chosen, is_soon

MOST = 2000


def visits_to_ask_about(now: datetime) -> Iterator[Consultation]:
    """Yield the visits that ended some hours ago and were chosen, of people who can be reached."""
    rows = Consultation.objects.filter(
        changed_at__gte=now - UNTIL, status=ConsultationStatus.FINISHED, finished_at__gte=now - UNTIL,
        finished_at__lte=now - AFTER,
    ).select_related("patient", "facility")  # fmt: skip
    for visit in rows.order_by("changed_at")[:MOST]:
        patient = visit.patient
        if (
            is_chosen(str(visit.pk), settings.SURVEY["percent"])
            and patient.phone
            and patient.accepts_messages
            and patient.deceased_date is None
        ):
            yield visit


def was_asked_soon(patient: Patient, now: datetime) -> bool:
    """Tell whether this person, or anybody on this phone, was asked within the last weeks."""
    for rows in (
        Opinion.objects.filter(patient_id=str(patient.pk)),
        Opinion.objects.filter(phone=patient.phone),
    ):
        last = rows.order_by("-asked_at").first()
        if is_soon(last.asked_at if last else None, now, settings.SURVEY["weeks"]):
            return True
    return False


def open_question(phone: str, now: datetime) -> Opinion | None:
    """Return the newest question to a phone that waits for its answer, or None."""
    last = Opinion.objects.filter(phone=phone).order_by("-asked_at").first()
    if last is None or last.answered_at is not None or last.expires_at < now:
        return None
    return last
