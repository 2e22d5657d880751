"""The one call by which care records what is to be billed: `record_charge`."""

from datetime import datetime

from accounts.permissions import Actor
from billing.models import Charge
from clinic.recording import recorded
from patients.models import Patient


@recorded
def record_charge(
    *, patient: Patient, kind: str, label: str, quantity: int, source: str, by: Actor, now: datetime
) -> Charge:
    """Record something to be billed, in the transaction of its cause. The same source is charged once.

    Args:
        kind: consultation, medicine, test or procedure.
        quantity: units.
        source: what caused it, as `dispensing:<id>`.
    """
    known = Charge.objects.filter(source=source, kind=kind).first()
    if known is not None:
        return known
    return Charge.objects.create(
        patient=patient, facility_id=by.facility_id, kind=kind, label=label[:160], quantity=quantity,
        currency=by.facility.currency if by.facility else "XAF", source=source, at=now,
    )  # fmt: skip
