"""Fields that take exactly the JSON type they name, and shapes that know all their fields.

A misspelt field is refused, not ignored: an allergy must not be lost to a typing mistake.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.converters import parse_id

ID_EXAMPLE = "5f1e0c9ab4d27e6683a1c0de"


class Shape(serializers.Serializer[Any]):
    """A JSON object: unknown fields are refused, ids come out as text."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the fields; those nobody knows are errors of their own."""
        checked = super().to_internal_value(data)
        strange = {name: [_("Ce champ n’existe pas.")] for name in data if name not in self.fields}
        if strange:
            raise serializers.ValidationError(strange, code="unknown-field")
        return checked

    @classmethod
    def of(cls, instance: Any, **context: Any) -> dict[str, Any]:
        """Return the JSON of one object."""
        return dict(cls(instance, context=context).data)

    @classmethod
    def of_many(cls, instances: Any, **context: Any) -> list[dict[str, Any]]:
        """Return the JSON of many objects."""
        return [cls.of(instance, **context) for instance in instances]


class Text(serializers.CharField):
    """Text; a number is not text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 300, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Refuse anything but text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number; "3" and 3.5 are none."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse anything but a whole number."""
        if isinstance(data, bool) or not (
            isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        ):
            self.fail("invalid")
        return super().to_internal_value(int(data))


@extend_schema_field({"type": "number"})
class Number(serializers.Field[Any, Any, Any, Any]):
    """A number within limits; it becomes a Decimal with what was written."""

    default_error_messages = {"invalid": _("Un nombre est attendu.")}

    def __init__(self, *, low: Any, high: Any, above: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.above = Decimal(str(low)), Decimal(str(high)), above

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number, or say which limits it breaks."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        if isinstance(data, int) and abs(data) > 10**15:
            raise serializers.ValidationError(self._limits(), code="limits")
        value = Decimal(repr(data))
        too_low = value <= self.low if self.above else value < self.low
        if too_low or value > self.high:
            raise serializers.ValidationError(self._limits(), code="limits")
        return value

    def _limits(self) -> str:
        return _("Valeur impossible : attendue entre %(low)s et %(high)s.") % {
            "low": self.low,
            "high": self.high,
        }

    def to_representation(self, value: Any) -> Any:
        """Return a JSON number."""
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)


DAYS = (1, 2, 3, 4, 5, 6, 7, 10, 14, 15, 21, 28, 30, 56, 84, 90, 182, 365)


def rhythm(times_per_day: Decimal) -> tuple[int, int]:
    """Return (times, in how many days): 3 is (3, 1), 0.143 is (1, 7)."""
    value = Fraction(times_per_day)
    for days in DAYS:
        times = round(value * days)
        if times and abs(Fraction(times, days) - value) * 40 <= value:
            return times, days
    near = value.limit_denominator(365)
    return max(near.numerator, 1), near.denominator


class Flag(serializers.BooleanField):
    """true or false; "yes" and 1 are neither."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse anything but true and false."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    """One of some words."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse anything but text."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Day(serializers.DateField):
    """A calendar date, `2026-03-04`."""

    def to_internal_value(self, value: Any) -> date:
        """Refuse anything but text of ten characters."""
        if not isinstance(value, str) or len(value) != 10:
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Moment(serializers.DateTimeField):
    """A moment, `2026-03-04T09:30:00Z`; without an offset it stays local, for the view to place."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """Keep what was written."""
        return value

    def to_internal_value(self, value: Any) -> datetime:
        """Refuse anything but text."""
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")


@extend_schema_field({"type": "string", "pattern": "^[0-9a-f]{24}$", "examples": [ID_EXAMPLE]})
class Id(serializers.CharField):
    """An id: 24 hexadecimal digits."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the ObjectId, or complain in the caller's language."""
        found = parse_id(data) if isinstance(data, str) and data == data.lower() else None
        if found is None:
            raise serializers.ValidationError(
                _("Cet identifiant est mal formé."), code="malformed-id"
            )
        return found


class WordOr(serializers.Field[Any, Any, Any, Any]):
    """Plain words, or an object; words become the object's main field."""

    def __init__(self, shape: type[Shape], main: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shape, self.main = shape, main

    def to_internal_value(self, data: Any) -> Any:
        """Return the object's checked values."""
        body = {self.main: data} if isinstance(data, str) else data
        if not isinstance(body, Mapping):
            raise serializers.ValidationError(
                _("Des mots ou un objet sont attendus."), code="invalid"
            )
        inner = self.shape(data=body, context=self.context)
        inner.is_valid(raise_exception=True)
        return inner.validated_data

    def to_representation(self, value: Any) -> Any:
        """Return the object."""
        return self.shape.of(value)
