"""Phone payments: provider × what can happen, with the state it ends in, printed; in one process, with its own clock.

And random sequences of bills, payments, refunds, replays and lost answers: the books add up after each step.
"""

import json
import os
import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from billing.actions import cash, crediting, invoicing, phone
from billing.actions.errors import BillingError
from billing.actions.phone import asking, sending
from billing.actions.phone.common import system
from billing.models import Invoice, Payer, Payment, PaymentAttempt, Refund
from billing.queries import unsound
from billing.rules import Answer
from billing.tests.conftest import providers, stand_ins  # noqa: F401 (fixtures)
from billing.tests.making import make_invoice
from clinic.db import StaleDocumentError
from gateways import mobile_money_daraja, mobile_money_mtn, mobile_money_orange
from gateways.mobile_money import Behaviour
from tests.factories import KENYA, make_facility, make_patient, make_staff

pytestmark = pytest.mark.soak

PROVIDERS = ("momo", "orange", "orange-web", "mpesa")
CASES = (
    "success", "refused", "wrong PIN", "timeout then success", "no callback", "double callback", "forged callback",
    "wrong amount", "connection cut after acceptance",
    "worker killed before the request", "worker killed after the request", "worker killed while booking",
)  # fmt: skip
EXPECTED = {"refused": "failed", "wrong PIN": "failed", "wrong amount": "unknown"}


class Killed(BaseException):
    """The worker ends here."""


def number_of(provider, sequence):
    return f"+25471200{sequence:04d}" if provider == "mpesa" else f"+23767000{sequence:04d}"


def key_of(provider, number):
    return (
        number.removeprefix("+237") if provider.startswith("orange") else number.removeprefix("+")
    )


def behaviour_of(case):
    if case == "refused":
        return Behaviour("refused", 0, "never")
    if case == "wrong PIN":
        return Behaviour("wrong-pin", 0, "never")
    return Behaviour(
        seconds=3600 if case == "timeout then success" else 0, notice="never",
        answer="cut" if "cut" in case else "ok", amount_differs=case == "wrong amount",
    )  # fmt: skip


def notice_of(attempt, row):
    if attempt.provider == "momo":
        return mobile_money_mtn._shown(row)
    if attempt.provider == "orange":
        return mobile_money_orange._notice(row)
    if attempt.provider == "orange-web":
        return {"status": "SUCCESS", "notif_token": row.facts["notif_token"], "txnid": "MP1"}
    return mobile_money_daraja._result(row)


def call(attempt, body):
    url = reverse("provider-call", args=[attempt.callback_token])
    return Client().post(url, json.dumps(body), content_type="application/json").status_code


class Story:
    """One cell of the matrix."""

    def __init__(self, provider, case, by, world, sequence):
        self.provider, self.case, self.by, self.world = provider, case, by, world
        self.number = number_of(provider, sequence)
        self.start = timezone.now()

    def run(self, monkeypatch):
        behaviour = behaviour_of(self.case)
        self.world.behaviours[key_of(self.provider, self.number)] = behaviour
        self.world.settings["web"] = {
            "answer": behaviour.answer, "amount_differs": behaviour.amount_differs, "notice": "never"
        }  # fmt: skip
        self.known = set(self.world.payments)
        invoice = make_invoice(self.by, 1500)
        dying = {
            "worker killed before the request": (sending, "mark_sending", "all"),
            "worker killed after the request": (sending, "note_sent", "asked"),
            "worker killed while booking": (asking, "receive", "all"),
        }.get(self.case)
        with monkeypatch.context() as patch:
            if dying:
                self._let_die(patch, *dying)
            try:
                phone.request_payment(
                    invoice=invoice, provider_name=self.provider, phone=self.number, amount=1500, by=self.by,
                    now=self.start,
                )  # fmt: skip
                if self.case != "wrong amount":  # its notice comes before anybody asks
                    self._check(5)
            except Killed:
                pass
        self.attempt = PaymentAttempt.objects.get(invoice_id=str(invoice.pk))
        self.world.settings["web"] = {"notice": "never", "amount_differs": behaviour.amount_differs}
        self._go_on()
        return self._verdict(invoice)

    def _let_die(self, patch, module, step, when):
        true = getattr(module, step)

        def die(*args, **kwargs):
            if when == "all" or kwargs.get("is_asked"):
                raise Killed
            return true(*args, **kwargs)

        patch.setattr(module, step, die)

    def _check(self, seconds):
        attempt = PaymentAttempt.objects.order_by("-created_at").first()
        self._choose()
        phone.check(attempt_id=attempt.pk, now=self.start + timedelta(seconds=seconds))

    def _mine(self):
        return [row for key, row in self.world.payments.items() if key not in self.known]

    def _choose(self):
        """Let the patient decide on Orange's page."""
        if self.provider == "orange-web" and self.case != "timeout then success":
            for row in self._mine():
                row.outcome_set = (
                    "refused" if self.case in EXPECTED and "amount" not in self.case else "success"
                )

    def _go_on(self):
        if (
            self.case in ("double callback", "forged callback", "wrong amount")
            or self.provider == "mpesa"
        ):
            self._call()
        for seconds in (20, 40, 60):
            self._check(seconds)
        if self.case == "timeout then success":
            self._check(16 * 60)
            assert PaymentAttempt.objects.get(pk=self.attempt.pk).status == "expired"
            for row in self._mine():
                row.decided_at, row.outcome_set = 0, "success"
            self._check(3 * 3600)

    def _call(self):
        rows = self._mine()
        if not rows or self.case in ("no callback", "timeout then success"):
            return
        if self.case == "forged callback":
            forged = json.loads(
                json.dumps(notice_of(self.attempt, rows[-1])).replace(rows[-1].id, "forged")
            )
            forged = forged | {"notif_token": "0" * 32} if self.provider == "orange-web" else forged
            forged = forged | {"externalId": "0" * 32} if self.provider == "momo" else forged
            assert call(self.attempt, forged) == 404
            return
        for _ in range(2 if self.case == "double callback" else 1):
            assert call(self.attempt, notice_of(self.attempt, rows[-1])) == 200

    def _verdict(self, invoice):
        attempt = PaymentAttempt.objects.get(pk=self.attempt.pk)
        wanted = EXPECTED.get(self.case, "succeeded")
        payments = Payment.objects.filter(attempt_id=str(attempt.pk)).count()
        paid = Invoice.objects.get(pk=invoice.pk).status == "paid"
        books = unsound(invoice.facility_id)
        right = (
            attempt.status == wanted and payments == (wanted == "succeeded") and paid == (wanted == "succeeded")
            and books == []
        )  # fmt: skip
        return right, f"{attempt.status}{' (late)' if attempt.is_late else ''}", books


