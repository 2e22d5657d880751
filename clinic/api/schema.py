"""How operations describe themselves in the OpenAPI document."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from clinic.api.errors import CONTENT_TYPE
from clinic.api.examples import GIVES, TAKES
from clinic.api.fields import DECIMAL, WHOLE, Shape

Method = TypeVar("Method", bound=Callable[..., Any])


class FieldError(Shape):
    """One field to correct."""

    field = serializers.CharField(help_text="Path of the field, as `lines/0/dose`.")
    message = serializers.CharField(help_text="What to do, in the caller's language.")
    code = serializers.CharField()


@extend_schema_serializer(component_name="Problem")
class ProblemShape(Shape):
    """RFC 9457 problem details."""

    type = serializers.CharField()
    title = serializers.CharField(help_text="In the caller's language.")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; programs read this, never the title.")
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]


MEANINGS = {
    400: "The body is no readable JSON.",
    401: "No valid access token.",
    403: "The role in this facility does not allow it, or the clinician has no relation with the patient.",
    404: "Missing, or hidden from this facility: the two look alike.",
    409: "The state of things does not allow it now; `code` says why.",
    412: "Somebody changed it since `If-Match` was read.",
    415: "The body is not application/json.",
    422: "Fields to correct, each with its path.",
    428: "`If-Match` is missing.",
    429: "Too many requests: wait as `Retry-After` says.",
}
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, pattern="^[!-~]{0,128}$",
    description="The same key with the same body is done once and answered the same, for a day.",
)  # fmt: skip
PLACE = OpenApiParameter(
    "X-Facility", str, OpenApiParameter.HEADER, pattern="^([0-9a-f]{24})?$",
    description="Id of the facility you work in now; your last one when left out.",
)  # fmt: skip
CURSOR = OpenApiParameter("cursor", str, description="`next` of the page before.")
LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20})
PAGED = (CURSOR, LIMIT)


def query(name: str, description: str, kind: Any = str, **more: Any) -> OpenApiParameter:
    """Return a parameter of the query."""
    return OpenApiParameter(name, kind, description=description, **more)


def operation(
    summary: str, *, gives: Any = None, takes: Any = None, status: int = 200, problems: Iterable[int] = (),
    parameters: Iterable[Any] = (), example: Any = None, public: bool = False, tag: str = "",
    name: str = "", once: bool = True,
) -> Callable[[Method], Method]:  # fmt: skip
    """Describe a method of a view.

    Args:
        gives: the shape of its answer with `status`; None when it has no body.
        takes: the shape of its body.
        problems: statuses of problem documents beside those that any method may answer.
        example: a body to send; that of `clinic.api.examples` when left out.
    """
    common = (
        {403, 404, 429} | ({400, 409, 415, 422} if takes else set()) | (set() if public else {401})
    )
    responses: dict[Any, Any] = {
        (code, CONTENT_TYPE): OpenApiResponse(ProblemShape, MEANINGS[code])
        for code in sorted(common | {422} | set(problems))
    }
    if gives is None:
        responses[status] = OpenApiResponse(None, "Done.")
    else:
        responses[(status, "application/json")] = gives
    headers = [] if public else [PLACE]
    sent = TAKES.get(name) if example is None else example
    examples = [] if sent is None else [OpenApiExample("sent", value=sent, request_only=True)]
    if name in GIVES:
        told = OpenApiExample("answer", GIVES[name], response_only=True, status_codes=[str(status)])
        examples.append(told)

    def declare(method: Method) -> Method:
        extra = [KEY] if once and method.__name__.startswith("post") and not public else []
        return extend_schema(
            operation_id=name or None, summary=summary, request=takes, responses=responses,
            parameters=[*parameters, *headers, *extra], examples=examples, tags=[tag] if tag else None,
            auth=[] if public else None,
        )(method)  # fmt: skip

    return declare


class WordOrExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Words, or the object."""

    target_class = "clinic.api.fields.WordOr"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Describe both."""
        shape = auto_schema.resolve_serializer(self.target.shape, direction)
        longest = self.target.shape().fields[self.target.main].max_length
        words = {"type": "string", "minLength": 1, "maxLength": longest}
        return {"anyOf": [words, shape.ref]}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The bearer token."""

    target_class = "clinic.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session."""

    target_class = "clinic.api.authentication.BrowserAuthentication"
    name = "browser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe it."""
        text = "The session of the pages; changes need X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": text}


def canonical_only(endpoints: list[Any]) -> list[Any]:
    """Leave out the twins of addresses that end with a slash."""
    return [row for row in endpoints if not row[0].endswith("/")]


def _shapes(base: type[Shape]) -> Iterator[type[Shape]]:
    for shape in base.__subclasses__():
        yield shape
        yield from _shapes(shape)


def _tell(schema: dict[str, Any], shape: type[Shape], *, may_be_null: bool) -> None:
    """Say whether a body may hold more, and that null is the same as left out."""
    if not shape.tolerates:
        schema["additionalProperties"] = False
    required = set(schema.get("required", ()))
    for name, told in schema.get("properties", {}).items():
        if may_be_null and name not in required:
            help_text = {"description": told.pop("description")} if "description" in told else {}
            schema["properties"][name] = {"anyOf": [told, {"type": "null"}], **help_text}


class InWordsExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A number, or its digits as text."""

    target_class = "clinic.api.fields.Number"
    pattern = DECIMAL

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Describe both, where both are taken."""
        field = self.target
        limits = {"exclusiveMinimum" if field.above else "minimum": float(field.low)}
        told = {"type": "number", **limits, "maximum": float(field.high)}
        if direction == "request" and field.in_words:
            return {"anyOf": [told, {"type": "string", "pattern": self.pattern}]}
        return told


class WholeInWordsExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A whole number, or its digits as text."""

    target_class = "clinic.api.fields.Whole"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Describe both, where both are taken."""
        limits = {"minimum": self.target.min_value, "maximum": self.target.max_value}
        told = {"type": "integer"} | {k: v for k, v in limits.items() if v is not None}
        if direction == "request" and self.target.in_words:
            return {"anyOf": [told, {"type": "string", "pattern": WHOLE}]}
        return told


def strict_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say which objects that are sent have no other fields; leave out what the views say to their readers."""
    shapes = {shape.__name__: shape for shape in _shapes(Shape)}
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("In") and schema.get("type") == "object":
            shape = shapes[name.removeprefix("Patched")]
            _tell(schema, shape, may_be_null=shape.null_is_absent and shape.__name__ == name)
    for methods in result["paths"].values():
        for described in methods.values():
            described.pop("description", None)
    return result


ETAG = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, pattern='^"[0-9]{1,9}"$',
    description="The `ETag` of what you have read.",
)  # fmt: skip
