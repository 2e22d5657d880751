"""What a check means for a line: its status when prescribed, and whether it may leave. Pure functions.

A contraindicated finding holds the line whatever anybody writes beside it; a major one needs the doctor's
reason; what could not be checked needs the pharmacist's judgement; the rest informs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from pharmacy.safety.local import Local, higher
from pharmacy.safety.model import RANK, Finding

LIVE_STATUSES = ("draft", "active", "on-hold")
DISPENSABLE_STATUSES = ("active",)

# status -> statuses it may change to, and what does it
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "draft": ("active", "on-hold", "stopped", "cancelled", "entered-in-error"),
    "active": ("completed", "draft", "on-hold", "stopped", "cancelled", "entered-in-error"),
    "on-hold": ("stopped", "cancelled", "entered-in-error"),
    "completed": ("cancelled", "entered-in-error"),
    "stopped": (),
    "cancelled": (),
    "entered-in-error": (),
}

# a facility's rule is never edited: it is retired, and another one added
FACILITY_RULE_TRANSITIONS: dict[str, tuple[str, ...]] = {"active": ("retired",), "retired": ()}
QUESTION_TRANSITIONS: dict[str, tuple[str, ...]] = {"open": ("answered",), "answered": ()}


class FoundLike(Protocol):
    """What these rules read of a finding."""

    @property
    def line_id(self) -> str:
        """The line it is about."""

    @property
    def severity(self) -> str:
        """How grave it is."""

    @property
    def rule(self) -> str:
        """What found it."""

    @property
    def subject(self) -> str:
        """What it is about, as a doctor's reason names it."""


class NotCheckedLike(Protocol):
    """What these rules read of a thing that was not checked."""

    @property
    def line_id(self) -> str | None:
        """The line it is about, or None for the whole order."""

    @property
    def needs_judgement(self) -> bool:
        """Whether a pharmacist must judge before it leaves."""

    @property
    def subject(self) -> str:
        """What it is about, as a judgement names it."""


def may_change(status: str, to: str) -> bool:
    """Tell whether a line may go from one status to another."""
    return to in TRANSITIONS[status]


def is_covered(finding: FoundLike, reasoned: Iterable[str]) -> bool:
    """Tell whether a reason was given for this danger: the same rule, meeting nothing else than it met then."""
    named = set(finding.subject.split("|"))
    return any(named <= set(subject.split("|")) for subject in reasoned)


def status_when_prescribed(findings: Iterable[FoundLike], reason_given: bool) -> str:  # noqa: FBT001
    """Return the status of a line just signed.

    Args:
        findings: those of this line.
        reason_given: a coded reason with words stands beside the line, for what is found now.

    Returns:
        `on-hold` when contraindicated (no reason lifts it), `draft` for a major finding without a reason,
        else `active`.
    """
    severities = {finding.severity for finding in findings}
    if "contraindicated" in severities:
        return "on-hold"
    return "draft" if "major" in severities and not reason_given else "active"


def prescription_status(line_statuses: Iterable[str]) -> str:
    """Return the status of a prescription from those of its lines: what needs somebody comes first."""
    statuses = set(line_statuses)
    for status in ("on-hold", "draft", "active", "completed", "stopped", "cancelled"):
        if status in statuses:
            return status
    return "entered-in-error"


@dataclass(frozen=True)
class Release:
    """May this line leave now? When not, why, as codes that pages and programs read.

    Attributes:
        blocks: reasons that hold the line; empty when it may leave.
        verdict: `clear`, `alert` or `not-checked`: what the check said, whether it may leave or not.
        needs_confirmation: a second person must confirm, or their absence be documented.
    """

    blocks: tuple[str, ...]
    verdict: str
    needs_confirmation: bool = False

    @property
    def is_allowed(self) -> bool:
        """Tell whether the line may leave."""
        return not self.blocks


def release(
    *, status: str, quantity_left: int, findings: Iterable[FoundLike], not_checked: Iterable[NotCheckedLike],
    reasoned: Iterable[str], judged: Iterable[str], is_confirmed: bool,
) -> Release:  # fmt: skip
    """Decide whether a line may leave, from the check made now.

    Args:
        status: the line's status.
        quantity_left: what is still to be dispensed.
        findings: those of this line, found now.
        not_checked: what could not be checked now for this line or the whole order.
        reasoned: subjects of the findings that the doctor's reason covers.
        judged: subjects that a pharmacist's recorded judgement covers.
        is_confirmed: a second person confirmed, or their absence was documented.
    """
    found, unknown = list(findings), list(not_checked)
    severities = {finding.severity for finding in found}
    covered = tuple(reasoned)
    doubts = {item.subject for item in unknown if item.needs_judgement}
    majors = [finding for finding in found if finding.severity == "major"]
    blocks = [
        code
        for code, holds in (
            ("status-" + status, status not in DISPENSABLE_STATUSES),
            ("nothing-left", status in DISPENSABLE_STATUSES and quantity_left <= 0),
            ("contraindicated", "contraindicated" in severities),
            ("major-without-reason", any(not is_covered(finding, covered) for finding in majors)),
            ("not-checked", bool(doubts - set(judged))),
            ("confirmation-needed", bool(majors) and not is_confirmed),
        )
        if holds
    ]
    return Release(tuple(blocks), verdict(found, unknown), needs_confirmation=bool(majors))


def verdict(findings: Iterable[FoundLike], not_checked: Iterable[NotCheckedLike]) -> str:
    """Return `alert` when anything moderate or worse was found, else `not-checked`, else `clear`."""
    if any(finding.severity in ("contraindicated", "major", "moderate") for finding in findings):
        return "alert"
    return "not-checked" if any(True for _ in not_checked) else "clear"


def raise_severities(findings: Iterable[Finding], local: Local) -> tuple[Finding, ...]:
    """Apply what facilities decided to what the engine found: a severity may rise, it never falls.

    Returns:
        The findings, most severe first; each that a facility raised or added carries that decision's ref in `facts`.
    """
    raised = [_raised(finding, local) for finding in findings]
    return tuple(sorted(raised, key=lambda finding: -RANK[finding.severity]))


def _raised(finding: Finding, local: Local) -> Finding:
    severity, facts = finding.severity, finding.facts
    for decision in local.raised:
        if decision.rule == finding.rule:
            severity = higher(severity, decision.severity)
            facts = (*facts, decision.ref)
    facts = (*facts, *(rule.id for rule in local.added if rule.id == finding.rule))
    return replace(finding, severity=severity, facts=facts)


def may_raise(severity: str, to: str) -> bool:
    """Tell whether a facility may set a rule of this severity to another one: only to a graver one."""
    return RANK[to] > RANK[severity]
