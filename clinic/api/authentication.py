"""Who calls: a bearer token, or the browser's session. Either gives the same actor as the pages have."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.permissions import Actor
from accounts.queries import active_facility, actor_for, running_grant
from clinic.api.errors import refused
from clinic.converters import parse_id


def _set_actor(request: Any, user: Any) -> None:
    """Set the actor on Django's request, which the access middleware reads.

    The facility is the one named by `X-Facility`; naming one where the person does not work gives no rights.
    """
    raw = request._request
    address = raw.META.get("REMOTE_ADDR", "")
    chosen = raw.headers.get("X-Facility", "")
    if chosen and parse_id(chosen) is None:
        raise refused(("X-Facility", _("Cet identifiant est mal formé.")))
    facility = active_facility(user, chosen)
    if chosen and (facility is None or str(facility.pk) != chosen):
        raw.actor = Actor(user=user, facility=None, address=address)
    else:
        raw.actor = actor_for(user, facility, address)


class TokenAuthentication(JWTAuthentication):
    """A bearer token; a closed account, a revoked device and a changed password end it at once."""

    def authenticate(self, request: Any) -> Any:
        """Return (user, token) or None."""
        found = super().authenticate(request)
        if found is None:
            return None
        user: Any = found[0]  # ours, by AUTH_USER_MODEL
        token = found[1]
        if running_grant(token.get("device", ""), user) is None:
            raise InvalidToken
        _set_actor(request, user)
        if not request._request.headers.get("Accept-Language"):
            translation.activate(user.language)
        return user, token


class BrowserAuthentication(SessionAuthentication):
    """The session cookie, with its CSRF token."""

    def authenticate(self, request: Any) -> Any:
        """Return (user, None) or None."""
        found = super().authenticate(request)
        if found is not None and request._request.headers.get("X-Facility"):
            _set_actor(request, found[0])
        return found
