"""Prescribing: writing, amending, repeating and cancelling. Nothing prescribed is ever refused storage."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor
from billing.charges import withdraw_quotes
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, on_commit, random_id
from clinic.recording import recorded
from patients.models import Patient
from pharmacy import safety
from pharmacy.actions.checking import store_check
from pharmacy.models import (
    LineStatus,
    Override,
    PharmacyQuestion,
    Prescription,
    PrescriptionLine,
    QuestionStatus,
)
from pharmacy.permissions import may_amend
from pharmacy.queries import check_lines, has_left, lineage, lines_today, touch_pharmacy
from pharmacy.rules import is_covered, may_change, prescription_status, status_when_prescribed

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class NotAmendableError(Exception):
    """The prescription is no longer open: it was replaced, stopped or dispensed."""

    code = "not-amendable"


@dataclass(frozen=True)
class LineOrder:
    """A line as a doctor writes it.

    Attributes:
        medicine: INN, French name, brand or combination.
        dose: a decimal number as text, in `unit`; or `dose_text` says it.
        times: doses every `per_days` days (weekly: 1 every 7).
        days: planned duration, or None when open.
        quantity: units to dispense.
        override_code: an `OverrideCode`, with `override_text`, for a line with a major finding.
        keeps: id of the line of the earlier version that this one carries over or replaces.
    """

    medicine: str
    dose: str = ""
    unit: str = ""
    dose_text: str = ""
    route: str = "oral"
    times: int = 1
    per_days: int = 1
    days: int | None = None
    quantity: int = 1
    instructions: str = ""
    override_code: str = ""
    override_text: str = ""
    line_id: str = field(default_factory=lambda: str(random_id()))
    keeps: str = ""


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
    """
    by.require("prescribe")
    if form_id and (known := Prescription.objects.filter(form_id=form_id).first()):
        return known
    fresh = Patient.objects.get(pk=patient.pk)
    written = _new_lines(lines, None)
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
    """Write the same lines again, as a new prescription checked today. Reasons given then do not carry over."""
    orders = [
        _as_order(line)
        for line in prescription.lines
        if line.status in ("active", "completed", "stopped")
    ]
    return prescribe(
        patient=prescription.patient, lines=orders, by=by, now=now, pharmacy_id=prescription.pharmacy_id,
        form_id=form_id, repeats_id=str(prescription.pk),
    )  # fmt: skip


def _as_order(line: PrescriptionLine) -> LineOrder:
    return LineOrder(
        medicine=line.medicine, dose=line.dose, unit=line.unit, dose_text=line.dose_text, route=line.route,
        times=line.times, per_days=line.per_days, days=line.days, quantity=line.quantity,
        instructions=line.instructions,
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
    """
    if form_id and (known := Prescription.objects.filter(form_id=form_id).first()):
        return known
    old = _open_for_change(prescription, by)
    new = Prescription(
        id=random_id(), patient=old.patient, consultation_id=old.consultation_id, facility=old.facility,
        pharmacy_id=old.pharmacy_id, prescriber_id=str(by.user.pk) if by.user else "", prescriber_name=str(by.user),
        authored_at=now, changed_at=now, code=_new_code(), version=old.version + 1, replaces_id=str(old.pk),
        form_id=form_id, lines=_new_lines(lines, old),
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
    line = _line(fresh, line_id)
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
    line = _line(fresh, line_id)
    if may_change(line.status, LineStatus.CANCELLED):
        line.status, line.stop_reason = LineStatus.CANCELLED, reason
        _unbill(fresh, [line_id])
    fresh.status = prescription_status(item.status for item in fresh.lines)
    _answer_open_questions(fresh, reason, by, now, line_id=line_id)
    return _save(fresh, now)


def _new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(8))


def line_of(order: LineOrder) -> PrescriptionLine:
    """Return the line an order would be stored as, for a check before it is."""
    line = _new_line(order, None)
    line.replaces_line = order.keeps
    return line


def _new_lines(orders: Iterable[LineOrder], old: Prescription | None) -> list[PrescriptionLine]:
    """Return the lines to store: those ordered, each with an id of its own, and what has left of the old version."""
    lines = [_new_line(order, old) for order in orders]
    seen: set[str] = set()
    for line in lines:
        if line.line_id in seen:
            line.line_id = str(random_id())
        seen.add(line.line_id)
    seen.update(line.replaces_line for line in lines)
    left = (
        [line for line in old.lines if line.line_id not in seen and has_left(line)] if old else []
    )
    for line in left:
        line.quantity = line.quantity_dispensed
    return [*lines, *left]


def _new_line(order: LineOrder, old: Prescription | None) -> PrescriptionLine:
    """Return the line to store. One that is kept unchanged keeps its id, its reason and what was dispensed."""
    line = PrescriptionLine(
        line_id=order.line_id,
        medicine=order.medicine.strip(),
        dose=order.dose,
        unit=order.unit,
        dose_text=order.dose_text,
        route=order.route,
        times=order.times,
        per_days=order.per_days,
        days=order.days,
        quantity=order.quantity,
        instructions=order.instructions,
    )
    if order.override_code and order.override_text.strip():
        line.override = Override(
            code=order.override_code, text=order.override_text.strip(), rules=[], by="", by_name=""
        )
    kept = old.line(order.keeps) if old and order.keeps else None
    if kept is None:
        return line
    line.replaces_line = kept.line_id
    if _same_units(kept, line):
        line.quantity_dispensed, line.last_dispensed_at = (
            kept.quantity_dispensed,
            kept.last_dispensed_at,
        )
    if _as_order_text(kept) == _as_order_text(line):
        line.line_id, line.replaces_line = kept.line_id, kept.replaces_line
        line.override = line.override or kept.override
        line.judgement = kept.judgement
    return line


def _as_order_text(line: PrescriptionLine) -> tuple[object, ...]:
    return (
        line.medicine, line.dose, line.unit, line.dose_text, line.route, line.times, line.per_days, line.days,
    )  # fmt: skip


def _same_units(kept: PrescriptionLine, line: PrescriptionLine) -> bool:
    """Tell whether what has left counts towards the new quantity: the same medicine in the same dose."""
    return (kept.medicine, kept.dose, kept.unit, kept.dose_text, kept.route) == (
        line.medicine, line.dose, line.unit, line.dose_text, line.route,
    )  # fmt: skip


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


def _line(prescription: Prescription, line_id: str) -> PrescriptionLine:
    line = prescription.line(line_id)
    if line is None:
        raise StaleDocumentError("prescriptions")
    return line


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
