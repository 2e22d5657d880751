"""Dispensing: the one gate through which a medicine can leave.

The check runs on the record as it is inside the same transaction, and the dispensing is written together
with it; a refusal is written too. A change of the record or of the prescription at the same moment makes the
transaction start again, so that the check is never older than the record.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.permissions import Actor
from billing.charges import record_charge, use_quotes, withdraw_quotes
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, claim, on_commit
from clinic.recording import recorded
from notifications.queue import enqueue
from patients.models import Patient
from pharmacy.actions.checking import store_check
from pharmacy.actions.lines import line_in
from pharmacy.models import (
    Dispensing,
    Judgement,
    LineStatus,
    PharmacyQuestion,
    Prescription,
    PrescriptionLine,
    QuestionStatus,
    SafetyCheck,
)
from pharmacy.permissions import may_confirm, may_dispense, may_take_over
from pharmacy.queries import LineToday, lines_today, same_ingredients, touch_pharmacy
from pharmacy.queries.payment import payments_of
from pharmacy.rules import Release, may_change, prescription_status

SHORTEST_REASON = 3


class NotDispensableError(Exception):
    """The line may not leave. Carries the decision and the check that was made now and stored."""

    code = "not-dispensable"

    def __init__(self, decision: Release, check: SafetyCheck) -> None:
        super().__init__(", ".join(decision.blocks))
        self.decision = decision
        self.check = check


@dataclass(frozen=True)
class Handover:
    """What a pharmacist wants to hand out.

    Attributes:
        line_id: the prescription's line.
        quantity: units, from 1 to what is left.
        batch: lot number.
        judgement: (code, text) on what could not be checked, or None.
        judged: the subjects that were shown to who judged; None covers what the check made now cannot say.
        confirmed_by: the second person who confirmed a released major finding.
        alone_reason: why there was no second person.
        substitute: another product of the same ingredients, handed out instead.
        form_id: id of the form that was filled; the same form twice dispenses once.
        payment_skipped_reason: the emergency that skips payment, where the facility asks for it first.
    """

    line_id: str
    quantity: int
    batch: str = ""
    judgement: tuple[str, str] | None = None
    judged: tuple[str, ...] | None = None
    confirmed_by: User | None = None
    alone_reason: str = ""
    substitute: str = ""
    form_id: str = ""
    payment_skipped_reason: str = ""


def dispense(
    *, prescription: Prescription, handover: Handover, by: Actor, now: datetime
) -> Dispensing:
    """Let medicine leave, if the check made now allows it. This is the only gate.

    Returns:
        The dispensing, with the id of its check.

    Raises:
        PermissionDenied: the actor is no pharmacist of the pharmacy it is addressed to.
        NotDispensableError: it may not leave. The check and the refusal are stored all the same.
        StaleDocumentError: the line is not in this version, or another form of the same moment won.
    """
    outcome = _decide_and_dispense(prescription=prescription, handover=handover, by=by, now=now)
    if isinstance(outcome, NotDispensableError):
        raise outcome
    return outcome


@recorded
def _decide_and_dispense(
    *, prescription: Prescription, handover: Handover, by: Actor, now: datetime
) -> Dispensing | NotDispensableError:
    if handover.form_id and (known := Dispensing.objects.filter(form_id=handover.form_id).first()):
        return _same_as_stored(known, prescription, handover)
    fresh = Prescription.objects.select_related("patient").get(pk=prescription.pk)
    if not may_dispense(by, fresh):
        raise PermissionDenied("dispense")
    patient = Patient.objects.get(pk=fresh.patient_id)
    claim(Patient.objects.filter(pk=patient.pk, rev=patient.rev), updated_at=now)
    line = line_in(fresh, handover.line_id)
    today = lines_today(fresh, patient, now, only=line, handed=handover.substitute.strip())[0]
    judgement = _judgement(handover, today, by, now) or line.judgement
    result = today.result
    decision = decide(today, handover, judgement, by)
    decision, skipped = _paid_first(decision, fresh, handover)
    check = store_check(
        fresh, patient, "dispense", by, now, result, line_id=line.line_id,
        outcome="released" if decision.is_allowed else "refused",
    )  # fmt: skip
    if not decision.is_allowed:
        return NotDispensableError(decision, check)
    handover = replace(handover, payment_skipped_reason=skipped)
    return _hand_out(fresh, patient, line, handover, judgement, decision, check, by, now)


def _same_as_stored(
    known: Dispensing, prescription: Prescription, handover: Handover
) -> Dispensing:
    """Return what a form sent twice has dispensed the first time; saying something else now dispenses nothing."""
    asked = (str(prescription.pk), handover.line_id, handover.quantity)
    if (known.prescription_id, known.line_id, known.quantity) != asked:
        raise StaleDocumentError("dispensings")
    return known


def _judgement(handover: Handover, today: LineToday, by: Actor, now: datetime) -> Judgement | None:
    """What is judged now, with what was judged before of the same line."""
    code, text = handover.judgement or ("", "")
    if not code or not text.strip():
        return None
    before = today.line.judgement.subjects if today.line.judgement else []
    judged = today.doubts if handover.judged is None else handover.judged
    return Judgement(
        code=code,
        text=text.strip(),
        subjects=sorted({*before, *judged}),
        by=str(by.user.pk) if by.user else "",
        by_name=str(by.user),
        at=now,
    )


def decide(today: LineToday, handover: Handover, judgement: Judgement | None, by: Actor) -> Release:
    """Decide whether a line may leave: by the check made now, its medicine and its quantity."""
    line = today.line
    decision = today.decision(judgement=judgement, is_confirmed=_is_confirmed(handover, by))
    further = [
        code
        for code, holds in (
            ("quantity", not 1 <= handover.quantity <= max(line.quantity_left, 1)),
            (
                "other-ingredient",
                bool(handover.substitute)
                and not same_ingredients(line.medicine, handover.substitute),
            ),
        )
        if holds
    ]
    return replace(decision, blocks=(*decision.blocks, *further))


def _paid_first(
    decision: Release, prescription: Prescription, handover: Handover
) -> tuple[Release, str]:
    """Hold a line that is not paid for, where this pharmacy asks for payment first.

    Returns:
        The decision, and the reason of the emergency when it was needed and given. Nothing else is lifted by it.
    """
    paid = payments_of(prescription).get(handover.line_id)
    if paid is None or paid.covers(handover.quantity):
        return decision, ""
    reason = handover.payment_skipped_reason.strip()
    if len(reason) >= SHORTEST_REASON:
        return decision, reason[:200]
    return replace(decision, blocks=(*decision.blocks, "payment-needed")), ""


def _is_confirmed(handover: Handover, by: Actor) -> bool:
    """A second person is somebody else of the trade; their absence must be put in words."""
    other = handover.confirmed_by
    is_alone = len(handover.alone_reason.strip()) >= SHORTEST_REASON
    return (other is not None and may_confirm(other, by)) or is_alone


def _hand_out(
    prescription: Prescription, patient: Patient, line: PrescriptionLine, handover: Handover,
    judgement: Judgement | None, decision: Release, check: SafetyCheck, by: Actor, now: datetime,
) -> Dispensing:  # fmt: skip
    other = handover.confirmed_by
    dispensing = Dispensing(
        prescription_id=str(prescription.pk),
        line_id=line.line_id,
        patient=patient,
        pharmacy_id=str(by.facility_id),
        medicine=handover.substitute.strip() or line.medicine,
        substituted_for=line.medicine if handover.substitute else "",
        batch=handover.batch,
        quantity=handover.quantity,
        at=now,
        by=str(by.user.pk) if by.user else "",
        by_name=str(by.user),
        check_id=str(check.pk),
        verdict=decision.verdict,
        knowledge_version=check.knowledge_version,
        confirmed_by=str(other.pk) if other else "",
        confirmed_by_name=str(other or ""),
        alone_reason=handover.alone_reason,
        judgement=judgement,
        form_id=handover.form_id,
        payment_skipped_reason=handover.payment_skipped_reason,
    )
    dispensing.save(force_insert=True)
    _count_out(prescription, line, handover, judgement, now)
    quoted = use_quotes(line_id=line.line_id, quantity=dispensing.quantity, by=by)
    if quoted < dispensing.quantity:
        record_charge(
            patient=patient, kind="medicine", label=dispensing.medicine, quantity=dispensing.quantity - quoted,
            source=f"dispensing:{dispensing.pk}", by=by, now=now,
        )  # fmt: skip
    on_commit(lambda: touch_pharmacy(prescription.pharmacy_id))
    return dispensing


def _count_out(
    prescription: Prescription,
    line: PrescriptionLine,
    handover: Handover,
    judgement: Judgement | None,
    now: datetime,
) -> None:
    """Count the units out, guarded by the revision that was read."""
    line.quantity_dispensed += handover.quantity
    line.last_dispensed_at = now
    line.judgement = judgement
    if line.quantity_left == 0 and may_change(line.status, LineStatus.COMPLETED):
        line.status = LineStatus.COMPLETED
    prescription.status = prescription_status(item.status for item in prescription.lines)
    if handover.payment_skipped_reason:
        prescription.payment_skipped_reason = handover.payment_skipped_reason
    claim(
        Prescription.objects.filter(pk=prescription.pk, rev=prescription.rev),
        rev=prescription.rev + 1,
    )
    prescription.rev += 1
    prescription.changed_at = now
    prescription.save()


@recorded
def take_over(*, prescription: Prescription, by: Actor, now: datetime) -> Prescription:
    """Address a prescription to the actor's pharmacy: the patient came here with its code."""
    fresh = Prescription.objects.select_related("patient").get(pk=prescription.pk)
    if not may_take_over(by, fresh):
        raise PermissionDenied("dispense")
    left = fresh.pharmacy_id
    withdraw_quotes(
        line_ids=[line.line_id for line in fresh.lines], facility_id=parse_id(left),
        reason="L’ordonnance est partie vers une autre pharmacie.",
    )  # fmt: skip
    fresh.pharmacy_id = str(by.facility_id)
    fresh.rev += 1
    fresh.changed_at = now
    fresh.save()
    on_commit(lambda: _touch_both(left, fresh.pharmacy_id))
    return fresh


