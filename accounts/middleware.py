"""Who is at work in this request; and forms that arrive after the session has ended are kept."""

import secrets
from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from accounts.models import Facility
from accounts.permissions import Actor
from accounts.queries import active_facility, actor_for

GetResponse = Callable[[HttpRequest], HttpResponse]
HELD_SECONDS = 12 * 3600
MOST_HELD = 10
HELD_COOKIE = "held_form"
ANONYMOUS_ROUTES = ("login", "logout", "language")


class ActorMiddleware:
    """Set `request.actor`: the signed-in person in the facility they chose, with what they may do there."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        address = request.META.get("REMOTE_ADDR", "")
        user: Any = request.user
        if user.is_authenticated:
            facility = active_facility(user, request.session.get("facility", ""))
            request.actor = actor_for(user, facility, address)  # type: ignore[attr-defined]
            self._speak(request, user.language)
            with timezone.override(self._zone(request, facility)):
                return self.get_response(request)
        request.actor = Actor(user=None, facility=None, address=address)  # type: ignore[attr-defined]
        return self.get_response(request)

    @staticmethod
    def _zone(request: HttpRequest, facility: Facility | None) -> tzinfo:
        """Pages tell the time of the place where one works; programs are told UTC."""
        if facility is None or request.path.startswith("/api/"):
            return UTC
        return ZoneInfo(facility.time_zone)

    @staticmethod
    def _speak(request: HttpRequest, language: str) -> None:
        translation.activate(language)
        request.LANGUAGE_CODE = language


class HeldFormMiddleware:
    """Keep what was typed when a form arrives without a session: it is offered again after signing in."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        body = request.body if _may_be_held(request) else b""
        response = self.get_response(request)
        if body and response.status_code == 302 and request.user.is_authenticated:
            cache.delete(f"held:{request.POST.get('held_token', '')}")
        lost = body and not getattr(request, "user", None).is_authenticated  # type: ignore[union-attr]
        if lost and response.status_code in (302, 403):
            return _hold(request, body)
        return response


def _may_be_held(request: HttpRequest) -> bool:
    return (
        request.method == "POST"
        and request.content_type == "application/x-www-form-urlencoded"
        and not request.path.startswith(
            ("/api/", "/login/", "/logout/", "/language/", "/admin/", "/in/", "/verify/", "/p/")
        )
    )


def _hold(request: HttpRequest, body: bytes) -> HttpResponse:
    from accounts.views import ask_to_sign_in  # noqa: PLC0415 (views import models that need the registry)

    token = secrets.token_urlsafe(24)
    fields = [
        pair
        for pair in parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        if pair[0] not in ("csrfmiddlewaretoken", "held_token") and "password" not in pair[0]
    ]
    cache.set(
        f"held:{token}",
        {"path": request.path, "fields": fields, "owner": request.COOKIES.get("last_person", "")},
        HELD_SECONDS,
    )
    response = ask_to_sign_in(request, after="held-form")
    remember_held(request, response, [*held_tokens(request), token])
    return response


def held_tokens(request: HttpRequest) -> list[str]:
    """Return the tokens of the forms that are kept for this browser, oldest first."""
    tokens = request.COOKIES.get(HELD_COOKIE, "").split(".")
    return [token for token in tokens if token and cache.get(f"held:{token}")]


def remember_held(request: HttpRequest, response: HttpResponse, tokens: list[str]) -> None:
    """Let this browser find its kept forms again."""
    if not tokens:
        response.delete_cookie(HELD_COOKIE)
        return
    response.set_cookie(
        HELD_COOKIE,
        ".".join(tokens[-MOST_HELD:]),
        max_age=HELD_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
