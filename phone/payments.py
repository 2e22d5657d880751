"""What a patient owes, who can take the money from a phone, and what became of a payment that was asked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import Facility
from billing.models import Invoice, Payment, PaymentAttempt
from billing.providers import for_currency
from billing.queries import UNPAID
from billing.rules import OPEN_ATTEMPTS, proposed_provider
from clinic.converters import parse_id
from patients.models import Patient

ON_THE_PHONE = ("momo", "orange", "mpesa")  # those that ask on the phone itself, without a browser
NO_FUNDS = ("NOT_ENOUGH_FUNDS", "60019", "1")


@dataclass(frozen=True)
class Asked:
    """A payment that was asked for.

    Attributes:
        is_open: nobody has decided yet.
        is_unsettled: money may still come, so nothing more is asked for.
        receipt: the receipt's number once it is paid.
    """

    pk: object
    status: str
    amount: Decimal
    currency: str
    method: str
    reason: str
    is_open: bool
    is_unsettled: bool
    receipt: str


@dataclass(frozen=True)
class Due:
    """What a patient owes a facility: the oldest invoice is paid first."""

    facility: Facility
    owed: Decimal
    amount: Decimal
    currency: str
    invoice: Invoice
    asked: Asked | None


def dues_of(patient: Patient) -> list[Due]:
    """Return what a patient owes, a facility each, the longest owed first."""
    rows = Invoice.objects.filter(patient=patient, status__in=UNPAID)
    by_facility: dict[object, list[Invoice]] = {}
    for row in rows.select_related("facility").order_by("issued_at")[:60]:
        if row.balance > 0:
            by_facility.setdefault(row.facility_id, []).append(row)
    oldest = [invoices[0] for invoices in by_facility.values()]
    asked = newest_attempts([str(row.pk) for row in oldest])
    return [
        Due(
            facility=invoices[0].facility,
            owed=sum((row.balance for row in invoices), Decimal(0)),
            amount=invoices[0].balance,
            currency=invoices[0].currency,
            invoice=invoices[0],
            asked=asked.get(str(invoices[0].pk)),
        )
        for invoices in by_facility.values()
    ]


def newest_attempts(invoice_ids: list[str]) -> dict[str, Asked]:
    """Return the last payment asked for, by invoice."""
    rows = PaymentAttempt.objects.filter(invoice_id__in=invoice_ids).order_by("created_at")
    return {row.invoice_id: _asked(row) for row in rows}


def attempt_of(patient: Patient, attempt_id: str) -> Asked | None:
    """Return a payment that was asked for about this patient, or None."""
    row = PaymentAttempt.objects.filter(pk=parse_id(attempt_id), patient=patient).first()
    return _asked(row) if row else None


def _asked(row: PaymentAttempt) -> Asked:
    receipt = (
        Payment.objects.filter(pk=parse_id(row.payment_id)).first() if row.payment_id else None
    )
    is_open = row.status in OPEN_ATTEMPTS and not row.needs_person
    return Asked(
        pk=row.pk, status=row.status, amount=Decimal(row.amount), currency=row.currency, method=row.method,
        reason=row.reason, is_open=is_open, receipt=receipt.label if receipt else "",
        is_unsettled=row.status in (*OPEN_ATTEMPTS, "unknown"),
    )  # fmt: skip


def latest_receipt(patient: Patient, since: datetime) -> Payment | None:
    """Return the newest payment of a patient since a moment, or None."""
    return Payment.objects.filter(patient=patient, at__gte=since).order_by("-at").first()


@dataclass(frozen=True)
class Operators:
    """Who can take money from a phone here, and who probably has it as a customer (or nobody, when it is unclear)."""

    names: tuple[str, ...]
    proposed: str


def operators_for(phone: str, currency: str) -> Operators:
    """Return who can ask this phone to pay in this currency."""
    names = tuple(name for name in for_currency(currency) if name in ON_THE_PHONE)
    proposed = proposed_provider(phone, currency)
    return Operators(names, proposed if proposed in names else "")


def kind_of_failure(reason: str) -> str:
    """Return which of the menu's texts tells why a payment came to nothing."""
    return "payment-no-funds" if reason in NO_FUNDS else "payment-failed"
