"""The one call by which care records what is to be billed: `record_charge`."""

from datetime import datetime
from decimal import Decimal

from accounts.permissions import Actor
from billing.models import Charge, Price
from billing.queries import price_at, today
from billing.rules import packs
from clinic.recording import recorded
from patients.models import Patient


@recorded
def record_charge(
    *, patient: Patient, kind: str, label: str, quantity: int, source: str, by: Actor, now: datetime,
    code: str = "", prepaid_as: str = "",
) -> Charge:  # fmt: skip
    """Record something to be billed, in the transaction of its cause. The same source is charged once.

    The price is that of the facility's list on this day. Care never fails for a missing price: the charge then
    waits for one at the desk.

    Args:
        kind: consultation, medicine, test or procedure.
        quantity: units.
        source: what caused it, as `dispensing:<id>`.
        code: a more precise name to look the price up by, as a speciality; the label is tried after it.
        prepaid_as: the source under which it was billed before it was given, as `prescription:<id>:<line>`.
    """
    for known_source in filter(None, (prepaid_as, source)):
        known = (
            Charge.objects.filter(source=known_source, kind=kind)
            .exclude(status="cancelled")
            .first()
        )
        if known is not None:
            return known
    price = _price(by, kind, (code, label), now)
    return Charge.objects.create(
        patient=patient, facility_id=by.facility_id, kind=kind, label=label[:160], quantity=quantity,
        unit_price=price.amount if price else None, amount=amount_for(price, quantity),
        currency=by.facility.currency if by.facility else "XAF", source=source, at=now,
    )  # fmt: skip


def _price(by: Actor, kind: str, names: tuple[str, ...], now: datetime) -> Price | None:
    if by.facility is None:
        return None
    return price_at(facility=by.facility, kind=kind, names=names, day=today(by.facility, now))


def amount_for(price: Price | None, quantity: int) -> Decimal | None:
    """Return what `quantity` units cost, by whole packs; None without a price."""
    return None if price is None else Decimal(price.amount) * packs(quantity, price.pack_size)
