"""The OpenAPI document."""

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.permissions import PUBLIC
from clinic.api.views import ApiView


class Schema(ApiView):
    needs = {"GET": (PUBLIC,)}

    @extend_schema(exclude=True)
    def get(self, request: Any) -> Response:
        made = SchemaGenerator(api_version="v1").get_schema(request=None, public=True)
        return Response(made, content_type="application/vnd.oai.openapi+json")

