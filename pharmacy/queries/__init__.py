"""What the engine and the pages need to read: the checks made now, and the lists of work."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from patients.models import Patient
from pharmacy import safety
from pharmacy.models import Judgement, Prescription, PrescriptionLine, SafetyCheck
from pharmacy.queries.lists import (
    dispensings_of,
    open_questions_for,
    pharmacy_stamp,
    prescriptions_for_pharmacy,
    prescriptions_of,
    touch_pharmacy,
)
from pharmacy.queries.local import local_rules
from pharmacy.queries.record import (
    RUNNING_STATUSES,
    current_lines,
    dose_ug,
    has_left,
    is_running,
    safety_line,
    safety_patient,
)
from pharmacy.rules import Release, raise_severities, release
from pharmacy.safety.local import extended

__all__ = [
    "Checker",
    "LineToday",
    "PublicVerdict",
    "check_lines",
    "checker",
    "companions",
    "contradicts",
    "current_lines",
    "dispensings_of",
    "dose_ug",
    "has_left",
    "is_running",
    "knowledge",
    "lineage",
    "lines_today",
    "merged",
    "open_questions_for",
    "pharmacy_stamp",
    "prescriptions_for_pharmacy",
    "prescriptions_of",
    "public_verdicts",
    "safety_line",
    "safety_patient",
    "same_ingredients",
    "stored_check",
    "suggestions",
    "touch_pharmacy",
]


@lru_cache(maxsize=1)
def knowledge() -> safety.Knowledge | None:
    """Return the compiled knowledge, loaded once; None when it cannot be loaded: then nothing is 'clear'."""
    try:
        return safety.load()
    except (OSError, ValueError):
        return None


def contradicts(dose: str, unit: str, words: str) -> bool:
    """Tell whether the words beside a dose say another amount; False where nothing can be read without knowledge."""
    figure, loaded = dose_ug(dose, unit), knowledge()
    if figure is None or loaded is None:
        return False
    return loaded.amounts.otherwise_said(figure, words) is not None


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
        lines: the order; what of it has left whole is taken already.
        besides: the versions that the order replaces.
    """
    order = list(lines)
    check = checker(patient, now, besides=besides, order=order)
    left = [line for line in order if line.quantity_dispensed and not line.quantity_left]
    return check(
        [safety_line(line) for line in order if line not in left],
        [safety_line(line) for line in left],
    )


Checker = Callable[[Sequence[safety.Line], Sequence[safety.Line]], safety.Result]


def checker(
    patient: Patient,
    now: datetime,
    *,
    besides: Iterable[str] = (),
    order: Iterable[PrescriptionLine] = (),
) -> Checker:
    """Read the record once and return the function that checks an order, with medicines taken beside it."""
    local, known = local_rules(patient.facility_ids), knowledge()
    notes: tuple[safety.NotChecked, ...] = ()
    if local and known is not None:
        known, notes = extended(known, local)
    record = safety_patient(patient, now)
    current = current_lines(patient, now, besides=besides, order=order)

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

    What is held or waits for a reason does not leave, so it is no company; what left already is, whatever holds
    its line since.
    """
    return [
        other
        for other in prescription.lines
        if other.line_id != line.line_id and (other.status in RUNNING_STATUSES or has_left(other))
    ]


@dataclass(frozen=True)
class LineToday:
    """What a check made now says of one line, and whether it may leave."""

    line: PrescriptionLine
    result: safety.Result
    reasoned: frozenset[str]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return the subjects that need a pharmacist's judgement today."""
        return tuple(item.subject for item in self.result.not_checked if item.needs_judgement)

    def decision(
        self, *, judgement: Judgement | None = None, is_confirmed: bool = False
    ) -> Release:
        """Decide with the judgement that is recorded, or with one that a pharmacist brings now."""
        judgement = judgement or self.line.judgement
        return release(
            status=self.line.status,
            quantity_left=self.line.quantity_left,
            findings=self.result.findings,
            not_checked=self.result.not_checked,
            reasoned=self.reasoned,
            judged=judgement.subjects if judgement else (),
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
    check = checker(patient, now, besides=lineage(prescription), order=prescription.lines)
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
    """Return what a doctor's reason covers: one beside this line, or beside the line it meets."""
    own = set(line.override.subjects) if line.override else set()
    for finding in result.findings:
        for other in prescription.lines:
            if other.override and other.line_id in finding.facts:
                own.update(other.override.subjects)
    return frozenset(own)


def merged(today: Iterable[LineToday]) -> safety.Result:
    """Return what the checks of several lines say together, each thing once."""
    parts = [line.result for line in today]
    notes: dict[tuple[str | None, str, str], safety.NotChecked] = {}
    for note in (note for part in parts for note in part.not_checked):
        key = (note.line_id, note.kind, note.about)
        notes[key] = _together(notes[key], note) if key in notes else note
    first = parts[0] if parts else safety.Result()
    return replace(
        first,
        findings=tuple(found for part in parts for found in part.findings),
        not_checked=tuple(notes.values()),
    )


def _together(one: safety.NotChecked, other: safety.NotChecked) -> safety.NotChecked:
    """The same figure missing for medicines of several lines, said once."""
    loaded = knowledge()
    if one.kind != "measurement" or loaded is None:
        return one
    substances = sorted({*one.substances, *other.substances})
    return safety.missing_figure(loaded, one.about, substances, sorted({*one.lines, *other.lines}))


def stored_check(prescription: Prescription) -> SafetyCheck | None:
    """Return the newest check that is stored for the prescription's signing."""
    return SafetyCheck.objects.filter(pk=prescription.check_id).first()


def suggestions(text: str, limit: int = 8) -> list[Any]:
    """Return medicines whose name starts with what was typed."""
    loaded = knowledge()
    return list(loaded.suggest(text, limit)) if loaded and len(text.strip()) >= 2 else []


def same_ingredients(medicine: str, other: str) -> bool:
    """Tell whether two names are known and mean the same substances."""
    loaded = knowledge()
    if loaded is None:
        return False
    mine, theirs = loaded.find_medicine(medicine), loaded.find_medicine(other)
    return mine.kind == theirs.kind == "exact" and set(mine.components) == set(theirs.components)


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
