"""How often one may ask: fixed windows counted in the cache, by account and by address."""

import hashlib
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from clinic.api.errors import Problem


def count(kind: str, who: str) -> None:
    """Count one request of `who`; the limits of `kind` stand in settings.API_LIMITS.

    Raises:
        Problem: 429 with the seconds to wait, when the window is full.
    """
    most, seconds = settings.API_LIMITS[kind]
    now = time.time()
    window = int(now // seconds)
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    key = f"limit:{kind}:{digest}:{window}"
    cache.add(key, 0, seconds * 2)
    if int(cache.incr(key)) > most:
        wait = int((window + 1) * seconds - now) + 1
        title = _("Trop de demandes : attendez %(seconds)d secondes.") % {"seconds": wait}
        raise Problem(429, "too-many-requests", title, retryAfter=wait)


def count_request(request: Any) -> None:
    """Count a request by its address, before anything else is done for it."""
    count("address", request.META.get("REMOTE_ADDR", ""))
