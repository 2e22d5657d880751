from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import actor_of
from audit.admin import ReadOnlyAdmin
from clinic.converters import parse_id
from patients.actions import review_emergency_access
from patients.models import EmergencyAccess, Observation, Patient
from patients.rules import query_keys

FOUND = 50


class RecordAdmin(ReadOnlyAdmin):
    """Clinical documents of the facility one works in: looked at by those who audit it, and the look is noted.

    Attributes:
        place: the field that names the facility.
        needs_patient: whether the list stays empty until a patient is named.
        hidden: fields that nobody needs to see.
    """

    place = "facility_id"
    needs_patient = False
    hidden: tuple[str, ...] = ("form_id",)
    search_fields = ("patient",)
    search_help_text = _("Un patient : nom, téléphone, numéro de dossier ou identifiant")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return actor_of(request).may("read_audit") and super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actor_of(request).may("read_audit") and super().has_module_permission(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters that are offered, and no guessing at what is not shown."""
        return lookup.split("__")[0] in self.list_filter

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(**{self.place: actor_of(request).facility_id})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = (field.name for field in self.model._meta.concrete_fields)
        return [name for name in names if name not in self.hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search by patient, with the keys that patients are found by everywhere."""
        term = search_term.strip()
        if not term:
            return (queryset.none() if self.needs_patient else queryset), False
        return self.of_patients(queryset, self.patient_ids(request, term)), False

    def patient_ids(self, request: HttpRequest, term: str) -> list[Any]:
        facility_id = actor_of(request).facility_id
        rows = Patient.objects.of_facility(facility_id)
        if wanted := parse_id(term):
            return list(rows.filter(pk=wanted).values_list("pk", flat=True))
        keys = query_keys(term)
        found = rows.with_keys(keys, facility_id) if keys else rows.none()
        return list(found.values_list("pk", flat=True)[:FOUND])

    def of_patients(self, queryset: Any, ids: list[Any]) -> Any:
        return queryset.filter(patient_id__in=ids)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.note(request, found)
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page = super().get_changelist_instance(request)
        for row in page.result_list:
            self.note(request, row)
        return page

    def note(self, request: HttpRequest, row: Any) -> None:
        """Note for the trail which record was shown, and whose it is."""
        actor = actor_of(request)
        actor.note_seen("patients", row.patient_id)
        actor.note_seen(row._meta.db_table, row.pk)


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    hidden = ("search_keys", "pin_hash", "pin_failures")
    list_display = ("record_number", "family_name", "given_name", "sex", "birth_date", "city")
    list_filter = ("sex",)
    ordering = ("-updated_at",)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = admin.ModelAdmin.get_queryset(self, request)
        return rows.filter(facility_ids__contains=[str(actor_of(request).facility_id)])

    def of_patients(self, queryset: Any, ids: list[Any]) -> Any:
        return queryset.filter(pk__in=ids)

    def note(self, request: HttpRequest, row: Any) -> None:
        actor_of(request).note_seen("patients", row.pk)

    def view_on_site(self, obj: Any) -> str:
        """Lead from here to who has seen the record."""
        return reverse("seen-by", args=[obj.pk])


@admin.register(Observation)
class ObservationAdmin(RecordAdmin):
    needs_patient = True
    hidden = ("set_id",)
    list_display = ("taken_at", "patient", "name", "value", "value_text", "status", "noted_by_name")
    list_filter = ("status",)
    list_select_related = ("patient",)
    ordering = ("-taken_at",)


@admin.register(EmergencyAccess)
class EmergencyAccessAdmin(RecordAdmin):
    """The list to review: what was opened without a relation, by whom and why, from here or of patients of here."""

    hidden = ("places",)
    list_display = (
        "opened_at", "username", "facility_name", "patient_id", "reason", "ends_at", "reviewed_at", "reviewed_by_name",
    )  # fmt: skip
    list_filter = (("reviewed_at", admin.EmptyFieldListFilter),)
    ordering = ("-opened_at",)
    list_per_page = 50
    actions = ("mark_reviewed",)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = admin.ModelAdmin.get_queryset(self, request)
        return rows.filter(places__contains=[str(actor_of(request).facility_id)])

    @admin.action(description=_("Noter comme revu"), permissions=["view"])
    def mark_reviewed(self, request: HttpRequest, queryset: Any) -> None:
        actor = actor_of(request)
        for access in queryset:
            review_emergency_access(access=access, note="", by=actor, now=timezone.now())
