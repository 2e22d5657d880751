"""The one class of the fields that identify a person, so that encrypting them is one change."""

from typing import Any

from django.db import models


class IdentifyingField(models.CharField):  # type: ignore[type-arg]
    """Text that identifies a person: name, phone, address. Never searched directly, only by `search_keys`."""

    def deconstruct(self) -> Any:
        """Describe the field to migrations under its own name."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs
