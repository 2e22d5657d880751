from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ActionAdmin, actor_of
from accounts.models import Membership
from accounts.permissions import Role
from appointments.actions import save_doctor
from appointments.hours import hours_text, parse_hours
from appointments.models import Appointment, Doctor, WorkingHours
from patients.admin import RecordAdmin


class DoctorForm(forms.ModelForm):  # type: ignore[type-arg]
    slot_minutes = forms.IntegerField(
        label=_("durée d’un créneau (min)"), min_value=5, max_value=240, initial=20
    )
    hours = forms.CharField(
        label=_("horaires"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "cols": 60}),
        help_text=_("Un jour par ligne : lundi 08:00-12:40, 14:00-17:00"),
    )

    class Meta:
        model = Doctor
        fields = ("user", "facility", "speciality", "licence_number", "slot_minutes", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].initial = hours_text(self.instance.schedule or [])

    def clean_hours(self) -> list[WorkingHours]:
        return parse_hours(self.cleaned_data["hours"])

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        known = self.instance if self.instance.user_id else None
        user = values.get("user") or (known and known.user)
        facility = values.get("facility") or (known and known.facility)
        if user and facility and values.get("is_active"):
            held = Membership.objects.filter(
                user=user, facility=facility, role=Role.DOCTOR, is_active=True
            )
            if not held.exists():
                self.add_error(
                    None, _("Donnez d’abord à cette personne le rôle de médecin dans la structure.")
                )
        return values


@admin.register(Doctor)
class DoctorAdmin(ActionAdmin):
    form = DoctorForm
    fields = (
        "user", "facility", "speciality", "licence_number", "slot_minutes", "hours", "is_active",
    )  # fmt: skip
    autocomplete_fields = ("user",)
    list_display = ("user", "facility", "speciality", "slot_minutes", "is_active")
    list_filter = ("facility", "is_active")
    list_select_related = ("user", "facility")
    ordering = ("facility",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whose profile it is, and where, does not change: appointments hang on it."""
        return ("user", "facility") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may_write = self.has_change_permission(request, obj) if obj else True
        return self.fields if may_write else [name for name in self.fields if name != "hours"]

    def save_model(self, request: Any, obj: Doctor, form: Any, change: Any) -> None:
        hours = form.cleaned_data["hours"]
        save_doctor(doctor=obj, schedule=hours, by=actor_of(request), now=timezone.now())


@admin.register(Appointment)
class AppointmentAdmin(RecordAdmin):
    list_display = ("start", "patient", "doctor", "status", "is_walk_in", "reason")
    list_filter = ("status",)
    list_select_related = ("patient", "doctor__user")
    ordering = ("-local_date", "-start")
