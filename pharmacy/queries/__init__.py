"""What the engine and the pages need to read: the safety context of a patient, and the lists of work."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django.core.cache import cache

from accounts.permissions import Actor
from clinic.db import random_id
from patients.models import Observation, Patient
from patients.queries import banner_source, newest_observations, pregnancy_of
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
from pharmacy.queries.local import local_rules
from pharmacy.rules import Release, raise_severities, release
from pharmacy.safety.local import extended

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
    """Check an order on the record as it is now, with what the patient's facilities add to the knowledge.

    Args:
        patient: read in the same transaction as what is then written.
        lines: the order.
        besides: prescriptions that do not count as current medicines.
    """
    check = checker(patient, now, besides=besides)
    return check([safety_line(line) for line in lines], [])


Checker = Callable[[Sequence[safety.Line], Sequence[safety.Line]], safety.Result]


def checker(patient: Patient, now: datetime, *, besides: Iterable[str] = ()) -> Checker:
    """Read the record once and return the function that checks an order, with medicines taken beside it."""
    local, known = local_rules(patient.facility_ids), knowledge()
    notes: tuple[safety.NotChecked, ...] = ()
    if local and known is not None:
        known, notes = extended(known, local)
    record, current = safety_patient(patient, now), current_lines(patient, now, besides=besides)

    def check(order: Sequence[safety.Line], beside: Sequence[safety.Line]) -> safety.Result:
        result = safety.check(known, record, order=tuple(order), current=(*current, *beside))
        if not local:
            return result
        return replace(
            result,
            findings=raise_severities(result.findings, local),
            not_checked=(*result.not_checked, *notes),
        )

    return check


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


def companions(prescription: Prescription, line: PrescriptionLine) -> list[PrescriptionLine]:
    """Return the other lines of a prescription that are or will be taken beside `line`.

    What is held or waits for a reason does not leave, so it is no company; what left already is.
    """
    return [
        other
        for other in prescription.lines
        if other.line_id != line.line_id and other.status in RUNNING_STATUSES
    ]


@dataclass(frozen=True)
class LineToday:
    """What a check made now says of one line, and whether it may leave."""

    line: PrescriptionLine
    result: safety.Result
    reasoned_rules: frozenset[str]

    def decision(self, *, has_judgement: bool | None = None, is_confirmed: bool = False) -> Release:
        """Decide with what is recorded, or with what a pharmacist brings now."""
        judged = self.line.judgement is not None if has_judgement is None else has_judgement
        return release(
            status=self.line.status,
            quantity_left=self.line.quantity_left,
            findings=self.result.findings,
            not_checked=self.result.not_checked,
            reasoned_rules=self.reasoned_rules,
            has_judgement=judged,
            is_confirmed=is_confirmed,
        )


def lines_today(
    prescription: Prescription,
    patient: Patient,
    now: datetime,
    only: PrescriptionLine | None = None,
    handed: str = "",
) -> list[LineToday]:
    """Check each line as if it left now, beside the lines that left or may leave and all current medicines.

    Each is checked alone as the order, so that a danger between two lines is found on either of them.

    Args:
        patient: read in the same transaction as what is then written.
        only: this line alone.
        handed: name of the product that is handed out instead of it.
    """
    check = checker(patient, now, besides=lineage(prescription))
    wanted = [only] if only is not None else list(prescription.lines)
    return [_line_today(prescription, line, check, handed) for line in wanted]


def _line_today(
    prescription: Prescription, line: PrescriptionLine, check: Checker, handed: str
) -> LineToday:
    ordered = safety_line(line)
    if handed:
        ordered = replace(ordered, text=handed)
    beside = [safety_line(other) for other in companions(prescription, line)]
    result = check([ordered], beside).for_line(line.line_id)
    return LineToday(line, result, _reasoned(prescription, line, result))


def _reasoned(
    prescription: Prescription, line: PrescriptionLine, result: safety.Result
) -> frozenset[str]:
    """Return the rules that a doctor's reason covers: one beside this line, or beside the line it meets."""
    own = set(line.override.rules) if line.override else set()
    for finding in result.findings:
        for other in prescription.lines:
            if (
                other.override
                and other.line_id in finding.facts
                and finding.rule in other.override.rules
            ):
                own.add(finding.rule)
    return frozenset(own)


def merged(today: Iterable[LineToday]) -> safety.Result:
    """Return what the checks of several lines say together, each thing once."""
    parts = [line.result for line in today]
    notes = {(n.line_id, n.kind, n.about): n for part in parts for n in part.not_checked}
    first = parts[0] if parts else safety.Result()
    return replace(
        first,
        findings=tuple(found for part in parts for found in part.findings),
        not_checked=tuple(notes.values()),
    )


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
    today = lines_today(prescription, prescription.patient, now)
    return [
        PublicVerdict(f"{row.line.medicine} {row.line.dose_label}", _public(row)) for row in today
    ]


def _public(today: LineToday) -> str:
    if today.line.status == "completed":
        return "dispensed"
    return "dispense" if today.decision(is_confirmed=True).is_allowed else "do-not-dispense"


@banner_source
def medicines_in_banner(patient: Patient, now: datetime) -> dict[str, Any]:
    """Return the medicines a patient takes now, for the banner of every clinical page."""
    return {"current_medicines": current_lines(patient, now)}


@timeline_source
def prescription_entries(patient: Patient) -> Iterable[Entry]:
    """Return the prescriptions of a record for its timeline."""
    return [
        Entry(row.authored_at, "prescription", "pharmacy/_entry.html", row)
        for row in prescriptions_of(patient)
    ]
