"""A POST sent twice with one Idempotency-Key is done once, and answered the same.

The answer is kept for a day in the cache. Should the cache forget, the id that the key gives the form
(`form_id`) makes the action itself store nothing twice.
"""

import hashlib
import json
import re
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from rest_framework.response import Response

from clinic.api.errors import Problem
from clinic.db import random_id

KEPT_SECONDS = 86_400
RUNNING_SECONDS = 60
RUNNING = "running"
SHAPE = re.compile(r"[\x21-\x7e]{1,128}")


def key_of(request: Any) -> str:
    """Return the digest of who asked for what under which key, or "" without a key.

    Raises:
        Problem: 422 when the key is no printable text of at most 128 characters.
    """
    given = request.headers.get("Idempotency-Key", "")
    if not given or request.method != "POST":
        return ""
    if not SHAPE.fullmatch(given):
        title = _("Idempotency-Key : 128 caractères visibles au plus.")
        raise Problem(422, "malformed-idempotency-key", title)
    parts = (str(request.user.pk or ""), request.path.rstrip("/"), given)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def form_id_of(key: str) -> str:
    """Return the id that actions store to recognise a repetition: from the key, or a new one."""
    return key[:24] if key else str(random_id())


def claim_or_replay(key: str, request: Any) -> Response | None:
    """Return the kept answer, or None when this request is the first and must be done.

    Raises:
        Problem: 422 when the same key came with another body; 409 while the first is still being done.
    """
    asked = _fingerprint(request)
    if cache.add(_name(key), {"asked": asked, "state": RUNNING}, RUNNING_SECONDS):
        return None
    kept = cache.get(_name(key)) or {"asked": asked, "state": RUNNING}
    if kept["asked"] != asked:
        title = _("Cette Idempotency-Key a déjà servi pour une autre demande.")
        raise Problem(422, "idempotency-key-reused", title)
    if kept["state"] == RUNNING:
        title = _("La même demande est en cours : réessayez dans un instant.")
        raise Problem(409, "in-progress", title, retryAfter=1)
    for what, record_id in kept["seen"]:
        request._request.actor.note_seen(what, record_id)
    answer = Response(kept["body"], status=kept["status"], content_type=kept["type"])
    answer["Idempotency-Replayed"] = "true"
    return answer


def keep(key: str, request: Any, response: Response) -> None:
    """Keep an answer; a fault of the server or a refusal to wait is not one."""
    if response.status_code >= 500 or response.status_code in (401, 409, 429):
        cache.delete(_name(key))
        return
    kept = {
        "asked": _fingerprint(request),
        "state": "done",
        "status": response.status_code,
        "body": json.loads(json.dumps(response.data, default=str)),
        "type": response.content_type,
        "seen": list(request._request.actor.seen),
    }
    cache.set(_name(key), kept, KEPT_SECONDS)


def forget(key: str) -> None:
    """Let the key be used again: the request failed before it was answered."""
    cache.delete(_name(key))


def _fingerprint(request: Any) -> str:
    facility = str(request._request.actor.facility_id)
    body = json.dumps(request.data, sort_keys=True, default=str)
    return hashlib.sha256(f"{facility}\n{body}".encode()).hexdigest()


def _name(key: str) -> str:
    return f"idempotency:{key}"
