"""How a message moves: claimed, settled by the gateway's answer, moved on by reports, recovered, resent."""

import logging
import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError
from django.db.models import F
from redis.exceptions import RedisError

from accounts.permissions import Actor
from clinic.db import StaleDocumentError, claim, on_commit, random_id
from clinic.recording import recorded
from notifications.models import (
    DeliveryReport,
    Gateway,
    Message,
    MessageStatus,
    OptOut,
    TemplateText,
)
from notifications.queries import SMS, STOPPED, message_of_report, parked_reports
from notifications.queue import wake_on_commit
from notifications.rules import (
    PAUSE_SECONDS,
    RESENDABLE,
    Outcome,
    Verdict,
    after_quiet,
    comes_from,
    is_quiet,
    judge_report,
    may_change,
    may_retry,
    retry_at,
)
from notifications.texts import KINDS

logger = logging.getLogger(__name__)
LOST_AFTER = timedelta(minutes=3)
NO_REPORT_AFTER = timedelta(hours=72)
MOST_COST = Decimal(10_000_000)


class NotResendableError(Exception):
    """The message may have arrived, or was already sent again."""

    code = "not-resendable"


@recorded
def claim_for_sending(
    *, ids: Sequence[Any], token: str, by: Actor, now: datetime
) -> list[Message]:  # fmt: skip
    """Claim messages, each for one hand-over.

    Args:
        ids: of messages that were due; no more than are handed over at once, since what a killed worker had claimed
            is never sent again.
        token: made for this run only. The same token again means that the claim was made and its answer lost.

    Returns:
        Those claimed, in `sending`. Left out is what somebody else has, what is not due, and what is not to be sent.
    """
    rows = list(Message.objects.filter(pk__in=list(ids)).order_by("due_at"))
    mine = [row for row in rows if row.status == "sending" and row.claim_token == token]
    refused = _refusals(row.phone for row in rows)
    ready = [row for row in rows if _is_due(row, now) and not _set_aside(row, refused, now)]
    Message.objects.filter(pk__in=[row.pk for row in ready]).update(
        status=MessageStatus.SENDING, claim_token=token, claimed_at=now, attempts=F("attempts") + 1, rev=F("rev") + 1
    )  # fmt: skip
    for row in ready:
        row.status, row.claim_token, row.claimed_at = MessageStatus.SENDING, token, now
        row.attempts, row.rev = row.attempts + 1, row.rev + 1
    return mine + ready


def _refusals(phones: Iterable[str]) -> set[str]:
    return set(OptOut.objects.filter(phone__in=set(phones)).values_list("phone", flat=True))


def _is_due(row: Message, now: datetime) -> bool:
    return row.status == MessageStatus.QUEUED and max(row.due_at, row.next_try_at or now) <= now


def _set_aside(row: Message, refused: set[str], now: datetime) -> bool:
    """Put off what was held up into the night, end what is not to be sent. Returns whether it was either."""
    if (morning := _when_quiet_ends(row, now)) is not None:
        claim(_still(row), next_try_at=morning, rev=row.rev + 1)
        return True
    if dead := _why_not_now(row, refused, now):
        claim(_still(row), status=dead[0], status_reason=dead[1], final_at=now, rev=row.rev + 1)
    return dead is not None


def _still(row: Message) -> Any:
    return Message.objects.filter(pk=row.pk, rev=row.rev, status=row.status)


def _when_quiet_ends(row: Message, now: datetime) -> datetime | None:
    """Return when a message that was held up into the night may go, or None when it may go now."""
    if KINDS[row.kind].is_awaited or not is_quiet(now, row.time_zone):
        return None
    return after_quiet(now, row.time_zone)


def _why_not_now(row: Message, refused: set[str], now: datetime) -> tuple[str, str] | None:
    if row.expires_at is not None and row.expires_at <= now:
        return MessageStatus.EXPIRED, "too-late"
    if row.phone in refused:
        return MessageStatus.SUPPRESSED, "opted-out"
    return None


@recorded
def settle(
    *, results: Sequence[tuple[Message, Outcome]], by: Actor, now: datetime
) -> list[Message]:  # fmt: skip
    """Write down what became of hand-overs. Nothing happens to one of which a report or the recovery has said more.

    Args:
        results: messages as `claim_for_sending` returned them, each with the gateway's answer.
    """
    current = {row.pk: row for row in Message.objects.filter(pk__in=[m.pk for m, _ in results])}
    moved = [
        fresh
        for message, outcome in results
        if (fresh := current[message.pk]).claim_token == message.claim_token
        and _settle_one(fresh, outcome, now)
    ]
    known = {row.gateway_id: row for row in moved if row.gateway_id}
    for report in parked_reports(known):
        _move_by_report(known[report.gateway_id], report, now)
    return list(current.values())


