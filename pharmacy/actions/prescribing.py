"""Prescribing: writing, amending, repeating and cancelling. Nothing prescribed is ever refused storage."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor
from billing.charges import withdraw_quotes
from clinic.converters import parse_id
from clinic.db import on_commit, random_id
from clinic.recording import recorded
from patients.models import Patient
from pharmacy import safety
from pharmacy.actions.checking import store_check
from pharmacy.actions.lines import LineOrder, line_in, new_lines, order_of, says_the_same
from pharmacy.models import (
    LineStatus,
    Override,
    PharmacyQuestion,
    Prescription,
    PrescriptionLine,
    QuestionStatus,
)
from pharmacy.permissions import may_amend
from pharmacy.queries import check_lines, lineage, lines_today, touch_pharmacy
from pharmacy.rules import is_covered, may_change, prescription_status, status_when_prescribed

REPEATABLE = ("active", "completed", "stopped")
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class NotAmendableError(Exception):
    """The prescription is no longer open: it was replaced, stopped or dispensed."""

    code = "not-amendable"


class AlreadyStoredError(Exception):
    """The form was stored before, with other lines: what it says now was not. Carries what is stored."""

    code = "already-stored"

    def __init__(self, stored: Prescription) -> None:
        super().__init__(str(stored.pk))
        self.stored = stored


@recorded
def prescribe(
    *,
    patient: Patient,
    lines: Iterable[LineOrder],
    by: Actor,
    now: datetime,
    consultation_id: str = "",
    pharmacy_id: str = "",
    form_id: str = "",
    prescription_id: Any = None,
    repeats_id: str = "",
) -> Prescription:
    """Store a prescription, checked on the record as it is now. Nothing prescribed is ever refused storage.

    Args:
        lines: at least one.
        pharmacy_id: where it is to be dispensed; the patient's choice, else the facility's own.
        form_id: id of the form that was filled; sending it twice stores one prescription.

    Returns:
        The prescription; each line is active, draft (major finding without a reason) or on-hold.

    Raises:
        PermissionDenied: the actor may not prescribe.
        AlreadyStoredError: the form was stored with other lines.
    """
    by.require("prescribe")
    written = new_lines(lines, None)
    if form_id and (known := Prescription.objects.filter(form_id=form_id).first()):
        return _same_as_stored(known, patient, written)
    fresh = Patient.objects.get(pk=patient.pk)
    prescription = Prescription(
        id=prescription_id or random_id(),
        patient=fresh,
        consultation_id=consultation_id,
        facility=by.facility,
        pharmacy_id=pharmacy_id or fresh.pharmacy_id or str(by.facility_id),
        prescriber_id=str(by.user.pk) if by.user else "",
        prescriber_name=str(by.user),
        authored_at=now,
        changed_at=now,
        code=_new_code(),
        form_id=form_id,
        repeats_id=repeats_id,
        lines=written,
    )
    _judge(prescription, fresh, "prescribe", by, now)
    prescription.save(force_insert=True)
    by.note_seen("patients", fresh.pk)
    on_commit(lambda: _tell_pharmacy(prescription))
    return prescription


@recorded
def repeat(
    *, prescription: Prescription, by: Actor, now: datetime, form_id: str = ""
) -> Prescription:
    """Write the same lines again, as a new prescription checked today. Reasons given then do not carry over.

    Raises:
        NotAmendableError: no line of it can be written again.
    """
    orders = [order_of(line) for line in prescription.lines if line.status in REPEATABLE]
    if not orders:
        raise NotAmendableError(prescription.status)
    return prescribe(
        patient=prescription.patient, lines=orders, by=by, now=now, pharmacy_id=prescription.pharmacy_id,
        form_id=form_id, repeats_id=str(prescription.pk),
    )  # fmt: skip


@recorded
def amend(
    *,
    prescription: Prescription,
    lines: Iterable[LineOrder],
    reason: str,
    by: Actor,
    now: datetime,
    form_id: str = "",
) -> Prescription:
    """Replace a prescription by a new version; the old one stays readable as stopped.

    Args:
        lines: the new version whole; a line with `keeps` and the same content carries its dispensed quantity over.
            What has left and is neither kept nor replaced stays in the new version: the patient has it.

    Raises:
        PermissionDenied: the actor may not amend it.
        NotAmendableError: it was replaced or ended meanwhile.
        AlreadyStoredError: the form was stored with other lines.
    """
    orders = list(lines)
    if form_id and (known := Prescription.objects.filter(form_id=form_id).first()):
        return _same_as_stored(known, prescription.patient, new_lines(orders, None))
    old = _open_for_change(prescription, by)
    new = Prescription(
        id=random_id(), patient=old.patient, consultation_id=old.consultation_id, facility=old.facility,
        pharmacy_id=old.pharmacy_id, prescriber_id=str(by.user.pk) if by.user else "", prescriber_name=str(by.user),
        authored_at=now, changed_at=now, code=_new_code(), version=old.version + 1, replaces_id=str(old.pk),
        form_id=form_id, lines=new_lines(orders, old),
    )  # fmt: skip
    _judge(new, old.patient, "amend", by, now, besides=lineage(old))
    new.save(force_insert=True)
    _stop(old, LineStatus.STOPPED, reason, now, replaced_by=str(new.pk))
    _unbill(old, [line.line_id for line in old.lines if new.line(line.line_id) is None])
    _answer_open_questions(old, reason, by, now)
    on_commit(lambda: _tell_pharmacy(new))
    return new


@recorded
def give_reason(
    *, prescription: Prescription, line_id: str, code: str, text: str, by: Actor, now: datetime
) -> Prescription:
    """Give the coded reason that a line with major findings needs. It never lifts a contraindication.

    The line is checked again on today's record; the reason covers the major findings of that check.
    """
    fresh = _open_for_change(prescription, by)
    line = line_in(fresh, line_id)
    if line.status not in ("draft", "active") or not code or not text.strip():
        raise NotAmendableError(line.status)
    result = lines_today(fresh, fresh.patient, now, only=line)[0].result
    line.override = _override(code, text, result.findings, by, now)
    line.status = status_when_prescribed(result.findings, reason_given=True)
    fresh.status = prescription_status(item.status for item in fresh.lines)
    store_check(fresh, fresh.patient, "reason", by, now, result, line_id=line_id, outcome="stored")
    return _save(fresh, now)


@recorded
def cancel(
    *, prescription: Prescription, reason: str, by: Actor, now: datetime, line_id: str = ""
) -> Prescription:
    """Cancel a prescription, or one of its lines, with a reason. What was dispensed stays as it is.

    A dispensed line that is named is stopped: the patient was told to take it no longer.
    """
    fresh = _open_for_change(prescription, by)
    if not line_id:
        _stop(fresh, LineStatus.CANCELLED, reason, now)
        _unbill(fresh, [line.line_id for line in fresh.lines])
        _answer_open_questions(fresh, reason, by, now)
        return fresh
    line = line_in(fresh, line_id)
    if may_change(line.status, LineStatus.CANCELLED):
        line.status, line.stop_reason = LineStatus.CANCELLED, reason
        _unbill(fresh, [line_id])
    fresh.status = prescription_status(item.status for item in fresh.lines)
    _answer_open_questions(fresh, reason, by, now, line_id=line_id)
    return _save(fresh, now)


def _same_as_stored(
    known: Prescription, patient: Patient, written: list[PrescriptionLine]
) -> Prescription:
    """Return what a form sent twice has stored the first time. What had left before stands behind its orders."""
    if known.patient_id != patient.pk or not says_the_same(known.lines[: len(written)], written):
        raise AlreadyStoredError(known)
    return known


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))


def _judge(
    prescription: Prescription,
    patient: Patient,
    moment: str,
    by: Actor,
    now: datetime,
    besides: Iterable[str] = (),
) -> None:
    """Check the order and give each line its status."""
    result = check_lines(patient=patient, lines=prescription.lines, now=now, besides=besides)
    for line in prescription.lines:
        found = result.for_line(line.line_id).findings
        if line.override is not None and line.override.at is None:
            line.override = _override(line.override.code, line.override.text, found, by, now)
        line.status = (
            status_when_prescribed(found, reason_given=_is_reasoned(line, found))
            if line.quantity_left
            else LineStatus.COMPLETED
        )
    prescription.status = prescription_status(line.status for line in prescription.lines)
    check = store_check(prescription, patient, moment, by, now, result, outcome="stored")
    prescription.check_id = str(check.pk)


def _is_reasoned(line: PrescriptionLine, findings: Iterable[safety.Finding]) -> bool:
    """Tell whether the line's reason covers what is found: one carried over covers what it was given for."""
    covered = line.override.subjects if line.override else []
    return all(is_covered(found, covered) for found in findings if found.severity == "major")


