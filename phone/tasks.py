"""What workers do for phones: answer an SMS, write the reminders that fall due. All idempotent."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.permissions import SYSTEM
from notifications.sending import patiently
from notifications.tasks import start_task
from phone import actions
from phone.models import DosePlan, IncomingMessage
from phone.queries import reminders_to_write

logger = logging.getLogger(__name__)
BATCH = 100


def start_incoming(message_id: str) -> None:
    """Tell a worker to see to an SMS; when the broker is away the plan does it later."""
    start_task(handle_incoming, message_id)


@shared_task(name="phone.incoming")
def handle_incoming(message_id: str) -> None:
    """See to one SMS that came in."""
    patiently(lambda: actions.handle_incoming(message_id=message_id, by=SYSTEM, now=timezone.now()))


@shared_task(name="phone.plan")
def plan() -> int:
    """Write the reminders that fall due soon, and see to SMS that were left lying. Returns how many were written."""
    now = timezone.now()
    written = 0
    for plans in _batches(reminders_to_write(now)):
        written += _together(partial(_write_reminders, now=now), plans)
    due = DosePlan.objects.filter(is_active=True, next_due_at__lte=now).order_by("next_due_at")
    for plan_ids in _batches(list(due.values_list("pk", flat=True)[:5000])):
        written += _together(partial(_remind_of_doses, now=now), plan_ids)
    left = IncomingMessage.objects.filter(
        handled_at=None, received_at__lt=now - timedelta(seconds=30)
    )
    for message_id in list(left.values_list("pk", flat=True)[:500]):
        start_incoming(str(message_id))
    return written


def _write_reminders(plans: Sequence[Any], now: datetime) -> int:
    return len(actions.write_reminders(plans=plans, by=SYSTEM, now=now))


def _remind_of_doses(plan_ids: Sequence[Any], now: datetime) -> int:
    return len(actions.remind_of_doses(plan_ids=plan_ids, by=SYSTEM, now=now))


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(items), BATCH):
        yield items[begin : begin + BATCH]


def _together(write: Callable[[Sequence[Any]], int], items: Sequence[Any]) -> int:
    """Write a batch at once; when that fails each alone: what goes wrong with one stops no other.

    What could not be written is tried again by the next plan.
    """
    try:
        return write(items)
    except Exception as error:  # noqa: BLE001 (whatever one reminder has, the others go out)
        if len(items) > 1:
            return sum(_together(write, [item]) for item in items)
        logger.warning("A reminder is written later: %r", error)
        return 0
