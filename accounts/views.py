from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.forms import SignInForm
from accounts.middleware import HELD_COOKIE, held_tokens, remember_held
from accounts.permissions import PUBLIC, SIGNED_IN, Actor, requires
from accounts.queries import active_facility, actor_for, workplaces
from audit.actions import record_access
from audit.models import AccessKind

OWNER_COOKIE = "last_person"
HOME_OF = (
    ("prescribe", "today"),
    ("dispense", "dispensary"),
    ("book_appointments", "day"),
    ("run_laboratory", "laboratory"),
    ("read_statistics", "statistics"),
)


def ask_to_sign_in(request: HttpRequest, after: str = "") -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse("login")})
    wanted = reverse(after) if after else request.get_full_path()
    return HttpResponseRedirect(f"{reverse('login')}?{urlencode({'next': wanted})}")


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        actor = actor_for(user, active_facility(user, ""), self.request.META.get("REMOTE_ADDR", ""))
        record_access(
            kind=AccessKind.SIGN_IN, by=actor, now=timezone.now(), route="login", method="POST"
        )
        response.set_cookie(
            OWNER_COOKIE, signing.dumps(str(user.pk), salt=OWNER_COOKIE), max_age=7 * 86_400, httponly=True,
            samesite="Lax", secure=self.request.is_secure(),
        )  # fmt: skip
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        actor = Actor(user=None, facility=None, address=self.request.META.get("REMOTE_ADDR", ""))
        record_access(
            kind=AccessKind.SIGN_IN_FAILED, by=actor, now=timezone.now(), route="login", method="POST", status=401,
            username=str(form.data.get("username", ""))[:150],
        )  # fmt: skip
        return self.render_to_response(self.get_context_data(form=form), status=200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = self.request.COOKIES.get(HELD_COOKIE)
        return super().get_context_data(demo=settings.DEMO, held=bool(held), **kwargs)


sign_in = requires(PUBLIC)(SignIn.as_view())


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = getattr(request, "actor", None)
        if actor is not None and actor.user is not None:
            record_access(
                kind=AccessKind.SIGN_OUT,
                by=actor,
                now=timezone.now(),
                route="logout",
                method="POST",
            )
            actor.seen.clear()
        mine = dict(_held(request)) if request.user.is_authenticated else {}
        response = super().post(request, *args, **kwargs)
        others = [token for token in held_tokens(request) if token not in mine]
        remember_held(request, response, others)
        return response


sign_out = requires(PUBLIC)(SignOut.as_view())


@requires(PUBLIC)
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("language", "")
    response = redirect(_safe(request, request.POST.get("next", "")))
    if chosen not in dict(settings.LANGUAGES):
        return response
    actor = request.actor  # type: ignore[attr-defined]
    if actor.user is not None:
        actions.choose_language(user=actor.user, language=chosen, by=actor, now=timezone.now())
    translation.activate(chosen)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=31_536_000, samesite="Lax")
    return response


def _safe(request: HttpRequest, address: str) -> str:
    fine = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if fine else reverse("home")


@requires(SIGNED_IN)
@require_POST
def choose_facility(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    wanted = request.POST.get("facility", "")
    place = next((p for p in workplaces(actor.user) if str(p.pk) == wanted), None)
    if place is not None:
        request.session["facility"] = wanted
        actions.choose_facility(user=actor.user, facility=place, by=actor, now=timezone.now())
    return redirect("home")


@requires(SIGNED_IN)
def home(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    for permission, name in HOME_OF:
        if actor.may(permission):
            return redirect(name)
    if actor.may("manage_staff") and actor.user.is_staff:
        return redirect("admin:index")
    return render(request, "accounts/home.html")


@requires(SIGNED_IN)
def held_form(request: HttpRequest) -> HttpResponse:
    given_up = request.POST.get("token", "")
    if given_up in dict(_held(request)):
        cache.delete(f"held:{given_up}")
    kept = [
        {**held, "token": token, "texts": _texts(held)} for token, held in reversed(_held(request))
    ]
    response = (
        render(request, "accounts/held_form.html", {"kept": kept}) if kept else redirect("home")
    )
    remember_held(request, response, held_tokens(request))
    return response


def _held(request: HttpRequest) -> list[tuple[str, dict[str, Any]]]:
    """Return the forms that were kept for the person who was signed in on this device when they were sent."""
    found = [(token, cache.get(f"held:{token}")) for token in held_tokens(request)]
    mine = str(request.user.pk)
    return [(token, held) for token, held in found if held and _owner(held["owner"]) == mine]


def _texts(held: dict[str, Any]) -> list[str]:
    return [
        value
        for name, value in held["fields"]
        if len(value) > 2 and not name.endswith(("_id", "rev"))
    ]


def _owner(cookie: str) -> str:
    try:
        return str(signing.loads(cookie, salt=OWNER_COOKIE, max_age=7 * 86_400))
    except signing.BadSignature:
        return ""
