"""What changes about money at the desk: drawers, cash, advances, refunds."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Facility
from accounts.permissions import Actor
from billing import rules
from billing.actions.errors import BillingError
from billing.actions.invoicing import changed_invoice
from billing.actions.ledger import name_of, new_code, next_number, post
from billing.models import Drawer, Invoice, Payment, Refund
from billing.queries import advance_of, balance, drawer_of, today
from clinic.db import claim
from clinic.recording import recorded
from notifications.queue import enqueue
from patients.models import Patient


@recorded
def open_drawer(*, float_amount: object, by: Actor, now: datetime) -> Drawer:
    """Open the actor's drawer with the change it starts with, taken from the safe."""
    by.require("take_payments")
    start = rules.whole(float_amount)
    if by.facility is None or start < 0 or drawer_of(by) is not None:
        raise BillingError("drawer-open")
    who = name_of(by)
    drawer = Drawer.objects.create(
        facility=by.facility, cashier_id=who["by"], cashier_name=who["by_name"], currency=by.facility.currency,
        float_amount=start, opened_at=now, local_date=today(by.facility, now),
    )  # fmt: skip
    parts = [rules.Part(rules.drawer_account(drawer.pk), start), rules.Part("safe", -start)]
    post(
        facility=by.facility,
        key=f"drawer:{drawer.pk}:open",
        kind="drawer",
        parts=parts,
        by=by,
        now=now,
    )
    return drawer


@recorded
def close_drawer(
    *, drawer: Drawer, counted: object, explanation: str, by: Actor, now: datetime
) -> Drawer:
    """Close a drawer: what was counted goes to the safe, a difference is booked and must be explained.

    Raises:
        BillingError: it is not the actor's, is closed, or the difference has no explanation.
    """
    by.require("take_payments")
    fresh = Drawer.objects.select_related("facility").get(pk=drawer.pk)
    if fresh.facility_id != by.facility_id or fresh.cashier_id != name_of(by)["by"]:
        raise BillingError("drawer")
    if fresh.status != "open":
        raise BillingError("drawer-closed")
    found, expected = (
        rules.whole(counted),
        balance(fresh.facility_id, rules.drawer_account(fresh.pk)),
    )
    if found < 0:
        raise BillingError("amount")
    if found != expected and not explanation.strip():
        raise BillingError("explanation")
    claim(Drawer.objects.filter(pk=fresh.pk, status="open"), status="closed")
    fresh.status, fresh.counted, fresh.expected, fresh.closed_at = "closed", found, expected, now
    fresh.explanation = explanation.strip()[:200]
    fresh.save()
    parts = rules.parts_of_closing(drawer_id=fresh.pk, expected=expected, counted=found)
    post(
        facility=fresh.facility,
        key=f"drawer:{fresh.pk}:close",
        kind="drawer",
        parts=parts,
        by=by,
        now=now,
    )
    return fresh


def held_drawer(by: Actor) -> Drawer:
    """Return the actor's open drawer, held against being closed at the same moment.

    Raises:
        BillingError: they hold none: only who holds a drawer takes cash.
    """
    drawer = drawer_of(by)
    if drawer is None:
        raise BillingError("no-drawer")
    claim(Drawer.objects.filter(pk=drawer.pk, status="open"), status="open")
    return drawer


@recorded
def take_cash(
    *,
    invoice: Invoice,
    amount: object,
    by: Actor,
    now: datetime,
    tendered: object = None,
    form_id: str = "",
) -> Payment:
    """Take cash for an invoice into the actor's open drawer.

    Args:
        amount: what is kept, at most what is still owed.
        tendered: what was handed over; the change follows.

    Raises:
        BillingError: no drawer, more than is owed, or less handed over than is kept.
    """
    by.require("take_payments")
    if form_id and (known := _known_payment(invoice.patient_id, form_id)):
        return known
    fresh = Invoice.objects.select_related("facility", "patient").get(pk=invoice.pk)
    if fresh.facility_id != by.facility_id:
        raise BillingError("invoice")
    value = rules.positive(amount)
    given = None if tendered is None else rules.whole(tendered)
    if value > fresh.balance:
        raise BillingError("too-much")
    if given is not None and given < value:
        raise BillingError("too-little")
    drawer = held_drawer(by)
    return receive(
        facility=fresh.facility, patient=fresh.patient, invoice=fresh, amount=value, method="cash",
        account=rules.drawer_account(drawer.pk), by=by, now=now, drawer_id=str(drawer.pk), tendered=given,
        form_id=form_id,
    )  # fmt: skip


@recorded
def take_deposit(
    *, patient: Patient, amount: object, by: Actor, now: datetime, form_id: str = ""
) -> Payment:
    """Take cash in advance, before an admission or a test."""
    by.require("take_payments")
    if form_id and (known := _known_payment(patient.pk, form_id)):
        return known
    if by.facility is None:
        raise BillingError("no-drawer")
    drawer = held_drawer(by)
    return receive(
        facility=by.facility, patient=patient, invoice=None, amount=rules.positive(amount), method="cash",
        account=rules.drawer_account(drawer.pk), by=by, now=now, drawer_id=str(drawer.pk), form_id=form_id,
    )  # fmt: skip


