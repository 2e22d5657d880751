"""What is done by the clock: counting what changed, publishing the weeks that are over, measuring, asking."""

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from accounts.permissions import SYSTEM
from surveillance import actions

LOCK = "surveillance-refresh"
NIGHT_HOUR = 2  # UTC: once a day the weeks are measured whose orders may still change


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


@shared_task(name="surveillance.measure")
def measure() -> int:
    """Measure this week and the last, and once a night the weeks before. Returns how many were counted."""
    now = timezone.now()
    weeks = actions.SETTLED_WEEKS if now.hour == NIGHT_HOUR else 2
    return actions.measure(by=SYSTEM, now=now, weeks_back=weeks)


@shared_task(name="surveillance.ask")
def ask() -> int:
    """Ask about the visits that ended some hours ago. Returns how many were asked about."""
    return actions.ask_for_opinions(by=SYSTEM, now=timezone.now())
