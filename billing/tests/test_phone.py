"""Payments by phone against the stand-ins: each provider × what can happen, by callback and without any."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import SYSTEM
from billing import tasks
from billing.actions import phone
from billing.actions.errors import BillingError
from billing.actions.phone import asking, sending
from billing.models import CallbackHit, Invoice, Payment, PaymentAttempt
from billing.queries import advance_of, shown
from billing.tests.making import assert_sound, make_drawer, make_invoice
from gateways import mobile_money_orange
from tests.factories import KENYA, make_facility, make_patient, make_staff

NUMBERS = {
    "momo": "+2376771230{}",
    "orange": "+2376991230{}",
    "orange-web": "+2376991230{}",
    "mpesa": "+2547123450{}",
}
PROVIDERS = ("momo", "orange", "mpesa")
ALL = (*PROVIDERS, "orange-web")


@pytest.fixture
def desk(cast):
    """Who takes payments where a provider works."""
    kenya = make_staff("receptionist", make_facility("Nyota", **KENYA), "kenya-desk")
    return {
        "momo": cast.receptionist,
        "orange": cast.receptionist,
        "orange-web": cast.receptionist,
        "mpesa": kenya,
    }


def ask_for(desk, provider, digits="00", amount=1500):
    """Ask a phone to pay a new invoice; in tests the task runs at once."""
    by = desk[provider]
    invoice = make_invoice(by, amount)
    attempt = phone.request_payment(
        invoice=invoice, provider_name=provider, phone=NUMBERS[provider].format(digits), amount=amount, by=by,
        now=timezone.now(),
    )  # fmt: skip
    return PaymentAttempt.objects.get(pk=attempt.pk)


def after(attempt, **later):
    """Let time pass, let the reconciler ask, and return the attempt."""
    phone.check(attempt_id=attempt.pk, now=timezone.now() + timedelta(**later))
    return PaymentAttempt.objects.get(pk=attempt.pk)


def settle(attempt, choice="success"):
    """Let the patient choose on Orange's page."""
    token = attempt.provider_ref.partition("/")[2]
    mobile_money_orange.WORLD.payments[token].outcome_set = choice


def call(attempt, body, method="post", token=None):
    url = reverse("provider-call", args=[token or attempt.callback_token])
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return getattr(Client(), method)(url, content, content_type="application/json")


def notice_of(attempt, worlds):
    """The true notice of a provider about an attempt."""
    from gateways import mobile_money_daraja, mobile_money_mtn

    if attempt.provider == "momo":
        return mobile_money_mtn._shown(worlds["momo"].payments[attempt.reference])
    if attempt.provider == "orange":
        return mobile_money_orange._notice(worlds["orange"].payments[attempt.provider_ref])
    if attempt.provider == "orange-web":
        return {"status": "SUCCESS", "notif_token": attempt.proof, "txnid": "MP1"}
    return mobile_money_daraja._result(list(worlds["mpesa"].payments.values())[-1])


def paid_once(attempt, facility, late=False):
    payment = Payment.objects.get(attempt_id=str(attempt.pk))
    invoice = Invoice.objects.get(pk=attempt.invoice_id)
    assert (attempt.status, invoice.status, payment.amount, payment.is_late) == (
        "succeeded",
        "paid",
        1500,
        late,
    )
    assert shown(facility.pk)[attempt.method] == 1500
    assert_sound(facility)


def unpaid(attempt, facility, status):
    assert attempt.status == status
    assert Payment.objects.count() == 0
    assert Invoice.objects.get(pk=attempt.invoice_id).paid == 0
    assert_sound(facility)


@pytest.mark.parametrize("provider", ALL)
def test_accepted_is_not_paid_and_without_any_callback_the_reconciler_books(
    provider, desk, providers
):
    attempt = ask_for(desk, provider)
    unpaid(attempt, attempt.facility, "pending")
    if provider == "orange-web":
        assert after(attempt, seconds=10).status == "pending"
        settle(attempt)
    paid_once(after(attempt, seconds=10), attempt.facility)


