"""Pages about money: what they show, and what their forms do."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions import invoicing, phone
from billing.models import CreditNote
from billing.queries import shown
from billing.tests.making import assert_sound, make_invoice


@pytest.fixture
def signed_in(cast):
    def sign_in(actor):
        client = Client()
        client.force_login(actor.user)
        return client

    return sign_in


def test_some_lines_are_credited_from_the_invoice_s_page_and_stand_on_its_print(cast, signed_in):
    invoice = make_invoice(cast.receptionist, 1000, 2000)
    client = signed_in(cast.admin)
    page = reverse("invoice", args=[invoice.pk])
    assert "Avoir sur certaines prestations" in client.get(page).content.decode()
    answer = client.post(
        reverse("invoice-credit-lines", args=[invoice.pk]),
        {"line": [invoice.lines[0].line_id], "reason": "non fait"}, follow=True,
    )  # fmt: skip
    note = CreditNote.objects.get()
    shown = answer.content.decode()
    assert "Avoir établi." in shown
    assert f"{note.label} " in shown
    assert invoice.lines[0].line_id not in shown
    printed = client.get(reverse("invoice-print", args=[invoice.pk])).content.decode()
    assert note.label in printed
    assert "2\u202f000" in printed


def test_the_day_lists_the_payments_that_are_still_open(cast, signed_in, providers):
    providers["momo"].seconds = 60
    phone.request_payment(
        invoice=make_invoice(cast.receptionist, 1234), provider_name="momo", phone="+237677123400", amount=1234,
        by=cast.receptionist, now=timezone.now(),
    )  # fmt: skip
    shown = signed_in(cast.admin).get(reverse("billing-day")).content.decode()
    assert "1\u202f234" in shown
    assert "en attente du client" in shown


def test_a_payer_s_transfer_is_booked_once_and_what_it_owes_falls(cast, signed_in):
    payer = invoicing.save_payer(
        name="AXA",
        kind="insurer",
        covers_percent=80,
        needs_voucher=False,
        by=cast.admin,
        now=timezone.now(),
    )
    make_invoice(cast.receptionist, 1000, cover=invoicing.Cover(payer))
    client, url = signed_in(cast.admin), reverse("claim-paid", args=[payer.pk])
    assert "Enregistrer un virement" in client.get(reverse("payers")).content.decode()
    client.post(url, {"amount": "500", "reference": "VIR 77"})
    again = client.post(url, {"amount": "500", "reference": "vir 77"}, follow=True)
    assert "déjà enregistré" in again.content.decode()
    assert shown(cast.clinic.pk)[f"payer:{payer.pk}"] == 300
    assert shown(cast.clinic.pk)["bank"] == 500
    assert_sound(cast.clinic)
