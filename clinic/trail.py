"""What django-auditlog cannot see by itself: guarded changes, and in which role and place something was done."""

from contextvars import ContextVar
from typing import Any

from django.db import models
from django.db.models import QuerySet

# Role, place and reason of whoever is acting now; `clinic.recording` sets it around every action.
ACTING: ContextVar[dict[str, Any] | None] = ContextVar("acting", default=None)


def beside_a_change(document: models.Model) -> dict[str, Any]:
    """Return what is kept beside each change: role, place and reason, and whose record it is."""
    patient_id = getattr(document, "patient_id", None)
    return {**(ACTING.get() or {}), **({"patient_id": str(patient_id)} if patient_id else {})}


def before_claim(queryset: QuerySet[Any], changes: dict[str, object]) -> Any:
    """Return the document as it stands, if what a claim will change in it belongs into the trail."""
    from auditlog.context import auditlog_disabled  # noqa: PLC0415 (its models need the registry)
    from auditlog.registry import auditlog  # noqa: PLC0415

    if auditlog_disabled.get() or not auditlog.contains(queryset.model):
        return None
    left_out = auditlog.get_model_fields(queryset.model)["exclude_fields"]
    return next(iter(queryset[:1]), None) if set(changes) - set(left_out) else None


def log_claim(before: Any, changes: dict[str, object]) -> None:
    """Write what a claim changed, as django-auditlog writes what a save changes."""
    from auditlog.diff import model_instance_diff  # noqa: PLC0415
    from auditlog.models import LogEntry  # noqa: PLC0415

    after = type(before)._default_manager.get(pk=before.pk)
    differences = model_instance_diff(before, after, fields_to_check=list(changes))
    LogEntry.objects.log_create(after, action=LogEntry.Action.UPDATE, changes=differences)
