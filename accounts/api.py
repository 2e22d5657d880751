"""Tokens, devices and who I am."""

from typing import Any

from bson import ObjectId
from django.contrib.auth import authenticate
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from accounts import actions
from accounts.models import RefreshGrant, User
from accounts.permissions import PUBLIC, SIGNED_IN, Actor
from accounts.queries import active_facility, actor_for, devices_of, roles_in, workplaces
from accounts.tokens import read_refresh, tokens_of
from audit.actions import record_access
from audit.models import AccessKind
from clinic.api.errors import Problem, answer_for, not_found
from clinic.api.fields import Choice, Shape, Text
from clinic.api.limits import count
from clinic.api.schema import operation
from clinic.api.views import ApiView, PostingView


@answer_for(actions.RefreshRefusedError)
def _refused(error: Any) -> Problem:
    return Problem(
        401, f"refresh-{error.code}", _("Ce jeton ne vaut plus : connectez-vous à nouveau.")
    )


class SignInIn(Shape):
    also = {"deviceName": "device"}
    tolerates = True

    username = Text(max_length=150)
    password = Text(max_length=200, trim_whitespace=False)
    device = Text(max_length=80, required=False, help_text="Shown in the list of devices.")


class TokensOut(Shape):
    access = serializers.CharField(help_text="Bearer token, good for 10 minutes.")
    refresh = serializers.CharField(help_text="Exchange it for the next pair; good for 30 days.")
    expiresIn = serializers.IntegerField(help_text="Seconds that the access token is good for.")


class RefreshIn(Shape):
    refresh = Text(max_length=2000)


class RevokeIn(Shape):
    refresh = Text(max_length=2000, required=False, help_text="Left out: this device.")


def _address(request: Any) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _tokens(grant: RefreshGrant) -> dict[str, Any]:
    return {**tokens_of(grant), "expiresIn": 600}


class Token(ApiView):
    needs = {"POST": (PUBLIC,)}
    authentication_classes = []

    @operation(
        "Sign in", takes=SignInIn, gives=TokensOut, problems=(401,), public=True, tag="auth", name="token",
        example={"username": "dr.abena", "password": "…", "device": "Tablet of room 2"},
    )  # fmt: skip
    def post(self, request: Any) -> Response:
        data = self.valid(SignInIn)
        count("sign-in-address", _address(request))
        count("sign-in-account", data["username"].casefold())
        user = self._known(request, data)
        actor = actor_for(user, active_facility(user, ""), _address(request))
        now = timezone.now()
        grant = actions.sign_in_device(user=user, device=data.get("device", ""), by=actor, now=now)
        record_access(kind=AccessKind.SIGN_IN, by=actor, now=now, route="api-token", method="POST")
        return Response(_tokens(grant))

    def _known(self, request: Any, data: dict[str, Any]) -> User:
        raw = request._request
        user = authenticate(raw, username=data["username"], password=data["password"])
        if isinstance(user, User):
            return user
        raw.axes_locked_out = None  # answered here, in JSON
        by = Actor(user=None, facility=None, address=_address(request))
        record_access(
            kind=AccessKind.SIGN_IN_FAILED, by=by, now=timezone.now(), route="api-token", method="POST", status=401,
            username=data["username"],
        )  # fmt: skip
        raise Problem(
            401, "wrong-credentials", _("Ce nom et ce mot de passe ne vont pas ensemble.")
        )


class Refresh(ApiView):
    needs = {"POST": (PUBLIC,)}
    authentication_classes = []

    @operation(
        "Exchange a refresh token; the old one is answered the same for 60 s, later it ends the device",
        takes=RefreshIn, gives=TokensOut, problems=(401,), public=True, tag="auth", name="refresh",
    )  # fmt: skip
    def post(self, request: Any) -> Response:
        count("sign-in-address", _address(request))
        said = read_refresh(self.valid(RefreshIn)["refresh"])
        if said is None:
            raise actions.RefreshRefusedError("unknown")
        user = User.objects.filter(pk=said["user_id"], is_active=True).first()
        by = Actor(user=user, facility=None, address=_address(request))
        grant = actions.rotate_grant(
            grant_id=said["device"], token=said["jti"], by=by, now=timezone.now()
        )
        return Response(_tokens(grant))