@pytest.mark.parametrize(
    ("digits", "what"), [("901", "refused"), ("902", "wrong PIN"), ("903", "no money")]
)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refusal_ends_it_and_the_invoice_stays_owed(provider, digits, what, desk, providers):
    by = desk[provider]
    invoice = make_invoice(by, 1500)
    attempt = phone.request_payment(
        invoice=invoice, provider_name=provider, phone=NUMBERS[provider].format("00")[:-3] + digits, amount=1500,
        by=by, now=timezone.now(),
    )  # fmt: skip
    attempt = after(attempt, seconds=10)
    unpaid(attempt, attempt.facility, "failed")
    assert attempt.reason != ""


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_timeout_then_success_is_booked_late_and_flagged(provider, desk, providers):
    providers[provider].seconds = 3600
    attempt = ask_for(desk, provider)
    assert after(attempt, seconds=30).status == "pending"
    expired = after(attempt, minutes=16)
    unpaid(expired, attempt.facility, "expired")
    assert expired.next_check_at is not None
    for row in providers[provider].payments.values():
        row.decided_at = 0
    paid_once(after(attempt, hours=3), attempt.facility, late=True)


def test_m_pesa_saying_nobody_answered_frees_the_desk_and_a_success_after_it_is_booked_late(
    desk, providers
):
    attempt = ask_for(desk, "mpesa")
    row = list(providers["mpesa"].payments.values())[-1]
    row.outcome_set = "unreachable"
    lapsed = after(attempt, seconds=20)
    unpaid(lapsed, attempt.facility, "expired")
    assert lapsed.next_check_at is not None
    row.outcome_set = "success"
    assert call(attempt, notice_of(attempt, providers)).status_code == 200
    paid_once(PaymentAttempt.objects.get(pk=attempt.pk), attempt.facility, late=True)


@pytest.mark.parametrize(
    ("provider", "status", "body", "outcome"),
    [
        ("momo", 500, {}, "silent"),
        ("momo", 500, {"code": "INTERNAL_PROCESSING_ERROR"}, "silent"),
        ("momo", 500, {"code": "NOT_ALLOWED"}, "refused"),
        ("momo", 400, {"code": "INVALID_REFERENCE"}, "refused"),
        ("momo", 409, {}, "accepted"),
        ("mpesa", 500, {"errorCode": "500.003.1001"}, "silent"),
        ("mpesa", 500, {"errorCode": "500.001.1001"}, "refused"),
        ("orange", 500, {}, "silent"),
        ("orange", 422, {}, "accepted"),
    ],
)
def test_an_answer_that_leaves_it_open_is_never_taken_for_a_refusal(
    provider, status, body, outcome, settings, monkeypatch
):
    import httpx

    from billing.providers import config_of, mpesa, orange
    from billing.providers import momo as mtn
    from billing.providers.wire import Order

    module = {"momo": mtn, "mpesa": mpesa, "orange": orange}[provider]
    monkeypatch.setattr(module, "_token", lambda config: "t")
    monkeypatch.setattr(module, "call", lambda *args, **kwargs: httpx.Response(status, json=body))
    order = Order(
        reference="r", amount=Decimal(1), currency="XAF", phone="+237677000000", note="x", provider_ref="p", number=1,
        callback_url="http://x", return_url="http://x",
    )  # fmt: skip
    assert module.send(order, config_of(provider, "x")).outcome == outcome


@pytest.mark.parametrize("provider", ALL)
def test_a_notice_has_the_provider_asked_and_books_once_however_often_it_comes(
    provider, desk, providers
):
    attempt = ask_for(desk, provider)
    if provider == "orange-web":
        settle(attempt)
    notice = notice_of(attempt, providers)
    for method in ("post", "put", "post"):
        assert call(attempt, notice, method).status_code == 200
    paid_once(PaymentAttempt.objects.get(pk=attempt.pk), attempt.facility)
    assert [row.verdict for row in CallbackHit.objects.order_by("at")] == [
        "authentic",
        "duplicate",
        "duplicate",
    ]


@pytest.mark.parametrize("provider", ALL)
def test_a_notice_of_success_is_not_believed_when_the_provider_says_pending(
    provider, desk, providers
):
    attempt = ask_for(desk, provider)
    notice = notice_of(attempt, providers)
    for row in providers[provider].payments.values():
        row.decided_at = time.time() + 3600
    assert call(attempt, notice).status_code == 200
    unpaid(PaymentAttempt.objects.get(pk=attempt.pk), attempt.facility, "pending")


FORGED = {
    "momo": {"status": "SUCCESSFUL", "externalId": "0" * 32, "amount": "1500", "currency": "XAF"},
    "orange": {"status": "SUCCESSFULL", "payToken": "MPFORGED"},
    "orange-web": {"status": "SUCCESS", "notif_token": "0" * 32, "txnid": "MP1"},
    "mpesa": {"Body": {"stkCallback": {"CheckoutRequestID": "ws_CO_FORGED", "ResultCode": 0}}},
}


@pytest.mark.parametrize("provider", ALL)
def test_a_forged_notice_changes_nothing_and_is_counted(provider, desk, providers):
    attempt = ask_for(desk, provider)
    before = PaymentAttempt.objects.values().get(pk=attempt.pk)
    assert call(attempt, FORGED[provider]).status_code == 404
    assert call(attempt, FORGED[provider], token="0" * 48).status_code == 404
    assert call(attempt, b"\xff not json").status_code == 404
    assert call(attempt, b"x" * 30_000).status_code == 413
    assert PaymentAttempt.objects.values().get(pk=attempt.pk) == before
    reasons = sorted(row.reason for row in CallbackHit.objects.filter(verdict="forged"))
    assert len(reasons) == 4
    assert {"unknown-address", "too-large", "unreadable"} < set(reasons)
    unpaid(PaymentAttempt.objects.get(pk=attempt.pk), attempt.facility, "pending")


@pytest.mark.parametrize("provider", ["momo", "orange"])
def test_another_amount_is_never_booked_by_itself(provider, desk, providers, cast):
    number = NUMBERS[provider].format("00")
    key = number.removeprefix("+237") if provider == "orange" else number.removeprefix("+")
    providers[provider].behaviours[key] = _behaviour(amount_differs=True, seconds=0)
    attempt = after(ask_for(desk, provider), seconds=10)
    unpaid(attempt, attempt.facility, "unknown")
    assert (attempt.needs_person, attempt.reason, attempt.next_check_at) == (
        True,
        "amount-differs",
        None,
    )
    unpaid(after(attempt, hours=1), attempt.facility, "unknown")


def test_a_forged_reference_that_comes_before_the_answer_does_not_stay(
    desk, providers, monkeypatch
):
    monkeypatch.setattr(tasks.send_attempt, "delay", lambda attempt_id: None)
    attempt = ask_for(desk, "mpesa")
    call(attempt, FORGED["mpesa"])
    phone.send(attempt_id=attempt.pk, now=timezone.now())
    attempt.refresh_from_db()
    assert attempt.provider_ref in providers["mpesa"].payments
    assert call(attempt, FORGED["mpesa"]).status_code == 404
    paid_once(after(attempt, seconds=20), attempt.facility)


def test_a_page_whose_answer_is_written_after_another_was_asked_for_is_never_the_one_shown(
    desk, providers, monkeypatch
):
    from billing.providers import orange_web

    monkeypatch.setattr(tasks.send_attempt, "delay", lambda attempt_id: None)
    attempt, true, asked = ask_for(desk, "orange-web"), orange_web.prepare, []

    def slow(order, config):
        sent = true(order, config)
        asked.append(sent.provider_ref)
        if len(asked) == 1:
            after(attempt, seconds=15)
        return sent

    monkeypatch.setattr(orange_web, "prepare", slow)
    phone.send(attempt_id=attempt.pk, now=timezone.now())
    attempt.refresh_from_db()
    assert len(set(asked)) == 2
    assert attempt.provider_ref == asked[1]
    assert attempt.redirect_url.endswith(attempt.provider_ref.partition("/")[2])
    settle(attempt)
    paid_once(after(attempt, seconds=40), attempt.facility)


