"""What changes about payments by phone: asked for, sent, heard of, confirmed, booked once.

A call to a provider is never made inside a transaction. An attempt is written before the first one, and every
answer is applied by `apply`, which books the money in the transaction that makes the attempt succeed.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.urls import reverse

from accounts.models import Facility
from accounts.permissions import Actor
from billing import rules
from billing.actions.cash import receive
from billing.actions.errors import BillingError
from billing.actions.ledger import name_of
from billing.models import CallbackHit, Invoice, PaymentAttempt
from billing.providers import config_of, for_currency, provider
from billing.providers.wire import Hint, Order, Sent
from billing.queries import owed_by, today
from clinic.db import StaleDocumentError, claim, on_commit
from clinic.recording import recorded
from patients.models import Patient

RESEND_WITHIN = timedelta(minutes=3)
LEASE = timedelta(seconds=45)
FORGED_KEPT_A_MINUTE = 120


@recorded
def request_payment(
    *, invoice: Invoice, provider_name: str, phone: str, amount: object, by: Actor, now: datetime,
    origin: str = "desk", form_id: str = "",
) -> PaymentAttempt:  # fmt: skip
    """Write down that a phone is asked to pay an invoice; it is sent after the commit.

    Args:
        provider_name: momo, orange, orange-web or mpesa.
        phone: as `+237…` or `+254…`; it need not be the patient's.
        amount: whole units, at most what is owed less what is being asked for already.
        origin: desk (the actor must be allowed to take payments), ussd or link (the patient asks).

    Raises:
        BillingError: another request for the same money is open, or provider and currency do not fit.
    """
    if origin == "desk":
        by.require("take_payments")
    if form_id and (
        known := PaymentAttempt.objects.filter(
            patient_id=invoice.patient_id, form_id=form_id
        ).first()
    ):
        return known
    fresh = Invoice.objects.select_related("facility").get(pk=invoice.pk)
    value = rules.positive(amount)
    if origin == "desk" and fresh.facility_id != by.facility_id:
        raise BillingError("invoice")
    if provider_name not in for_currency(fresh.currency):
        raise BillingError("provider")
    asked = PaymentAttempt.objects.filter(invoice_id=str(fresh.pk), status__in=rules.OPEN_ATTEMPTS)
    if value > fresh.balance - sum((Decimal(row.amount) for row in asked), rules.ZERO):
        raise BillingError("attempt-open" if asked else "too-much")
    # Two requests for one invoice at one moment meet here: one of them starts again and sees the other.
    claim(Invoice.objects.filter(pk=fresh.pk, rev=fresh.rev), rev=fresh.rev + 1)
    who = name_of(by)
    attempt = PaymentAttempt.objects.create(
        facility=fresh.facility, patient_id=fresh.patient_id, invoice_id=str(fresh.pk), provider=provider_name,
        phone=phone, amount=value, currency=fresh.currency, origin=origin, reference=str(uuid.uuid4()),
        callback_token=secrets.token_hex(24), form_id=form_id, created_at=now,
        local_date=today(fresh.facility, now), created_by=who["by"], created_by_name=who["by_name"],
        next_check_at=now + timedelta(seconds=10),
    )  # fmt: skip
    _later("send_attempt", attempt.pk)
    return attempt


def pay_now(
    *, patient: Patient, facility: Facility, phone: str, by: Actor, now: datetime, provider_name: str = "",
    origin: str = "ussd", form_id: str = "",
) -> PaymentAttempt:  # fmt: skip
    """Let a patient pay the oldest invoice they owe here, from their own phone.

    Args:
        phone: the phone that asks, as `+237…`; whoever calls this has checked whose it is.
        provider_name: when the patient chose one; else that of the number.
        form_id: the same one twice (a repeated USSD hop) asks once.

    Raises:
        BillingError: `nothing-owed`, `provider` when the number tells none, or `attempt-open`.
    """
    owed = owed_by(patient, facility).invoices
    if not owed:
        raise BillingError("nothing-owed")
    name = provider_name or rules.proposed_provider(phone, facility.currency)
    return request_payment(
        invoice=owed[0], provider_name=name, phone=phone, amount=owed[0].balance, by=by, now=now, origin=origin,
        form_id=form_id,
    )  # fmt: skip


def _later(task: str, attempt_id: object) -> None:
    def start() -> None:
        from billing import tasks  # noqa: PLC0415 (tasks call these actions)

        getattr(tasks, task).delay(str(attempt_id))

    on_commit(start)


def _system(attempt: PaymentAttempt) -> Actor:
    return Actor(user=None, facility=attempt.facility, roles=("system",))


def _order(attempt: PaymentAttempt) -> Order:
    base = settings.PUBLIC_URL.rstrip("/")
    return Order(
        reference=attempt.reference, amount=Decimal(attempt.amount), currency=attempt.currency, phone=attempt.phone,
        note=attempt.facility.sms_name or "Carnet", provider_ref=attempt.provider_ref, number=max(attempt.sends, 1),
        callback_url=base + reverse("provider-call", args=[attempt.callback_token]),
        return_url=base + reverse("payment-return", args=[attempt.callback_token]),
    )  # fmt: skip


def _read(attempt_id: object) -> PaymentAttempt | None:
    return PaymentAttempt.objects.select_related("facility").filter(pk=attempt_id).first()


def send(*, attempt_id: object, now: datetime) -> None:
    """Ask the provider, for an attempt that was never sent. Twice at one moment sends once."""
    attempt = _read(attempt_id)
    if attempt is None or attempt.status != "created" or attempt.sent_at is not None:
        return
    _send(attempt, now)


@recorded
def mark_sending(*, attempt: PaymentAttempt, by: Actor, now: datetime) -> None:
    """Write that the provider is about to be called: a worker that dies now leaves this trace."""
    same = PaymentAttempt.objects.filter(pk=attempt.pk, status="created", rev=attempt.rev)
    claim(same, sent_at=now, sends=attempt.sends + 1, rev=attempt.rev + 1)


def _send(attempt: PaymentAttempt, now: datetime) -> None:
    try:
        mark_sending(attempt=attempt, by=_system(attempt), now=now)
    except StaleDocumentError:
        return
    attempt = PaymentAttempt.objects.select_related("facility").get(pk=attempt.pk)
    module, config = provider(attempt.provider), config_of(attempt.provider, attempt.facility_id)
    if not attempt.provider_ref:
        prepared = module.prepare(_order(attempt), config)
        attempt = note_sent(
            attempt=attempt, sent=prepared, is_asked=False, by=_system(attempt), now=now
        )
        if prepared.outcome != "accepted":
            return
    sent = module.send(_order(attempt), config)
    note_sent(attempt=attempt, sent=sent, is_asked=True, by=_system(attempt), now=now)


@recorded
def note_sent(
    *, attempt: PaymentAttempt, sent: Sent, is_asked: bool, by: Actor, now: datetime
) -> PaymentAttempt:
    """Write what came of asking. What was heard meanwhile is never overwritten, and silence changes nothing.

    Args:
        sent: the provider's answer.
        is_asked: the patient was asked to pay, not only the request prepared.
    """
    fresh = PaymentAttempt.objects.select_related("facility").get(pk=attempt.pk)
    fresh.provider_ref = fresh.provider_ref or sent.provider_ref
    fresh.proof = fresh.proof or sent.proof
    fresh.redirect_url = fresh.redirect_url or sent.redirect_url
    if fresh.status == "created":
        fresh.reason = sent.reason[:120]
        if sent.outcome == "refused":
            fresh.status, fresh.final_at, fresh.next_check_at = "failed", now, None
        elif sent.outcome == "accepted" and is_asked:
            fresh.status, fresh.heard_at = "pending", now
    return _store(fresh)


def _store(attempt: PaymentAttempt) -> PaymentAttempt:
    claim(PaymentAttempt.objects.filter(pk=attempt.pk, rev=attempt.rev), rev=attempt.rev + 1)
    attempt.rev += 1
    attempt.save()
    return attempt


def check(*, attempt_id: object, now: datetime) -> None:
    """Ask the provider what became of an attempt and apply the answer. It can be called at any time, by anybody."""
    attempt = _read(attempt_id)
    if attempt is None or attempt.status in ("succeeded", "failed") or _is_held(attempt):
        return
    if attempt.status == "created" and attempt.sent_at is None:
        send(attempt_id=attempt_id, now=now)
        return
    module, config = provider(attempt.provider), config_of(attempt.provider, attempt.facility_id)
    answer = module.ask(_order(attempt), config)
    # The answer to the request was lost, or the worker died. Where the same request may be sent again, it is.
    is_lost = attempt.status == "created" and answer.outcome in ("missing", "pending")
    if is_lost and module.MAY_RESEND and now - attempt.created_at < RESEND_WITHIN:
        _send(attempt, now)
        return
    apply(attempt=attempt, answer=answer, by=_system(attempt), now=now)


def _is_held(attempt: PaymentAttempt) -> bool:
    """Tell whether a person must decide because the provider contradicts what was asked."""
    return attempt.needs_person and attempt.reason.endswith("-differs")


@recorded
def apply(
    *, attempt: PaymentAttempt, answer: rules.Answer, by: Actor, now: datetime
) -> PaymentAttempt:
    """Apply a provider's answer: the next state, when to ask again, and the money when it is there.

    Callbacks, workers and the reconciler may all come here at once: one of them books, the others start again
    and find it done.
    """
    fresh = PaymentAttempt.objects.select_related("facility", "patient").get(pk=attempt.pk)
    if fresh.status in ("succeeded", "failed") or _is_held(fresh):
        return fresh
    differs = rules.contradiction(
        answer, amount=Decimal(fresh.amount), currency=fresh.currency, reference=fresh.reference
    )
    step = rules.next_step(
        status=fresh.status, answer=answer, contradicts=differs, created_at=fresh.created_at, now=now,
        heard=fresh.heard_at is not None,
    )  # fmt: skip
    if answer.outcome in ("pending", "succeeded", "failed"):
        fresh.heard_at = fresh.heard_at or now
    _schedule(fresh, step, answer, now)
    fresh.status, fresh.needs_person = step.status, step.needs_person
    fresh.reason = step.reason[:120]
    fresh.transaction_id = answer.transaction_id[:64] or fresh.transaction_id
    if step.status == "succeeded":
        _book(fresh, step.is_late, by, now)
    return _store(fresh)


def _schedule(
    attempt: PaymentAttempt, step: rules.Step, answer: rules.Answer, now: datetime
) -> None:
    attempt.checks += 1
    is_over = (
        step.status in ("succeeded", "failed")
        or answer.outcome == "failed"
        or step.reason.endswith("-differs")
    )
    wait = None if is_over else rules.next_check_after(now - attempt.created_at, attempt.checks)
    attempt.next_check_at = None if wait is None else now + wait
    if step.status != attempt.status and step.status not in rules.OPEN_ATTEMPTS:
        attempt.final_at = now


def _book(attempt: PaymentAttempt, is_late: bool, by: Actor, now: datetime) -> None:  # noqa: FBT001
    invoice = Invoice.objects.get(pk=attempt.invoice_id) if attempt.invoice_id else None
    if invoice is not None and invoice.status == "cancelled":
        invoice = None
    payment = receive(
        facility=attempt.facility, patient=attempt.patient, invoice=invoice, amount=Decimal(attempt.amount),
        method=attempt.method, account=attempt.method, by=by, now=now, attempt_id=str(attempt.pk),
        transaction_id=attempt.transaction_id, is_late=is_late,
    )  # fmt: skip
    attempt.payment_id, attempt.is_late = str(payment.pk), is_late


@dataclass(frozen=True)
class Call:
    """A call on a callback address, as it came."""

    token: str
    method: str
    body: bytes
    address: str


def hear(*, call: Call, now: datetime) -> bool:
    """Keep a call for audit and, when it is authentic, see to it that the provider is asked soon.

    Returns:
        Whether it is authentic or a duplicate. A forged one is counted and changes nothing.
    """
    attempt = (
        PaymentAttempt.objects.select_related("facility").filter(callback_token=call.token).first()
    )
    if attempt is None:
        _keep(call, None, "forged", "unknown-address", now)
        return False
    hint = provider(attempt.provider).read(call.body)
    wrong = _what_is_wrong(call, attempt, hint)
    if wrong or hint is None:
        _keep(call, attempt, "forged", wrong, now)
        return False
    if attempt.status in ("succeeded", "failed"):
        flag_difference(attempt=attempt, hint=hint, by=_system(attempt), now=now)
        _keep(call, attempt, "duplicate", "", now)
        return True
    try:
        note_hint(attempt=attempt, hint=hint, by=_system(attempt), now=now)
    except (StaleDocumentError, DatabaseError):
        # Somebody else moved it at this moment; the reconciler asks in any case.
        _keep(call, attempt, "authentic", "busy", now)
        return True
    _keep(call, attempt, "authentic", "", now)
    return True


def _what_is_wrong(call: Call, attempt: PaymentAttempt, hint: Hint | None) -> str:  # noqa: PLR0911 (a list of reasons)
    allowed = settings.MOBILE_MONEY_ADDRESSES.get(attempt.provider, [])
    if allowed and call.address not in allowed:
        return "address"
    if hint is None:
        return "unreadable"
    if hint.reference and hint.reference not in (
        attempt.reference,
        attempt.reference.replace("-", ""),
    ):
        return "reference"
    if attempt.proof and not compare_digest(hint.proof, attempt.proof):
        return "proof"
    if hint.provider_ref and attempt.provider_ref and hint.provider_ref != attempt.provider_ref:
        return "provider-reference"
    if hint.transaction_id and (
        PaymentAttempt.objects.filter(transaction_id=hint.transaction_id)
        .exclude(pk=attempt.pk)
        .exists()
    ):
        return "transaction-used"
    return ""


@recorded
def note_hint(*, attempt: PaymentAttempt, hint: Hint, by: Actor, now: datetime) -> None:
    """Take from a call what only it can tell (M-Pesa's references), and have the provider asked at once.

    An amount that is not the one asked for holds the attempt for a person: no money is booked on contradicting
    statements.
    """
    fresh = PaymentAttempt.objects.get(pk=attempt.pk)
    if fresh.status in ("succeeded", "failed"):
        return
    fresh.provider_ref = fresh.provider_ref or hint.provider_ref[:160]
    fresh.transaction_id = fresh.transaction_id or hint.transaction_id[:64]
    if hint.amount is not None and hint.amount != fresh.amount:
        if rules.may_change("attempt", fresh.status, "unknown"):
            fresh.status = "unknown"
        fresh.reason, fresh.needs_person, fresh.next_check_at = "amount-differs", True, None
        _store(fresh)
        return
    fresh.next_check_at = now
    _store(fresh)
    _later("check_attempt", fresh.pk)


@recorded
def flag_difference(*, attempt: PaymentAttempt, hint: Hint, by: Actor, now: datetime) -> None:
    """Show a person that a booked payment was told of with another amount: the books are not changed by it."""
    fresh = PaymentAttempt.objects.get(pk=attempt.pk)
    differs = hint.amount is not None and hint.amount != fresh.amount
    if fresh.status == "succeeded" and differs and not fresh.needs_person:
        fresh.needs_person, fresh.reason = True, "amount-differs"
        _store(fresh)


def _keep(
    call: Call, attempt: PaymentAttempt | None, verdict: str, reason: str, now: datetime
) -> None:
    """Keep a call; of a flood of forged ones only so many a minute."""
    if verdict == "forged":
        key = f"forged:{now:%Y%m%d%H%M}"
        cache.add(key, 0, 120)
        if int(cache.incr(key)) > FORGED_KEPT_A_MINUTE:
            return
    CallbackHit.objects.create(
        at=now, attempt_id=str(attempt.pk) if attempt else "", verdict=verdict, reason=reason, method=call.method,
        facility_id=str(attempt.facility_id) if attempt else "", address=call.address,
        body=rules.masked(call.body.decode(errors="replace"))[:4000].replace("\x00", ""),
    )  # fmt: skip


def refuse_call(*, call: Call, reason: str, now: datetime) -> None:
    """Count a call that is not even read (too large)."""
    _keep(call, None, "forged", reason, now)


def due(*, now: datetime, limit: int = 200) -> list[str]:
    """Take the attempts whose provider is to be asked now, each for one worker.

    Returns:
        Their ids. A worker that dies with one leaves it to the next round after 45 seconds.
    """
    taken: list[str] = []
    rows = PaymentAttempt.objects.filter(next_check_at__lte=now).order_by("next_check_at")
    for row in rows[:limit]:
        mine = PaymentAttempt.objects.filter(pk=row.pk, next_check_at=row.next_check_at)
        if mine.update(next_check_at=now + LEASE) == 1:
            taken.append(str(row.pk))
    return taken


@recorded
def resolve(
    *,
    attempt: PaymentAttempt,
    is_paid: bool,
    reason: str,
    by: Actor,
    now: datetime,
    transaction_id: str = "",
) -> Any:
    """Decide by hand what became of an unclear attempt, with the provider's statement as the ground.

    Args:
        is_paid: the statement shows the money; it is then booked.
        transaction_id: its number on the statement; needed when it is paid.
    """
    by.require("approve_payments")
    fresh = PaymentAttempt.objects.select_related("facility", "patient").get(pk=attempt.pk)
    if fresh.facility_id != by.facility_id or fresh.created_by == name_of(by)["by"]:
        raise BillingError("decide")
    is_flagged = fresh.status == "succeeded" and fresh.needs_person
    if is_flagged and is_paid and reason.strip():
        fresh.needs_person, fresh.reason = False, reason.strip()[:110]
        return _store(fresh)
    if fresh.status != "unknown" or not reason.strip() or (is_paid and not transaction_id.strip()):
        raise BillingError("reason")
    fresh.reason, fresh.needs_person, fresh.next_check_at, fresh.final_at = (
        f"{reason.strip()[:110]}",
        False,
        None,
        now,
    )
    fresh.status = "succeeded" if is_paid else "failed"
    if is_paid:
        fresh.transaction_id = transaction_id.strip()[:64]
        _book(fresh, True, by, now)
    return _store(fresh)
