"""What workers do for phones: answer an SMS, write the reminders that fall due. All idempotent."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from accounts.permissions import SYSTEM
from clinic.db import StaleDocumentError
from notifications.tasks import patiently, start_task
from phone import actions
from phone.models import DosePlan, IncomingMessage
from phone.queries import reminders_to_write

logger = logging.getLogger(__name__)


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
    for planned in reminders_to_write(now):
        written += _alone(partial(actions.write_reminder, plan=planned, by=SYSTEM, now=now))
    due = DosePlan.objects.filter(is_active=True, next_due_at__lte=now).order_by("next_due_at")
    for plan_id in list(due.values_list("pk", flat=True)[:5000]):
        written += _alone(partial(actions.remind_of_dose, plan_id=plan_id, by=SYSTEM, now=now))
    left = IncomingMessage.objects.filter(
        handled_at=None, received_at__lt=now - timedelta(seconds=30)
    )
    for message_id in list(left.values_list("pk", flat=True)[:500]):
        start_incoming(str(message_id))
    return written


def _alone(step: Callable[[], Any]) -> int:
    """Run one step; what goes wrong with one reminder stops no other, and the next plan tries again."""
    try:
        return int(step() is not None)
    except (DatabaseError, StaleDocumentError) as error:
        logger.warning("A reminder is written later: %s", error)
        return 0