def _behaviour(**values):
    from gateways.mobile_money import Behaviour

    return Behaviour(**values)


def test_orange_s_page_with_another_order_is_never_booked(desk, providers):
    providers["orange-web"].settings["web"] = {"amount_differs": True}
    attempt = ask_for(desk, "orange-web")
    settle(attempt)
    attempt = after(attempt, seconds=10)
    unpaid(attempt, attempt.facility, "unknown")
    assert attempt.reason == "reference-differs"


def test_an_m_pesa_notice_of_another_amount_holds_the_attempt_for_a_person(desk, providers, cast):
    providers["mpesa"].behaviours["254712345000"] = _behaviour(amount_differs=True, seconds=0)
    attempt = ask_for(desk, "mpesa")
    assert call(attempt, notice_of(attempt, providers)).status_code == 200
    attempt = after(attempt, seconds=30)
    unpaid(attempt, attempt.facility, "unknown")
    admin = make_staff("administrator", attempt.facility, "kenya-admin")
    with pytest.raises(BillingError):
        phone.resolve(attempt=attempt, is_paid=True, reason="relevé", by=admin, now=timezone.now())
    phone.resolve(
        attempt=attempt,
        is_paid=True,
        reason="relevé",
        transaction_id="TKM1",
        by=admin,
        now=timezone.now(),
    )
    paid_once(PaymentAttempt.objects.get(pk=attempt.pk), attempt.facility, late=True)


def test_a_notice_of_another_amount_after_booking_is_shown_to_a_person(desk, providers):
    providers["mpesa"].behaviours["254712345000"] = _behaviour(amount_differs=True, seconds=0)
    attempt = after(ask_for(desk, "mpesa"), seconds=10)
    assert call(attempt, notice_of(attempt, providers)).status_code == 200
    attempt.refresh_from_db()
    assert (attempt.status, attempt.needs_person, attempt.reason) == (
        "succeeded",
        True,
        "amount-differs",
    )
    admin = make_staff("administrator", attempt.facility, "kenya-admin")
    phone.resolve(
        attempt=attempt, is_paid=True, reason="vu sur le relevé", by=admin, now=timezone.now()
    )
    attempt.refresh_from_db()
    assert not attempt.needs_person
    paid_once(attempt, attempt.facility)


@pytest.mark.parametrize("provider", ["momo", "orange"])
def test_a_connection_cut_after_acceptance_asks_the_patient_once(provider, desk, providers):
    world = providers[provider]
    number = NUMBERS[provider].format("00")
    key = number.removeprefix("+237") if provider == "orange" else number.removeprefix("+")
    world.behaviours[key] = _behaviour(answer="cut", seconds=5)
    attempt = ask_for(desk, provider)
    unpaid(attempt, attempt.facility, "created")
    world.behaviours.clear()
    again = after(attempt, seconds=15)
    assert (again.status, len(world.payments)) == ("pending", 1)
    for row in world.payments.values():
        row.decided_at = 0
    paid_once(after(attempt, seconds=40), attempt.facility)


def test_a_lost_page_of_orange_is_asked_for_anew_and_only_that_one_can_be_paid(desk, providers):
    world = providers["orange-web"]
    world.settings["web"] = {"answer": "cut"}
    attempt = ask_for(desk, "orange-web")
    assert (attempt.status, attempt.redirect_url) == ("created", "")
    world.settings["web"] = {}
    attempt = after(attempt, seconds=15)
    assert (attempt.status, attempt.redirect_url != "", len(world.payments)) == ("pending", True, 2)
    settle(attempt)
    paid_once(after(attempt, seconds=40), attempt.facility)


def test_a_lost_answer_of_m_pesa_is_not_sent_again_and_is_found_by_its_notice(desk, providers):
    world = providers["mpesa"]
    world.behaviours["254712345000"] = _behaviour(answer="cut", seconds=0, notice="never")
    attempt = ask_for(desk, "mpesa")
    assert after(attempt, minutes=2).status == "created"
    assert len(world.payments) == 1
    call(attempt, notice_of(attempt, providers))
    attempt = PaymentAttempt.objects.get(pk=attempt.pk)
    assert attempt.transaction_id.startswith("TKM")
    paid_once(attempt, attempt.facility)


