"""Credit notes: a whole invoice is cancelled, or some of its lines are taken back. Nothing is ever edited."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from accounts.permissions import Actor
from billing import rules
from billing.actions.errors import BillingError
from billing.actions.invoicing import changed_invoice
from billing.actions.ledger import name_of, next_number, post
from billing.models import Charge, CreditNote, Invoice, InvoiceLine
from clinic.recording import recorded


def _to_credit(invoice: Invoice, reason: str, by: Actor) -> Invoice:
    """Return the invoice as it is now, for somebody who did not issue it."""
    by.require("approve_payments")
    fresh = Invoice.objects.select_related("facility").get(pk=invoice.pk)
    is_issuer = fresh.issued_by == name_of(by)["by"]
    if fresh.facility_id != by.facility_id or is_issuer or not reason.strip():
        raise BillingError("decide")
    if not rules.may_change("invoice", fresh.status, "cancelled"):
        raise BillingError("cancelled")
    return fresh


def _left(invoice: Invoice) -> list[InvoiceLine]:
    """Return the lines that no credit note has taken back."""
    gone = {
        line.line_id for note in CreditNote.objects.filter(invoice=invoice) for line in note.lines
    }
    return [line for line in invoice.lines if line.line_id not in gone]


def _by_kind(lines: Iterable[InvoiceLine]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.kind] = sums.get(line.kind, rules.ZERO) + Decimal(line.amount)
    return sums


def _reopen(invoice: Invoice, lines: Iterable[InvoiceLine]) -> None:
    """Let the charges of lines be billed again."""
    wanted = {line.charge_id for line in lines}
    for row in Charge.objects.filter(invoice_id=str(invoice.pk), status="invoiced"):
        if str(row.pk) in wanted:
            row.status, row.invoice_id = "open", ""
            row.save(update_fields=["status", "invoice_id"])


@recorded
def credit_invoice(*, invoice: Invoice, reason: str, by: Actor, now: datetime) -> Invoice:
    """Cancel an invoice by a credit note with its own number.

    What was paid becomes the patient's advance, and the charges can be billed again. The approver is not the
    person who issued it.
    """
    fresh = _to_credit(invoice, reason, by)
    left = _left(fresh)
    year, number = next_number(fresh.facility, "credit", now)
    issued = rules.parts_of_invoice(
        patient_id=fresh.patient_id,
        payer_id=fresh.payer_id,
        by_kind=_by_kind(left),
        payer_part=fresh.claimed,
    )
    owing, waived, paid = (
        rules.receivable(fresh.patient_id), Decimal(fresh.waived), Decimal(fresh.paid)
    )  # fmt: skip
    parts = [
        *rules.reversed_parts(issued), rules.Part("waivers", -waived), rules.Part(owing, waived + paid),
        rules.Part(rules.deposits(fresh.patient_id), -paid),
    ]  # fmt: skip
    post(
        facility=fresh.facility,
        key=f"credit:{fresh.pk}",
        kind="credit-note",
        parts=parts,
        by=by,
        now=now,
    )
    _reopen(fresh, left)
    return changed_invoice(
        fresh, status="cancelled", credit_number=number, credit_year=year, credit_reason=reason.strip()[:200],
        credited_at=now, credited_by_name=name_of(by)["by_name"],
    )  # fmt: skip


@recorded
def credit_lines(
    *, invoice: Invoice, line_ids: Iterable[str], reason: str, by: Actor, now: datetime
) -> CreditNote:
    """Take some lines of an invoice back by a credit note; the rest of the invoice stands.

    The payer's share of them falls in proportion. What the patient had paid beyond what is still asked becomes their
    advance, and the charges can be billed again.

    Raises:
        BillingError: `no-charge` when no line, or one already taken back, is named; `waived` when they were waived.
    """
    fresh, wanted = _to_credit(invoice, reason, by), set(line_ids)
    left = _left(fresh)
    lines = [line for line in left if line.line_id in wanted]
    if not lines or len(lines) != len(wanted):
        raise BillingError("no-charge")
    cut = rules.credited(
        amount=sum(_by_kind(lines).values(), rules.ZERO), total=Decimal(fresh.total),
        payer_part=Decimal(fresh.payer_part), payer_left=fresh.claimed, is_rest=len(lines) == len(left),
        due=fresh.due, paid=Decimal(fresh.paid),
    )  # fmt: skip
    if cut is None:
        raise BillingError("waived")
    year, number = next_number(fresh.facility, "credit", now)
    note = CreditNote(
        facility=fresh.facility, invoice=fresh, year=year, number=number, lines=lines, total=cut.total,
        payer_part=cut.payer, moved=cut.moved, reason=reason.strip()[:200], at=now, by_name=name_of(by)["by_name"],
    )  # fmt: skip
    note.save(force_insert=True)
    parts = rules.parts_of_credit(
        patient_id=fresh.patient_id, payer_id=fresh.payer_id, by_kind=_by_kind(lines), cut=cut
    )
    post(
        facility=fresh.facility,
        key=f"credit:{note.pk}",
        kind="credit-note",
        parts=parts,
        by=by,
        now=now,
    )
    _reopen(fresh, lines)
    changed_invoice(
        fresh, credited=Decimal(fresh.credited) + cut.patient, payer_credited=Decimal(fresh.payer_credited) + cut.payer,
        paid=Decimal(fresh.paid) - cut.moved,
    )  # fmt: skip
    return note
