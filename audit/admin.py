import csv
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from audit.models import AccessEntry

COLUMNS = (
    "at", "kind", "username", "roles", "facility_name", "route", "method", "status", "patient_ids", "shown",
    "reason", "address",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_cell(value: object) -> str:
    """Return a value for a spreadsheet, which must not take it for a formula."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Documents that the administrator may look at, and nobody changes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessEntry)
class AccessEntryAdmin(ReadOnlyAdmin):
    list_display = (
        "at",
        "kind",
        "username",
        "facility_name",
        "route",
        "status",
        "reason",
        "address",
    )
    list_filter = ("kind",)
    search_fields = ("username__exact", "patient_ids__contains")
    ordering = ("-at",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("export",)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search a person by user name, or a patient by id: by equality, as everywhere."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) == 24:
            return queryset.filter(patient_ids__contains=[term]), False
        return queryset.filter(username=term), False

    @admin.action(description=_("Exporter en CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: Iterable[AccessEntry]) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="access.csv"'
        writer = csv.writer(response)
        writer.writerow(COLUMNS)
        for entry in queryset:
            writer.writerow([as_cell(getattr(entry, name)) for name in COLUMNS])
        return response