def test_a_lost_answer_of_m_pesa_without_a_notice_is_left_to_a_person(desk, providers):
    providers["mpesa"].behaviours["254712345000"] = _behaviour(
        answer="cut", seconds=0, notice="never"
    )
    attempt = after(ask_for(desk, "mpesa"), minutes=16)
    unpaid(attempt, attempt.facility, "unknown")
    assert attempt.needs_person


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_in_trouble_is_asked_again_and_never_taken_for_a_refusal(
    provider, desk, providers
):
    world, number = providers[provider], NUMBERS[provider].format("00")
    key = number.removeprefix("+237") if provider == "orange" else number.removeprefix("+")
    world.behaviours[key] = _behaviour(answer="error")
    attempt = ask_for(desk, provider)
    unpaid(attempt, attempt.facility, "created")
    world.behaviours.clear()
    if provider == "mpesa":
        unpaid(after(attempt, minutes=16), attempt.facility, "unknown")
        return
    after(attempt, seconds=15)
    paid_once(after(attempt, seconds=30), attempt.facility)


@pytest.mark.parametrize("provider", ALL)
def test_a_worker_killed_at_any_step_leaves_an_attempt_that_is_finished_by_the_next(  # noqa: C901
    provider, desk, providers, monkeypatch
):
    class Killed(BaseException):
        """The process ends here."""

    steps = ("mark_sending", "note_sent", "apply", "receive")
    for step in steps:
        with monkeypatch.context() as patch:
            module = sending if step in ("mark_sending", "note_sent") else asking
            true = getattr(module, step)

            def die(*args, true=true, **kwargs):
                if kwargs.get("is_asked", True):
                    raise Killed
                return true(*args, **kwargs)

            patch.setattr(module, step, die)
            by = desk[provider]
            invoice = make_invoice(by, 1500)
            number = NUMBERS[provider].format(f"{steps.index(step):02d}")
            try:
                attempt = phone.request_payment(
                    invoice=invoice,
                    provider_name=provider,
                    phone=number,
                    amount=1500,
                    by=by,
                    now=timezone.now(),
                )
            except Killed:
                attempt = PaymentAttempt.objects.get(invoice_id=str(invoice.pk))
            try:
                if (
                    provider == "orange-web"
                    and (fresh := PaymentAttempt.objects.get(pk=attempt.pk)).provider_ref
                ):
                    settle(fresh)
                after(attempt, seconds=10)
            except Killed:
                assert Payment.objects.filter(attempt_id=str(attempt.pk)).count() == 0
        for seconds in (20, 40, 60):
            fresh = PaymentAttempt.objects.get(pk=attempt.pk)
            if provider == "orange-web" and fresh.provider_ref:
                settle(fresh)
            fresh = after(attempt, seconds=seconds)
        if provider == "mpesa" and step == "note_sent":
            call(fresh, notice_of(fresh, providers))
            fresh.refresh_from_db()
        assert fresh.status == "succeeded", (step, fresh.status, fresh.reason)
        assert Payment.objects.filter(attempt_id=str(attempt.pk)).count() == 1
        assert_sound(fresh.facility)


def test_callbacks_and_reconcilers_racing_book_once(desk, providers):
    attempts = [ask_for(desk, "momo", f"{n:02d}") for n in range(3)]

    def ask(attempt):
        try:
            phone.check(attempt_id=attempt.pk, now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(ask, attempts * 4))
    assert Payment.objects.count() == 3
    assert shown(attempts[0].facility_id)["momo"] == 4500
    assert_sound(attempts[0].facility)


def test_what_is_due_is_taken_by_one_reconciler(desk, providers):
    attempt = ask_for(desk, "momo")
    later = timezone.now() + timedelta(seconds=30)
    taken, barrier = [], threading.Barrier(2)

    def take():
        barrier.wait()
        taken.extend(phone.due(now=later))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert taken == [str(attempt.pk)]
    assert phone.due(now=later + timedelta(seconds=60)) == [str(attempt.pk)]


