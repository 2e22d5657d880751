from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.admin import ReadOnlyAdmin
from patients.actions import review_emergency_access
from patients.models import EmergencyAccess


@admin.register(EmergencyAccess)
class EmergencyAccessAdmin(ReadOnlyAdmin):
    """The list to review: what was opened without a relation, by whom and why."""

    list_display = (
        "opened_at", "username", "facility_name", "patient_id", "reason", "ends_at", "reviewed_at", "reviewed_by_name",
    )  # fmt: skip
    list_filter = (("reviewed_at", admin.EmptyFieldListFilter),)
    ordering = ("-opened_at",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("mark_reviewed",)

    @admin.action(description=_("Noter comme revu"), permissions=["view"])
    def mark_reviewed(self, request: HttpRequest, queryset: Any) -> None:
        actor = request.actor  # type: ignore[attr-defined]
        for access in queryset:
            review_emergency_access(access=access, note="", by=actor, now=timezone.now())
