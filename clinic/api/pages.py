"""Lists in pages: a cursor holds the place by time and stays right while rows are added."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from clinic.api.errors import refused

LIMIT, MAX_LIMIT = 20, 100


def page(rows: Any, request: Any, by: str) -> tuple[list[Any], str | None]:
    """Return one page of a queryset, newest first by the time field `by`, and the cursor of the next.

    The cursor is a time and how many rows of that very time were shown, so that one index serves it.
    """
    limit = limit_of(request)
    at, skip = _read(request.query_params.get("cursor", ""))
    if at is not None:
        rows = rows.filter(**{f"{by}__lte": at})
    found = list(rows.order_by(f"-{by}")[skip : skip + limit + 1])
    if len(found) <= limit:
        return found, None
    shown = found[:limit]
    last = getattr(shown[-1], by)
    same = sum(1 for row in shown if getattr(row, by) == last)
    return shown, _write(last, same + (skip if last == at else 0))


def limit_of(request: Any) -> int:
    """Return how many rows are wanted: 20, or `?limit=` from 1 to 100."""
    text = request.query_params.get("limit", str(LIMIT))
    if not (
        text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MAX_LIMIT and len(text) <= 3
    ):
        raise refused(("limit", _("Un nombre de 1 à 100.")))
    return int(text)


def _write(at: datetime, skip: int) -> str:
    text = json.dumps([int(at.timestamp() * 1000), skip])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime | None, int]:
    if not cursor:
        return None, 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        millis, skip = json.loads(text)
        at = datetime.fromtimestamp(millis / 1000, UTC)
    except (binascii.Error, ValueError, TypeError, OverflowError, OSError) as error:
        raise refused(("cursor", _("Ce curseur n’est pas lisible."))) from error
    if not isinstance(skip, int) or not 0 <= skip <= 100_000:
        raise refused(("cursor", _("Ce curseur n’est pas lisible.")))
    return at, skip
