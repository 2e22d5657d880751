"""How a check is shown: findings by line, most severe first, each with the fact in this record that causes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consultations.queries import open_diagnoses
from patients.models import Observation, Patient
from patients.queries import newest_observations
from pharmacy import safety
from pharmacy.models import FacilityRule, PrescriptionLine, SafetyCheck
from pharmacy.queries import knowledge, prescriptions_of

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
    """A finding with the words for its facts, and what this patient can take instead: (id, name) pairs."""

    finding: Any
    facts: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, str], ...] = ()

    @property
    def is_of_the_knowledge(self) -> bool:
        """Tell whether the rule has a page of its own."""
        return not str(self.finding.rule).startswith("facility.")

    @property
    def source(self) -> str:
        """Return the source; what was not read in it is said to be verified still."""
        title, unread, _rest = str(self.finding.source).partition(" (to verify)")
        return str(_("%s (section à vérifier)")) % title if unread else title


@dataclass(frozen=True)
class ShownLine:
    """A line with what was found and what could not be checked."""

    line: PrescriptionLine
    findings: tuple[ShownFinding, ...] = ()
    not_checked: tuple[Any, ...] = ()
    is_incomplete: bool = False

    @property
    def worst(self) -> str:
        """Return the worst severity, `not-checked`, `incomplete` (something of the record is missing), or `clear`."""
        found = {shown.finding.severity for shown in self.findings}
        for severity in SEVERITIES[:3]:
            if severity in found:
                return severity
        if self.not_checked:
            return "not-checked"
        return "incomplete" if self.is_incomplete else "clear"

    @property
    def minor(self) -> tuple[ShownFinding, ...]:
        """Return what is shown on demand."""
        return tuple(shown for shown in self.findings if shown.finding.severity == "minor")

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
    words = fact_words(patient, lines, result.findings)
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
    words = fact_words(check.patient, lines, findings) if check else {}
    return tuple(_line(line, findings, not_checked, words) for line in lines)


def _line(
    line: PrescriptionLine,
    findings: Iterable[Any],
    not_checked: Iterable[Any],
    words: dict[str, str],
) -> ShownLine:
    concerning = [item for item in not_checked if item.concerns(line.line_id)]
    mine = sorted(
        (found for found in findings if found.line_id == line.line_id),
        key=lambda found: SEVERITIES.index(found.severity),
    )
    return ShownLine(
        line,
        tuple(
            ShownFinding(
                found,
                tuple(words[ref] for ref in found.facts if ref in words and ref != found.line_id),
                tuple((one, medicine_name(one)) for one in found.instead),
            )
            for found in mine
        ),
        tuple(item for item in concerning if item.line_id == line.line_id),
        is_incomplete=any(not item.line_id for item in concerning),
    )


def order_in_words(order: Any) -> str:
    """Return a line as a doctor typed it, for reading: nothing of it is lost when it could not be stored."""
    dose = f"{order.dose} {order.unit}".strip() or order.dose_text
    rhythm = _("%(times)s fois tous les %(days)s j") % {
        "times": order.times,
        "days": order.per_days,
    }
    duration = _("%(n)s jours") % {"n": order.days} if order.days else ""
    parts = (
        f"{order.medicine} {dose}".strip(),
        rhythm,
        duration,
        f"× {order.quantity}",
        order.instructions,
    )
    return " · ".join(part for part in parts if part)


def medicine_name(substance: str) -> str:
    """Return the name of a substance in the language of the page."""
    loaded = knowledge()
    if loaded is None or (get_language() or "fr").startswith("en"):
        return substance
    facts = loaded.substances.get(substance) or loaded.products.get(substance) or {}
    return str(facts.get("fr", substance))


def fact_words(
    patient: Patient, lines: Sequence[PrescriptionLine], findings: Iterable[Any]
) -> dict[str, str]:
    """Return, by ref, the words of the facts that findings rest on: what, who noted it and when."""
    wanted = {ref for found in findings for ref in found.facts}
    if not wanted:
        return {}
    words = _history_words(patient)
    if not wanted <= words.keys():
        words |= _open_diagnosis_words(patient)
    if not wanted <= words.keys():
        words |= _measurement_words(patient)
        words |= _other_words(patient, wanted - words.keys())
    beside = _("sur cette ordonnance : %(line)s")
    words |= {
        line.line_id: str(beside % {"line": f"{line.medicine} {line.dose_label}".strip()})
        for line in lines
    }
    return words


def _noted(text: object, who: str, when: datetime) -> str:
    return f"{text} — {who}, {timezone.localtime(when):%d/%m/%Y}"


def _history_words(patient: Patient) -> dict[str, str]:
    history = patient.history
    allergy, taken = str(_("allergie : %s")), str(_("dit prendre : %s"))
    named = [
        *((fact, allergy % fact.substance) for fact in history.allergies),
        *((fact, " ".join(filter(None, (fact.text, fact.code)))) for fact in history.conditions),
        *(
            (fact, taken % f"{fact.medicine} {fact.dose_text}".strip())
            for fact in history.medicines
        ),
    ]
    return {fact.fact_id: _noted(text, fact.noted_by_name, fact.noted_at) for fact, text in named}


def _open_diagnosis_words(patient: Patient) -> dict[str, str]:
    said = str(_("%s (consultation non signée)"))
    return {
        one.ref: _noted(said % one.label, one.doctor_name, one.started_at)
        for one in open_diagnoses(patient)
    }


# figures that stand in a finding by their name: the measurement that says them
_SAID_BY = {
    "weight_g": "weight_kg",
    "pregnancy": "pregnancy",
    "pregnancy_weeks": "pregnancy",
    "lactation": "breastfeeding",
    "infant_age_days": "breastfeeding",
}
_OWN_LABELS = {
    "weight_kg": _("poids"),
    "pregnancy": _("grossesse"),
    "breastfeeding": _("allaitement"),
}
_OWN_UNITS = {"weight_kg": "kg", "pregnancy": _("semaines"), "breastfeeding": _("jours")}


def _measurement_words(patient: Patient) -> dict[str, str]:
    rows = newest_observations(patient)
    said = {
        row.name: _noted(_measured(row), row.noted_by_name, row.taken_at) for row in rows.values()
    }
    words = {str(row.pk): said[row.name] for row in rows.values()}
    words |= {ref: said[name] for ref, name in _SAID_BY.items() if name in said}
    words["age_days"] = str(_("né·e le %s")) % f"{patient.birth_date:%d/%m/%Y}"
    return words


def _measured(row: Observation) -> str:
    loaded = knowledge()
    facts = loaded.measurements.get(row.name, {}) if loaded else {}
    label = _OWN_LABELS.get(row.name) or facts.get(_language(), row.name)
    if row.value is None:
        return str(label) if row.value_text == "yes" else f"{label} : {row.value_text}"
    number = number_format((Decimal(row.value) / 1000).normalize(), use_l10n=True)
    return f"{label} {number} {_OWN_UNITS.get(row.name) or facts.get('unit', '')}".strip()


def subject_of(note: Any) -> str:
    """Return what could not be checked as a person says it: a measurement or substances by name, else as it stands."""
    loaded = knowledge()
    if loaded and note.kind == "measurement":
        return str(loaded.measurements.get(note.about, {}).get(_language(), note.about))
    if loaded and note.kind == "dose" and _language() == "fr":
        names = note.about.split(", ")
        return ", ".join(str(loaded.substances.get(name, {}).get("fr", name)) for name in names)
    return str(note.about)


def _language() -> str:
    return "en" if (get_language() or "fr").startswith("en") else "fr"


def _other_words(patient: Patient, refs: Iterable[str]) -> dict[str, str]:
    """The medicines prescribed before, and the decisions of facilities."""
    wanted, words = set(refs), {}
    prescribed, decided = str(_("prescrit : %s")), str(_("décision de %(place)s : %(why)s"))
    for row in prescriptions_of(patient) if wanted else []:
        for line in row.lines:
            if line.line_id in wanted and line.line_id not in words:
                text = prescribed % f"{line.medicine} {line.dose_label}".strip()
                words[line.line_id] = _noted(text, row.prescriber_name, row.authored_at)
    local = [ref.partition(".")[2] for ref in wanted if ref.startswith("facility.")]
    for rule in (
        FacilityRule.objects.filter(pk__in=local).select_related("facility") if local else []
    ):
        text = decided % {"place": rule.facility, "why": rule.reason}
        words[rule.rule_id] = _noted(text, rule.added_by_name, rule.added_at)
    return words
