"""Pure rules of money: amounts, shares, entries, states, back-off."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing import rules
from billing.models import bills, books, money
from billing.rules import Answer, Part

pytestmark = pytest.mark.no_servers
D = Decimal
T0 = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", [1.0, "1.5", "NaN", "Infinity", "a", None, ""])
def test_what_is_not_a_whole_amount_is_refused(value):
    with pytest.raises(rules.AmountError):
        rules.whole(value)


@pytest.mark.parametrize("value", ["0", "-1"])
def test_money_taken_is_above_zero(value):
    with pytest.raises(rules.AmountError):
        rules.positive(value)


@pytest.mark.parametrize(
    ("total", "percent", "share"),
    [
        ("1000", 80, "800"),
        ("999", 80, "799"),
        ("1", 50, "1"),
        ("3", 50, "2"),
        ("1000", 0, "0"),
        ("1000", 100, "1000"),
    ],
)
def test_the_shares_add_up_to_the_total(total, percent, share):
    payer = rules.payer_share(D(total), percent)
    assert payer == D(share)
    assert payer + (D(total) - payer) == D(total)


@pytest.mark.parametrize(
    ("quantity", "size", "packs"), [(1, 10, 1), (10, 10, 1), (11, 10, 2), (5, 1, 5), (3, 0, 3)]
)
def test_an_opened_pack_is_a_whole_one(quantity, size, packs):
    assert rules.packs(quantity, size) == packs


def test_an_entry_that_does_not_add_up_is_refused():
    with pytest.raises(rules.UnbalancedError):
        rules.entry([Part("a", D(5)), Part("b", D(-4))])


def test_parts_of_one_account_are_added_and_zeros_left_out():
    parts = rules.entry([Part("a", D(5)), Part("a", D(2)), Part("b", D(-7)), Part("c", D(0))])
    assert parts == (Part("a", D(7)), Part("b", D(-7)))


def test_money_beyond_the_invoice_becomes_an_advance():
    parts = rules.parts_of_payment(
        patient_id="p", account="momo", amount=D(500), open_balance=D(200)
    )
    assert parts == (
        Part("momo", D(500)),
        Part("receivable:p", D(-200)),
        Part("deposits:p", D(-300)),
    )


def test_each_state_of_a_model_stands_in_the_table():
    stated = {
        "charge": bills.ChargeStatus, "invoice": bills.InvoiceStatus, "waiver": bills.WaiverStatus,
        "drawer": money.DrawerStatus, "attempt": money.AttemptStatus, "refund": money.RefundStatus,
        "day": books.DayStatus,
    }  # fmt: skip
    for kind, choices in stated.items():
        table = rules.TRANSITIONS[kind]
        assert set(choices.values) == set(table), kind
        assert {to for targets in table.values() for to in targets} <= set(table), kind
        assert rules.FIRST_STATES[kind] in table


def test_from_success_and_refusal_nothing_leads_away():
    attempt = rules.TRANSITIONS["attempt"]
    assert attempt["succeeded"] == attempt["failed"] == ()
    assert all("created" not in targets for targets in attempt.values())
    assert [state for state in attempt if "pending" in attempt[state]] == ["created"]


@pytest.mark.parametrize(
    ("minutes", "checks", "seconds"),
    [(0, 0, 10), (0, 1, 20), (1, 2, 40), (2, 3, 80), (3, 4, 120), (9, 9, 120), (10, 5, 300), (59, 9, 300),
     (60, 20, 3600), (24 * 60, 40, 3600)],
)  # fmt: skip
def test_the_provider_is_asked_ever_more_seldom(minutes, checks, seconds):
    assert rules.next_check_after(timedelta(minutes=minutes), checks) == timedelta(seconds=seconds)


def test_after_a_day_nobody_asks_any_more():
    assert rules.next_check_after(timedelta(hours=25), 50) is None


def step(status, outcome, minutes=1, contradicts="", heard=True):
    return rules.next_step(
        status=status, answer=Answer(outcome, "x"), contradicts=contradicts, created_at=T0,
        now=T0 + timedelta(minutes=minutes), heard=heard,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "outcome", "minutes", "heard", "becomes"),
    [
        ("created", "pending", 1, False, "pending"), ("created", "missing", 1, False, "created"),
        ("created", "silent", 1, False, "created"), ("pending", "pending", 14, True, "pending"),
        ("pending", "pending", 15, True, "expired"), ("pending", "silent", 15, True, "expired"),
        ("created", "silent", 15, False, "unknown"), ("created", "missing", 15, False, "expired"),
        ("expired", "succeeded", 100, True, "succeeded"), ("unknown", "succeeded", 100, True, "succeeded"),
        ("unknown", "failed", 100, True, "failed"), ("expired", "failed", 100, True, "expired"),
        ("expired", "pending", 100, True, "expired"), ("unknown", "pending", 100, True, "unknown"),
    ],
)  # fmt: skip
def test_what_an_answer_makes_of_an_attempt(status, outcome, minutes, heard, becomes):
    assert step(status, outcome, minutes, heard=heard).status == becomes


def test_success_with_another_amount_is_never_success():
    after = step("pending", "succeeded", contradicts="amount-differs")
    assert (after.status, after.needs_person) == ("unknown", True)


def test_a_success_after_expiry_is_marked_late():
    assert step("expired", "succeeded", 100).is_late
    assert not step("pending", "succeeded").is_late


def test_what_stays_unknown_still_needs_a_person():
    assert step("unknown", "silent", 100).needs_person


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer("succeeded"), ""), (Answer("succeeded", amount=D("1500.0"), currency="XAF"), ""),
        (Answer("succeeded", amount=D(15)), "amount-differs"),
        (Answer("succeeded", currency="EUR"), "currency-differs"),
        (Answer("succeeded", reference="other"), "reference-differs"),
    ],
)  # fmt: skip
def test_an_answer_about_something_else_contradicts(answer, what):
    assert rules.contradiction(answer, amount=D(1500), currency="XAF", reference="mine") == what


@pytest.mark.parametrize(
    ("phone", "currency", "provider"),
    [
        ("+237677123456", "XAF", "momo"), ("+237653123456", "XAF", "momo"), ("+237699123456", "XAF", "orange"),
        ("+237655123456", "XAF", "orange"), ("+237640123456", "XAF", "orange"), ("+237683123456", "XAF", "momo"),
        ("+237684123456", "XAF", ""), ("+237685123456", "XAF", ""), ("+237661123456", "XAF", ""),
        ("+254712345678", "KES", "mpesa"),
    ],
)  # fmt: skip
def test_the_provider_proposed_for_a_number(phone, currency, provider):
    assert rules.proposed_provider(phone, currency) == provider


def test_phones_are_masked_and_short_numbers_kept():
    assert rules.masked('{"p":"237677123456","a":1500}') == '{"p":"••••••••••56","a":1500}'
