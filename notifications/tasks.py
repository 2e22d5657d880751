"""What workers do with messages: hand over what is due, apply a report, sweep what was left lying. All idempotent."""

import logging
from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts.permissions import SYSTEM
from notifications import actions, gateway
from notifications.models import DeliveryReport
from notifications.queries import due_ids
from notifications.sending import hand_over, patiently

logger = logging.getLogger(__name__)
AWAKE, AWAKE_SECONDS = "sms-awake", 10
LATER = 6  # of Redis' 0 to 9: a flood of delivery reports holds up nothing that a person waits for


def wake() -> None:
    """Tell a worker that something is due, unless one was told and has not looked yet.

    When the broker is away the sweep does it later.
    """
    try:
        if not cache.add(AWAKE, 1, AWAKE_SECONDS):
            return
        send_due.apply_async(retry=False)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("The broker woke nobody: %s", error)
        with suppress(RedisError):
            cache.delete(AWAKE)


def start_report(report_id: str) -> None:
    """Tell a worker to apply a delivery report; when the broker is away the sweep does it later."""
    start_task(apply_report, report_id, priority=LATER)


def start_task(task: object, document_id: str, **options: int) -> None:
    """Give a worker the id of a document; the broker may be away."""
    try:
        task.apply_async((document_id,), retry=False, **options)  # type: ignore[attr-defined]
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("The broker did not take %s: %s", document_id, error)


@shared_task(name="notifications.send")
def send_due() -> None:
    """Hand over what is due for a few seconds; the next turn takes what is left, behind the other tasks."""
    try:
        cache.delete(AWAKE)  # before looking: what is written from here on wakes somebody again
    except RedisError as error:
        logger.warning("Already awake: %s", error)
    if gateway.is_configured() and hand_over():
        wake()


@shared_task(name="notifications.report")
def apply_report(report_id: str) -> None:
    """Apply one delivery report."""
    patiently(lambda: actions.apply_report(report_id=report_id, by=SYSTEM, now=timezone.now()))


@shared_task(name="notifications.sweep")
def sweep() -> None:
    """Find what is due, what hangs and which reports wait, and see to it."""
    now = timezone.now()
    actions.expire(by=SYSTEM, now=now)
    actions.recover(by=SYSTEM, now=now)
    recent = DeliveryReport.objects.filter(
        applied_at=None, received_at__gte=now - timedelta(hours=72), received_at__lt=now - timedelta(seconds=10)
    )  # fmt: skip
    for report_id in list(recent.order_by("received_at").values_list("pk", flat=True)[:500]):
        start_report(str(report_id))
    if due_ids(now, 1):
        wake()
