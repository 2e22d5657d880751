"""What is owed stands behind the PIN; paying from the phone, dialling again to see what became of it."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.permissions import SYSTEM
from billing.actions import phone as phone_payments
from billing.actions.cash import take_cash
from billing.models import Invoice, PaymentAttempt
from billing.tests.conftest import providers, stand_ins  # noqa: F401 (fixtures)
from billing.tests.making import assert_sound, make_drawer, make_invoice
from notifications.models import Message
from phone import actions
from phone.payments import dues_of
from tests.factories import KENYA, make_facility, make_patient, make_staff

PHONE = "+237699000111"
PIN = "2580"


@pytest.fixture(autouse=True)
def wallets(providers):  # noqa: F811
    return providers


def owing(by, *amounts, phone=PHONE, **values):
    """Return a patient with a PIN and an invoice."""
    patient = make_patient(by, phone=phone, given_name="Marthe", **values)
    actions.set_pin(patient=patient, pin=PIN, by=SYSTEM, now=timezone.now())
    make_invoice(by, *(amounts or (1500,)), patient=patient)
    return patient


@pytest.fixture
def patient(cast):
    return owing(cast.receptionist)


def check_all():
    """Let the reconciler come round."""
    for row in PaymentAttempt.objects.all():
        phone_payments.check(attempt_id=row.pk, now=timezone.now() + timedelta(seconds=10))


def dialled_again(dial, phone=PHONE):
    session = dial(phone)
    assert "PIN" in session.screen
    return session.type(PIN)


def test_what_is_owed_stands_behind_the_pin(dial, patient):
    session = dial()
    assert "PIN" in session.type("1", "3")
    assert "1500" not in session.type("9999")
    assert session.type(PIN).splitlines() == ["A payer", "1 Payer 1500 XAF, A", "0 Retour"]
    assert "Mon rendez-vous" in session.type("0")


@pytest.mark.parametrize(
    ("phone", "country", "operator", "amount"),
    [
        ("+237699000111", {}, "Orange Money", "1500 XAF"),
        ("+237677000111", {}, "MTN MoMo", "1500 XAF"),
        ("+254712000111", KENYA, "M-Pesa", "1500 KES"),
    ],
)
def test_it_is_paid_from_the_phone_and_followed_by_dialling_again(
    cast, dial, phone, country, operator, amount
):
    by = cast.receptionist
    if country:
        by = make_staff("receptionist", make_facility("Nyota", **country), "kenya-desk")
    patient = owing(by, phone=phone)
    session = dial(phone)
    asked = session.type("1", "3", PIN, "1")
    assert f"{amount}, " in asked
    assert f"Payer par {operator} avec ce telephone ?" in asked
    assert "Validez avec votre code" in session.type("1")
    assert session.ended
    attempt = PaymentAttempt.objects.get()
    assert (attempt.origin, attempt.phone, attempt.status) == ("ussd", phone, "pending")
    assert Invoice.objects.get().paid == 0, "accepted is not paid"
    assert "en attente" in dialled_again(dial, phone)
    check_all()
    again = dialled_again(dial, phone)
    assert "paye, merci" in again
    assert f"R{timezone.now():%Y}-000001" in again
    assert Invoice.objects.get().status == "paid"
    assert_sound(by.facility)
    assert dues_of(patient) == []
    later = dial(phone).type("2580", "0", "3", PIN)
    assert "Rien a payer" in later
    assert "R20" in later


def test_the_patient_is_told_by_sms_what_is_asked_and_what_was_paid(dial, patient):
    dial().type("1", "3", PIN, "1", "1")
    check_all()
    request, receipt = Message.objects.order_by("created_at")
    assert (request.kind, receipt.kind) == ("payment-request", "payment-receipt")
    assert f"1500 XAF, A. Référence {Invoice.objects.get().label}." in request.text
    assert "1500 XAF" in receipt.text


def test_a_number_that_tells_no_operator_is_asked_for_it(cast, dial):
    phone = "+237685000111"
    owing(cast.receptionist, phone=phone)
    session = dial(phone)
    assert session.type("1", "3", PIN, "1").splitlines() == [
        "Votre compte est chez",
        "1 MTN MoMo",
        "2 Orange Money",
        "0 Retour",
    ]
    assert "Payer par Orange Money" in session.type("2")
    session.type("1")
    assert PaymentAttempt.objects.get().provider == "orange"


def test_another_operator_than_the_proposed_one_may_be_chosen(dial, patient):
    session = dial()
    session.type("1", "3", PIN, "1")
    assert "Payer par MTN MoMo" in session.type("2", "1")


def test_where_no_operator_works_the_desk_takes_the_money(dial, patient, settings):
    settings.MOBILE_MONEY = {
        name: {**config, "base_url": ""} for name, config in settings.MOBILE_MONEY.items()
    }
    session = dial()
    assert "Payez a l'accueil" in session.type("1", "3", PIN, "1")
    assert session.ended


@pytest.mark.parametrize(("digits", "said"), [("903", "refuse"), ("901", "refuse")])
def test_a_refusal_says_that_nothing_is_paid_and_may_be_tried_again(cast, dial, digits, said):
    phone = f"+237699000{digits}"
    owing(cast.receptionist, phone=phone)
    dial(phone).type("1", "3", PIN, "1", "1")
    check_all()
    session = dial(phone)
    assert "rien n'est paye" in session.type(PIN)
    assert "Payer 1500" in session.type("1")
    session.type("1", "1")
    assert PaymentAttempt.objects.count() == 2
    assert Invoice.objects.get().paid == 0


def test_a_repeated_hop_and_a_second_session_ask_once(dial, patient):
    first = dial()
    first.type("1", "3", PIN, "1")
    second = dial()  # resumed at the PIN, from the other one
    second.type(PIN, "1")
    first.type("1")
    assert first.hop() == first.screen
    second.type("1")
    assert PaymentAttempt.objects.count() == 1


def test_two_presses_at_one_moment_ask_once(dial, patient):
    due = dues_of(patient)[0]
    begin, got = threading.Barrier(3), []

    def press():
        begin.wait()
        got.append(
            actions.pay(due=due, provider_name="orange", phone=PHONE, by=SYSTEM, now=timezone.now())
        )
        connection.close()

    presses = [threading.Thread(target=press) for _ in range(3)]
    for one in presses:
        one.start()
    for one in presses:
        one.join()
    assert PaymentAttempt.objects.count() == 1
    assert {row.pk for row in got if row} == {PaymentAttempt.objects.get().pk}


def test_an_amount_that_changed_meanwhile_is_not_asked_for(cast, dial, patient):
    session = dial()
    session.type("1", "3", PIN, "1")
    make_drawer(cast.receptionist)
    take_cash(invoice=Invoice.objects.get(), amount=500, by=cast.receptionist, now=timezone.now())
    assert "Payer 1000 XAF" in session.type("1")
    assert PaymentAttempt.objects.count() == 0
    assert "1000 XAF" in session.type("1")
    session.type("1")
    assert PaymentAttempt.objects.get().amount == Decimal(1000)


def test_while_its_fate_is_unclear_nothing_more_is_asked_for(dial, patient):
    dial().type("1", "3", PIN, "1", "1")
    PaymentAttempt.objects.update(status="unknown", needs_person=True, next_check_at=None)
    session = dial()
    assert "Ne payez pas deux fois" in session.type(PIN)
    assert "Ne payez pas deux fois" in session.type("1")
    assert "Ne payez pas deux fois" in session.type("0", "3", PIN, "1")
    assert PaymentAttempt.objects.count() == 1


def test_the_oldest_invoice_of_each_facility_is_paid_first(cast, dial, patient):
    make_invoice(cast.receptionist, 700, patient=patient)
    session = dial()
    assert "1 Payer 2200 XAF, A" in session.type("1", "3", PIN)
    oldest = Invoice.objects.order_by("issued_at").first()
    assert f"{oldest.label} : 1500 XAF" in session.type("1")


def test_each_person_of_a_household_has_their_own_pin_and_amount(cast, dial, patient):
    other = make_patient(cast.receptionist, phone=PHONE, given_name="Luc")
    actions.set_pin(patient=other, pin="1379", by=SYSTEM, now=timezone.now())
    session = dial()
    session.type("1")
    assert "1 Luc" in session.screen
    assert "faux" in session.type("1", "3", PIN)
    assert "Rien a payer" in session.type("1379")
