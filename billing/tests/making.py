"""Prices, invoices and drawers for tests."""

from decimal import Decimal

from django.utils import timezone

from billing.actions.cash import open_drawer
from billing.actions.invoicing import add_charge, issue_invoice
from billing.queries import unsound
from clinic.db import random_id
from tests.factories import make_patient


def make_invoice(by, *amounts, patient=None, **options):
    """Return an invoice with one line for each amount (1500 when none is given)."""
    who = patient or make_patient(by)
    now = timezone.now()
    charges = [
        add_charge(
            patient=who, kind="procedure", label=f"Pansement {amount}", quantity=1, amount=Decimal(amount), by=by,
            now=now, form_id=str(random_id()),
        )
        for amount in amounts or (1500,)
    ]  # fmt: skip
    return issue_invoice(patient=who, charges=charges, by=by, now=now, **options)


def make_drawer(by, amount=10_000):
    """Return the actor's open drawer."""
    return open_drawer(float_amount=amount, by=by, now=timezone.now())


def assert_sound(facility):
    """The books of a facility add up."""
    assert unsound(facility.pk) == []
