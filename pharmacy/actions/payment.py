"""Putting a line on the patient's bill before it leaves, where payment comes first."""

from dataclasses import replace
from datetime import datetime

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor
from billing.charges import quote
from billing.models import Charge
from clinic.db import on_commit
from clinic.recording import recorded
from pharmacy.actions.checking import store_check
from pharmacy.actions.dispensing import Handover, NotDispensableError, decide
from pharmacy.actions.lines import line_in
from pharmacy.models import Prescription
from pharmacy.permissions import may_dispense
from pharmacy.queries import lines_today, touch_pharmacy

GIVEN_AT_HANDOVER = ("not-checked", "confirmation-needed")


@recorded
def ask_payment(
    *, prescription: Prescription, line_id: str, quantity: int, by: Actor, now: datetime, substitute: str = ""
) -> Charge | None:  # fmt: skip
    """Put a line on the patient's bill before it leaves. Nobody is made to pay for what may not leave today.

    What waits for the pharmacist's judgement or a second person can be asked for: both are given when it is handed out.

    Args:
        quantity: units, from 1 to what is left.
        substitute: the product that will be handed out instead of the line's.

    Returns:
        The charge, or None when all of it stands on the bill already.

    Raises:
        NotDispensableError: it may not leave; the check and the refusal are stored.
    """
    outcome = _decide_and_quote(
        prescription=prescription, line_id=line_id, quantity=quantity, substitute=substitute, by=by, now=now
    )  # fmt: skip
    if isinstance(outcome, NotDispensableError):
        raise outcome
    return outcome


@recorded
def _decide_and_quote(
    *, prescription: Prescription, line_id: str, quantity: int, substitute: str, by: Actor, now: datetime
) -> Charge | NotDispensableError | None:  # fmt: skip
    fresh = Prescription.objects.select_related("patient").get(pk=prescription.pk)
    if not may_dispense(by, fresh):
        raise PermissionDenied("dispense")
    line = line_in(fresh, line_id)
    handover = Handover(line_id=line_id, quantity=quantity, substitute=substitute.strip())
    today = lines_today(fresh, fresh.patient, now, only=line, handed=handover.substitute)[0]
    decision = decide(today, handover, line.judgement, by)
    blocks = tuple(code for code in decision.blocks if code not in GIVEN_AT_HANDOVER)
    if blocks:
        check = store_check(
            fresh, fresh.patient, "dispense", by, now, today.result, line_id=line_id, outcome="refused"
        )  # fmt: skip
        return NotDispensableError(replace(decision, blocks=blocks), check)
    charge = quote(
        patient=fresh.patient, line_id=line_id, label=handover.substitute or line.medicine, quantity=quantity, by=by,
        now=now,
    )  # fmt: skip
    on_commit(lambda: touch_pharmacy(fresh.pharmacy_id))
    return charge
