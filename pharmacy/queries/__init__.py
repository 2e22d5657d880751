"""What the engine and the pages need to read: the safety context of a patient, and the lists of work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.core.cache import cache

from accounts.permissions import Actor
from clinic.db import random_id
from patients.models import Observation, Patient
from patients.queries import newest_observations, pregnancy_of
from patients.timeline import Entry, timeline_source
from pharmacy import safety
from pharmacy.models import (
    Dispensing,
    PharmacyQuestion,
    Prescription,
    PrescriptionLine,
    QuestionStatus,
    SafetyCheck,
)
from pharmacy.rules import release

MICROGRAMS = {"µg": 1, "mg": 1_000, "g": 1_000_000}
RUNNING_STATUSES = ("active", "completed")
OPEN_ENDED_DAYS = 30
NOT_MEASUREMENTS = ("pregnancy", "breastfeeding", "weight_kg")


@lru_cache(maxsize=1)
def knowledge() -> safety.Knowledge | None:
    """Return the compiled knowledge, loaded once; None when it cannot be loaded: then nothing is 'clear'."""
    try:
        return safety.load()
    except (OSError, ValueError):
        return None


def safety_patient(patient: Patient, now: datetime) -> safety.Patient:
    """Return the record as the engine reads it today."""
    observations = newest_observations(patient)
    pregnancy = pregnancy_of(patient, observations, now)
    weight = observations.get("weight_kg")
    history = patient.history
    return safety.Patient(
        age_days=patient.age_days(now.date()),
        sex=patient.sex,
        weight_g=weight.value if weight else None,
        conditions=tuple(
            safety.Condition(
                text=fact.text, code=fact.code or None, status=fact.status, ref=fact.fact_id
            )
            for fact in history.conditions
            if fact.status != "entered-in-error"
        ),
        allergies=tuple(
            safety.Allergy(text=fact.substance, ref=fact.fact_id, status=fact.status)
            for fact in history.active_allergies
        ),
        tolerated=tuple(fact.substance for fact in history.tolerances if fact.is_active),
        pregnancy=pregnancy.pregnant,
        pregnancy_weeks=pregnancy.weeks,
        lactation=pregnancy.breastfeeding,
        infant_age_days=pregnancy.infant_age_days,
        measurements=tuple(
            _measurement(row, now)
            for row in observations.values()
            if row.name not in NOT_MEASUREMENTS
        ),
    )


def _measurement(row: Observation, now: datetime) -> safety.Measurement:
    value: int | str = row.value_text if row.value is None else row.value
    return safety.Measurement(
        name=row.name, value=value, age_days=max((now - row.taken_at).days, 0), ref=str(row.pk)
    )


def safety_line(line: PrescriptionLine) -> safety.Line:
    """Return a prescription line as the engine reads it."""
    return safety.Line(
        id=line.line_id,
        text=line.medicine,
        route=line.route,
        dose_ug=dose_ug(line.dose, line.unit),
        dose_text=line.dose_text or f"{line.dose} {line.unit}".strip(),
        times=line.times,
        per_days=line.per_days,
        days=line.days,
        atc=None,
    )


def dose_ug(dose: str, unit: str) -> int | None:
    """Return a dose in micrograms, or None when its unit is no mass."""
    factor = MICROGRAMS.get(unit)
    try:
        return int(Decimal(dose) * factor) if factor and dose else None
    except InvalidOperation:
        return None


def current_lines(
    patient: Patient, now: datetime, *, besides: Iterable[str] = ()
) -> tuple[safety.Line, ...]:
    """Return the medicines the patient takes: prescriptions still running, and what they say they take.

    Args:
        besides: ids of prescriptions to leave out (the one being checked, and the version it replaces).
    """
    left_out = set(besides)
    running = [
        safety_line(line)
        for prescription in Prescription.objects.filter(
            patient=patient, authored_at__gte=now - timedelta(days=400)
        ).order_by("-authored_at")
        if str(prescription.pk) not in left_out
        for line in prescription.lines
        if is_running(line, prescription.authored_at, now)
    ]
    return (*_newest_only(running), *_reported(patient))


def _reported(patient: Patient) -> list[safety.Line]:
    return [
        safety.Line(
            id=fact.fact_id, text=fact.medicine, route=fact.route, dose_ug=dose_ug(fact.dose, fact.unit),
            dose_text=fact.dose_text or f"{fact.dose} {fact.unit}".strip(), times=fact.times,
            per_days=fact.per_days, days=None, atc=None,
        )
        for fact in patient.history.active_medicines
    ]  # fmt: skip


def is_running(line: PrescriptionLine, authored_at: datetime, now: datetime) -> bool:
    """Tell whether a line's course still runs: from its last dispensing, else from when it was written."""
    started = line.last_dispensed_at or authored_at
    return (
        line.status in RUNNING_STATUSES
        and started + timedelta(days=line.days or OPEN_ENDED_DAYS) > now
    )


def _newest_only(lines: list[safety.Line]) -> list[safety.Line]:
    """Keep the newest of lines with the same id: an unchanged line stands in several versions."""
    return list({line.id: line for line in reversed(lines)}.values())


