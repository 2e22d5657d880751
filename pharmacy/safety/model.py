"""What goes into the safety engine and what comes out: frozen facts, findings, things not checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SEVERITIES = ("info", "minor", "moderate", "major", "contraindicated")
RANK = {name: rank for rank, name in enumerate(SEVERITIES)}
SYSTEMIC = ("oral", "sublingual", "iv", "im", "sc", "rectal", "implant")
PARENTERAL = ("iv", "im", "sc")
LOCAL = (
    "intradermal",
    "infiltration",
    "inhaled",
    "vaginal",
    "topical",
    "ophthalmic",
    "otic",
    "nasal",
)
ROUTES = SYSTEMIC + LOCAL
ROUTE_GROUPS = {
    "systemic": SYSTEMIC,
    "parenteral": PARENTERAL,
    "local": LOCAL,
    "any": ROUTES,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the record: what was written, its ICD-10 code if one was chosen, its status.

    `status` is active, resolved, family or negated; `ref` names the fact in the record. `noted_days` is how long ago
    it was written: a figure in its words is as old as that, and weeks of a pregnancy are counted on from there.
    """

    text: str
    code: str | None = None
    status: str = "active"
    ref: str = ""
    noted_days: int = 0


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy as written; only `active` and `unconfirmed` ones count."""

    text: str
    ref: str = ""
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A laboratory value in thousandths of its unit (or a word), and how many days old it is."""

    name: str
    value: int | str
    age_days: int = 0
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A medicine ordered or taken: `times` doses in `per_days` days; `dose_ug` in micrograms."""

    id: str
    text: str
    route: str
    dose_ug: int | None = None
    dose_text: str = ""
    times: int = 1
    per_days: int = 1
    days: int | None = None
    atc: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """The facts of a patient that checks read; None or "unknown" is a fact that is missing."""

    age_days: int | None = None
    sex: str | None = None
    weight_g: int | None = None
    conditions: tuple[Condition, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    tolerated: tuple[str, ...] = ()
    pregnancy: str = "no"
    pregnancy_weeks: int | None = None
    lactation: str = "no"
    infant_age_days: int | None = None
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One danger of one ordered line. `facts` are the refs of what it rests on, lines included."""

    line_id: str
    severity: str
    kind: str
    rule: str
    about: tuple[str, ...]
    message_fr: str
    message_en: str
    do_fr: str
    do_en: str
    instead: tuple[str, ...]
    source: str
    facts: tuple[str, ...]
    knowledge_version: str

    @property
    def subject(self) -> str:
        """What it is about, as a doctor's reason names it."""
        return finding_subject(self.rule, self.kind, self.about, self.facts)


def finding_subject(rule: str, kind: str, about: Iterable[str], facts: Iterable[str]) -> str:
    """The danger that a reason is given for: the rule and what the medicine meets, from either side of a pair.

    A dose is named by the lines that add up to it, since another line makes it another dose.
    """
    return "|".join((rule, *sorted(facts if kind == "dose" else about)))


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something that could not be checked, and why; `needs_judgement` holds the line.

    `lines` are the ordered lines it concerns, `substances` the medicines in them that wait for a figure; without
    lines it concerns the whole order.
    """

    line_id: str | None
    kind: str
    about: str
    why_fr: str
    why_en: str
    needs_judgement: bool
    lines: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()

    def concerns(self, line_id: str) -> bool:
        """Whether the line is not wholly checked because of it."""
        return line_id == self.line_id or (
            self.line_id is None and (not self.lines or line_id in self.lines)
        )

    @property
    def subject(self) -> str:
        """What it is about, as a judgement names it: `allergy:…`, `medicine:…`, `rule:…`."""
        return f"{self.kind}:{self.about}"


@dataclass(frozen=True, slots=True)
class Result:
    """The findings, most severe first, and what was not checked."""

    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    knowledge_version: str = ""
    knowledge_hash: str = ""

    def for_line(self, line_id: str) -> Result:
        """The part of the result that speaks of one line (general notes are kept)."""
        return Result(
            tuple(finding for finding in self.findings if finding.line_id == line_id),
            tuple(note for note in self.not_checked if note.line_id in (None, line_id)),
            self.knowledge_version,
            self.knowledge_hash,
        )


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a written medicine is: `exact` (its components), `offered` (near names), `unknown`."""

    kind: str
    components: tuple[str, ...] = ()
    product: str | None = None
    offered: tuple[str, ...] = field(default=())
