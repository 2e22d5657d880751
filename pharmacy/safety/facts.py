"""Reads a patient's record into facts: tokens that hold, figures as intervals, what is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from . import icd
from .allergens import Allergen
from .harmed import Reading
from .knowledge import Knowledge
from .logic import Evidence
from .model import Allergy, Condition, Measurement, NotChecked, Patient

FERTILE = (12 * 1461 // 4, 51 * 1461 // 4)
ADULT = 18 * 1461 // 4
# below it "allaitement" tells how the patient is fed, and a pregnancy is that of somebody else
CHILD = 9 * 1461 // 4
# a statement as old as that is past whatever it said: no pregnancy, no breastfeeding lasts longer
LONGEST_PREGNANCY_WEEKS = 44
LONGEST_BREASTFEEDING = 3 * 1461 // 4
# a test that was not done so long ago was done, or is no longer asked for
LATE_TEST = 90
# how a note quotes a word that nobody could read; who reads the note may not see what stands beside it
UNREADABLE = "????"
GENERAL = ("age_days", "weight_g", "pregnancy_weeks", "infant_age_days")


class Said(NamedTuple):
    """One fact a condition states: its code or group and its status."""

    code: str
    status: str


@dataclass(slots=True)
class Record:
    """The facts of a patient, ready for the operators."""

    tokens: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    figures: dict[str, tuple[int, int]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    allergens: list[tuple[Allergen, str]] = field(default_factory=list)
    tolerated: set[str] = field(default_factory=set)
    notes: list[NotChecked] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    stage: tuple[int, int] | None = None
    unmeasured: set[str] = field(default_factory=set)
    taken: list[tuple[str, str]] = field(default_factory=list)

    def hold(self, token: str, evidence: Evidence) -> None:
        """A fact holds, for this evidence."""
        known = self.tokens.get(token, ())
        if evidence not in known:
            self.tokens[token] = (*known, evidence)

    def evidence_of(self, figure: str, knowledge: Knowledge) -> Evidence:
        """What an alert says of a figure: its word, its value in both languages, its ref."""
        facts = knowledge.measurements.get(figure, {})
        word = facts.get("about", figure)
        ref = self.refs.get(figure, figure)
        if figure in GENERAL:
            return Evidence(word, "", "", ref)
        value, unit = self._shown(figure), facts.get("unit", "")
        return Evidence(
            word, f"{value.replace('.', ',')} {unit}".strip(), f"{value} {unit}".strip(), ref
        )

    def _shown(self, figure: str) -> str:
        if figure in self.words:
            return self.words[figure]
        low, high = self.figures[figure]
        return _decimal(low) if low == high else f"{_decimal(low)}-{_decimal(high + 1)}"


def _decimal(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def read_record(knowledge: Knowledge, patient: Patient) -> Record:
    """The facts of a patient's record."""
    record = Record()
    _general(record, patient)
    stated = _State()
    for condition in patient.conditions:
        _condition(record, knowledge, condition, stated)
    for allergy in patient.allergies:
        _allergy(record, knowledge, allergy)
    for text in patient.tolerated:
        for allergen in knowledge.find_allergen(text).allergens:
            record.tolerated |= allergen.members
    _pregnancy(record, patient, stated)
    _lactation(record, patient, stated)
    for measurement in _by_age(patient.measurements, stated.measured):
        _measurement(record, knowledge, measurement)
    _kidney(record, patient)
    return record


@dataclass(slots=True)
class _State:
    """Pregnancy, lactation and results as the conditions state them."""

    pregnant_code: Evidence | None = None
    pregnant_text: Evidence | None = None
    weeks: tuple[int, int] | None = None
    lactating: Evidence | None = None
    infant_age: tuple[int, int] | None = None
    measured: list[Measurement] = field(default_factory=list)


def _general(record: Record, patient: Patient) -> None:
    if patient.age_days is not None:
        record.figures["age_days"] = (patient.age_days, patient.age_days)
    if patient.weight_g is not None and patient.weight_g > 0:
        record.figures["weight_g"] = (patient.weight_g, patient.weight_g)
    if patient.sex in ("M", "F"):
        record.hold(f"sex:{patient.sex}", Evidence("", "", "", "sex"))
    else:
        record.unknown.update({"sex:M": "sex", "sex:F": "sex"})


def _condition(record: Record, knowledge: Knowledge, condition: Condition, stated: _State) -> None:
    code = icd.normal(condition.code or condition.text)
    if condition.status == "negated":
        return
    if code is not None:
        _code(record, knowledge, code, condition, stated)
    reading = knowledge.find_condition(condition.text) if condition.text.strip() else Reading()
    record.unmeasured |= reading.unmeasured if condition.noted_days <= LATE_TEST else set()
    for named, status in reading.facts:
        _fact(record, knowledge, named, _weaker(status, condition.status), condition, stated)
    for text in reading.allergies:
        _allergy(record, knowledge, Allergy(text, condition.ref))
    if condition.status == "active":
        _stated(reading, condition, stated)
        record.taken += [(name, condition.ref) for name in reading.taken]
    if code is None and (reading.unknown or not condition.text.strip()):
        unreadable = knowledge.lexicon.words["unreadable"]
        for text in reading.unknown or [condition.code or ""]:
            said = UNREADABLE if text in unreadable else text
            record.notes.append(_unknown_condition(said, condition))


