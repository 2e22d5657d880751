"""What is owed, and paying it from this phone: the amount, who takes it, and what became of it."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.permissions import SYSTEM
from phone import actions
from phone.payments import Due, attempt_of, dues_of, kind_of_failure, latest_receipt, operators_for
from phone.screens.frame import State, patient_of, say

PLACES = 3
NAMES = {"momo": "MTN MoMo", "orange": "Orange Money", "mpesa": "M-Pesa"}
STILL_NEWS = timedelta(hours=24)


def _money(amount: object, currency: str) -> str:
    return f"{amount:.0f} {currency}"


def _place(due: Due) -> str:
    return (due.facility.sms_name or "Carnet")[:24]


def _dues(state: State, phone: str) -> list[Due]:
    return dues_of(patient_of(state, phone))[:PLACES]


def _due(state: State, phone: str) -> Due | None:
    """Return what the invoice that was shown still asks, or None when that is not what was shown."""
    for due in dues_of(patient_of(state, phone)):
        if str(due.invoice.pk) == state.invoice_id and due.amount == state.amount:
            return due
    return None


def show_balance(state: State, phone: str, now: datetime) -> str:
    dues = _dues(state, phone)
    if dues:
        lines = [
            f"{n} {say(state, 'pay-line')} {_money(due.owed, due.currency)}, {_place(due)}"
            for n, due in enumerate(dues, 1)
        ]
        return say(state, "balance", lines="\n".join([*lines, say(state, "back")]))
    receipt = latest_receipt(patient_of(state, phone), now - STILL_NEWS)
    if receipt is None:
        return say(state, "nothing-to-pay")
    return say(
        state, "nothing-to-pay-since",
        amount=_money(receipt.amount, receipt.currency), reference=receipt.label,
    )  # fmt: skip


def take_balance(state: State, entry: str, phone: str, now: datetime) -> str:
    if entry == "0":
        state.go("menu")
        return ""
    dues = _dues(state, phone)
    if entry not in ("1", "2", "3") or int(entry) > len(dues):
        return ""
    due = dues[int(entry) - 1]
    if due.asked is not None and due.asked.is_unsettled:
        state.attempt_id = str(due.asked.pk)
        state.go("payment")
        return ""
    return _propose(state, due, phone)


def _propose(state: State, due: Due, phone: str) -> str:
    """Go to the question whether to pay, or by whom when the number does not tell."""
    found = operators_for(phone, due.currency)
    if not found.names:
        return say(state, "no-operator")
    state.invoice_id, state.amount = str(due.invoice.pk), int(due.amount)
    state.provider = found.proposed
    state.go("pay" if found.proposed else "operator")
    return ""


def show_operator(state: State, phone: str, now: datetime) -> str:
    due = _due(state, phone)
    names = operators_for(phone, due.currency).names if due else ()
    lines = [f"{n} {NAMES[name]}" for n, name in enumerate(names, 1)]
    return say(state, "operator", lines="\n".join([*lines, say(state, "back")]))


def take_operator(state: State, entry: str, phone: str, now: datetime) -> str:
    due = _due(state, phone)
    if entry == "0" or due is None:
        state.go("balance")
        return ""
    names = operators_for(phone, due.currency).names
    if entry in ("1", "2", "3") and int(entry) <= len(names):
        state.provider = names[int(entry) - 1]
        state.go("pay")
    return ""


def show_pay(state: State, phone: str, now: datetime) -> str:
    due = _due(state, phone)
    if due is None:
        return say(state, "due-changed")
    return say(
        state, "pay", amount=_money(due.amount, due.currency), place=_place(due),
        operator=NAMES[state.provider], reference=due.invoice.label,
    )  # fmt: skip


def take_pay(state: State, entry: str, phone: str, now: datetime) -> str:
    due = _due(state, phone)
    if entry == "0" or due is None:
        state.go("balance")
        return ""
    if entry == "2":
        state.go("operator")
        return ""
    if entry != "1":
        return ""
    attempt = actions.pay(due=due, provider_name=state.provider, phone=phone, by=SYSTEM, now=now)
    if attempt is None:
        state.go("balance")
        return ""
    state.attempt_id = str(attempt.pk)
    state.go("payment")
    return say(
        state, "pay-asked", amount=_money(attempt.amount, attempt.currency),
        operator=NAMES[attempt.method], dial=settings.USSD_CODE,
    )  # fmt: skip


def show_payment(state: State, phone: str, now: datetime) -> str:
    attempt = attempt_of(patient_of(state, phone), state.attempt_id)
    if attempt is None:
        return say(state, "due-changed")
    values = {
        "amount": _money(attempt.amount, attempt.currency),
        "operator": NAMES[attempt.method],
    }
    if attempt.is_open:
        return say(state, "payment-open", **values)
    if attempt.status == "succeeded":
        return say(state, "payment-done", reference=attempt.receipt, **values)
    if attempt.status == "failed":
        return say(state, kind_of_failure(attempt.reason), **values)
    if attempt.status == "expired":
        return say(state, "payment-expired", **values)
    return say(state, "payment-unclear", **values)


def take_payment(state: State, entry: str, phone: str, now: datetime) -> str:
    """Look again, or for one that came to nothing try again: never while its fate is open."""
    if entry == "0":
        state.go("menu")
    attempt = attempt_of(patient_of(state, phone), state.attempt_id)
    if entry == "1" and attempt is not None and attempt.status in ("failed", "expired"):
        state.go("balance")
    return ""
