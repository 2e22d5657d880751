"""The base of every API view: declared permissions, limits, the actor, repetitions recognised."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import PUBLIC, Actor
from clinic.api import idempotency
from clinic.api.limits import count, count_request


class AlwaysJson(BaseContentNegotiation):
    """The API speaks JSON, whatever is asked for."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the JSON parser when the body says it is JSON."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return parsers[0] if kind == "application/json" else None

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the JSON renderer."""
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view whose `needs` names, for each method, the permissions of which one must be held.

    A test fails for a method without a declaration.
    """

    needs: ClassVar[dict[str, tuple[str, ...]]] = {}
    content_negotiation_class = AlwaysJson
    ignored: tuple[str, ...] = ()

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Refuse before anything is read."""
        count_request(request)
        super().initial(request, *args, **kwargs)
        needed = self.needs.get(request.method, ())
        if PUBLIC in needed or request.method not in self.needs:
            return
        if not request.user.is_authenticated:
            raise NotAuthenticated
        count("account", str(request.user.pk))
        if not any(self.actor.may(permission) for permission in needed):
            self.permission_denied(request)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer; never store what was answered."""
        response = super().dispatch(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Vary", "Authorization, Cookie, Accept-Language")
        return response

    @property
    def actor(self) -> Actor:
        """Return the actor of the request."""
        return self.request._request.actor  # type: ignore[attr-defined,no-any-return]

    @property
    def form_id(self) -> str:
        """Return the id by which actions recognise a repetition."""
        return idempotency.form_id_of(idempotency.key_of(self.request))

    def valid(self, shape: type[serializers.Serializer[Any]], **context: Any) -> dict[str, Any]:
        """Return the body, checked by a shape."""
        checked = shape(data=self.request.data, context={"actor": self.actor, **context})
        checked.is_valid(raise_exception=True)
        self.ignored = getattr(checked, "ignored", ())
        data: dict[str, Any] = checked.validated_data
        return data


class PostingView(ApiView):
    """A view whose POST may be repeated under an `Idempotency-Key`; the work is in `post_once`."""

    def __init_subclass__(cls) -> None:
        """Give the subclass a `post` that carries the description of its `post_once`."""
        super().__init_subclass__()
        work = cls.__dict__.get("post_once")
        if work is not None:
            cls.post = _once(work)  # type: ignore[attr-defined]


def _with_ignored(response: Response, ignored: tuple[str, ...]) -> Response:
    """Name the fields that were left aside, so that a program can see it."""
    if ignored and isinstance(response.data, dict):
        response.data = {**response.data, "ignored": sorted(ignored)}
    return response


def _once(work: Callable[..., Response]) -> Callable[..., Response]:
    @wraps(work)
    def post(view: ApiView, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = idempotency.key_of(request)
        known = idempotency.claim_or_replay(key, request) if key else None
        if known is not None:
            return known
        try:
            response = _with_ignored(work(view, request, *args, **kwargs), view.ignored)
        except BaseException:
            if key:
                idempotency.forget(key)
            raise
        if key:
            idempotency.keep(key, request, response)
        return response

    return post
