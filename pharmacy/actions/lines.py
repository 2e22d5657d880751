"""The lines of a prescription: as a doctor writes them, and as they are stored."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from clinic.db import StaleDocumentError, random_id
from pharmacy.models import Override, Prescription, PrescriptionLine
from pharmacy.queries import has_left


@dataclass(frozen=True)
class LineOrder:
    """A line as a doctor writes it.

    Attributes:
        medicine: INN, French name, brand or combination.
        dose: a decimal number as text, in `unit`; or `dose_text` says it.
        times: doses every `per_days` days (weekly: 1 every 7).
        days: planned duration, or None when open.
        quantity: units to dispense.
        override_code: an `OverrideCode`, with `override_text`, for a line with a major finding.
        keeps: id of the line of the earlier version that this one carries over or replaces.
    """

    medicine: str
    dose: str = ""
    unit: str = ""
    dose_text: str = ""
    route: str = "oral"
    times: int = 1
    per_days: int = 1
    days: int | None = None
    quantity: int = 1
    instructions: str = ""
    override_code: str = ""
    override_text: str = ""
    line_id: str = field(default_factory=lambda: str(random_id()))
    keeps: str = ""


def order_of(line: PrescriptionLine) -> LineOrder:
    """Return a stored line as an order, without the reason given then."""
    return LineOrder(
        medicine=line.medicine, dose=line.dose, unit=line.unit, dose_text=line.dose_text, route=line.route,
        times=line.times, per_days=line.per_days, days=line.days, quantity=line.quantity,
        instructions=line.instructions,
    )  # fmt: skip


def line_of(order: LineOrder) -> PrescriptionLine:
    """Return the line an order would be stored as, for a check before it is."""
    line = _new_line(order, None)
    line.replaces_line = order.keeps
    return line


def new_lines(orders: Iterable[LineOrder], old: Prescription | None) -> list[PrescriptionLine]:
    """Return the lines to store: those ordered, each with an id of its own, and what has left of the old version."""
    lines = [_new_line(order, old) for order in orders]
    seen: set[str] = set()
    for line in lines:
        if line.line_id in seen:
            line.line_id = str(random_id())
        seen.add(line.line_id)
    seen.update(line.replaces_line for line in lines)
    left = [
        deepcopy(line)
        for line in (old.lines if old else [])
        if line.line_id not in seen and has_left(line)
    ]
    for line in left:
        line.quantity = line.quantity_dispensed
    return [*lines, *left]


def _new_line(order: LineOrder, old: Prescription | None) -> PrescriptionLine:
    """Return the line to store. One that is kept unchanged keeps its id, its reason and what was dispensed."""
    line = PrescriptionLine(
        line_id=order.line_id,
        medicine=order.medicine.strip(),
        dose=order.dose,
        unit=order.unit,
        dose_text=order.dose_text,
        route=order.route,
        times=order.times,
        per_days=order.per_days,
        days=order.days,
        quantity=order.quantity,
        instructions=order.instructions,
    )
    if order.override_code and order.override_text.strip():
        line.override = Override(
            code=order.override_code, text=order.override_text.strip(), rules=[], by="", by_name=""
        )
    kept = old.line(order.keeps) if old and order.keeps else None
    if kept is None:
        return line
    line.replaces_line = kept.line_id
    if _same_units(kept, line):
        line.quantity_dispensed, line.last_dispensed_at = (
            kept.quantity_dispensed,
            kept.last_dispensed_at,
        )
    if _content(kept) == _content(line):
        line.line_id, line.replaces_line = kept.line_id, kept.replaces_line
        line.override = line.override or kept.override
        line.judgement = kept.judgement
    return line


def _content(line: PrescriptionLine) -> tuple[object, ...]:
    return (
        line.medicine, line.dose, line.unit, line.dose_text, line.route, line.times, line.per_days, line.days,
    )  # fmt: skip


def _same_units(kept: PrescriptionLine, line: PrescriptionLine) -> bool:
    """Tell whether what has left counts towards the new quantity: the same medicine in the same dose."""
    return (kept.medicine, kept.dose, kept.unit, kept.dose_text, kept.route) == (
        line.medicine, line.dose, line.unit, line.dose_text, line.route,
    )  # fmt: skip


def says_the_same(stored: list[PrescriptionLine], written: list[PrescriptionLine]) -> bool:
    """Tell whether lines order the same, whatever happened to the stored ones since."""
    return [_said(line) for line in stored] == [_said(line) for line in written]


def _said(line: PrescriptionLine) -> tuple[object, ...]:
    return (*_content(line), line.quantity, line.instructions)


def line_in(prescription: Prescription, line_id: str) -> PrescriptionLine:
    """Return the line of a prescription that was read again in this transaction.

    Raises:
        StaleDocumentError: it is not in this version.
    """
    line = prescription.line(line_id)
    if line is None:
        raise StaleDocumentError("prescriptions")
    return line