def _touch_both(left: str, entered: str) -> None:
    touch_pharmacy(left)
    touch_pharmacy(entered)


@recorded
def ask_doctor(
    *,
    prescription: Prescription,
    line_id: str,
    text: str,
    by: Actor,
    now: datetime,
    finding: tuple[str, str] = ("", ""),
) -> PharmacyQuestion:
    """Send the doctor a question about a line, with the finding (French, English) that causes it."""
    if not may_dispense(by, prescription):
        raise PermissionDenied("dispense")
    line = line_in(prescription, line_id)
    open_one = PharmacyQuestion.objects.filter(
        prescription_id=str(prescription.pk), line_id=line_id, status=QuestionStatus.OPEN
    ).first()
    if open_one is not None:
        return open_one
    return PharmacyQuestion.objects.create(
        prescription_id=str(prescription.pk),
        line_id=line_id,
        patient=prescription.patient,
        facility_id=str(prescription.facility_id),
        prescriber_id=prescription.prescriber_id,
        pharmacy_id=str(by.facility_id),
        medicine=line.medicine,
        finding_fr=finding[0],
        finding_en=finding[1],
        text=text.strip(),
        asked_at=now,
        asked_by=str(by.user.pk) if by.user else "",
        asked_by_name=str(by.user),
    )


@recorded
def tell_patient_ready(*, prescription: Prescription, by: Actor, now: datetime) -> None:
    """Tell the patient by SMS that their prescription is ready."""
    if not may_dispense(by, prescription):
        raise PermissionDenied("dispense")
    enqueue(
        kind="prescription-ready",
        patient=prescription.patient,
        cause=f"prescription:{prescription.pk}",
        by=by,
        now=now,
    )