def _override(
    code: str, text: str, findings: Iterable[safety.Finding], by: Actor, now: datetime
) -> Override:
    majors = [found for found in findings if found.severity == "major"]
    return Override(
        code=code, text=text.strip(), rules=sorted({found.rule for found in majors}),
        subjects=sorted({found.subject for found in majors}), by=str(by.user.pk) if by.user else "",
        by_name=str(by.user), at=now,
    )  # fmt: skip


def _open_for_change(prescription: Prescription, by: Actor) -> Prescription:
    fresh = Prescription.objects.select_related("patient").get(pk=prescription.pk)
    if not may_amend(by, fresh, fresh.patient):
        raise PermissionDenied("prescribe")
    if fresh.replaced_by_id or fresh.status in ("stopped", "cancelled", "entered-in-error"):
        raise NotAmendableError(fresh.status)
    return fresh


def _stop(
    prescription: Prescription, status: str, reason: str, now: datetime, *, replaced_by: str = ""
) -> None:
    for line in prescription.lines:
        if line.status != LineStatus.COMPLETED and may_change(line.status, status):
            line.status, line.stop_reason = status, reason
    prescription.status = status
    prescription.stop_reason = reason
    prescription.replaced_by_id = replaced_by
    _save(prescription, now)


def _unbill(prescription: Prescription, line_ids: list[str]) -> None:
    """Nobody is asked to pay for a line that was stopped before it left."""
    withdraw_quotes(
        line_ids=line_ids,
        facility_id=parse_id(prescription.pharmacy_id),
        reason="Le médecin a arrêté cette ligne.",
    )


def _save(prescription: Prescription, now: datetime) -> Prescription:
    prescription.rev += 1
    prescription.changed_at = now
    prescription.save()
    return prescription


def _answer_open_questions(
    prescription: Prescription, answer: str, by: Actor, now: datetime, *, line_id: str = ""
) -> None:
    rows = PharmacyQuestion.objects.filter(
        prescription_id=str(prescription.pk), status=QuestionStatus.OPEN
    )
    for question in rows.filter(line_id=line_id) if line_id else rows:
        question.status = QuestionStatus.ANSWERED
        question.answer, question.answered_at, question.answered_by_name = answer, now, str(by.user)
        question.save()


def _tell_pharmacy(prescription: Prescription) -> None:
    """Wake the pharmacy's open pages."""
    touch_pharmacy(prescription.pharmacy_id)
