"""A request goes to the provider. It is written before the call, and what came of it after."""

from datetime import datetime

from accounts.permissions import Actor
from billing.actions.phone.common import order_of, read, store, system
from billing.models import PaymentAttempt
from billing.providers import config_of, provider
from billing.providers.wire import Sent
from clinic.db import StaleDocumentError, claim
from clinic.recording import recorded


def send(*, attempt_id: object, now: datetime) -> None:
    """Ask the provider, for an attempt that was never sent. Twice at one moment sends once."""
    attempt = read(attempt_id)
    if attempt is None or attempt.status != "created" or attempt.sent_at is not None:
        return
    send_again(attempt, now)


@recorded
def mark_sending(*, attempt: PaymentAttempt, by: Actor, now: datetime) -> None:
    """Write that the provider is about to be called: a worker that dies now leaves this trace."""
    same = PaymentAttempt.objects.filter(pk=attempt.pk, status="created", rev=attempt.rev)
    claim(same, sent_at=now, sends=attempt.sends + 1, rev=attempt.rev + 1)


def send_again(attempt: PaymentAttempt, now: datetime) -> None:
    """Send an attempt whose first request may have been lost; nobody is asked to pay twice."""
    try:
        mark_sending(attempt=attempt, by=system(attempt), now=now)
    except StaleDocumentError:
        return
    number = attempt.sends + 1
    attempt = PaymentAttempt.objects.select_related("facility").get(pk=attempt.pk)
    if attempt.sends != number:
        return
    module, config = provider(attempt.provider), config_of(attempt.provider, attempt.facility_id)
    if not attempt.provider_ref:
        prepared = module.prepare(order_of(attempt), config)
        attempt = note_sent(
            attempt=attempt, sent=prepared, is_asked=False, by=system(attempt), now=now
        )
        if prepared.outcome != "accepted" or attempt.sends != number:
            return
    sent = module.send(order_of(attempt), config)
    note_sent(attempt=attempt, sent=sent, is_asked=True, by=system(attempt), now=now)


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
    if fresh.sends != attempt.sends:
        # It was sent again before this answer could be written. What that one got counts, all of it or nothing:
        # a patient must never pay on one page while the other is asked about.
        return fresh
    # The provider's own answer goes before what a call claimed meanwhile.
    fresh.provider_ref = sent.provider_ref or fresh.provider_ref
    fresh.proof = sent.proof or fresh.proof
    fresh.redirect_url = sent.redirect_url or fresh.redirect_url
    if fresh.status == "created":
        fresh.reason = sent.reason[:120]
        if sent.outcome == "refused":
            fresh.status, fresh.final_at, fresh.next_check_at = "failed", now, None
        elif sent.outcome == "accepted" and is_asked:
            fresh.status, fresh.heard_at = "pending", now
    return store(fresh)
