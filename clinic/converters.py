"""The one shape an id has in a url: 24 hexadecimal digits. Anything else is simply not found."""

from bson import ObjectId
from django.urls import register_converter


class DocumentIdConverter:
    """Turn 24 hexadecimal digits into an ObjectId and back."""

    regex = "[0-9a-f]{24}"

    def to_python(self, value: str) -> ObjectId:
        """Return the ObjectId."""
        return ObjectId(value)

    def to_url(self, value: object) -> str:
        """Return the 24 digits."""
        return str(value)


def parse_id(value: object) -> ObjectId | None:
    """Return the ObjectId written in `value`, or None when it is not one."""
    text = str(value or "")
    return ObjectId(text) if ObjectId.is_valid(text) and len(text) == 24 else None


register_converter(DocumentIdConverter, "id")
