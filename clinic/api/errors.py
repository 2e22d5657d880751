"""RFC 9457 problem details: one shape for every error, in the caller's language, with the path of the field."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from clinic.db import BUSY_SECONDS, BusyError, StaleDocumentError

CONTENT_TYPE = "application/problem+json"
Answer = Callable[[Any], "Problem"]
_answers: dict[type[Exception], Answer] = {}


class Problem(exceptions.APIException):
    """An error with a stable code. `extra` joins the body (findings, free slots …)."""

    def __init__(self, status_code: int, code: str, title: str, **extra: Any) -> None:
        super().__init__(detail=title, code=code)
        self.status_code = status_code
        self.code = code
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Return the problem document."""
        return {
            "type": f"urn:carnet:problem:{self.code}",
            "title": str(self.detail),
            "status": self.status_code,
            "code": self.code,
            **self.extra,
        }


def answer_for(error: type[Exception]) -> Callable[[Answer], Answer]:
    """Say how an app's own error is answered: the function returns the problem."""

    def declare(answer: Answer) -> Answer:
        _answers[error] = answer
        return answer

    return declare


def not_found() -> Problem:
    """Return the problem that does not tell missing from hidden."""
    return Problem(
        404, "not-found", _("Cela n’existe pas, ou n’est pas visible depuis votre structure.")
    )


def refused(*paths: tuple[str, Any]) -> Problem:
    """Return the problem that names the fields to correct, each with its path and a message."""
    errors = [
        {"field": path, "message": str(message), "code": "invalid"} for path, message in paths
    ]
    return Problem(422, "invalid", _("Certains champs sont à corriger."), errors=errors)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn any expected error into a problem document; anything else is a fault of the server."""
    found = _problem(error)
    if found is None:
        return None
    made = Response(found.body(), status=found.status_code, content_type=CONTENT_TYPE)
    if sign_in := getattr(error, "auth_header", ""):
        made["WWW-Authenticate"] = sign_in
    if "retryAfter" in found.extra:
        made["Retry-After"] = str(found.extra["retryAfter"])
    return made


def _problem(error: Exception) -> Problem | None:
    for known, answer in _answers.items():
        if isinstance(error, known):
            return answer(error)
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        title = _("Certains champs sont à corriger.")
        return Problem(422, "invalid", title, errors=list(field_errors(error.detail)))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return _of_django(error)


def _of_django(error: Exception) -> Problem | None:
    if isinstance(error, BusyError):
        title = _("Un autre changement de ce document est en cours : réessayez dans un instant.")
        return Problem(503, error.code, title, retryAfter=BUSY_SECONDS)
    if isinstance(error, StaleDocumentError):
        return Problem(409, error.code, _("Ce document a changé entre-temps : relisez-le."))
    if isinstance(error, PermissionDenied):
        return Problem(
            403, "forbidden", _("Votre rôle dans cette structure ne donne pas ce droit.")
        )
    if isinstance(error, Http404 | ValidationError):
        return not_found()
    return None


def _of_framework(error: exceptions.APIException) -> Problem:
    titles = {
        400: ("malformed", _("Ce n’est pas du JSON lisible.")),
        401: ("not-signed-in", _("Présentez un jeton d’accès valide.")),
        403: ("forbidden", _("Votre rôle dans cette structure ne donne pas ce droit.")),
        405: ("method-not-allowed", _("Cette adresse ne connaît pas cette méthode.")),
        415: ("unsupported-media-type", _("Envoyez du JSON (application/json).")),
        429: ("too-many-requests", _("Trop de demandes : attendez un peu.")),
    }
    code, title = titles.get(error.status_code, ("error", str(error.detail)))
    return Problem(error.status_code, code, title)


def field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Yield one entry for each message, with the path of its field (`lines/0/dose`)."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            here = "" if name == "non_field_errors" else str(name)
            yield from field_errors(inner, "/".join(part for part in (path, here) if part))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from field_errors(inner, f"{path}/{number}" if nested else path)
    else:
        code = str(getattr(detail, "code", "invalid"))
        yield {"field": path, "message": str(detail), "code": code}


def plain_problem(found: Problem) -> JsonResponse:
    """Return a problem as a response of Django, for errors outside any API view."""
    return JsonResponse(found.body(), status=found.status_code, content_type=CONTENT_TYPE)