class Revoke(PostingView):
    needs = {"POST": (SIGNED_IN,)}

    @operation("Sign a device out", takes=RevokeIn, status=204, tag="auth", name="revoke")
    def post_once(self, request: Any) -> Response:
        data = self.valid(RevokeIn)
        said = read_refresh(data["refresh"]) if "refresh" in data else request.auth
        grant = _own_grant(self.actor, str(said.get("device", "")) if said else "")
        now = timezone.now()
        actions.revoke_grant(grant=grant, by=self.actor, now=now)
        record_access(
            kind=AccessKind.SIGN_OUT, by=self.actor, now=now, route="api-revoke", method="POST"
        )
        return Response(status=204)


def _own_grant(actor: Actor, grant_id: Any) -> RefreshGrant:
    for grant in devices_of(actor.user, timezone.now()) if actor.user else []:
        if str(grant.pk) == str(grant_id):
            return grant
    raise not_found()


class DeviceOut(Shape):
    id = serializers.CharField()
    device = serializers.CharField()
    address = serializers.CharField()
    since = serializers.DateTimeField(source="created_at")
    lastUsed = serializers.DateTimeField(source="issued_at")
    expires = serializers.DateTimeField(source="expires_at")


class DevicesOut(Shape):
    results = DeviceOut(many=True)


class Devices(ApiView):
    needs = {"GET": (SIGNED_IN,)}

    @operation(
        "The devices on which you are signed in", gives=DevicesOut, tag="auth", name="devices"
    )
    def get(self, request: Any) -> Response:
        return Response({"results": DeviceOut.of_many(devices_of(request.user, timezone.now()))})


class Device(ApiView):
    needs = {"DELETE": (SIGNED_IN,)}

    @operation("Sign one of your devices out", status=204, tag="auth", name="device_revoke")
    def delete(self, request: Any, device_id: ObjectId) -> Response:
        grant = _own_grant(self.actor, device_id)
        actions.revoke_grant(grant=grant, by=self.actor, now=timezone.now())
        return Response(status=204)


class PlaceOut(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())


class MeOut(Shape):
    id = serializers.CharField()
    username = serializers.CharField()
    firstName = serializers.CharField()
    lastName = serializers.CharField()
    language = serializers.CharField()
    facility = PlaceOut(allow_null=True, help_text="Where you work now (see `X-Facility`).")
    facilities = PlaceOut(many=True)
    permissions = serializers.ListField(child=serializers.CharField())


class MeIn(Shape):
    language = Choice(["fr", "en"])


def _place(user: User, facility: Any) -> dict[str, Any]:
    return {
        "id": str(facility.pk),
        "name": facility.name,
        "kind": facility.kind,
        "roles": list(roles_in(user, facility)),
    }


def _me(actor: Actor, user: User) -> dict[str, Any]:
    return {
        "id": str(user.pk),
        "username": user.username,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "language": user.language,
        "facility": _place(user, actor.facility) if actor.facility else None,
        "facilities": [_place(user, facility) for facility in workplaces(user)],
        "permissions": sorted(actor.permissions),
    }


class Me(ApiView):
    needs = {"GET": (SIGNED_IN,), "PATCH": (SIGNED_IN,)}

    @operation("Who you are, where, and what you may do there", gives=MeOut, tag="auth", name="me")
    def get(self, request: Any) -> Response:
        return Response(_me(self.actor, request.user))

    @operation("Choose your language", takes=MeIn, gives=MeOut, tag="auth", name="me_change")
    def patch(self, request: Any) -> Response:
        data = self.valid(MeIn)
        actions.choose_language(
            user=request.user, language=data["language"], by=self.actor, now=timezone.now()
        )
        return Response(_me(self.actor, request.user))
