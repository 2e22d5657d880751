"""Fields that take the JSON type they name, and shapes that know all their fields.

A misspelt field is refused, not ignored: an allergy must not be lost to a typing mistake. What surrounds the care
(`tolerates`) may carry fields of the caller's own; they are left aside, and the answer names them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.api.words import folded
from clinic.converters import parse_id

ID_EXAMPLE = "5f1e0c9ab4d27e6683a1c0de"
NEAR = 0.75  # a field this like one that exists is a typing mistake
# What may be about care is never left aside, wherever it stands.
OF_CARE = re.compile(
    r"allerg|medicin|medicat|drug|condition|disease|diagnos|pregnan|breastf|lactat|weight|vital|blood"
    r"|dose|dosage|history|treatment|antecedent|symptom",
    re.IGNORECASE,
)


class Shape(serializers.Serializer[Any]):
    """A JSON object: unknown fields are refused, null is the same as left out, ids come out as text.

    Attributes:
        also: other names that programs use for a field.
        tolerates: fields of the caller's own are left aside, unless they look misspelt or like a matter of care.
        null_is_absent: false where null could be meant to empty a field.
        ignored: the fields that were left aside.
    """

    also: ClassVar[Mapping[str, str]] = {}
    tolerates: ClassVar[bool] = False
    null_is_absent: ClassVar[bool] = True
    ignored: tuple[str, ...] = ()

    def to_internal_value(self, data: Any) -> Any:
        """Check the fields; those nobody knows are errors of their own, or left aside."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        body = self._named(data)
        strange = [name for name in body if name not in self.fields]
        wrong = [name for name in strange if not self.tolerates or self._may_matter(name)]
        checked = super().to_internal_value({k: v for k, v in body.items() if k not in strange})
        if wrong:
            text = _("Ce champ n’existe pas. Champs possibles : %(names)s.")
            told = text % {"names": ", ".join(self.fields)}
            raise serializers.ValidationError({n: [told] for n in wrong}, code="unknown-field")
        self.ignored = tuple(strange)
        return checked

    def _named(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        """Return the body under the names of the fields, without what is null."""
        body: dict[str, Any] = {}
        for given, value in data.items():
            name = self.also.get(given, given)
            name = given if name in data and name != given else name  # both names: one is strange
            field = self.fields.get(name)
            is_absent = field is not None and not field.required and not field.allow_null
            if value is None and is_absent and self.null_is_absent:
                continue
            body[name] = value
        return body

    def _may_matter(self, name: Any) -> bool:
        """Tell whether a field could be meant for one that exists, or be about care."""
        text = str(name).lower()
        known = [field.lower() for field in (*self.fields, *self.also)]
        return bool(OF_CARE.search(text) or get_close_matches(text, known, n=1, cutoff=NEAR))

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


WHOLE, DECIMAL = "^[0-9]{1,9}$", "^[0-9]{1,9}([.,][0-9]{1,6})?$"
THOUSANDS = re.compile(r"[0-9]{1,3},[0-9]{3}")


class Whole(serializers.IntegerField):
    """A whole number; "three" and 3.5 are none. `in_words`: text of digits is one too."""

    def __init__(self, *, in_words: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.in_words = in_words

    def to_internal_value(self, data: Any) -> int:
        """Refuse anything but a whole number."""
        if self.in_words and isinstance(data, str) and re.match(WHOLE, data.strip()):
            data = int(data)
        if isinstance(data, bool) or not (
            isinstance(data, int) or (isinstance(data, float) and data.is_integer())
        ):
            self.fail("invalid")
        return super().to_internal_value(int(data))


class Number(serializers.Field[Any, Any, Any, Any]):
    """A number within limits; it becomes a Decimal with what was written."""

    default_error_messages = {"invalid": gettext_lazy("Un nombre est attendu.")}

    def __init__(
        self, *, low: Any, high: Any, above: bool = False, in_words: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.low, self.high, self.above = Decimal(str(low)), Decimal(str(high)), above
        self.in_words = in_words

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the number, or say which limits it breaks. "1,500" could be two numbers: it is none."""
        if self.in_words and isinstance(data, str):
            text = data.strip()
            if not re.match(DECIMAL, text) or THOUSANDS.fullmatch(text):
                self.fail("invalid")
            data = float(text.replace(",", "."))
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
    """One of some words, in any case; `spelled` names other ways to write them."""

    def __init__(
        self, choices: Iterable[Any], *, spelled: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__([*choices, *(spelled or {})], **kwargs)
        self.spelled = dict(spelled or {})
        self._by_fold = {folded(str(word)): word for word in reversed(list(self.choices))}

    def to_internal_value(self, data: Any) -> Any:
        """Return the word it stands for. Refuse anything but text."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        word = data if data in self.choices else self._by_fold.get(folded(data), data)
        return super().to_internal_value(self.spelled.get(word, word))


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