def _weaker(read: str, recorded: str) -> str:
    """What a text says of a recorded condition never makes it more present than recorded."""
    return read if recorded == "active" else recorded if read == "active" else read


def _code(
    record: Record, knowledge: Knowledge, code: str, condition: Condition, stated: _State
) -> None:
    derived = knowledge.derived
    if code[:3] in derived["family_codes"]:
        relative = derived["family"].get(code[:5])
        if relative:
            _fact(record, knowledge, relative, "family", condition, stated)
    elif code[:3] == "Z88":
        _allergy_code(record, knowledge, code, condition)
    elif code[:5] in derived["history"]:
        _fact(record, knowledge, derived["history"][code[:5]], "resolved", condition, stated)
    _fact(record, knowledge, code, condition.status, condition, stated)


def _allergy_code(record: Record, knowledge: Knowledge, code: str, condition: Condition) -> None:
    """A Z88 code: what is written beside it names the allergen; else the code does, if it can."""
    written = knowledge.find_allergen(condition.text).allergens if condition.text.strip() else ()
    named = condition.text if written else knowledge.derived["allergy"].get(code[:5])
    _allergy(record, knowledge, Allergy(named or condition.text or code, condition.ref))


def _fact(
    record: Record,
    knowledge: Knowledge,
    named: str,
    status: str,
    condition: Condition,
    stated: _State,
) -> None:
    stated_as = knowledge.stated(named, status)
    evidence = Evidence(stated_as.code, stated_as.fr, stated_as.en, condition.ref)
    for token in stated_as.tokens:
        record.hold(token, evidence)
    code = stated_as.code
    if status == "active":
        _derive(record, knowledge, code, evidence, stated, condition.noted_days)


def _derive(
    record: Record,
    knowledge: Knowledge,
    code: str,
    evidence: Evidence,
    stated: _State,
    noted_days: int,
) -> None:
    derived = knowledge.derived
    keys = icd.keys(code)
    for key in keys:
        if key in derived["egfr"]:
            low, high = derived["egfr"][key]
            if record.stage is None or low < record.stage[0]:  # the gravest stage counts
                record.stage = (low, high)
                record.refs["stage"] = evidence.ref
    if any(key in derived["pregnancy"] for key in keys) and _may_last(noted_days):
        stated.pregnant_code = evidence
    if any(key in derived["lactation"] for key in keys) and noted_days <= LONGEST_BREASTFEEDING:
        stated.lactating = evidence


def _may_last(noted_days: int, weeks: int = 0) -> bool:
    """Whether a pregnancy noted so long ago, at so many weeks, can still last."""
    return weeks + noted_days // 7 <= LONGEST_PREGNANCY_WEEKS


