"""Every look at a record leaves a trace before the page leaves the server."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from audit.actions import record_access
from audit.models import AccessKind


class AccessMiddleware:
    """Write down what the actor of the request was shown, or that they were refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        actor: Any = getattr(request, "actor", None)
        if actor is None or (actor.user is None and not actor.seen):
            return response
        kind = _kind(request, response, actor.seen)
        if kind is AccessKind.REFUSED:
            actor.seen = [("refused", record_id) for what, record_id in actor.seen]
        if kind is not None:
            match = request.resolver_match
            record_access(
                kind=kind,
                by=actor,
                now=timezone.now(),
                route=match.view_name if match else request.path,
                method=request.method or "",
                status=response.status_code,
            )
        return response


def _kind(
    request: HttpRequest, response: HttpResponse, seen: list[tuple[str, str]]
) -> AccessKind | None:
    if _is_refused(request, response, seen):
        return AccessKind.REFUSED
    if not seen:
        return None
    if request.method not in ("GET", "HEAD"):
        return AccessKind.WRITE
    return (
        AccessKind.LIST
        if len([1 for what, _ in seen if what == "patients"]) > 1
        else AccessKind.READ
    )


def _is_refused(request: HttpRequest, response: HttpResponse, seen: list[tuple[str, str]]) -> bool:
    """Tell whether nothing was shown: forbidden, hidden, or led to break-the-glass."""
    if response.status_code == 403 or any(what == "refused" for what, _ in seen):
        return True
    asked_for_one = request.resolver_match is not None and bool(request.resolver_match.kwargs)
    return response.status_code == 404 and asked_for_one
