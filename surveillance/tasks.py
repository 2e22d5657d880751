"""What is done by the clock: counting what changed, publishing the weeks that are over."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from accounts.permissions import SYSTEM
from surveillance import actions

LOCK = "surveillance-refresh"


@shared_task(name="surveillance.refresh")
def refresh() -> int:
    """Count what changed, publish what is due, judge the last weeks. Returns how many were counted."""
    if not cache.add(LOCK, "1", timeout=600):
        return 0
    try:
        now = timezone.now()
        done = actions.refresh(by=SYSTEM, now=now)
        actions.publish_due(by=SYSTEM, now=now)
        actions.watch(by=SYSTEM, now=now)
        return done
    finally:
        cache.delete(LOCK)