def check_lines(
    *,
    patient: Patient,
    lines: Iterable[PrescriptionLine],
    now: datetime,
    besides: Iterable[str] = (),
) -> safety.Result:
    """Check an order on the record as it is now.

    Args:
        patient: read in the same transaction as what is then written.
        lines: the order.
        besides: prescriptions that do not count as current medicines.
    """
    return safety.check(
        knowledge(),
        safety_patient(patient, now),
        order=tuple(safety_line(line) for line in lines),
        current=current_lines(patient, now, besides=besides),
    )


def lineage(prescription: Prescription) -> list[str]:
    """Return the ids of this version and of the ones it replaces."""
    ids = [str(prescription.pk)]
    replaced = prescription.replaces_id
    while replaced and len(ids) < 50:
        ids.append(replaced)
        earlier = (
            Prescription.objects.filter(pk=replaced).values_list("replaces_id", flat=True).first()
        )
        replaced = earlier or ""
    return ids


def lines_to_check(
    prescription: Prescription, line: PrescriptionLine | None = None
) -> list[PrescriptionLine]:
    """Return the lines that are checked together: those that are or may be taken, and `line` itself."""
    together = [
        other for other in prescription.lines if other.status in ("active", "draft", "completed")
    ]
    if line is not None and line not in together:
        together.append(line)
    return together


def stored_check(prescription: Prescription) -> SafetyCheck | None:
    """Return the newest check that is stored for the prescription's signing."""
    return SafetyCheck.objects.filter(pk=prescription.check_id).first()


def prescriptions_for_pharmacy(
    actor: Actor, statuses: Iterable[str], limit: int = 60
) -> list[Prescription]:
    """Return the prescriptions addressed to the actor's pharmacy, newest change first."""
    rows = list(
        Prescription.objects.filter(pharmacy_id=str(actor.facility_id), status__in=list(statuses))
        .select_related("patient")
        .order_by("-changed_at")[:limit]
    )
    for row in rows:
        actor.note_seen("patients", row.patient_id)
    return rows


def prescriptions_of(patient: Patient, limit: int = 50) -> list[Prescription]:
    """Return a patient's prescriptions, newest first."""
    return list(Prescription.objects.filter(patient=patient).order_by("-authored_at")[:limit])


def open_questions_for(actor: Actor, limit: int = 50) -> list[PharmacyQuestion]:
    """Return the pharmacists' open questions to the actor's facility: their own first, then colleagues'."""
    rows = list(
        PharmacyQuestion.objects.filter(
            facility_id=str(actor.facility_id), status=QuestionStatus.OPEN
        )
        .select_related("patient")
        .order_by("-asked_at")[:limit]
    )
    mine = str(actor.user.pk) if actor.user else ""
    rows.sort(key=lambda row: (row.prescriber_id != mine, row.asked_at))
    for row in rows:
        actor.note_seen("patients", row.patient_id)
    return rows


def suggestions(text: str, limit: int = 8) -> list[Any]:
    """Return medicines whose name starts with what was typed."""
    loaded = knowledge()
    return list(loaded.suggest(text, limit)) if loaded and len(text.strip()) >= 2 else []


def dispensings_of(prescription_ids: Iterable[str]) -> list[Dispensing]:
    """Return what left on these prescriptions, newest first."""
    return list(
        Dispensing.objects.filter(prescription_id__in=list(prescription_ids)).order_by("-at")
    )


def same_ingredients(medicine: str, other: str) -> bool:
    """Tell whether two names are known and mean the same substances."""
    loaded = knowledge()
    if loaded is None:
        return False
    mine, theirs = loaded.find_medicine(medicine), loaded.find_medicine(other)
    return mine.kind == theirs.kind == "exact" and set(mine.components) == set(theirs.components)


def touch_pharmacy(pharmacy_id: str) -> None:
    """Note that something changed for a pharmacy, so that its open pages fetch their list again."""
    cache.set(f"pharmacy-changed:{pharmacy_id}", str(random_id()), 86_400)


def pharmacy_stamp(pharmacy_id: object) -> str:
    """Return the stamp of the newest change for a pharmacy; pages compare it."""
    return str(cache.get(f"pharmacy-changed:{pharmacy_id}") or "0")


@dataclass(frozen=True)
class PublicVerdict:
    """What anybody may learn of a line from its printed code: no name, no reason."""

    medicine: str
    verdict: str  # dispense, do-not-dispense, dispensed


def public_verdicts(prescription: Prescription, now: datetime) -> list[PublicVerdict]:
    """Return, per line, whether it may be dispensed, from a check made now."""
    result = check_lines(
        patient=prescription.patient,
        lines=lines_to_check(prescription),
        now=now,
        besides=lineage(prescription),
    )
    return [
        PublicVerdict(f"{line.medicine} {line.dose_label}", _public(line, result))
        for line in prescription.lines
    ]


def _public(line: PrescriptionLine, result: safety.Result) -> str:
    if line.status == "completed":
        return "dispensed"
    mine = result.for_line(line.line_id)
    decision = release(
        status=line.status, quantity_left=line.quantity_left, findings=mine.findings, not_checked=mine.not_checked,
        reasoned_rules=line.override.rules if line.override else (), has_judgement=line.judgement is not None,
        is_confirmed=True,
    )  # fmt: skip
    return "dispense" if decision.is_allowed else "do-not-dispense"


@timeline_source
def prescription_entries(patient: Patient) -> Iterable[Entry]:
    """Return the prescriptions of a record for its timeline."""
    return [
        Entry(row.authored_at, "prescription", "pharmacy/_entry.html", row)
        for row in prescriptions_of(patient)
    ]