def test_the_scheduled_task_books_without_any_callback(desk, providers):
    attempt = ask_for(desk, "momo")
    PaymentAttempt.objects.filter(pk=attempt.pk).update(next_check_at=timezone.now())
    tasks.reconcile()
    paid_once(PaymentAttempt.objects.get(pk=attempt.pk), attempt.facility)


def test_a_second_request_for_the_same_money_is_refused_while_one_is_open(desk, providers):
    providers["momo"].seconds = 60
    attempt = ask_for(desk, "momo")
    invoice = Invoice.objects.get(pk=attempt.invoice_id)
    with pytest.raises(BillingError, match="attempt-open"):
        phone.request_payment(
            invoice=invoice, provider_name="orange", phone="+237699000000", amount=1, by=desk["momo"],
            now=timezone.now(),
        )  # fmt: skip


def test_a_patient_pays_from_their_phone_the_oldest_they_owe_once(desk, providers, cast):
    patient = make_patient(cast.receptionist)
    first, second = (
        make_invoice(cast.receptionist, amount, patient=patient) for amount in (1500, 700)
    )
    acts = {
        "patient": patient, "facility": cast.clinic, "phone": "+237699123000", "by": SYSTEM, "now": timezone.now(),
        "form_id": "0" * 24,
    }  # fmt: skip
    asked = [phone.pay_now(**acts) for _ in range(2)]
    assert asked[0].pk == asked[1].pk
    assert (asked[0].provider, asked[0].invoice_id, asked[0].amount) == (
        "orange",
        str(first.pk),
        1500,
    )
    paid_once(after(asked[0], seconds=10), cast.clinic)
    with pytest.raises(BillingError, match="provider"):
        phone.pay_now(**{**acts, "phone": "+237685123000", "form_id": ""})
    phone.pay_now(**{**acts, "form_id": "1" * 24})
    assert PaymentAttempt.objects.filter(invoice_id=str(second.pk)).count() == 1


def test_money_that_comes_for_a_paid_invoice_becomes_an_advance(desk, providers):
    from billing.actions.cash import take_cash

    providers["momo"].seconds = 60
    attempt = ask_for(desk, "momo")
    make_drawer(desk["momo"])
    take_cash(
        invoice=Invoice.objects.get(pk=attempt.invoice_id),
        amount=1000,
        by=desk["momo"],
        now=timezone.now(),
    )
    for row in providers["momo"].payments.values():
        row.decided_at = 0
    after(attempt, seconds=10)
    invoice = Invoice.objects.get(pk=attempt.invoice_id)
    assert (invoice.status, invoice.paid, advance_of(invoice.facility_id, invoice.patient_id)) == (
        "paid",
        1500,
        1000,
    )
    assert_sound(attempt.facility)


def test_a_currency_s_providers_only(desk, providers):
    with pytest.raises(BillingError, match="provider"):
        phone.request_payment(
            invoice=make_invoice(desk["momo"]), provider_name="mpesa", phone="+254712345000", amount=1500,
            by=desk["momo"], now=timezone.now(),
        )  # fmt: skip


def test_a_token_that_ended_is_renewed_once(desk, providers):
    ask_for(desk, "mpesa", "01")
    providers["mpesa"].tokens.clear()
    attempt = ask_for(desk, "mpesa", "02")
    assert attempt.status == "pending"


def test_phones_in_kept_notices_are_masked(desk, providers):
    attempt = ask_for(desk, "momo")
    call(attempt, notice_of(attempt, providers))
    kept = CallbackHit.objects.get().body
    assert "677123" not in kept
    assert "SUCCESSFUL" in kept


def test_notes_never_carry_what_the_provider_refuses(desk, providers):
    from billing.providers.wire import plain

    assert plain("Clinique de l'Étoile", 160) == "Clinique de l Etoile"
    assert Decimal(ask_for(desk, "momo").amount) == 1500
