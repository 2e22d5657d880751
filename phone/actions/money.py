"""Paying from a phone: one request for one invoice, however often the network repeats it."""

from datetime import datetime

from django.utils.crypto import salted_hmac

from accounts.permissions import Actor
from billing.actions.errors import BillingError
from billing.actions.phone import request_payment
from phone.payments import Asked, Due, newest_attempts


def pay(*, due: Due, provider_name: str, phone: str, by: Actor, now: datetime) -> Asked | None:
    """Ask a phone to pay the invoice that is due.

    Args:
        due: as it was shown; another amount is not asked for.
        phone: the phone that asks, as `+237…` or `+254…`.

    Returns:
        What was asked for: what is under way already when there is something. None when it is no longer owed so,
        or the provider does not take it.
    """
    before = due.asked.pk if due.asked else ""
    form_id = salted_hmac("ussd-pay", f"{due.invoice.pk}|{before}").hexdigest()[:24]
    try:
        request_payment(
            invoice=due.invoice, provider_name=provider_name, phone=phone, amount=due.amount, by=by, now=now,
            origin="ussd", form_id=form_id,
        )  # fmt: skip
    except BillingError as error:
        if error.code != "attempt-open":
            return None
    return newest_attempts([str(due.invoice.pk)]).get(str(due.invoice.pk))
