"""A check is stored whole: what was found, what could not be checked, by which knowledge, on which record."""

from datetime import datetime

from accounts.permissions import Actor
from patients.models import Patient
from pharmacy import safety
from pharmacy.models import Prescription, SafetyCheck, StoredFinding, StoredNotChecked


def store_check(
    prescription: Prescription | None, patient: Patient, moment: str, by: Actor, now: datetime, result: safety.Result,
    *, outcome: str, line_id: str = "", form_id: str = "",
) -> SafetyCheck:  # fmt: skip
    """Store one run of the engine and return it; without a prescription it is what a form showed."""
    check = SafetyCheck(
        prescription_id=str(prescription.pk) if prescription else "",
        form_id=form_id,
        patient=patient,
        patient_rev=patient.rev,
        moment=moment,
        line_id=line_id,
        outcome=outcome,
        at=now,
        by=str(by.user.pk) if by.user else "",
        by_role=",".join(by.roles),
        facility_id=str(by.facility_id or ""),
        knowledge_version=result.knowledge_version or "none",
        knowledge_hash=result.knowledge_hash or "",
        findings=[_finding(found) for found in result.findings],
        not_checked=[_not_checked(item) for item in result.not_checked],
    )
    check.save(force_insert=True)
    return check


def _finding(found: safety.Finding) -> StoredFinding:
    return StoredFinding(
        line_id=found.line_id, severity=found.severity, kind=found.kind, rule=found.rule, about=list(found.about),
        message_fr=found.message_fr, message_en=found.message_en, do_fr=found.do_fr, do_en=found.do_en,
        instead=list(found.instead), source=found.source, facts=list(found.facts),
    )  # fmt: skip


def _not_checked(item: safety.NotChecked) -> StoredNotChecked:
    return StoredNotChecked(
        line_id=item.line_id or "", kind=item.kind, about=item.about, why_fr=item.why_fr, why_en=item.why_en,
        needs_judgement=item.needs_judgement, lines=list(item.lines),
    )  # fmt: skip
