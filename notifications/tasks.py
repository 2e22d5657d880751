"""What workers do with messages: hand one over, apply a report, sweep what was left lying. All idempotent."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone
from kombu.exceptions import OperationalError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from accounts.permissions import SYSTEM
from clinic.db import StaleDocumentError, random_id
from notifications import actions, gateway
from notifications.models import DeliveryReport
from notifications.queries import due_ids, pause

logger = logging.getLogger(__name__)
T = TypeVar("T")
AGAIN_AFTER = timedelta(minutes=2)
DATABASE_WAITS = (0.2, 0.5, 1, 2, 4, 8, 15, 30)


def start(message_id: str) -> None:
    """Tell a worker to hand a message over; when the broker is away the sweep does it later."""
    start_task(send_message, message_id)


def start_report(report_id: str) -> None:
    """Tell a worker to apply a delivery report; when the broker is away the sweep does it later."""
    start_task(apply_report, report_id)


def start_task(task: object, document_id: str) -> None:
    """Give a worker the id of a document; the broker may be away."""
    try:
        task.apply_async((document_id,), retry=False)  # type: ignore[attr-defined]
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("The broker did not take %s: %s", document_id, error)


def patiently(step: Callable[[], T]) -> T:
    """Run a step that only writes down, again while the database is away: at most about a minute."""
    for wait in DATABASE_WAITS:
        try:
            return step()
        except (DatabaseError, PyMongoError, StaleDocumentError) as error:
            logger.warning("Written down later: %s", error)
            time.sleep(wait)
    return step()


@shared_task(name="notifications.send")
def send_message(message_id: str) -> None:
    """Hand one message over, at most once: what is not certain is written down as unknown."""
    now = timezone.now()
    if not gateway.is_configured() or patiently(lambda: pause(now)) is not None:
        return
    token = str(random_id())
    message = patiently(
        lambda: actions.begin_sending(message_id=message_id, token=token, by=SYSTEM, now=now)
    )
    if message is None:
        return
    outcome = gateway.send(message.phone, message.text)
    patiently(
        lambda: actions.settle(message=message, outcome=outcome, by=SYSTEM, now=timezone.now())
    )


@shared_task(name="notifications.report")
def apply_report(report_id: str) -> None:
    """Apply one delivery report."""
    patiently(lambda: actions.apply_report(report_id=report_id, by=SYSTEM, now=timezone.now()))


@shared_task(name="notifications.sweep")
def sweep() -> int:
    """Find what is due, what hangs and which reports wait, and see to it. Returns how many were started."""
    now = timezone.now()
    actions.expire(by=SYSTEM, now=now)
    actions.recover(by=SYSTEM, now=now)
    recent = DeliveryReport.objects.filter(
        applied_at=None, received_at__gte=now - timedelta(hours=72), received_at__lt=now - timedelta(seconds=10)
    )  # fmt: skip
    for report_id in list(recent.order_by("received_at").values_list("pk", flat=True)[:500]):
        start_report(str(report_id))
    if not gateway.is_configured() or pause(now) is not None:
        return 0
    ids = due_ids(now, AGAIN_AFTER)
    actions.mark_dispatched(ids=ids, by=SYSTEM, now=now)
    for message_id in ids:
        start(str(message_id))
    return len(ids)
