"""The OpenAPI document, and the page that shows it."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.permissions import PUBLIC, requires
from clinic.api.views import ApiView


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the OpenAPI document; it changes only with the program."""
    generator: Any = SchemaGenerator
    made: dict[str, Any] = generator(api_version="v1").get_schema(request=None, public=True)
    return made


class Schema(ApiView):
    needs = {"GET": (PUBLIC,)}
    authentication_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Any) -> Response:
        return Response(document(), content_type="application/vnd.oai.openapi+json")


@requires(PUBLIC)
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
