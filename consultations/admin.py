from django.contrib import admin

from consultations.models import Consultation
from patients.admin import RecordAdmin


@admin.register(Consultation)
class ConsultationAdmin(RecordAdmin):
    list_display = ("started_at", "patient", "doctor_name", "status", "reason")
    list_filter = ("status",)
    list_select_related = ("patient",)
    ordering = ("-started_at",)
