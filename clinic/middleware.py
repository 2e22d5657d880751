"""What every request goes through: a strict content policy, and input that can be read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.db import BUSY_SECONDS, BusyError
from clinic.views import bad_request

GetResponse = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ADMIN_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")


class ContentPolicyMiddleware:
    """Nothing from elsewhere, nothing inline; pages with a person's data are never stored."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class ClientAddressMiddleware:
    """Behind the proxy, the address is what the proxy saw last, never what the caller claims.

    Limits, the trail and refused sign-ins would else take everybody for one caller.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        if settings.PRODUCTION and forwarded:
            request.META["REMOTE_ADDR"] = forwarded.rpartition(",")[2].strip()[:45]
        return self.get_response(request)


class BusyMiddleware:
    """A document that stays taken is told as what it is, and what was typed can be sent again from that page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a lasting conflict; any other error is none of this middleware's business."""
        if not isinstance(error, BusyError):
            return None
        fields = [
            (name, value)
            for name, values in request.POST.lists()
            if name != "csrfmiddlewaretoken" and "password" not in name
            for value in values
        ]
        context = {"path": request.get_full_path(), "fields": fields, "posted": request.method}
        response = render(request, "503.html", context, status=503)
        response["Retry-After"] = str(BUSY_SECONDS)
        return response


class ReadableInputMiddleware:
    """Refuse text that is no UTF-8 or holds NUL with a page that says so, never with a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        if not _is_readable(request):
            return bad_request(request, ValueError())
        return self.get_response(request)


def _is_readable(request: HttpRequest) -> bool:
    query = request.META.get("QUERY_STRING", "")
    if "%00" in query or "\x00" in request.path or "\ufffd" in request.path:
        return False
    if request.method != "POST" or request.content_type != "application/x-www-form-urlencoded":
        return True
    body = request.body
    return b"%00" not in body and b"\x00" not in body
