"""What pages and rules read about money: prices, what a patient owes, the drawer, the day, the books."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from django.db.models import Q, Sum
from django.http import Http404

from accounts.models import Facility
from accounts.permissions import Actor
from billing import rules
from billing.models import (
    AccountBalance,
    CallbackHit,
    Charge,
    Drawer,
    Invoice,
    LedgerEntry,
    Payer,
    Payment,
    PaymentAttempt,
    Price,
    Refund,
    StatementLine,
    Waiver,
)
from clinic.db import collection
from patients.models import Patient
from patients.queries import today_in
from patients.rules import fold

UNPAID = ("issued", "part-paid")


def price_code(text: str) -> str:
    """Return the form of a name by which a price is found: no accents, no case, single spaces."""
    return fold(text)[:120]


def price_at(*, facility: Facility, kind: str, names: Iterable[str], day: str) -> Price | None:
    """Return the price in force on `day` (YYYY-MM-DD) for the first name that has one, else the kind's own.

    A medicine has no price of its kind: only one that was set for it.
    """
    codes = [code for code in (price_code(name) for name in names) if code]
    if kind != "medicine":
        codes.append("")
    rows = Price.objects.filter(
        facility=facility, kind=kind, code__in=codes, valid_from__lte=day
    ).order_by("-valid_from")
    valid = [row for row in rows if not row.valid_to or row.valid_to >= day]
    return next((row for code in codes for row in valid if row.code == code), None)


def prices_of(facility_id: Any, day: str) -> list[Price]:
    """Return the prices in force or to come, by kind and label."""
    rows = Price.objects.filter(facility_id=facility_id).filter(
        Q(valid_to="") | Q(valid_to__gte=day)
    )
    return list(rows.order_by("kind", "label", "-valid_from")[:1000])


def open_charges(facility_id: Any, patient: Patient) -> list[Charge]:
    """Return what was recorded for a patient and stands on no invoice yet, oldest first."""
    return list(
        Charge.objects.filter(facility_id=facility_id, patient=patient, status="open").order_by(
            "at"
        )
    )


def invoices_of(facility_id: Any, patient: Patient) -> list[Invoice]:
    """Return a patient's invoices here, newest first."""
    return list(
        Invoice.objects.filter(facility_id=facility_id, patient=patient).order_by("-issued_at")[
            :100
        ]
    )


def open_invoice(actor: Actor, invoice_id: ObjectId) -> Invoice:
    """Return an invoice of the actor's facility, noting the patient as seen; Http404 otherwise."""
    row = Invoice.objects.filter(pk=invoice_id).select_related("patient", "facility").first()
    if row is None or row.facility_id != actor.facility_id:
        raise Http404
    actor.note_seen("patients", row.patient_id)
    return row


def open_payment(actor: Actor, payment_id: ObjectId) -> Payment:
    """Return a payment of the actor's facility, noting the patient as seen; Http404 otherwise."""
    row = Payment.objects.filter(pk=payment_id).select_related("patient", "facility").first()
    if row is None or row.facility_id != actor.facility_id:
        raise Http404
    actor.note_seen("patients", row.patient_id)
    return row


def drawer_of(actor: Actor) -> Drawer | None:
    """Return the drawer that the actor holds open here."""
    if actor.user is None:
        return None
    return Drawer.objects.filter(
        facility_id=actor.facility_id, cashier_id=str(actor.user.pk), status="open"
    ).first()


def balance(facility_id: Any, account: str) -> Decimal:
    """Return the shown balance of an account: above zero a debit."""
    row = AccountBalance.objects.filter(facility_id=facility_id, account=account).first()
    return Decimal(row.balance) if row else rules.ZERO


def advance_of(facility_id: Any, patient_id: Any) -> Decimal:
    """Return what a patient paid in advance and has not used."""
    return -balance(facility_id, rules.deposits(patient_id))


def recomputed(facility_id: Any) -> dict[str, Decimal]:
    """Return the balance of every account of a facility, added up from its entries."""
    pipeline = [
        {"$match": {"facility_id": facility_id}},
        {"$unwind": "$parts"},
        {"$group": {"_id": "$parts.account", "sum": {"$sum": "$parts.amount"}}},
    ]
    rows = collection(LedgerEntry).aggregate(pipeline)
    return {row["_id"]: row["sum"].to_decimal() for row in rows}


def shown(facility_id: Any) -> dict[str, Decimal]:
    """Return the balance of every account of a facility as pages show it."""
    rows = AccountBalance.objects.filter(facility_id=facility_id)
    return {row.account: Decimal(row.balance) for row in rows}