def _settle_one(fresh: Message, outcome: Outcome, now: datetime) -> bool:
    to = _state_after(fresh, outcome)
    if not may_change(fresh.status, to):
        return False
    changes = _changes(fresh, to, outcome, now)
    _heed(fresh, outcome, now)
    claim(_still(fresh), rev=fresh.rev + 1, **changes)
    for name, value in changes.items():
        setattr(fresh, name, value)
    fresh.rev += 1
    return True


def _changes(message: Message, to: str, outcome: Outcome, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": to, "status_reason": outcome.reason}
    if to == MessageStatus.SUBMITTED:
        changes |= {"gateway_id": outcome.gateway_id, "submitted_at": now, "cost": outcome.cost}
        changes |= {"cost_amount": _amount(outcome.cost)}
    elif to == MessageStatus.QUEUED:
        changes |= _again(message, outcome, now)
    elif to == MessageStatus.FAILED:
        changes |= {"final_at": now}
    return changes


def _heed(message: Message, outcome: Outcome, now: datetime) -> None:
    """Do what an answer asks for beyond its own message."""
    if outcome.verdict is Verdict.PAUSE:
        _pause(outcome.reason, now)
    if outcome.reason == "blacklisted":
        _opt_out(message.phone, "gateway", now)


def _state_after(message: Message, outcome: Outcome) -> str:
    if outcome.verdict is Verdict.ACCEPTED:
        return MessageStatus.SUBMITTED
    if outcome.verdict is Verdict.UNKNOWN:
        return MessageStatus.UNKNOWN
    if outcome.verdict is Verdict.PAUSE:
        return MessageStatus.QUEUED
    if outcome.verdict is Verdict.RETRY and may_retry(outcome.reason, message.attempts):
        return MessageStatus.QUEUED
    return MessageStatus.FAILED


def _again(message: Message, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Return the changes that put a message back. Waiting for money or a key is not a try."""
    if outcome.verdict is Verdict.PAUSE:
        return {"attempts": message.attempts - 1, "next_try_at": None}
    at = retry_at(message.attempts, now, random.random())  # noqa: S311 (jitter)
    return {"next_try_at": at}


def _amount(cost: str) -> Decimal | None:
    try:
        amount = Decimal(cost.split(" ")[-1])
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < MOST_COST else None


def _pause(reason: str, now: datetime) -> None:
    until = now + timedelta(seconds=PAUSE_SECONDS)
    state = Gateway.objects.filter(name=SMS).first()
    if state is None:
        Gateway.objects.create(name=SMS, paused_until=until, reason=reason, since=now)
    elif state.paused_until is None or state.paused_until <= now:
        since = state.since if state.reason == reason and state.since else now
        Gateway.objects.filter(pk=state.pk).update(paused_until=until, reason=reason, since=since)
    else:
        return
    on_commit(lambda: _show_stopped(PAUSE_SECONDS))
    logger.error(
        "SMS are not handed over: %s. The queue waits and tries again at %s.", reason, until
    )


def _show_stopped(seconds: int) -> None:
    """Let every page say that no SMS leaves, for so long."""
    with suppress(RedisError):
        cache.set(STOPPED, 1, seconds) if seconds else cache.delete(STOPPED)


@recorded
def resume(*, by: Actor, now: datetime) -> None:
    """Let the queue go on, because somebody put the account in order."""
    Gateway.objects.filter(name=SMS).update(paused_until=None, reason="", since=None)
    on_commit(lambda: _show_stopped(0))


@recorded
def recover(*, by: Actor, now: datetime) -> int:
    """Give up on what hangs: a hand-over whose worker is gone, a message of which no report ever came.

    Returns:
        How many messages now say that their fate is unknown. None of them is sent again.
    """
    lost = Message.objects.filter(
        status=MessageStatus.SENDING, claimed_at__lt=now - LOST_AFTER
    ).update(status=MessageStatus.UNKNOWN, status_reason="worker-lost")
    silent = Message.objects.filter(
        status=MessageStatus.SUBMITTED, submitted_at__lt=now - NO_REPORT_AFTER
    ).update(status=MessageStatus.UNKNOWN, status_reason="no-report")
    return int(lost + silent)


@recorded
def expire(*, by: Actor, now: datetime) -> int:
    """End what waited too long to be worth anything. Returns how many."""
    return Message.objects.filter(status=MessageStatus.QUEUED, expires_at__lte=now).update(
        status=MessageStatus.EXPIRED, status_reason="too-late", final_at=now
    )


def take_report(
    *, gateway_id: str, phone: str, status: str, reason: str, network: str, by: Actor, now: datetime
) -> DeliveryReport | None:
    """Keep a delivery report. Returns None for one that is already kept."""
    try:
        return _take_report(
            gateway_id=gateway_id, phone=phone, status=status, reason=reason, network=network, by=by, now=now
        )  # fmt: skip
    except IntegrityError:
        return None


@recorded
def _take_report(
    *, gateway_id: str, phone: str, status: str, reason: str, network: str, by: Actor, now: datetime
) -> DeliveryReport | None:
    key = f"{gateway_id}|{status}"
    if DeliveryReport.objects.filter(key=key).exists():
        return None
    row = DeliveryReport.objects.create(
        key=key, gateway_id=gateway_id, phone=phone, status=status, reason=reason, network=network, received_at=now
    )  # fmt: skip
    report_id = str(row.pk)
    on_commit(lambda: _start_report(report_id))
    return row


def _start_report(report_id: str) -> None:
    from notifications.tasks import start_report  # noqa: PLC0415 (tasks import this module)

    start_report(report_id)


@recorded
def apply_report(*, report_id: Any, by: Actor, now: datetime) -> Message | None:
    """Move the message that a report is about. Returns None while the report has no message: it stays parked."""
    report = DeliveryReport.objects.filter(pk=report_id).first()
    if report is None or report.applied_at is not None:
        return None
    message = message_of_report(report)
    if message is None:
        return None
    _move_by_report(message, report, now)
    return message


def _move_by_report(message: Message, report: DeliveryReport, now: datetime) -> None:
    """Apply one report; a final state never goes back, and another phone's report changes nothing."""
    to = judge_report(report.status)
    if _digits(message.phone) == _digits(report.phone) and to is not None:
        _advance(message, report, to, now)
    DeliveryReport.objects.filter(pk=report.pk).update(applied_at=now, message_id=str(message.pk))


def _advance(message: Message, report: DeliveryReport, to: str, now: datetime) -> None:
    changes: dict[str, Any] = {"gateway_id": report.gateway_id}
    if not message.submitted_at:
        changes["submitted_at"] = report.received_at
    if message.status in comes_from(to):
        changes |= {"status": to, "status_reason": report.reason}
        changes |= {"final_at": None if to == MessageStatus.SUBMITTED else now}
    elif message.gateway_id:
        return
    claim(_still(message), rev=message.rev + 1, **changes)
    message.rev += 1
    for name, value in changes.items():
        setattr(message, name, value)


def _digits(phone: str) -> str:
    return "".join(char for char in phone if char.isdigit())


@recorded
def opt_out(*, phone: str, origin: str, by: Actor, now: datetime) -> None:
    """Note that a phone wants no messages; what waits for it is not sent."""
    _opt_out(phone, origin, now)


def _opt_out(phone: str, origin: str, now: datetime) -> None:
    if not OptOut.objects.filter(phone=phone).exists():
        OptOut.objects.create(phone=phone, since=now, origin=origin)
    Message.objects.filter(phone=phone, status=MessageStatus.QUEUED).update(
        status=MessageStatus.SUPPRESSED, status_reason="opted-out", final_at=now
    )


@recorded
def opt_in(*, phone: str, by: Actor, now: datetime) -> bool:
    """Note that a phone wants messages again. Returns whether it had refused them."""
    return bool(OptOut.objects.filter(phone=phone).delete()[0])


@recorded
def resend(*, message: Message, by: Actor, now: datetime) -> Message:
    """Send a failed or expired message once more, as a new message of the same text.

    Raises:
        NotResendableError: it may have arrived, or was sent again already.
        PermissionDenied: the actor may not send messages.
    """
    by.require("send_messages")
    fresh = Message.objects.get(pk=message.pk)
    if fresh.status not in RESENDABLE or fresh.resent_as:
        raise NotResendableError(fresh.status)
    new_id = random_id()
    refused = OptOut.objects.filter(phone=fresh.phone).exists()
    again = Message.objects.create(
        id=new_id, key=f"resend:{fresh.pk}", kind=fresh.kind, cause=fresh.cause, patient_id=fresh.patient_id,
        facility_id=fresh.facility_id, phone=fresh.phone, language=fresh.language, time_zone=fresh.time_zone,
        values=fresh.values, text=fresh.text,
        parts=fresh.parts, due_at=now, expires_at=now + timedelta(hours=24), created_at=now,
        created_by=str(by.user.pk) if by.user else "",
        status=MessageStatus.SUPPRESSED if refused else MessageStatus.QUEUED,
        status_reason="opted-out" if refused else "",
    )  # fmt: skip
    try:
        claim(_still(fresh), resent_as=str(new_id), rev=fresh.rev + 1)
    except StaleDocumentError as error:
        raise NotResendableError(fresh.status) from error
    if not refused:
        wake_on_commit()
    return again


@recorded
def save_template(*, kind: str, language: str, text: str, by: Actor, now: datetime) -> TemplateText:
    """Keep an administrator's wording; an empty text returns to Carnet's own."""
    row = TemplateText.objects.filter(kind=kind, language=language).first() or TemplateText(
        kind=kind, language=language
    )
    row.text, row.changed_at = text.strip(), now
    row.save()
    on_commit(lambda: cache.delete("message-templates"))
    return row
