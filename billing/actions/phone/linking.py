"""A patient pays by a link: sent by SMS, short, not to be guessed, worth nothing after two days or once it is paid."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from accounts.permissions import Actor
from billing.actions.errors import BillingError
from billing.actions.ledger import LETTERS, name_of
from billing.actions.phone.requesting import request_payment
from billing.models import Invoice, PaymentAttempt, PaymentLink
from clinic.db import claim
from clinic.recording import recorded
from notifications.queue import enqueue

VALID = timedelta(days=2)
MOST_USES = 6


@recorded
def send_link(*, invoice: Invoice, by: Actor, now: datetime) -> PaymentLink:
    """Send the patient an SMS with a link to pay what an invoice still asks.

    Raises:
        BillingError: `no-phone` when no SMS can reach them, `paid` when nothing is owed.
    """
    by.require("take_payments")
    fresh = Invoice.objects.select_related("facility", "patient").get(pk=invoice.pk)
    if fresh.facility_id != by.facility_id:
        raise BillingError("invoice")
    if fresh.balance <= 0:
        raise BillingError("paid")
    link = PaymentLink.objects.create(
        facility=fresh.facility, patient=fresh.patient, invoice_id=str(fresh.pk), created_at=now,
        code="".join(secrets.choice(LETTERS) for _ in range(12)), created_by_name=name_of(by)["by_name"],
        expires_at=now + VALID,
    )  # fmt: skip
    message = enqueue(
        kind="payment-link", patient=fresh.patient, cause=f"link:{link.pk}", by=by, now=now, expires_at=link.expires_at,
        values={"amount": f"{int(fresh.balance)} {fresh.currency}", "link": address_of(link)},
    )  # fmt: skip
    if message.status == "suppressed":
        raise BillingError("no-phone")
    return link


def address_of(link: PaymentLink) -> str:
    """Return the address that is sent."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("pay-link", args=[link.code])


@recorded
def pay_by_link(
    *, link: PaymentLink, provider_name: str, phone: str, by: Actor, now: datetime, form_id: str = ""
) -> PaymentAttempt:  # fmt: skip
    """Ask a phone, or Orange's page, for what the link's invoice still asks.

    Args:
        phone: as `+237…`; the holder of the link chooses it.
        by: Carnet itself: the holder of a link is nobody that is known.
        form_id: the same form twice asks once.

    Raises:
        BillingError: `link` when it has expired or was used too often, `paid` when nothing is owed any more, or what
            `request_payment` raises.
    """
    fresh = PaymentLink.objects.get(pk=link.pk)
    if now >= fresh.expires_at or fresh.uses >= MOST_USES:
        raise BillingError("link")
    invoice = Invoice.objects.get(pk=fresh.invoice_id)
    if invoice.balance <= 0:
        raise BillingError("paid")
    attempt = request_payment(
        invoice=invoice, provider_name=provider_name, phone=phone, amount=invoice.balance, by=by, now=now,
        origin="link", form_id=form_id,
    )  # fmt: skip
    claim(PaymentLink.objects.filter(pk=fresh.pk, uses=fresh.uses), uses=fresh.uses + 1)
    return attempt