def test_the_matrix_of_providers_and_what_can_happen(cast, providers, monkeypatch, capsys):  # noqa: F811
    kenya = make_staff("receptionist", make_facility("Nyota", **KENYA), "kenya-desk")
    table, wrong, sequence = [], [], 100
    for case in CASES:
        cells = []
        for provider in PROVIDERS:
            sequence += 1
            by = kenya if provider == "mpesa" else cast.receptionist
            right, state, books = Story(provider, case, by, providers[provider], sequence).run(
                monkeypatch
            )
            cells.append(state if right else f"WRONG {state} {books}")
            if not right:
                wrong.append((provider, case, state, books))
        table.append(f"{case:34}" + "".join(f"{cell:20}" for cell in cells))
    with capsys.disabled():
        print(f"\n{'':34}" + "".join(f"{name:20}" for name in PROVIDERS))  # noqa: T201
        print("\n".join(table))  # noqa: T201
    assert wrong == []


class Money(RuleBasedStateMachine):
    """Bills, payments, refunds, lost answers and replays, in any order."""

    cast = None

    @initialize()
    def begin(self):
        from conftest import empty_collections
        from tests.factories import make_cast

        empty_collections()
        self.cast = make_cast()
        self.patient = make_patient(self.cast.receptionist)
        self.now = timezone.now()
        self.forms = random.Random(1)

    def _try(self, act):
        try:
            return act()
        except (BillingError, StaleDocumentError, PermissionDenied):
            return None

    def _any(self, model, pick, **wanted):
        rows = list(model.objects.filter(**wanted).order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    @rule(
        amounts=st.lists(st.integers(1, 5000), min_size=1, max_size=3),
        percent=st.sampled_from([0, 0, 33, 100]),
    )
    def bill(self, amounts, percent):
        payer = percent and invoicing.save_payer(
            name=f"{percent} %", kind="public", covers_percent=percent, needs_voucher=False, by=self.cast.admin,
            now=self.now, payer=Payer.objects.filter(name=f"{percent} %").first(),
        )  # fmt: skip
        cover = invoicing.Cover(payer) if payer else None
        make_invoice(self.cast.receptionist, *amounts, patient=self.patient, cover=cover)

    @rule(amount=st.integers(0, 1000))
    def open_drawer(self, amount):
        self._try(
            lambda: cash.open_drawer(float_amount=amount, by=self.cast.receptionist, now=self.now)
        )

    @rule(pick=st.integers(0, 9), amount=st.integers(1, 6000), again=st.booleans())
    def pay_cash(self, pick, amount, again):
        invoice = self._any(Invoice, pick)
        form = f"{self.forms.getrandbits(96):024x}"
        for _ in range(2 if again and invoice else 1 if invoice else 0):
            self._try(
                lambda: cash.take_cash(
                    invoice=invoice,
                    amount=amount,
                    by=self.cast.receptionist,
                    now=self.now,
                    form_id=form,
                )
            )

    @rule(pick=st.integers(0, 9), amount=st.integers(1, 6000))
    def ask_phone(self, pick, amount):
        invoice = self._any(Invoice, pick)
        if invoice:
            self._try(
                lambda: phone.request_payment(
                    invoice=invoice, provider_name="momo", phone="+237677000000", amount=amount,
                    by=self.cast.receptionist, now=self.now,
                )
            )  # fmt: skip

    @rule(
        pick=st.integers(0, 9), outcome=st.sampled_from(["succeeded", "failed", "pending", "missing", "silent"]),
        other=st.booleans(), hours=st.sampled_from([0, 0, 1, 5]), dies=st.booleans(),
    )  # fmt: skip
    def answer(self, pick, outcome, other, hours, dies):
        attempt = self._any(PaymentAttempt, pick)
        if attempt is None:
            return
        amount = Decimal(attempt.amount) + (1 if other else 0)
        values = {
            "answer": Answer(outcome, "x", amount if outcome == "succeeded" else None),
            "by": system(attempt),
        }
        if dies:
            true, asking.store = asking.store, self._die
            try:
                phone.apply(attempt=attempt, now=self.now, **values)
            except Killed:
                pass
            finally:
                asking.store = true
        for _ in range(2):
            phone.apply(attempt=attempt, now=self.now + timedelta(hours=hours), **values)

    @staticmethod
    def _die(attempt):
        raise Killed

    @rule(pick=st.integers(0, 9))
    def credit(self, pick):
        invoice = self._any(Invoice, pick)
        if invoice:
            self._try(
                lambda: crediting.credit_invoice(
                    invoice=invoice, reason="x", by=self.cast.admin, now=self.now
                )
            )

    @rule(pick=st.integers(0, 9), which=st.sets(st.integers(0, 2), min_size=1))
    def credit_some(self, pick, which):
        invoice = self._any(Invoice, pick)
        if invoice:
            chosen = [line.line_id for n, line in enumerate(invoice.lines) if n in which]
            self._try(
                lambda: crediting.credit_lines(
                    invoice=invoice, line_ids=chosen, reason="x", by=self.cast.admin, now=self.now
                )
            )

    @rule(pick=st.integers(0, 9), amount=st.integers(1, 3000))
    def waive(self, pick, amount):
        invoice = self._any(Invoice, pick)
        waiver = invoice and self._try(
            lambda: invoicing.ask_waiver(
                invoice=invoice,
                amount=amount,
                category="other",
                reason="x",
                by=self.cast.receptionist,
                now=self.now,
            )
        )
        if waiver:
            self._try(
                lambda: invoicing.decide_waiver(
                    waiver=waiver, is_approved=True, by=self.cast.admin, now=self.now
                )
            )

    @rule(amount=st.integers(1, 3000), pick=st.integers(0, 9))
    def refund(self, amount, pick):
        acts = {"by": self.cast.receptionist, "now": self.now}
        refund = self._try(
            lambda: cash.ask_refund(patient=self.patient, amount=amount, reason="x", **acts)
        )
        if refund:
            cash.decide_refund(refund=refund, is_approved=True, by=self.cast.admin, now=self.now)
        one = self._any(Refund, pick)
        if one:
            self._try(lambda: cash.pay_refund(refund=one, **acts))

    @rule(pick=st.integers(0, 9))
    def use_advance(self, pick):
        invoice = self._any(Invoice, pick)
        if invoice:
            self._try(
                lambda: cash.use_deposit(invoice=invoice, by=self.cast.receptionist, now=self.now)
            )

    @rule(amount=st.integers(1, 4000), again=st.booleans())
    def deposit(self, amount, again):
        form = f"{self.forms.getrandbits(96):024x}"
        for _ in range(2 if again else 1):
            self._try(
                lambda: cash.take_deposit(
                    patient=self.patient, amount=amount, by=self.cast.receptionist, now=self.now, form_id=form
                )
            )  # fmt: skip

    @rule(pick=st.integers(0, 9), is_paid=st.booleans())
    def decide_by_hand(self, pick, is_paid):
        attempt = self._any(PaymentAttempt, pick, status="unknown")
        for _ in range(2 if attempt else 0):
            self._try(
                lambda: phone.resolve(
                    attempt=attempt, is_paid=is_paid, reason="relevé", transaction_id=f"T{attempt.pk}",
                    by=self.cast.admin, now=self.now,
                )
            )  # fmt: skip

    @rule(counted=st.integers(0, 9000))
    def close_drawer(self, counted):
        from billing.queries import drawer_of

        drawer = drawer_of(self.cast.receptionist)
        if drawer:
            cash.close_drawer(
                drawer=drawer,
                counted=counted,
                explanation="x",
                by=self.cast.receptionist,
                now=self.now,
            )

    @invariant()
    def the_books_are_sound(self):
        if self.cast is not None:
            assert unsound(self.cast.clinic.pk) == []


def test_no_sequence_of_bills_payments_refunds_and_crashes_breaks_the_books(
    db, settings, monkeypatch
):
    from billing import tasks

    for task in (tasks.send_attempt, tasks.check_attempt):
        monkeypatch.setattr(task, "delay", lambda attempt_id: None)
    run_state_machine_as_test(
        Money,
        settings=hypothesis_settings(
            max_examples=int(os.environ.get("SOAK_EXAMPLES", "25")), stateful_step_count=25, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
