"""How a check is shown: findings by line, most severe first, each with the fact in this record that causes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from patients.models import Patient
from pharmacy import safety
from pharmacy.models import PrescriptionLine, SafetyCheck

SEVERITIES = ("contraindicated", "major", "moderate", "minor")
KIND_LABELS = {
    "allergy": _("Allergie"),
    "condition": _("Maladie"),
    "interaction": _("Interaction"),
    "duplicate": _("Répétition"),
    "pregnancy": _("Grossesse"),
    "lactation": _("Allaitement"),
    "age": _("Âge"),
    "dose": _("Dose"),
    "renal": _("Rein"),
    "hepatic": _("Foie"),
    "g6pd": _("Déficit en G6PD"),
    "lab": _("Analyses"),
}


@dataclass(frozen=True)
class ShownFinding:
    """A finding with the words for its facts."""

    finding: Any
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownLine:
    """A line with what was found and what could not be checked."""

    line: PrescriptionLine
    findings: tuple[ShownFinding, ...] = ()
    not_checked: tuple[Any, ...] = ()

    @property
    def worst(self) -> str:
        """Return the worst severity, `not-checked`, or `clear`."""
        found = {shown.finding.severity for shown in self.findings}
        for severity in SEVERITIES[:3]:
            if severity in found:
                return severity
        return "not-checked" if self.not_checked else "clear"

    @property
    def interrupting(self) -> tuple[ShownFinding, ...]:
        """Return what interrupts: contraindicated and major findings."""
        return tuple(s for s in self.findings if s.finding.severity in ("contraindicated", "major"))


@dataclass(frozen=True)
class ShownCheck:
    """A check as the page shows it."""

    lines: tuple[ShownLine, ...]
    general: tuple[Any, ...] = ()
    knowledge_version: str = ""
    blocking: bool = field(default=False)

    @property
    def is_clear(self) -> bool:
        """Tell whether there is nothing to say."""
        return not self.general and all(line.worst == "clear" for line in self.lines)


def present_check(
    result: safety.Result, lines: Sequence[PrescriptionLine], patient: Patient
) -> ShownCheck:
    """Return a fresh check for the page."""
    words = fact_words(patient)
    shown = tuple(_line(line, result.findings, result.not_checked, words) for line in lines)
    general = tuple(item for item in result.not_checked if not item.line_id)
    return ShownCheck(
        shown, general, result.knowledge_version, any(line.interrupting for line in shown)
    )


def present_stored(
    check: SafetyCheck | None, lines: Sequence[PrescriptionLine]
) -> tuple[ShownLine, ...]:
    """Return a stored check by line; lines carried over without one are shown bare."""
    findings = check.findings if check else []
    not_checked = check.not_checked if check else []
    return tuple(_line(line, findings, not_checked, {}) for line in lines)


def _line(
    line: PrescriptionLine,
    findings: Iterable[Any],
    not_checked: Iterable[Any],
    words: dict[str, str],
) -> ShownLine:
    mine = sorted(
        (found for found in findings if found.line_id == line.line_id),
        key=lambda found: SEVERITIES.index(found.severity),
    )
    return ShownLine(
        line,
        tuple(
            ShownFinding(found, tuple(words[ref] for ref in found.facts if ref in words))
            for found in mine
        ),
        tuple(item for item in not_checked if item.line_id == line.line_id),
    )


def fact_words(patient: Patient) -> dict[str, str]:
    """Return, by id, the words of the facts in the record: what, who noted it and when."""
    history = patient.history
    named = [
        *((fact, fact.substance) for fact in history.allergies),
        *((fact, fact.text or fact.code) for fact in history.conditions),
        *((fact, fact.medicine) for fact in history.medicines),
    ]
    return {
        fact.fact_id: f"{text} — {fact.noted_by_name}, {fact.noted_at:%d/%m/%Y}"
        for fact, text in named
    }
