"""Background work on phone payments: send one, ask about one, find all that are due."""

from celery import shared_task
from django.utils import timezone

from billing.actions import phone


@shared_task
def send_attempt(attempt_id: str) -> None:
    """Send one attempt to its provider."""
    phone.send(attempt_id=attempt_id, now=timezone.now())


@shared_task
def check_attempt(attempt_id: str) -> None:
    """Ask the provider about one attempt."""
    phone.check(attempt_id=attempt_id, now=timezone.now())


@shared_task
def reconcile() -> int:
    """Start a check of every attempt that is due; payment works by this alone when no callback ever comes."""
    taken = phone.due(now=timezone.now())
    for attempt_id in taken:
        check_attempt.delay(attempt_id)
    return len(taken)
