"""What the gateway calls: a secret in the path, one row stored, 200; the work is a worker's."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.permissions import PUBLIC, SYSTEM, requires
from notifications.actions import take_report
from notifications.rules import judge_report
from phone import actions, ussd

BODY_LIMIT = 8_000
PHONE = re.compile(r"\+\d{8,15}")
ID = re.compile(r"[\w.:-]{4,80}")


class MalformedError(Exception):
    """The call is not what the gateway sends. Nothing is changed."""

    code = "malformed"


def called_back(answer: Callable[[Mapping[str, str]], HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a view of a function over the fields that came in."""

    @csrf_exempt
    @requires(PUBLIC)
    @require_POST
    @wraps(answer)
    def view(request: HttpRequest, secret: str) -> HttpResponse:
        if not hmac.compare_digest(secret.encode(), settings.PHONE_CALLBACK_SECRET.encode()):
            raise Http404
        try:
            return answer(_fields(request))
        except MalformedError:
            return HttpResponse("malformed", status=400, content_type="text/plain")

    view.permissions = (PUBLIC,)  # type: ignore[attr-defined]
    return view


def _fields(request: HttpRequest) -> Mapping[str, str]:
    if len(request.body) > BODY_LIMIT:
        raise MalformedError
    if request.content_type != "application/json":
        return {name: str(value) for name, value in request.POST.items()}
    try:
        data: Any = json.loads(request.body)
    except ValueError as error:
        raise MalformedError from error
    if not isinstance(data, dict):
        raise MalformedError
    return {str(name): str(value) for name, value in data.items()}


def _matching(fields: Mapping[str, str], name: str, shape: re.Pattern[str]) -> str:
    value = fields.get(name, "").strip()
    if not shape.fullmatch(value):
        raise MalformedError
    return value


@called_back
def delivery(fields: Mapping[str, str]) -> HttpResponse:
    status = fields.get("status", "")[:40]
    if judge_report(status) is None:
        raise MalformedError
    take_report(
        gateway_id=_matching(fields, "id", ID), phone=_matching(fields, "phoneNumber", PHONE), status=status,
        reason=fields.get("failureReason", "")[:60], network=fields.get("networkCode", "")[:8], by=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    return HttpResponse("ok", content_type="text/plain")


@called_back
def incoming(fields: Mapping[str, str]) -> HttpResponse:
    actions.take_incoming(
        gateway_id=_matching(fields, "id", ID), phone=_matching(fields, "from", PHONE),
        text=fields.get("text", "").replace("\0", ""), by=SYSTEM, now=timezone.now(),
    )  # fmt: skip
    return HttpResponse("ok", content_type="text/plain")


@called_back
def optout(fields: Mapping[str, str]) -> HttpResponse:
    actions.opt_phone_out(phone=_matching(fields, "phoneNumber", PHONE), now=timezone.now())
    return HttpResponse("ok", content_type="text/plain")


@called_back
def ussd_hop(fields: Mapping[str, str]) -> HttpResponse:
    screen = ussd.hop(
        session_id=_matching(fields, "sessionId", ID), phone=_matching(fields, "phoneNumber", PHONE),
        text=fields.get("text", "")[:400], now=timezone.now(),
    )  # fmt: skip
    return HttpResponse(screen, content_type="text/plain")


@called_back
def ussd_end(fields: Mapping[str, str]) -> HttpResponse:
    ussd.ended(
        session_id=_matching(fields, "sessionId", ID), phone=_matching(fields, "phoneNumber", PHONE),
        status=fields.get("status", ""),
    )  # fmt: skip
    return HttpResponse("ok", content_type="text/plain")
