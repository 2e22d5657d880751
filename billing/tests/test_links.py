"""Paying by a link: who holds it can pay and learns nothing; it ends after two days, or once it is paid."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions import phone
from billing.actions.errors import BillingError
from billing.models import Invoice, PaymentAttempt, PaymentLink
from billing.tests.making import assert_sound, make_invoice
from notifications.models import Message
from tests.factories import make_patient


@pytest.fixture
def link(cast, providers):
    invoice = make_invoice(
        cast.receptionist, 1500, patient=make_patient(cast.receptionist, phone="+237677123400")
    )
    return phone.send_link(invoice=invoice, by=cast.receptionist, now=timezone.now())


def page(link):
    return reverse("pay-link", args=[link.code])


def checked(attempt, **later):
    phone.check(attempt_id=attempt.pk, now=timezone.now() + timedelta(**later))
    attempt.refresh_from_db()
    return attempt


def test_the_sms_carries_amount_and_link_and_no_name(link):
    text = Message.objects.get(kind="payment-link").text
    assert "1500 XAF" in text
    assert f"/p/{link.code}/" in text
    assert "Marthe" not in text
    assert len(text) <= 160


def test_codes_are_long_and_all_different(cast, providers):
    invoice = make_invoice(
        cast.receptionist, patient=make_patient(cast.receptionist, phone="+237677123400")
    )
    codes = {
        phone.send_link(invoice=invoice, by=cast.receptionist, now=timezone.now()).code
        for _ in range(5)
    }
    assert len(codes) == 5
    assert {len(code) for code in codes} == {12}


def test_the_page_shows_the_amount_and_neither_name_nor_what_it_is_for(link):
    shown = Client().get(page(link)).content.decode()
    assert "1\u202f500" in shown
    patient = link.patient
    for secret in (
        patient.family_name,
        patient.given_name,
        patient.record_number,
        "Pansement",
        patient.phone,
    ):
        assert secret not in shown
    assert link.facility.name not in shown


def test_the_patient_chooses_the_operator_and_pays(link):
    client = Client()
    assert client.post(page(link), {"provider": "momo", "form_id": "0" * 24}).status_code == 302
    client.post(page(link), {"provider": "momo", "form_id": "0" * 24})
    attempt = PaymentAttempt.objects.get()
    assert (attempt.origin, attempt.phone, attempt.amount) == ("link", "+237677123400", 1500)
    assert "Validez la demande" in client.get(page(link)).content.decode()
    assert checked(attempt, seconds=10).status == "succeeded"
    assert "Tout est payé" in client.get(page(link)).content.decode()
    assert_sound(link.facility)


def test_another_phone_can_pay(link):
    Client().post(page(link), {"provider": "orange", "phone": "699 12 34 56"})
    assert PaymentAttempt.objects.get().phone == "+237699123456"
    answer = Client().post(page(link), {"provider": "orange", "phone": "12"})
    assert (answer.status_code, PaymentAttempt.objects.count()) == (422, 1)


def test_orange_s_page_is_offered_to_a_browser(link, providers):
    client = Client()
    client.post(page(link), {"provider": "orange-web"})
    attempt = PaymentAttempt.objects.get()
    assert attempt.redirect_url
    assert attempt.redirect_url in client.get(page(link)).content.decode()
    providers["orange"].payments[attempt.provider_ref.partition("/")[2]].outcome_set = "success"
    assert checked(attempt, seconds=10).status == "succeeded"


def test_while_one_request_is_open_a_second_is_refused_in_words(link, providers):
    providers["momo"].seconds = 60
    client = Client()
    client.post(page(link), {"provider": "momo"})
    answer = client.post(page(link), {"provider": "orange"})
    assert (answer.status_code, PaymentAttempt.objects.count()) == (422, 1)
    assert "déjà en cours" in answer.content.decode()


def test_an_old_link_asks_nobody(link):
    PaymentLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "plus valable" in Client().get(page(link)).content.decode()
    answer = Client().post(page(link), {"provider": "momo"})
    assert (answer.status_code, PaymentAttempt.objects.count()) == (422, 0)


def test_a_link_bothers_phones_six_times_at_most(link, providers):
    from gateways.mobile_money import Behaviour

    providers["momo"].behaviours["237677123400"] = Behaviour("refused", 0, "never")
    for _ in range(8):
        Client().post(page(link), {"provider": "momo"})
        for attempt in PaymentAttempt.objects.filter(status="pending"):
            checked(attempt, seconds=10)
    assert PaymentAttempt.objects.count() == 6


@pytest.mark.parametrize("code", ["ABCDEFGHJKMN", "x", "0" * 40])
def test_a_guessed_code_finds_nothing_and_guessing_is_slowed(db, code):
    client = Client()
    assert client.get(reverse("pay-link", args=[code])).status_code == 404
    for _ in range(25):
        answer = client.get(reverse("pay-link", args=[code]))
    assert answer.status_code == 429


def test_no_link_for_who_gets_no_sms_or_owes_nothing(cast, providers):
    acts = {"by": cast.receptionist, "now": timezone.now()}
    silent = make_patient(cast.receptionist, accepts_messages=False)
    with pytest.raises(BillingError, match="no-phone"):
        phone.send_link(invoice=make_invoice(cast.receptionist, patient=silent), **acts)
    assert PaymentLink.objects.count() == 0
    paid = make_invoice(cast.receptionist)
    Invoice.objects.filter(pk=paid.pk).update(paid=1500, status="paid")
    with pytest.raises(BillingError, match="paid"):
        phone.send_link(invoice=paid, **acts)


def test_the_desk_sends_it(cast, link):
    client = Client()
    client.force_login(cast.receptionist.user)
    url = reverse("invoice-link", args=[link.invoice_id])
    assert "il vaut deux jours" in client.post(url, follow=True).content.decode()
    assert PaymentLink.objects.count() == 2
