"""One of each thing that is about the money of the world's patient."""

from datetime import datetime
from typing import Any

from billing.actions import cash, invoicing, phone
from billing.models import Payment, PaymentAttempt
from patients.models import Patient
from tests.factories import Cast


def make_money(cast: Cast, patient: Patient, now: datetime) -> dict[str, Any]:
    """Return one of each, by what it is called in urls."""
    acts: dict[str, Any] = {"by": cast.receptionist, "now": now}
    cash.open_drawer(float_amount=0, **acts)
    cash.take_deposit(patient=patient, amount=500, **acts)
    payer = invoicing.save_payer(
        name="CNPS", kind="public", covers_percent=10, needs_voucher=False, by=cast.admin, now=now
    )
    charges = [
        invoicing.add_charge(
            patient=patient, kind="test", label=label, quantity=1, amount=900, **acts
        )
        for label in ("NFS", "Glycémie", "Créatinine")
    ]
    cover = invoicing.Cover(payer)
    invoice = invoicing.issue_invoice(patient=patient, charges=charges[:1], cover=cover, **acts)
    waiver = invoicing.ask_waiver(
        invoice=invoice, amount=100, category="other", reason="geste", **acts
    )
    asked = [
        cash.ask_refund(patient=patient, amount=100, reason="départ", **acts) for _ in range(2)
    ]
    approved = cash.decide_refund(refund=asked[1], is_approved=True, by=cast.admin, now=now)
    link = phone.send_link(invoice=invoice, by=cast.receptionist, now=now)
    attempt = PaymentAttempt.objects.create(
        facility=cast.clinic, patient=patient, invoice_id=str(invoice.pk), provider="momo", phone=patient.phone,
        amount=100, currency="XAF", status="unknown", reference="r", callback_token="a" * 48, created_at=now,
        local_date=invoice.local_date, needs_person=True,
    )  # fmt: skip
    return {
        "payer": payer, "charge": charges[1], "invoice": invoice, "waiver": waiver, "refund": asked[0],
        "approved": approved, "attempt": attempt, "payment": Payment.objects.get(patient=patient), "link": link,
    }  # fmt: skip
