"""The demo's prices, payers, an open drawer and a few invoices."""

from datetime import datetime
from typing import Any

from accounts.models import Facility, User
from accounts.queries import actor_for
from billing.actions import cash, invoicing
from billing.models import Charge
from billing.queries import open_charges

PRICES: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "XAF": (
        ("consultation", "Consultation", 5000, 1), ("consultation", "Pédiatrie", 7000, 1),
        ("consultation", "Gynécologie", 10_000, 1), ("test", "Goutte épaisse", 1500, 1),
        ("test", "Test rapide du paludisme", 1000, 1), ("test", "NFS", 5000, 1), ("test", "Glycémie", 1500, 1),
        ("test", "Créatinine", 3000, 1), ("test", "Groupe sanguin", 3000, 1), ("procedure", "Pansement", 2000, 1),
        ("procedure", "Injection", 500, 1), ("procedure", "Perfusion", 3000, 1), ("medicine", "paracétamol", 300, 10),
        ("medicine", "Coartem", 1200, 24), ("medicine", "Glucophage", 2500, 30), ("medicine", "amoxicilline", 1000, 12),
    ),
    "KES": (
        ("consultation", "Consultation", 1000, 1), ("test", "Malaria test", 300, 1),
        ("test", "Full blood count", 800, 1),
        ("procedure", "Dressing", 400, 1), ("medicine", "paracetamol", 50, 10),
    ),
}  # fmt: skip
PAYERS = (
    ("CNPS", "public", 80),
    ("Activa Assurances", "insurer", 70),
    ("Camrail", "employer", 100),
)


def set_prices(places: dict[str, Facility], staff: dict[str, User], now: datetime) -> None:
    """Set the price lists before care begins, so that it is charged by them."""
    for key in ("espoir", "lac", "nyota"):
        place = places[key]
        manager = actor_for(staff["admin"], place)
        manager.permissions = manager.permissions | {"approve_payments"}
        acts: dict[str, Any] = {"by": manager, "now": now}
        for number, (kind, label, amount, size) in enumerate(PRICES[place.currency]):
            invoicing.set_price(
                kind=kind,
                label=label,
                amount=amount,
                pack_size=size,
                is_default=number == 0,
                **acts,
            )
        for name, kind, percent in PAYERS if place.currency == "XAF" else ():
            invoicing.save_payer(name=name, kind=kind, covers_percent=percent, **acts)


def take_money(places: dict[str, Facility], staff: dict[str, User], now: datetime) -> None:
    """Open the receptionist's drawer and bill the day's consultations: one paid, one in part, the rest to bill."""
    desk = actor_for(staff["receptionist"], places["espoir"])
    acts: dict[str, Any] = {"by": desk, "now": now}
    cash.open_drawer(float_amount=20_000, **acts)
    priced = Charge.objects.filter(facility=places["espoir"], status="open", amount__gt=0)
    patients = {
        row.patient_id: row.patient for row in priced.select_related("patient").order_by("source")
    }
    for number, patient in enumerate(list(patients.values())[:3]):
        rows = [row for row in open_charges(places["espoir"].pk, patient) if row.amount is not None]
        invoice = invoicing.issue_invoice(patient=patient, charges=rows, **acts)
        paid = (int(invoice.balance), 2000, 0)[number]
        if paid:
            cash.take_cash(invoice=invoice, amount=paid, **acts)
