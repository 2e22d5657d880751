"""What the provider says of an attempt is applied: the next state, when to ask again, and the money, once."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.permissions import Actor
from billing import rules
from billing.actions.cash import receive
from billing.actions.errors import BillingError
from billing.actions.ledger import name_of
from billing.actions.phone.common import order_of, read, store, system
from billing.actions.phone.sending import send, send_again
from billing.models import Invoice, PaymentAttempt
from billing.providers import config_of, provider
from clinic.recording import recorded

RESEND_WITHIN = timedelta(minutes=3)
LEASE = timedelta(seconds=45)


def check(*, attempt_id: object, now: datetime) -> None:
    """Ask the provider what became of an attempt and apply the answer. It can be called at any time, by anybody."""
    attempt = read(attempt_id)
    if attempt is None or attempt.status in ("succeeded", "failed") or _is_held(attempt):
        return
    if attempt.status == "created" and attempt.sent_at is None:
        send(attempt_id=attempt_id, now=now)
        return
    module, config = provider(attempt.provider), config_of(attempt.provider, attempt.facility_id)
    answer = module.ask(order_of(attempt), config)
    # The answer to the request was lost, or the worker died. Where the same request may be sent again, it is.
    is_lost = attempt.status == "created" and answer.outcome in ("missing", "pending")
    if is_lost and module.MAY_RESEND and now - attempt.created_at < RESEND_WITHIN:
        send_again(attempt, now)
        return
    apply(attempt=attempt, answer=answer, by=system(attempt), now=now)


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
    if answer.outcome in ("pending", "succeeded", "failed", "lapsed"):
        fresh.heard_at = fresh.heard_at or now
    _schedule(fresh, step, answer, now)
    fresh.status, fresh.needs_person = step.status, step.needs_person
    fresh.reason = step.reason[:120]
    fresh.transaction_id = answer.transaction_id[:64] or fresh.transaction_id
    if step.status == "succeeded":
        _book(fresh, step.is_late, by, now)
    return store(fresh)


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
        return store(fresh)
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
    return store(fresh)
