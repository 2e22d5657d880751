from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from patients.admin import RecordAdmin
from pharmacy.models import Dispensing, Prescription, SafetyCheck


@admin.register(Prescription)
class PrescriptionAdmin(RecordAdmin):
    list_display = ("code", "version", "authored_at", "patient", "prescriber_name", "status")
    list_filter = ("status",)
    list_select_related = ("patient",)
    search_help_text = _(
        "Un patient (nom, téléphone, numéro de dossier) ou le code de l’ordonnance"
    )
    ordering = ("-authored_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        by_code = queryset.filter(code=search_term.strip())
        if search_term.strip() and by_code.exists():
            return by_code, False
        return super().get_search_results(request, queryset, search_term)


@admin.register(Dispensing)
class DispensingAdmin(RecordAdmin):
    place = "pharmacy_id"
    list_display = ("at", "patient", "medicine", "quantity", "verdict", "by_name")
    list_select_related = ("patient",)
    ordering = ("-at",)


@admin.register(SafetyCheck)
class SafetyCheckAdmin(RecordAdmin):
    needs_patient = True
    list_display = ("at", "patient", "moment", "outcome", "by_role", "knowledge_version")
    list_select_related = ("patient",)
    ordering = ("-at",)
