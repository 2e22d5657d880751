"""A call comes in on an attempt's address: kept for audit, believed in nothing, answered by asking the provider."""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError

from accounts.permissions import Actor
from billing import rules
from billing.actions.phone.common import later, store, system
from billing.models import CallbackHit, PaymentAttempt
from billing.providers import provider
from billing.providers.wire import Hint
from clinic.db import StaleDocumentError
from clinic.recording import recorded

FORGED_KEPT_A_MINUTE = 120


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
        flag_difference(attempt=attempt, hint=hint, by=system(attempt), now=now)
        _keep(call, attempt, "duplicate", "", now)
        return True
    try:
        note_hint(attempt=attempt, hint=hint, by=system(attempt), now=now)
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
        store(fresh)
        return
    fresh.next_check_at = now
    store(fresh)
    later("check_attempt", fresh.pk)


@recorded
def flag_difference(*, attempt: PaymentAttempt, hint: Hint, by: Actor, now: datetime) -> None:
    """Show a person that a booked payment was told of with another amount: the books are not changed by it."""
    fresh = PaymentAttempt.objects.get(pk=attempt.pk)
    differs = hint.amount is not None and hint.amount != fresh.amount
    if fresh.status == "succeeded" and differs and not fresh.needs_person:
        fresh.needs_person, fresh.reason = True, "amount-differs"
        store(fresh)


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
