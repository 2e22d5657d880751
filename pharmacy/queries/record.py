"""The record of a patient as the engine reads it: facts, measurements, the medicines taken now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from patients.models import Observation, Patient
from patients.queries import newest_observations, pregnancy_of, usable_weight
from pharmacy import safety
from pharmacy.models import Prescription, PrescriptionLine

MICROGRAMS = {"µg": 1, "mg": 1_000, "g": 1_000_000}
RUNNING_STATUSES = ("active", "completed")
OPEN_ENDED_DAYS = 30
NOT_MEASUREMENTS = ("pregnancy", "breastfeeding", "weight_kg")


def safety_patient(patient: Patient, now: datetime) -> safety.Patient:
    """Return the record as the engine reads it today."""
    observations = newest_observations(patient)
    pregnancy = pregnancy_of(patient, observations, now)
    weight = usable_weight(observations, patient, now)
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
