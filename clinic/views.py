from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.permissions import PUBLIC, requires
from clinic.api.errors import Problem, plain_problem
from clinic.api.errors import not_found as missing


@requires(PUBLIC)
def healthz(request: HttpRequest) -> JsonResponse:
    state = {"mongodb": _answers(_ping_mongodb), "redis": _answers(_ping_redis)}
    healthy = all(state.values())
    return JsonResponse(
        {"status": "ok" if healthy else "down", **state}, status=200 if healthy else 503
    )


def _answers(ping: object) -> bool:
    try:
        ping()  # type: ignore[operator]
    except Exception:  # noqa: BLE001 (any failure of a server is 'down')
        return False
    return True


def _ping_mongodb() -> None:
    connection.ensure_connection()
    connection.database.client.admin.command("ping")  # type: ignore[attr-defined]


def _ping_redis() -> None:
    cache.set("healthz", "1", 5)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return plain_problem(Problem(400, "malformed", _("Cette demande n’est pas lisible.")))
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return plain_problem(missing())
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        return plain_problem(Problem(500, "server-error", _("Carnet a rencontré une erreur.")))
    return render(request, "500.html", status=500)
