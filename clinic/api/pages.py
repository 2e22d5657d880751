"""Lists in pages: a cursor holds the place by time and stays right while rows are added."""

import base64
import binascii
import struct
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from django.utils.translation import gettext as _

from clinic.api.errors import refused

LIMIT, MAX_LIMIT = 20, 100
LIMITS = {str(number) for number in range(1, MAX_LIMIT + 1)}


def page(rows: Any, request: Any, by: str) -> tuple[list[Any], str | None]:
    """Return one page of a queryset, newest first by the time field `by`, and the cursor of the next.

    The cursor is the time of the last row and the ids shown of that very time: one index serves it, and rows
    of equal times, which come in no sure order, are neither lost nor shown twice.
    """
    limit = limit_of(request)
    at, shown = _read(request.query_params.get("cursor", ""))
    if at is not None:
        rows = rows.filter(**{f"{by}__lte": at})
    found = list(rows.order_by(f"-{by}")[: limit + 1 + len(shown)])
    fresh = [row for row in found if row.pk not in shown]
    if len(fresh) <= limit:
        return fresh, None
    fresh = fresh[:limit]
    last = getattr(fresh[-1], by)
    same = {row.pk for row in fresh if getattr(row, by) == last}
    return fresh, _write(last, same | (shown if last == at else set()))


def limit_of(request: Any) -> int:
    """Return how many rows are wanted: 20, or `?limit=` from 1 to 100."""
    text = request.query_params.get("limit", str(LIMIT))
    if text not in LIMITS:
        raise refused(("limit", _("Un nombre de 1 à 100.")))
    return int(text)


def _write(at: datetime, shown: set[ObjectId]) -> str:
    raw = struct.pack(">q", int(at.timestamp() * 1000)) + b"".join(pk.binary for pk in shown)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime | None, set[ObjectId]]:
    if not cursor:
        return None, set()
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        at = datetime.fromtimestamp(struct.unpack(">q", raw[:8])[0] / 1000, UTC)
        return at, {ObjectId(raw[n : n + 12]) for n in range(8, len(raw), 12)}
    except (binascii.Error, struct.error, ValueError, OverflowError, OSError, InvalidId) as error:
        raise refused(("cursor", _("Ce curseur n’est pas lisible."))) from error