def unsound(facility_id: Any) -> list[str]:
    """Return what is wrong with a facility's books; empty when they are sound.

    Each account's shown balance must be the sum of its entries, the sum of all accounts zero, what patients owe
    the sum of their open invoices, and each phone payment that of one attempt that succeeded.
    """
    added, displayed = recomputed(facility_id), shown(facility_id)
    wrong = [
        f"{account}: {displayed.get(account, 0)} != {added.get(account, 0)}"
        for account in sorted({*added, *displayed})
        if displayed.get(account, 0) != added.get(account, 0)
    ]
    if sum(added.values(), rules.ZERO):
        wrong.append("sum")
    owed = sum(
        (total for name, total in added.items() if name.startswith("receivable:")), rules.ZERO
    )
    invoices = Invoice.objects.filter(facility_id=facility_id)
    if owed != sum((row.balance for row in invoices), rules.ZERO):
        wrong.append("receivable")
    wrong += [
        f"overpaid {row}"
        for row in invoices
        if row.status != "cancelled" and row.paid > max(row.due, 0)
    ]
    return wrong + _without_attempt(facility_id)


def _without_attempt(facility_id: Any) -> list[str]:
    by_phone = Payment.objects.filter(
        facility_id=facility_id, method__in=("momo", "orange", "mpesa")
    )
    confirmed = {
        (str(row.pk), row.payment_id, Decimal(row.amount))
        for row in PaymentAttempt.objects.filter(facility_id=facility_id, status="succeeded")
    }
    paid = [(row.attempt_id, str(row.pk), Decimal(row.amount)) for row in by_phone]
    return [f"payment {row[1]}" for row in paid if row not in confirmed] + [
        f"attempt {row[0]}" for row in confirmed if row not in set(paid)
    ]


def quotes_of(line_ids: Iterable[str], facility_id: Any) -> list[Any]:
    """Return what a pharmacy quoted for lines of prescriptions, oldest first, each with `is_settled`.

    Settled is what is free, or stands on an invoice of which the patient owes nothing more: paid, waived, or the
    payer's part.
    """
    mine = [Q(source__startswith=f"line:{line_id}:") for line_id in line_ids]
    if not mine:
        return []
    quoted = Charge.objects.filter(reduce(or_, mine), kind="medicine", facility_id=facility_id)
    rows: list[Any] = list(quoted.order_by("at"))
    invoices = {
        str(row.pk): row
        for row in Invoice.objects.filter(
            pk__in={ObjectId(row.invoice_id) for row in rows if row.invoice_id}
        )
    }
    for row in rows:
        row.is_settled = _is_settled(row, invoices.get(row.invoice_id))
    return rows


def _is_settled(charge: Charge, invoice: Invoice | None) -> bool:
    if charge.status == "cancelled":
        return False
    if charge.amount is not None and charge.amount == 0:
        return True
    return invoice is not None and invoice.status != "cancelled" and invoice.balance == 0


def prepaid(line_ids: Iterable[str], facility_id: Any) -> dict[str, rules.Prepaid]:
    """Return for each line what was paid for before it left, and what was quoted; pharmacies ask before dispensing."""
    wanted = list(line_ids)
    known: dict[str, rules.Prepaid] = {line_id: rules.Prepaid() for line_id in wanted}
    for row in quotes_of(wanted, facility_id):
        line_id = row.source.split(":")[1]
        if row.status != "cancelled":
            known[line_id] = known[line_id].plus(row.unused, row.amount, is_settled=row.is_settled)
    return known


@dataclass(frozen=True)
class Owed:
    """What a patient owes and paid at a facility; USSD and the desk show it."""

    owed: Decimal
    advance: Decimal
    currency: str
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]


def owed_by(patient: Patient, facility: Facility) -> Owed:
    """Return what a patient owes and paid here, oldest unpaid invoice first, newest payments first."""
    unpaid = Invoice.objects.filter(facility=facility, patient=patient, status__in=UNPAID)
    invoices = tuple(unpaid.order_by("issued_at")[:20])
    paid = Payment.objects.filter(facility=facility, patient=patient).order_by("-at")[:5]
    return Owed(
        sum((row.balance for row in invoices), rules.ZERO),
        advance_of(facility.pk, patient.pk),
        facility.currency,
        invoices,
        tuple(paid),
    )


def day_bounds(facility: Facility, day: str) -> tuple[datetime, datetime]:
    """Return the first moment of a local day and of the next."""
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(facility.time_zone))
    return start, start + timedelta(days=1)


