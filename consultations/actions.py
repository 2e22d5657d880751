"""What changes about consultations: writing, signing, marking as an error. A signed one is never edited."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor
from appointments.models import Appointment, AppointmentStatus, Doctor
from billing.charges import record_charge, record_listed
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, random_id
from clinic.recording import recorded
from consultations.models import Consultation, ConsultationStatus, Diagnosis
from consultations.rules import may_change
from patients.actions import add_condition, observe, record_changed
from patients.models import Observation, Patient

TEXT_FIELDS = ("reason", "history_text", "examination", "plan")


@recorded
def save_consultation(
    *, patient: Patient, texts: dict[str, str], diagnoses: Iterable[tuple[str, str]], by: Actor, now: datetime,
    consultation: Consultation | None = None, rev: int | None = None, appointment_id: str = "", form_id: str = "",
) -> Consultation:  # fmt: skip
    """Store a consultation in progress: a new one, or the next state of one that is not signed.

    Args:
        texts: reason, history_text, examination, plan.
        diagnoses: (ICD-10 code or "", words).
        rev: the revision the form was filled from.

    Raises:
        PermissionDenied: the actor writes no consultations, or it is another doctor's.
        StaleDocumentError: it was changed or signed meanwhile; nothing was stored.
    """
    by.require("write_consultations")
    if consultation is None:
        if form_id and (known := Consultation.objects.filter(form_id=form_id).first()):
            return known
        row = Consultation(
            id=random_id(), patient=patient, facility=by.facility, doctor_user_id=str(by.user.pk) if by.user else "",
            doctor_name=str(by.user), started_at=now, appointment_id=appointment_id, form_id=form_id,
        )  # fmt: skip
    else:
        row = _own_open(consultation, by, rev)
        row.rev += 1
    for name in TEXT_FIELDS:
        setattr(row, name, texts.get(name, ""))
    before = row.diagnoses
    row.diagnoses = [
        Diagnosis(code=code, text=text) for code, text in diagnoses if code or text.strip()
    ]
    row.save()
    if row.diagnoses != before:
        record_changed(patient.pk, now)  # what is prescribed meets them before they are signed
    by.note_seen("patients", patient.pk)
    by.note_seen("consultations", row.pk)
    return row


def _own_open(consultation: Consultation, by: Actor, rev: int | None) -> Consultation:
    fresh = Consultation.objects.select_related("patient").get(pk=consultation.pk)
    if by.user is None or fresh.doctor_user_id != str(by.user.pk):
        raise PermissionDenied("write_consultations")
    if fresh.status != ConsultationStatus.IN_PROGRESS or (rev is not None and fresh.rev != rev):
        raise StaleDocumentError("consultations")
    return fresh


@recorded
def finish(*, consultation: Consultation, by: Actor, now: datetime) -> Consultation:
    """Sign a consultation: its diagnoses join the patient's conditions, and the appointment is honoured."""
    fresh = Consultation.objects.select_related("patient").get(pk=consultation.pk)
    if fresh.status == ConsultationStatus.FINISHED:
        return fresh
    fresh = _own_open(consultation, by, None)
    fresh.status, fresh.finished_at = ConsultationStatus.FINISHED, now
    fresh.rev += 1
    fresh.save()
    for diagnosis in fresh.diagnoses:
        add_condition(
            patient=fresh.patient, code=diagnosis.code, text=diagnosis.text, by=by, now=now
        )
    _honour(fresh)
    record_charge(
        patient=fresh.patient, kind="consultation", label="Consultation", quantity=1,
        source=f"consultation:{fresh.pk}", by=by, now=now, code=_speciality(fresh),
    )  # fmt: skip
    return fresh


def _speciality(consultation: Consultation) -> str:
    """Return the speciality that the doctor practises in this facility: a price list may name it."""
    profile = Doctor.objects.filter(
        user_id=parse_id(consultation.doctor_user_id), facility_id=consultation.facility_id
    ).first()
    return profile.speciality if profile else ""


@recorded
def write_signed(
    *, patient: Patient, texts: dict[str, str], diagnoses: Iterable[tuple[str, str]], by: Actor, now: datetime,
    appointment_id: str = "", form_id: str = "",
) -> Consultation:  # fmt: skip
    """Store a consultation and sign it, together or not at all; the same form twice stores it once."""
    row = save_consultation(
        patient=patient, texts=texts, diagnoses=diagnoses, by=by, now=now, appointment_id=appointment_id,
        form_id=form_id,
    )  # fmt: skip
    return finish(consultation=row, by=by, now=now)


def _honour(consultation: Consultation) -> None:
    row: Any = None
    if consultation.appointment_id:
        row = Appointment.objects.filter(pk=consultation.appointment_id).first()
    if row is not None and row.status in (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED):
        row.status = AppointmentStatus.FULFILLED
        row.rev += 1
        row.save()


@recorded
def mark_as_error(
    *, consultation: Consultation, reason: str, by: Actor, now: datetime
) -> Consultation:
    """Mark a consultation as entered in error, with a reason; it stays readable."""
    by.require("write_consultations")
    fresh = Consultation.objects.get(pk=consultation.pk)
    if by.user is None or fresh.doctor_user_id != str(by.user.pk) or not reason.strip():
        raise PermissionDenied("write_consultations")
    if not may_change(fresh.status, ConsultationStatus.ENTERED_IN_ERROR):
        raise StaleDocumentError("consultations")
    fresh.status, fresh.error_reason = ConsultationStatus.ENTERED_IN_ERROR, reason.strip()
    fresh.rev += 1
    fresh.save()
    return fresh


@recorded
def report_results(
    *, patient: Patient, values: Mapping[str, int | str], taken_at: datetime, by: Actor, now: datetime,
    labels: Mapping[str, str], set_id: str = "",
) -> list[Observation]:  # fmt: skip
    """Append what a laboratory measured to the record, and charge what its price list names.

    Args:
        values: by name; thousandths of the unit, or the words of a test.
        taken_at: when the sample was taken: the newest sample counts for the safety checks, not the newest entry.
        labels: what each is called on the page, and perhaps on the price list.
        set_id: id of the form that was filled: the same results sent twice are stored once.

    Raises:
        PermissionDenied: the actor runs no laboratory.
    """
    by.require("run_laboratory")
    rows = observe(patient=patient, values=values, by=by, now=now, taken_at=taken_at, set_id=set_id)
    for row in rows:
        record_listed(
            patient=patient, kind="test", names=(row.name, labels.get(row.name, row.name)),
            source=f"observation:{row.pk}", by=by, now=now,
        )  # fmt: skip
    return rows