@recorded
def use_deposit(*, invoice: Invoice, by: Actor, now: datetime) -> Payment:
    """Pay an invoice with the patient's advance, as far as it reaches."""
    by.require("take_payments")
    fresh = Invoice.objects.select_related("facility", "patient").get(pk=invoice.pk)
    value = min(advance_of(fresh.facility_id, fresh.patient_id), fresh.balance)
    if fresh.facility_id != by.facility_id or value <= 0:
        raise BillingError("no-advance")
    return receive(
        facility=fresh.facility, patient=fresh.patient, invoice=fresh, amount=value, method="deposit",
        account=rules.deposits(fresh.patient_id), by=by, now=now,
    )  # fmt: skip


def _known_payment(patient_id: Any, form_id: str) -> Payment | None:
    return Payment.objects.filter(patient_id=patient_id, form_id=form_id).first()


def receive(
    *, facility: Facility, patient: Patient, invoice: Invoice | None, amount: Decimal, method: str, account: str,
    by: Actor, now: datetime, **facts: Any,
) -> Payment:  # fmt: skip
    """Book money that is there, inside the transaction of its cause, with the next receipt number.

    What the invoice no longer asks for becomes the patient's advance: nothing is lost and nothing is paid twice.
    """
    open_balance = invoice.balance if invoice else rules.ZERO
    settled = min(amount, open_balance)
    year, number = next_number(facility, "receipt", now)
    payment = Payment(
        facility=facility, patient=patient, amount=amount, currency=facility.currency, method=method,
        status="completed", at=now, by_name=name_of(by)["by_name"], invoice_id=str(invoice.pk) if invoice else "",
        settled=settled, year=year, receipt_number=number, code=new_code(), local_date=today(facility, now), **facts,
    )  # fmt: skip
    payment.save(force_insert=True)
    if invoice is not None and settled:
        changed_invoice(invoice, paid=Decimal(invoice.paid) + settled)
    parts = rules.parts_of_payment(
        patient_id=patient.pk, account=account, amount=amount, open_balance=open_balance
    )
    post(
        facility=facility, key=f"payment:{payment.pk}", kind="payment", parts=parts, by=by, now=now
    )
    if method != "deposit":
        _tell(payment, by, now)
    return payment


def _tell(payment: Payment, by: Actor, now: datetime) -> None:
    place = payment.facility.sms_name or payment.facility.name
    enqueue(
        kind="payment-receipt", patient=payment.patient, cause=f"payment:{payment.pk}", by=by, now=now,
        values={"amount": f"{int(payment.amount)} {payment.currency}", "place": place, "reference": payment.label},
    )  # fmt: skip


@recorded
def ask_refund(
    *, patient: Patient, amount: object, reason: str, by: Actor, now: datetime
) -> Refund:
    """Ask to give a patient money back from their advance; somebody else approves it."""
    by.require("take_payments")
    value = rules.positive(amount)
    if by.facility is None or value > advance_of(by.facility_id, patient.pk) or not reason.strip():
        raise BillingError("no-advance")
    who = name_of(by)
    return Refund.objects.create(
        facility=by.facility, patient=patient, amount=value, currency=by.facility.currency,
        reason=reason.strip()[:200], asked_at=now, asked_by=who["by"], asked_by_name=who["by_name"],
    )  # fmt: skip


@recorded
def decide_refund(*, refund: Refund, is_approved: bool, by: Actor, now: datetime) -> Refund:
    """Approve or refuse a refund: never the person who asked for it."""
    by.require("approve_payments")
    fresh = Refund.objects.get(pk=refund.pk)
    who = name_of(by)
    if (
        fresh.facility_id != by.facility_id
        or fresh.asked_by == who["by"]
        or fresh.status != "asked"
    ):
        raise BillingError("decide")
    to = "approved" if is_approved else "refused"
    claim(Refund.objects.filter(pk=fresh.pk, status="asked"), status=to)
    fresh.status, fresh.decided_at, fresh.decided_by_name = to, now, who["by_name"]
    fresh.save()
    return fresh


@recorded
def pay_refund(*, refund: Refund, by: Actor, now: datetime) -> Refund:
    """Pay an approved refund in cash out of the actor's drawer.

    Raises:
        BillingError: it is not approved, the advance was used meanwhile, or the drawer does not hold enough.
    """
    by.require("take_payments")
    fresh = Refund.objects.select_related("facility").get(pk=refund.pk)
    if fresh.facility_id != by.facility_id or fresh.status != "approved":
        raise BillingError("decide")
    drawer, value = held_drawer(by), Decimal(fresh.amount)
    account = rules.drawer_account(drawer.pk)
    if value > advance_of(fresh.facility_id, fresh.patient_id):
        raise BillingError("no-advance")
    if value > balance(fresh.facility_id, account):
        raise BillingError("drawer-short")
    claim(Refund.objects.filter(pk=fresh.pk, status="approved"), status="paid")
    fresh.status, fresh.paid_at, fresh.drawer_id = "paid", now, str(drawer.pk)
    fresh.local_date = today(fresh.facility, now)
    fresh.save()
    parts = [rules.Part(rules.deposits(fresh.patient_id), value), rules.Part(account, -value)]
    post(
        facility=fresh.facility,
        key=f"refund:{fresh.pk}",
        kind="refund",
        parts=parts,
        by=by,
        now=now,
    )
    return fresh
