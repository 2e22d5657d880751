"""What people change about the knowledge: reviews of its rules, and what their facility adds to it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accounts.permissions import Actor
from clinic.db import StaleDocumentError
from clinic.recording import recorded
from patients.models import Patient
from pharmacy.actions.checking import store_check
from pharmacy.models import (
    FacilityRule,
    FacilityRuleKind,
    PrescriptionLine,
    ReviewDecision,
    RuleReview,
    RuleStatus,
    SafetyCheck,
)
from pharmacy.queries import check_lines, knowledge
from pharmacy.queries.local import added_rule
from pharmacy.queries.reference import catalogue
from pharmacy.rules import FACILITY_RULE_TRANSITIONS, may_raise
from pharmacy.safety.local import UnreadableRuleError, readable


class NotAcceptedError(Exception):
    """A decision about the knowledge that is not accepted; `code` says why.

    `changed`: the rule reads otherwise now; `not-graver`: a severity may only rise; `drug`, `value`: not understood;
    `note-missing`: an objection needs words; `raised-already`; `retired-already`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@recorded
def review_rules(
    *, read: Mapping[str, str], decision: str, by: Actor, now: datetime, note: str = ""
) -> list[RuleReview]:
    """Approve rules, or object to them, as they were read.

    Args:
        read: the content hash of each rule as the reviewer saw it, by rule id.
        decision: a `ReviewDecision`; an objection needs a note.

    Raises:
        PermissionDenied: the actor may not approve knowledge.
        NotAcceptedError: a rule is unknown or has changed since it was shown; nothing is stored.
    """
    by.require("approve_knowledge")
    if decision not in ReviewDecision.values:
        raise NotAcceptedError("decision")
    if decision == ReviewDecision.OBJECTED and len(note.strip()) < 3:
        raise NotAcceptedError("note-missing")
    known = catalogue()
    if any(
        rule_id not in known or known[rule_id].content_hash != seen
        for rule_id, seen in read.items()
    ):
        raise NotAcceptedError("changed")
    rows = [
        _review(rule_id, seen, decision, note, by, now) for rule_id, seen in sorted(read.items())
    ]
    for row in rows:
        row.save(force_insert=True)
    return rows


def _review(
    rule_id: str, seen: str, decision: str, note: str, by: Actor, now: datetime
) -> RuleReview:
    loaded = knowledge()
    return RuleReview(
        rule_id=rule_id, content_hash=seen, decision=decision, note=note.strip(),
        knowledge_version=loaded.version if loaded else "", by=str(by.user.pk) if by.user else "",
        by_name=str(by.user), by_role=",".join(by.roles), facility_id=str(by.facility_id or ""),
        facility_name=by.facility.name if by.facility else "", at=now,
    )  # fmt: skip


@recorded
def raise_severity(
    *, rule_id: str, severity: str, reason: str, by: Actor, now: datetime
) -> FacilityRule:
    """Raise the severity of a rule for the patients of the actor's facility. It can only rise.

    Raises:
        PermissionDenied: the actor does not manage the facility.
        NotAcceptedError: `changed` (no such rule), `not-graver`, `raised-already`.
    """
    by.require("manage_staff")
    entry = catalogue().get(rule_id)
    if entry is None:
        raise NotAcceptedError("changed")
    if not may_raise(entry.severity, severity):
        raise NotAcceptedError("not-graver")
    mine = FacilityRule.objects.filter(facility=by.facility, status=RuleStatus.ACTIVE)
    if mine.filter(kind=FacilityRuleKind.RAISE, base_rule=rule_id).exists():
        raise NotAcceptedError("raised-already")
    return _store(
        {"kind": FacilityRuleKind.RAISE, "base_rule": rule_id, "severity": severity},
        reason,
        by,
        now,
    )


@recorded
def add_rule(*, values: Mapping[str, Any], reason: str, by: Actor, now: datetime) -> FacilityRule:
    """Add a rule for the patients of the actor's facility, run by the same engine as all others.

    Args:
        values: `drug`, `trigger`, `value`, `severity`, `message_fr`, `message_en`, `do_fr`, `do_en`.

    Raises:
        PermissionDenied: the actor does not manage the facility.
        NotAcceptedError: `drug` or `value` is not understood.
    """
    by.require("manage_staff")
    loaded = knowledge()
    row = FacilityRule(kind=FacilityRuleKind.ADD, facility=by.facility, reason=reason, **values)
    if loaded is None:
        raise NotAcceptedError("changed")
    try:
        readable(loaded, added_rule(row))
    except UnreadableRuleError as error:
        raise NotAcceptedError(error.code) from error
    return _store({"kind": FacilityRuleKind.ADD, **values}, reason, by, now)


def _store(values: Mapping[str, Any], reason: str, by: Actor, now: datetime) -> FacilityRule:
    row = FacilityRule(
        facility=by.facility, reason=reason.strip(), added_by=str(by.user.pk) if by.user else "",
        added_by_name=str(by.user), added_at=now, **values,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


@recorded
def retire_rule(*, rule: FacilityRule, reason: str, by: Actor, now: datetime) -> FacilityRule:
    """Retire a rule that the actor's facility added or raised; what it said stays readable.

    Raises:
        PermissionDenied: the actor does not manage that facility.
        NotAcceptedError: it was retired meanwhile.
    """
    by.require("manage_staff")
    fresh = FacilityRule.objects.filter(pk=rule.pk, facility=by.facility).first()
    if fresh is None:
        raise StaleDocumentError("facility_rules")
    if RuleStatus.RETIRED not in FACILITY_RULE_TRANSITIONS[fresh.status]:
        raise NotAcceptedError("retired-already")
    fresh.status, fresh.retired_at = RuleStatus.RETIRED, now
    fresh.retired_by_name, fresh.retire_reason = str(by.user), reason.strip()
    fresh.save()
    return fresh


@recorded
def note_interruption(
    *, patient: Patient, lines: Iterable[PrescriptionLine], form_id: str, by: Actor, now: datetime,
    besides: Iterable[str] = (),
) -> SafetyCheck | None:  # fmt: skip
    """Store what a doctor was shown before signing, so that heeded alerts can be counted. Once a form."""
    by.require("prescribe")
    if not form_id or SafetyCheck.objects.filter(moment="interrupt", form_id=form_id).exists():
        return None
    result = check_lines(patient=patient, lines=lines, now=now, besides=besides)
    return store_check(
        None, patient, "interrupt", by, now, result, outcome="shown", form_id=form_id
    )
