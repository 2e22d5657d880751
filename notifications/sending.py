"""What hands messages over: several at once, each claimed before and settled after, for a slice of time.

The database is the queue. What is claimed is on the wire at the same moment: a worker that is killed leaves no more
in doubt than it had in flight.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from pymongo.errors import PyMongoError

from accounts.permissions import SYSTEM
from clinic.db import StaleDocumentError, random_id
from notifications import actions, gateway
from notifications.models import Message
from notifications.queries import due_ids, pause
from notifications.rules import Outcome, Verdict

logger = logging.getLogger(__name__)
T = TypeVar("T")
DATABASE_WAITS = (0.2, 0.5, 1, 2, 4, 8, 15, 30)
SLICE_SECONDS = 3.0
LOOK_AHEAD = 200
GATHER_SECONDS = 0.005


def patiently(step: Callable[[], T]) -> T:
    """Run a step that only writes down, again while the database is away: at most about a minute."""
    for seconds in DATABASE_WAITS:
        try:
            return step()
        except (DatabaseError, PyMongoError, StaleDocumentError) as error:
            logger.warning("Written down later: %s", error)
            time.sleep(seconds)
    return step()


def hand_over(seconds: float = SLICE_SECONDS) -> bool:
    """Hand over what is due, at most once each: what is not certain is written down as unknown.

    Args:
        seconds: no message is begun after so long; those begun are seen through.

    Returns:
        Whether something may be left.
    """
    until, waiting = time.monotonic() + seconds, _Waiting()
    flying: dict[Future[Outcome], Message] = {}
    while True:
        if time.monotonic() < until and not waiting.is_over:
            for message in waiting.take(settings.SMS_LINES - len(flying)):
                flying[_lines().submit(gateway.send, message.phone, message.text)] = message
        if not flying:
            return not waiting.is_over
        waiting.is_over |= _settle(flying)


class _Waiting:
    """What is due, looked up many at a time and claimed a few at a time."""

    def __init__(self) -> None:
        self.ids: list[Any] = []
        self.is_over = False

    def take(self, count: int) -> list[Message]:
        """Return at most `count` claimed messages; none of them twice, whoever else looks."""
        now = timezone.now()
        if patiently(lambda: pause(now)) is not None:
            self.is_over = True
            return []
        if not self.ids:
            self.ids = patiently(lambda: due_ids(now, LOOK_AHEAD))
            self.is_over = not self.ids
        ids, self.ids = self.ids[:count], self.ids[count:]
        token = str(random_id())
        return patiently(
            lambda: actions.claim_for_sending(ids=ids, token=token, by=SYSTEM, now=now)
        )


def _settle(flying: dict[Future[Outcome], Message]) -> bool:
    """Write down the answers that are there. Returns whether one says that the queue must wait."""
    wait(flying, return_when=FIRST_COMPLETED)
    time.sleep(GATHER_SECONDS)  # answers that come together are written together
    results = [(flying.pop(done), _answer(done)) for done in list(flying) if done.done()]
    patiently(lambda: actions.settle(results=results, by=SYSTEM, now=timezone.now()))
    return any(outcome.verdict is Verdict.PAUSE for _, outcome in results)


def _answer(done: Future[Outcome]) -> Outcome:
    try:
        return done.result()
    except Exception:
        logger.exception("A message was perhaps handed over.")
        return Outcome(Verdict.UNKNOWN, "no-answer")


@lru_cache(maxsize=1)
def _lines() -> ThreadPoolExecutor:
    """Return this process's threads; each keeps its connection to the gateway."""
    return ThreadPoolExecutor(settings.SMS_LINES, thread_name_prefix="sms")
