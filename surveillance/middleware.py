"""How long it takes to open a record: counted by duration in Redis, without a word about who or whose."""

import logging
import time
from collections.abc import Callable

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from redis.exceptions import RedisError

from surveillance.rules.timing import bucket_of
from surveillance.rules.weeks import week_of

logger = logging.getLogger(__name__)
OPENINGS = {"patient": "page", "api-patient": "api"}  # name of the address → what is opened
KEPT_SECONDS = 15 * 86_400


def key_of(what: str, week: str, bucket: int) -> str:
    """Return the name of the counter of one duration in one week."""
    return f"opened:{what}:{week}:{bucket}"


class OpeningTimeMiddleware:
    """Count how long the server took for each record that it showed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; counting never stands in its way."""
        start = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        what = OPENINGS.get(match.view_name) if match and request.method == "GET" else None
        if what and response.status_code == 200:
            note_opening(what, (time.perf_counter() - start) * 1000)
        return response


def note_opening(what: str, milliseconds: float) -> None:
    """Count one opening."""
    key = key_of(what, week_of(timezone.now().date()), bucket_of(milliseconds))
    try:
        cache.add(key, 0, KEPT_SECONDS)
        cache.incr(key)
    except (RedisError, ValueError) as error:
        logger.info("An opening was not counted: %s", error)
