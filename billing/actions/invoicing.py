"""What changes about bills: prices, charges by hand, invoices, waivers, credit notes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.permissions import Actor
from billing import rules
from billing.actions.errors import BillingError
from billing.actions.ledger import name_of, new_code, next_number, post
from billing.charges import record_charge
from billing.models import Charge, Invoice, InvoiceLine, LedgerEntry, Payer, Payment, Price, Waiver
from billing.queries import price_code, today
from clinic.db import claim, random_id
from clinic.recording import recorded
from patients.models import Patient, new_fact_id


@recorded
def set_price(
    *, kind: str, label: str, amount: object, by: Actor, now: datetime, valid_from: str = "", pack_size: int = 1,
    is_default: bool = False,
) -> Price:  # fmt: skip
    """Set a price from a day on; the one before ends the day before.

    Args:
        amount: whole units of the facility's currency, 0 for what is free.
        valid_from: YYYY-MM-DD; today when left out.
        is_default: for everything of the kind that has no price of its own.
    """
    by.require("approve_payments")
    if by.facility is None or rules.whole(amount) < 0:
        raise BillingError("amount")
    start = valid_from or today(by.facility, now)
    code = "" if is_default else price_code(label)
    same = Price.objects.filter(facility=by.facility, kind=kind, code=code)
    eve = (date.fromisoformat(start) - timedelta(days=1)).isoformat()
    for row in same.filter(valid_from__lt=start):
        if not row.valid_to or row.valid_to > eve:
            row.valid_to = eve
            row.save(update_fields=["valid_to"])
    later = same.filter(valid_from__gt=start).order_by("valid_from").first()
    until = "" if later is None else _eve(later.valid_from)
    values = {
        "label": label.strip()[:120], "amount": rules.whole(amount), "pack_size": max(pack_size, 1),
        "currency": by.facility.currency, "valid_to": until, "set_by_name": name_of(by)["by_name"], "set_at": now,
    }  # fmt: skip
    price, _ = Price.objects.update_or_create(
        facility=by.facility, kind=kind, code=code, valid_from=start, defaults=values
    )
    return price


def _eve(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


@recorded
def save_payer(
    *, name: str, kind: str, covers_percent: int, by: Actor, now: datetime, needs_voucher: bool = True,
    payer: Payer | None = None, is_active: bool = True,
) -> Payer:  # fmt: skip
    """Add a payer or change one; invoices already issued keep their shares."""
    by.require("approve_payments")
    row = payer or Payer(facility=by.facility)
    if row.facility_id != by.facility_id or not 0 <= covers_percent <= 100:
        raise BillingError("payer")
    row.name, row.kind, row.covers_percent = name.strip(), kind, covers_percent
    row.needs_voucher, row.is_active = needs_voucher, is_active
    row.save()
    return row


@recorded
def add_charge(
    *, patient: Patient, kind: str, label: str, quantity: int, by: Actor, now: datetime, amount: object = None,
    form_id: str = "",
) -> Charge:  # fmt: skip
    """Record something to be billed by hand; with an amount when the price list has none."""
    by.require("take_payments")
    charge = record_charge(
        patient=patient, kind=kind, label=label, quantity=quantity, source=f"hand:{form_id or random_id()}",
        by=by, now=now,
    )  # fmt: skip
    return charge if amount is None else price_charge(charge=charge, amount=amount, by=by, now=now)


@recorded
def price_charge(*, charge: Charge, amount: object, by: Actor, now: datetime) -> Charge:
    """Give a charge without a price its amount."""
    by.require("take_payments")
    fresh = _own_charge(charge, by)
    if fresh.amount is not None and fresh.unit_price is not None:
        raise BillingError("priced")
    fresh.amount = rules.whole(amount)
    if fresh.amount < 0:
        raise BillingError("amount")
    fresh.save(update_fields=["amount"])
    return fresh


def _own_charge(charge: Charge, by: Actor) -> Charge:
    fresh = Charge.objects.get(pk=charge.pk)
    if fresh.facility_id != by.facility_id or fresh.status != "open":
        raise BillingError("charge")
    return fresh


@recorded
def cancel_charge(*, charge: Charge, reason: str, by: Actor, now: datetime) -> None:
    """Take a charge off the list with a reason; it stays readable."""
    by.require("take_payments")
    fresh = _own_charge(charge, by)
    if not reason.strip():
        raise BillingError("reason")
    fresh.status, fresh.cancel_reason = "cancelled", reason.strip()[:200]
    fresh.save(update_fields=["status", "cancel_reason"])


@dataclass(frozen=True)
class Cover:
    """Who pays a share of an invoice, by which voucher."""

    payer: Payer
    voucher: str = ""


@recorded
def issue_invoice(
    *, patient: Patient, charges: Iterable[Charge], by: Actor, now: datetime, cover: Cover | None = None,
    form_id: str = "",
) -> Invoice:  # fmt: skip
    """Issue an invoice over open charges; it takes the next number of the facility's year.

    Returns:
        The invoice; the one already issued when the same form comes twice.

    Raises:
        BillingError: no charge, one without a price, of somebody else or billed already; a voucher is missing.
    """
    by.require("take_payments")
    if by.facility is None:
        raise BillingError("charge")
    if form_id and (known := Invoice.objects.filter(facility=by.facility, form_id=form_id).first()):
        return known
    rows = list(Charge.objects.filter(pk__in=[row.pk for row in charges]).order_by("at"))
    _check_charges(rows, patient, by, cover)
    by_kind: dict[str, Decimal] = {}
    for row in rows:
        by_kind[row.kind] = by_kind.get(row.kind, rules.ZERO) + rules.whole(row.amount)
    total = sum(by_kind.values(), rules.ZERO)
    part = rules.payer_share(total, cover.payer.covers_percent) if cover else rules.ZERO
    year, number = next_number(by.facility, "invoice", now)
    who = name_of(by)
    invoice = Invoice(
        facility=by.facility, patient=patient, year=year, number=number, currency=by.facility.currency, total=total,
        payer_part=part, lines=[_line(row) for row in rows], issued_at=now, local_date=today(by.facility, now),
        issued_by=who["by"], issued_by_name=who["by_name"], code=new_code(), form_id=form_id,
        status=rules.invoice_status(due=total - part, paid=rules.ZERO), **_covered(cover),
    )  # fmt: skip
    invoice.save(force_insert=True)
    for row in rows:
        claim(
            Charge.objects.filter(pk=row.pk, status="open"),
            status="invoiced",
            invoice_id=str(invoice.pk),
        )
    parts = rules.parts_of_invoice(
        patient_id=patient.pk, payer_id=invoice.payer_id, by_kind=by_kind, payer_part=part
    )
    post(
        facility=by.facility,
        key=f"invoice:{invoice.pk}",
        kind="invoice",
        parts=parts,
        by=by,
        now=now,
    )
    return invoice


def _check_charges(rows: list[Charge], patient: Patient, by: Actor, cover: Cover | None) -> None:
    if not rows:
        raise BillingError("no-charge")
    if any(
        row.patient_id != patient.pk or row.facility_id != by.facility_id or row.status != "open"
        for row in rows
    ):
        raise BillingError("charge")
    if any(row.amount is None for row in rows):
        raise BillingError("no-price")
    if cover and (cover.payer.facility_id != by.facility_id or not cover.payer.is_active):
        raise BillingError("payer")
    if cover and cover.payer.needs_voucher and not cover.voucher.strip():
        raise BillingError("voucher")


def _covered(cover: Cover | None) -> dict[str, Any]:
    if cover is None:
        return {}
    return {
        "payer_id": str(cover.payer.pk), "payer_name": cover.payer.name, "voucher": cover.voucher.strip()[:40]
    }  # fmt: skip


def _line(charge: Charge) -> InvoiceLine:
    return InvoiceLine(
        line_id=new_fact_id(), charge_id=str(charge.pk), kind=charge.kind, label=charge.label,
        quantity=charge.quantity, amount=rules.whole(charge.amount),
    )  # fmt: skip


def changed_invoice(invoice: Invoice, **changes: Any) -> Invoice:
    """Store what changed about an invoice, guarded by the revision that was read; its status follows."""
    for name, value in changes.items():
        setattr(invoice, name, value)
    if "status" not in changes:
        status = rules.invoice_status(due=invoice.due, paid=Decimal(invoice.paid))
        if status != invoice.status and rules.may_change("invoice", invoice.status, status):
            invoice.status = status
    claim(Invoice.objects.filter(pk=invoice.pk, rev=invoice.rev), rev=invoice.rev + 1)
    invoice.rev += 1
    invoice.save()
    return invoice


@recorded
def ask_waiver(
    *, invoice: Invoice, amount: object, category: str, reason: str, by: Actor, now: datetime
) -> Waiver:
    """Ask that a part of what a patient owes be waived; somebody else decides."""
    by.require("take_payments")
    fresh = Invoice.objects.get(pk=invoice.pk)
    wanted = rules.positive(amount)
    if fresh.facility_id != by.facility_id or wanted > fresh.balance:
        raise BillingError("amount")
    who = name_of(by)
    return Waiver.objects.create(
        facility_id=by.facility_id, invoice=fresh, category=category, amount=wanted, reason=reason.strip()[:200],
        asked_at=now, asked_by=who["by"], asked_by_name=who["by_name"],
    )  # fmt: skip


@recorded
def decide_waiver(*, waiver: Waiver, is_approved: bool, by: Actor, now: datetime) -> Waiver:
    """Approve or refuse a waiver: never the person who asked for it. What is approved is booked."""
    by.require("approve_payments")
    fresh = Waiver.objects.get(pk=waiver.pk)
    who = name_of(by)
    if (
        fresh.facility_id != by.facility_id
        or fresh.asked_by == who["by"]
        or fresh.status != "asked"
    ):
        raise BillingError("decide")
    to = "approved" if is_approved else "refused"
    claim(Waiver.objects.filter(pk=fresh.pk, status="asked"), status=to)
    fresh.status, fresh.decided_at, fresh.decided_by_name = to, now, who["by_name"]
    fresh.save()
    if is_approved:
        _book_waiver(fresh, by, now)
    return fresh


def _book_waiver(waiver: Waiver, by: Actor, now: datetime) -> None:
    invoice = Invoice.objects.select_related("facility").get(pk=waiver.invoice_id)
    amount = Decimal(waiver.amount)
    if amount > invoice.balance:
        raise BillingError("amount")
    changed_invoice(invoice, waived=Decimal(invoice.waived) + amount)
    parts = [
        rules.Part("waivers", amount),
        rules.Part(rules.receivable(invoice.patient_id), -amount),
    ]
    post(
        facility=invoice.facility,
        key=f"waiver:{waiver.pk}",
        kind="waiver",
        parts=parts,
        by=by,
        now=now,
    )


@recorded
def pay_claim(*, payer: Payer, amount: object, reference: str, by: Actor, now: datetime) -> None:
    """Book what a payer transferred for its claims to the bank.

    Raises:
        BillingError: `transfer` when one with this reference was booked already.
    """
    by.require("approve_payments")
    if payer.facility_id != by.facility_id or by.facility is None or not reference.strip():
        raise BillingError("payer")
    value = rules.positive(amount)
    parts = [rules.Part("bank", value), rules.Part(f"payer:{payer.pk}", -value)]
    key = f"claim:{payer.pk}:{price_code(reference)[:24]}"[:60]
    if LedgerEntry.objects.filter(key=key).exists():
        raise BillingError("transfer")
    post(facility=by.facility, key=key, kind="claim", parts=parts, by=by, now=now)


def payments_on(invoice: Invoice) -> list[Payment]:
    """Return the payments of an invoice, oldest first."""
    return list(Payment.objects.filter(invoice_id=str(invoice.pk)).order_by("at"))
