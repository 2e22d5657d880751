"""The calls by which care records what is to be billed: `record_charge`, and quotes for what is paid first.

A quote is a charge whose source is `line:<line_id>:<n>`: what a pharmacy asks for a prescription's line before it
hands it out. `used` counts the units that left against it, so that nothing is charged twice.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.permissions import Actor
from billing.models import Charge, Price
from billing.queries import price_at, quotes_of, today
from billing.rules import packs
from clinic.db import claim
from clinic.recording import recorded
from patients.models import Patient


@recorded
def record_charge(
    *, patient: Patient, kind: str, label: str, quantity: int, source: str, by: Actor, now: datetime,
    code: str = "",
) -> Charge:  # fmt: skip
    """Record something to be billed, in the transaction of its cause. The same source is charged once.

    The price is that of the facility's list on this day. Care never fails for a missing price: the charge then
    waits for one at the desk.

    Args:
        kind: consultation, medicine, test or procedure.
        quantity: units.
        source: what caused it, as `dispensing:<id>`.
        code: a more precise name to look the price up by, as a speciality; the label is tried after it.
    """
    known = Charge.objects.filter(source=source, kind=kind).exclude(status="cancelled").first()
    if known is not None:
        return known
    price = _price(by, kind, (code, label), now)
    return Charge.objects.create(
        patient=patient, facility_id=by.facility_id, kind=kind, label=label[:160], quantity=quantity,
        unit_price=price.amount if price else None, amount=amount_for(price, quantity),
        currency=by.facility.currency if by.facility else "XAF", source=source, at=now,
    )  # fmt: skip


@recorded
def record_listed(
    *, patient: Patient, kind: str, names: tuple[str, ...], source: str, by: Actor, now: datetime
) -> Charge | None:
    """Record something only when the facility's price list names it: eight values of one sample are not eight tests.

    Args:
        kind: test or procedure.
        names: what it may be called there; the last one is the charge's label.

    Returns:
        The charge, or None when the list names none of them.
    """
    price = _price(by, kind, names, now)
    if price is None or not price.code:
        return None
    return record_charge(
        patient=patient, kind=kind, label=names[-1], quantity=1, source=source, by=by, now=now, code=price.code
    )  # fmt: skip


def _price(by: Actor, kind: str, names: tuple[str, ...], now: datetime) -> Price | None:
    if by.facility is None:
        return None
    return price_at(facility=by.facility, kind=kind, names=names, day=today(by.facility, now))


def amount_for(price: Price | None, quantity: int) -> Decimal | None:
    """Return what `quantity` units cost, by whole packs; None without a price."""
    return None if price is None else Decimal(price.amount) * packs(quantity, price.pack_size)


@recorded
def quote(
    *, patient: Patient, line_id: str, label: str, quantity: int, by: Actor, now: datetime
) -> Charge | None:
    """Record what a line costs before it is handed out, so that it can be paid first.

    Args:
        line_id: the prescription's line; it keeps its id when the doctor amends the rest.
        quantity: units that are to be handed out next. What was quoted already and has not left counts.

    Returns:
        The charge for what is missing, or None when all of it was quoted.
    """
    known = quotes_of([line_id], by.facility_id)
    missing = quantity - sum(row.unused for row in known if row.status != "cancelled")
    if missing <= 0:
        return None
    return record_charge(
        patient=patient, kind="medicine", label=label, quantity=missing, source=f"line:{line_id}:{len(known) + 1}",
        by=by, now=now,
    )  # fmt: skip


def use_quotes(*, line_id: str, quantity: int, by: Actor) -> int:
    """Count units that leave now against what was quoted for them, what is paid first; in the gate's transaction.

    Returns:
        How many of them were quoted: the rest is to be charged.
    """
    left = quantity
    rows = [row for row in quotes_of([line_id], by.facility_id) if row.status != "cancelled"]
    for row in sorted(rows, key=lambda row: not row.is_settled):
        taken = min(left, row.unused)
        if taken:
            # A credit note or a withdrawal at the same moment changes the same document: one of the two starts again.
            claim(Charge.objects.filter(pk=row.pk, used=row.used), used=row.used + taken)
            left -= taken
    return quantity - left


def withdraw_quotes(*, line_ids: list[str], facility_id: Any, reason: str) -> None:
    """Take quotes off the bill that nobody needs any more: the line was stopped, or left for another pharmacy.

    What was invoiced, or left already, stays: the cashier's desk credits it.
    """
    for row in quotes_of(line_ids, facility_id):
        if row.status == "open" and not row.used:
            row.status, row.cancel_reason = "cancelled", reason[:200]
            row.save(update_fields=["status", "cancel_reason"])
