"""A payment by phone is asked for: by the cashier, or by the patient who owes it."""

import secrets
import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Facility
from accounts.permissions import Actor
from billing import rules
from billing.actions.errors import BillingError
from billing.actions.ledger import name_of
from billing.actions.phone.common import later
from billing.models import Invoice, PaymentAttempt
from billing.providers import for_currency
from billing.queries import owed_by, today
from clinic.db import claim
from clinic.recording import recorded
from notifications.queue import enqueue
from patients.models import Patient


@recorded
def request_payment(
    *, invoice: Invoice, provider_name: str, phone: str, amount: object, by: Actor, now: datetime,
    origin: str = "desk", form_id: str = "",
) -> PaymentAttempt:  # fmt: skip
    """Write down that a phone is asked to pay an invoice; it is sent after the commit.

    Args:
        provider_name: momo, orange, orange-web or mpesa.
        phone: as `+237…` or `+254…`; it need not be the patient's.
        amount: whole units, at most what is owed less what is being asked for already.
        origin: desk (the actor must be allowed to take payments), ussd or link (the patient asks).

    Raises:
        BillingError: another request for the same money is open, or provider and currency do not fit.
    """
    if origin == "desk":
        by.require("take_payments")
    if form_id and (
        known := PaymentAttempt.objects.filter(
            patient_id=invoice.patient_id, form_id=form_id
        ).first()
    ):
        return known
    fresh = Invoice.objects.select_related("facility", "patient").get(pk=invoice.pk)
    value = rules.positive(amount)
    if origin == "desk" and fresh.facility_id != by.facility_id:
        raise BillingError("invoice")
    if provider_name not in for_currency(fresh.currency):
        raise BillingError("provider")
    asked = PaymentAttempt.objects.filter(invoice_id=str(fresh.pk), status__in=rules.OPEN_ATTEMPTS)
    if value > fresh.balance - sum((Decimal(row.amount) for row in asked), rules.ZERO):
        raise BillingError("attempt-open" if asked else "too-much")
    # Two requests for one invoice at one moment meet here: one of them starts again and sees the other.
    claim(Invoice.objects.filter(pk=fresh.pk, rev=fresh.rev), rev=fresh.rev + 1)
    who = name_of(by)
    attempt = PaymentAttempt.objects.create(
        facility=fresh.facility, patient_id=fresh.patient_id, invoice_id=str(fresh.pk), provider=provider_name,
        phone=phone, amount=value, currency=fresh.currency, origin=origin, reference=str(uuid.uuid4()),
        callback_token=secrets.token_hex(24), form_id=form_id, created_at=now,
        local_date=today(fresh.facility, now), created_by=who["by"], created_by_name=who["by_name"],
        next_check_at=now + timedelta(seconds=10),
    )  # fmt: skip
    later("send_attempt", attempt.pk)
    if origin != "link":  # whoever pays by a link has just read an SMS
        _tell(attempt, fresh, by, now)
    return attempt


def _tell(attempt: PaymentAttempt, invoice: Invoice, by: Actor, now: datetime) -> None:
    """Tell the patient what is asked, so that a prompt on a phone is known to be ours."""
    enqueue(
        kind="payment-request", patient=invoice.patient, cause=f"attempt:{attempt.pk}", by=by, now=now,
        facility=invoice.facility,
        values={"amount": f"{int(attempt.amount)} {attempt.currency}", "reference": invoice.label},
    )  # fmt: skip


def pay_now(
    *, patient: Patient, facility: Facility, phone: str, by: Actor, now: datetime, provider_name: str = "",
    origin: str = "ussd", form_id: str = "",
) -> PaymentAttempt:  # fmt: skip
    """Let a patient pay the oldest invoice they owe here, from their own phone.

    Args:
        phone: the phone that asks, as `+237…`; whoever calls this has checked whose it is.
        provider_name: when the patient chose one; else that of the number.
        form_id: the same one twice (a repeated USSD hop) asks once.

    Raises:
        BillingError: `nothing-owed`, `provider` when the number tells none, or `attempt-open`.
    """
    owed = owed_by(patient, facility).invoices
    if not owed:
        raise BillingError("nothing-owed")
    name = provider_name or rules.proposed_provider(phone, facility.currency)
    return request_payment(
        invoice=owed[0], provider_name=name, phone=phone, amount=owed[0].balance, by=by, now=now, origin=origin,
        form_id=form_id,
    )  # fmt: skip