def _stated(reading: Reading, condition: Condition, stated: _State) -> None:
    """What a text says of pregnancy, breastfeeding and results, counted on from the day it was noted."""
    days = condition.noted_days
    weeks = reading.weeks
    if _may_last(days, weeks[0] if weeks else 0):
        if reading.pregnant:
            stated.pregnant_text = Evidence("pregnancy", "", "", condition.ref)
        if weeks is not None:
            counted = (weeks[0] + days // 7, weeks[1] + days // 7)
            stated.weeks = _spanned(stated.weeks, counted)
    infant = reading.infant_age_days
    if reading.lactating and (infant or 0) + days <= LONGEST_BREASTFEEDING:
        stated.lactating = Evidence("lactation", "", "", condition.ref)
        if infant is not None:
            stated.infant_age = _spanned(stated.infant_age, (infant + days, infant + days))
    for figure, value in reading.measured.items():
        stated.measured.append(Measurement(figure, value, days, condition.ref))


def _spanned(known: tuple[int, int] | None, said: tuple[int, int]) -> tuple[int, int]:
    """Two statements that differ leave everything between them possible."""
    if known is None:
        return said
    return min(known[0], said[0]), max(known[1], said[1])


def _unknown_condition(text: str, condition: Condition) -> NotChecked:
    return NotChecked(
        None,
        "condition",
        text or condition.ref,
        f"« {text} » n'est pas compris : ce que cette maladie interdit n'a pas été vérifié.",
        f'"{text}" is not understood: what this condition forbids was not checked.',
        True,
    )


def _allergy(record: Record, knowledge: Knowledge, allergy: Allergy) -> None:
    if allergy.status not in ("active", "unconfirmed"):
        return
    if not allergy.text.strip():
        record.notes.append(_unknown_allergy(allergy.text, allergy))
        return
    reading = knowledge.find_allergen(allergy.text)
    record.notes.extend(_unknown_allergy(text, allergy) for text in reading.unknown)
    for allergen in reading.allergens:
        record.allergens.append((allergen, allergy.ref))
        if allergen.is_unnamed:
            record.notes.append(_unnamed_allergy(allergen, allergy))
        evidence = Evidence(f"allergy:{allergen.word}", allergen.fr, allergen.en, allergy.ref)
        for token in allergen.tokens:
            record.hold(token, evidence)


def _unknown_allergy(text: str, allergy: Allergy) -> NotChecked:
    return NotChecked(
        None,
        "allergy",
        text,
        f"L'allergie « {allergy.text} » n'est pas comprise : rien n'a été vérifié contre elle.",
        f'The allergy "{allergy.text}" is not understood: nothing was checked against it.',
        True,
    )


def _unnamed_allergy(allergen: Allergen, allergy: Allergy) -> NotChecked:
    """A family so wide that the record must say which medicine it was."""
    return NotChecked(
        None,
        "unnamed",
        allergy.text,
        f"L'allergie « {allergy.text} » ne dit pas quel médicament ({allergen.fr}) : à préciser.",
        f'The allergy "{allergy.text}" does not say which medicine ({allergen.en}): to be named.',
        True,
    )


def _pregnancy(record: Record, patient: Patient, stated: _State) -> None:
    """Pregnant if recorded so, or if the conditions say so of someone who is not a man."""
    if patient.sex == "M":
        return
    if _is_child(patient):
        stated.pregnant_code = stated.pregnant_text = None
    by_code = None if patient.lactation == "yes" else stated.pregnant_code
    evidence = stated.pregnant_text or by_code
    if patient.pregnancy == "yes":
        evidence = Evidence("pregnancy", "", "", "pregnancy")
    if evidence is not None:
        weeks = stated.weeks
        if patient.pregnancy_weeks is not None:
            weeks = (patient.pregnancy_weeks, patient.pregnancy_weeks)
        if weeks is not None:
            record.figures["pregnancy_weeks"] = weeks
        fr = "grossesse" if weeks is None else f"grossesse de {weeks[0]} SA"
        en = "pregnancy" if weeks is None else f"pregnancy of {weeks[0]} weeks"
        record.hold("pregnancy", Evidence("pregnancy", fr, en, evidence.ref))
    elif _may_be_pregnant(patient) and (
        patient.pregnancy == "unknown" or "pregnancy" in record.unmeasured
    ):
        record.unknown["pregnancy"] = "pregnancy"


def _is_child(patient: Patient) -> bool:
    return patient.age_days is not None and patient.age_days < CHILD


def _may_be_pregnant(patient: Patient) -> bool:
    return patient.age_days is None or FERTILE[0] <= patient.age_days < FERTILE[1]


def _lactation(record: Record, patient: Patient, stated: _State) -> None:
    if patient.sex == "M":
        return
    evidence = None if _is_child(patient) else stated.lactating
    if patient.lactation == "yes":
        evidence = Evidence("lactation", "", "", "lactation")
    if evidence is not None:
        age = stated.infant_age
        if patient.infant_age_days is not None:
            age = (patient.infant_age_days, patient.infant_age_days)
        if age is not None:
            record.figures["infant_age_days"] = age
        record.hold(
            "lactation", Evidence("lactation", "allaitement", "breastfeeding", evidence.ref)
        )


def _by_age(recorded: Iterable[Measurement], written: Iterable[Measurement]) -> list[Measurement]:
    """Newest first; of the same day a recorded result goes before one that stands in a text."""
    rows = [(one.age_days, place, one.ref, str(one.value), one)
            for place, some in enumerate((recorded, written)) for one in some]  # fmt: skip
    return [row[-1] for row in sorted(rows, key=lambda row: row[:-1])]


def _measurement(record: Record, knowledge: Knowledge, measurement: Measurement) -> None:
    name = measurement.name
    facts = knowledge.measurements.get(name)
    if facts is None or name in record.figures or name in record.words:
        return
    if measurement.age_days > facts.get("max_age_days", 36500):
        return
    if isinstance(measurement.value, str):
        record.words[name] = measurement.value
    else:
        record.figures[name] = (measurement.value, measurement.value)
    record.refs[name] = measurement.ref or name


def _kidney(record: Record, patient: Patient) -> None:
    """The eGFR when none is recorded: Cockcroft-Gault (Nephron 1976;16:31-41), else the stage."""
    if "egfr_ml_min" in record.figures:
        return
    creatinine = record.figures.get("creatinine_umol_l")
    weight, age = patient.weight_g, patient.age_days
    known = creatinine is not None and weight and age is not None and patient.sex in ("M", "F")
    if creatinine is not None and creatinine[0] > 0 and known and weight and age and age >= ADULT:
        years = age * 4 // 1461
        factor = 1230 if patient.sex == "M" else 1040
        value = max(0, 140 - years) * weight * factor // creatinine[0]
        record.figures["egfr_ml_min"] = (value, value)
        record.refs["egfr_ml_min"] = record.refs["creatinine_umol_l"]
    elif record.stage is not None:
        record.figures["egfr_ml_min"] = record.stage
        record.refs["egfr_ml_min"] = record.refs["stage"]