def desk_lists(actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what the cashier's page lists: patients with something to bill, unpaid invoices, open attempts."""
    facility_id = actor.facility_id
    recent = now - timedelta(days=3)
    charges = Charge.objects.filter(facility_id=facility_id, status="open", at__gte=recent)
    patients: dict[Any, Any] = {}
    for row in charges.select_related("patient").order_by("-at")[:200]:
        patients.setdefault(row.patient_id, [row.patient, 0])[1] += 1
    invoices = Invoice.objects.filter(facility_id=facility_id, status__in=UNPAID)
    unpaid = list(invoices.select_related("patient").order_by("-issued_at")[:30])
    attempts = list(
        PaymentAttempt.objects.filter(facility_id=facility_id)
        .filter(Q(status__in=rules.OPEN_ATTEMPTS) | Q(needs_person=True))
        .select_related("patient")
        .order_by("-created_at")[:30]
    )
    shown_here: list[Any] = [*unpaid, *attempts]
    for patient_id in [*patients, *(row.patient_id for row in shown_here)]:
        actor.note_seen("patients", patient_id)
    return {"to_bill": list(patients.values())[:30], "unpaid": unpaid, "attempts": attempts}


def figures_of_day(facility: Facility, day: str) -> dict[str, Any]:
    """Return a day's takings by method, drawers, open attempts, late payments, differences and forged calls."""
    payments = list(Payment.objects.filter(facility=facility, local_date=day))
    takings: dict[str, dict[str, Any]] = {}
    for row in payments:
        kept = takings.setdefault(row.method, {"count": 0, "amount": 0})
        kept["count"] += 1
        kept["amount"] += int(row.amount)
    refunds = Refund.objects.filter(facility=facility, status="paid", local_date=day)
    attempts = PaymentAttempt.objects.filter(facility=facility, local_date=day)
    start, end = day_bounds(facility, day)
    forged = CallbackHit.objects.filter(verdict="forged", at__gte=start, at__lt=end)
    return {
        "takings": takings,
        "received": sum(
            int(row.amount) for row in payments if row.method not in ("deposit", "payer")
        ),
        "refunds": sum(int(row.amount) for row in refunds),
        "invoiced": _sum(Invoice.objects.filter(facility=facility, local_date=day), "total"),
        "open_attempts": attempts.filter(status__in=rules.OPEN_ATTEMPTS).count(),
        "unclear": PaymentAttempt.objects.filter(facility=facility, needs_person=True).count(),
        "late": sum(1 for row in payments if row.is_late),
        "drawer_differences": [
            {"who": row.cashier_name, "difference": int(row.difference), "why": row.explanation}
            for row in Drawer.objects.filter(facility=facility, local_date=day, status="closed")
            if row.difference
        ],
        "open_drawers": Drawer.objects.filter(facility=facility, status="open").count(),
        "forged": forged.filter(facility_id__in=("", str(facility.pk))).count(),
    }


def open_attempts_of(facility: Facility, day: str) -> list[PaymentAttempt]:
    """Return a day's payments by phone that have not come to an end, oldest first."""
    rows = PaymentAttempt.objects.filter(
        facility=facility, local_date=day, status__in=rules.OPEN_ATTEMPTS
    )
    return list(rows.order_by("created_at")[:50])


def _sum(rows: Any, name: str) -> int:
    return int(rows.aggregate(sum=Sum(name))["sum"] or 0)


@dataclass(frozen=True)
class Difference:
    """A line of the provider's statement and our payment that do not agree, or stand alone."""

    method: str
    transaction_id: str
    theirs: Decimal | None
    ours: Decimal | None


def statement_differences(facility: Facility, day: str) -> list[Difference]:
    """Return where the imported statements and our phone payments of a day differ, by transaction number."""
    lines = list(StatementLine.objects.filter(facility=facility, local_date=day))
    methods = {row.method for row in lines}
    theirs = {(row.method, row.transaction_id): Decimal(row.amount) for row in lines}
    known = Payment.objects.filter(facility=facility, method__in=methods)
    todays = known.filter(local_date=day) | known.filter(
        transaction_id__in=[row.transaction_id for row in lines]
    )
    ours = {(row.method, row.transaction_id): Decimal(row.amount) for row in todays}
    return [
        Difference(*key, theirs.get(key), ours.get(key))
        for key in sorted({*theirs, *ours})
        if theirs.get(key) != ours.get(key)
    ]


def claims_of(payer: Payer, month: str) -> list[Invoice]:
    """Return the invoices of which a payer owes a share, for a month (YYYY-MM), in order of their number."""
    rows = Invoice.objects.filter(
        facility_id=payer.facility_id,
        payer_id=str(payer.pk),
        local_date__gte=f"{month}-01",
        local_date__lte=f"{month}-31",
    ).exclude(status="cancelled")
    return list(rows.select_related("patient").order_by("year", "number"))


def to_decide(facility_id: Any) -> dict[str, Any]:
    """Return what waits for somebody who approves: waivers, refunds, attempts that a person must look at."""
    return {
        "waivers": list(
            Waiver.objects.filter(facility_id=facility_id, status="asked").select_related("invoice")
        ),
        "refunds": list(Refund.objects.filter(facility_id=facility_id, status="asked")),
        "unclear": list(PaymentAttempt.objects.filter(facility_id=facility_id, needs_person=True)),
    }


def today(facility: Facility | None, now: datetime) -> str:
    """Return the local date of a facility as YYYY-MM-DD."""
    return today_in(facility, now).isoformat()
