"""The record of a patient as the engine reads it: facts, measurements, the medicines taken now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from consultations.queries import open_diagnoses
from patients.models import Observation, Patient
from patients.queries import newest_observations, pregnancy_of, usable_weight
from pharmacy import safety
from pharmacy.models import Prescription, PrescriptionLine

MICROGRAMS = {"µg": 1, "mg": 1_000, "g": 1_000_000}
RUNNING_STATUSES = ("active", "completed")
TAKEN_STATUSES = (*RUNNING_STATUSES, "draft", "on-hold", "stopped")
OPEN_ENDED_DAYS = 30
LONGEST_COURSE_DAYS = 365
REMEMBERED_DAYS = 400
DEPOT_ROUTES = ("im", "sc", "implant")
NOT_MEASUREMENTS = ("pregnancy", "breastfeeding", "weight_kg")


def safety_patient(patient: Patient, now: datetime) -> safety.Patient:
    """Return the record as the engine reads it today, with what is diagnosed and not signed yet."""
    observations = newest_observations(patient)
    pregnancy = pregnancy_of(patient, observations, now)
    weight = usable_weight(observations, patient, now)
    history = patient.history
    return safety.Patient(
        age_days=patient.age_days(now.date()),
        sex=patient.sex,
        weight_g=weight.value if weight else None,
        conditions=(
            *(
                safety.Condition(
                    text=fact.text,
                    code=fact.code or None,
                    status=fact.status,
                    ref=fact.fact_id,
                    noted_days=_days_since(fact.last_said_at, now),
                )
                for fact in history.conditions
                if fact.status != "entered-in-error"
            ),
            *(
                safety.Condition(
                    text=one.text,
                    code=one.code or None,
                    status="active",
                    ref=one.ref,
                    noted_days=_days_since(one.started_at, now),
                )
                for one in open_diagnoses(patient)
            ),
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
        name=row.name, value=value, age_days=_days_since(row.taken_at, now), ref=str(row.pk)
    )


def _days_since(moment: datetime | None, now: datetime) -> int:
    return 0 if moment is None else max((now - moment).days, 0)


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
    patient: Patient,
    now: datetime,
    *,
    besides: Iterable[str] = (),
    order: Iterable[PrescriptionLine] = (),
) -> tuple[safety.Line, ...]:
    """Return the medicines the patient takes: prescriptions still running, and what they say they take.

    Args:
        besides: ids of the prescription being checked and of the versions it replaces: of these only what left
            counts, and is neither carried over nor replaced.
        order: the lines being checked.
    """
    mine, ordered = set(besides), list(order)
    rows = list(
        Prescription.objects.filter(
            patient=patient, changed_at__gte=now - timedelta(days=REMEMBERED_DAYS)
        ).order_by("-authored_at")
    )
    kept = {(line.line_id, line.medicine) for line in ordered}
    replaced = {
        line.replaces_line for line in (*ordered, *(one for row in rows for one in row.lines))
    }
    newest: dict[tuple[str, str], tuple[PrescriptionLine, datetime, bool]] = {}
    for row in rows:
        for line in row.lines:
            found = (line, row.authored_at, str(row.pk) in mine)
            newest.setdefault((line.line_id, line.medicine), found)
    running = [
        safety_line(line)
        for name, (line, authored_at, is_mine) in newest.items()
        if name not in kept
        and line.line_id not in replaced
        and (line.quantity_dispensed or not is_mine)
        and is_running(line, authored_at, now)
    ]
    return (*running, *_reported(patient))


def _reported(patient: Patient) -> list[safety.Line]:
    return [
        safety.Line(
            id=fact.fact_id, text=fact.medicine, route=fact.route, dose_ug=dose_ug(fact.dose, fact.unit),
            dose_text=fact.dose_text or f"{fact.dose} {fact.unit}".strip(), times=fact.times,
            per_days=fact.per_days, days=None, atc=None,
        )
        for fact in patient.history.active_medicines
    ]  # fmt: skip


def has_left(line: PrescriptionLine) -> bool:
    """Tell whether the patient has some of it, and was not told to stop."""
    return bool(line.quantity_dispensed) and line.status in TAKEN_STATUSES


def is_running(line: PrescriptionLine, authored_at: datetime, now: datetime) -> bool:
    """Tell whether a line's course still runs: from its last dispensing, else from when it was written.

    What left is taken until its course ends, unless a doctor cancelled it, whatever held its line afterwards.
    """
    if not has_left(line) and line.status not in RUNNING_STATUSES:
        return False
    started = line.last_dispensed_at or authored_at
    return started + timedelta(days=course_days(line)) > now


def course_days(line: PrescriptionLine) -> int:
    """Return how many days a line's course lasts.

    Without planned days as long as the units that left (or will) last, at least a month; a depot until the next dose.
    """
    units = line.quantity_dispensed or line.quantity
    lasts = max(OPEN_ENDED_DAYS, units * line.per_days // max(line.times, 1))
    days = line.days or min(lasts, LONGEST_COURSE_DAYS)
    return max(days, line.per_days) if line.route in DEPOT_ROUTES else days
