from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import password_validation, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from accounts.actions import end_role, grant_role, save_facility, save_user
from accounts.models import Facility, Membership, User
from accounts.permissions import Actor
from notifications.rules import revealing_word


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


class ActionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Documents that are added and changed here through actions, and never deleted."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @method_decorator(sensitive_post_parameters())
    @method_decorator(csrf_protect)
    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        # Django's `atomic` does nothing here, and forbids the transaction that the action opens.
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters that are offered, and no guessing at other fields (a password's hash)."""
        offered = {str(name) for name in self.list_filter}
        return lookup.split("__")[0] in offered and super().lookup_allowed(lookup, value, request)


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    password1 = forms.CharField(
        label=_("Mot de passe"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Laissé vide, le mot de passe d’un compte existant ne change pas."),
    )
    password2 = forms.CharField(
        label=_("Mot de passe, encore une fois"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = User
        fields = (
            "username", "first_name", "last_name", "language", "phone", "is_active", "is_staff",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        first, second = values.get("password1", ""), values.get("password2", "")
        if first != second:
            self.add_error("password2", _("Les deux mots de passe diffèrent."))
        elif not first and not self.instance.password:
            self.add_error("password1", _("Un nouveau compte a besoin d’un mot de passe."))
        return values

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("password1")
        if not password:
            return
        try:
            password_validation.validate_password(password, self.instance)
        except ValidationError as error:
            self.add_error("password1", error)


@admin.register(User)
class UserAdmin(ActionAdmin):
    form = UserForm
    fields = (
        "username", "first_name", "last_name", "language", "phone", "is_active", "is_staff", "password1",
        "password2",
    )  # fmt: skip
    list_display = (
        "username", "last_name", "first_name", "phone", "is_active", "is_staff", "last_login",
    )  # fmt: skip
    list_filter = ("is_active", "is_staff")
    search_fields = ("username__startswith",)
    search_help_text = _("Début du nom d’utilisateur")
    ordering = ("username",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The account of a superuser is changed by a superuser only."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser  # type: ignore[union-attr]
        return super().has_change_permission(request, obj) and not is_above

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show no password fields to somebody who may only look."""
        may_write = self.has_change_permission(request, obj) if obj else True
        return self.fields if may_write else [f for f in self.fields if "password" not in f]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody closes their own account, and only a superuser opens the administration to others."""
        if obj is not None and obj.pk == request.user.pk:
            return ("is_active", "is_staff")
        return () if request.user.is_superuser else ("is_staff",)  # type: ignore[union-attr]

    def save_model(self, request: Any, obj: User, form: Any, change: Any) -> None:
        password = form.cleaned_data.get("password1", "")
        save_user(user=obj, password=password, by=actor_of(request), now=timezone.now())
        if password and obj.pk == request.user.pk:
            update_session_auth_hash(request, obj)


class FacilityForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Facility
        fields = (
            "name", "kind", "currency", "time_zone", "country", "region", "district", "city", "address", "phone",
            "sms_name", "payment_before_dispensing", "is_active",
        )  # fmt: skip

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones():
            raise ValidationError(_("Ce fuseau n’existe pas ; par exemple : Africa/Douala."))
        return zone

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if len(country) != 2 or not country.isascii() or not country.isalpha():
            raise ValidationError(_("Deux lettres, par exemple CM."))
        return country

    def clean_sms_name(self) -> str:
        name: str = self.cleaned_data["sms_name"]
        if word := revealing_word(name):
            raise ValidationError(_("« %s » révèle une maladie.") % word)
        return name


@admin.register(Facility)
class FacilityAdmin(ActionAdmin):
    form = FacilityForm
    list_display = ("name", "kind", "city", "district", "currency", "is_active")
    list_filter = ("kind", "is_active")
    ordering = ("kind", "name")

    def save_model(self, request: Any, obj: Facility, form: Any, change: Any) -> None:
        save_facility(facility=obj, by=actor_of(request), now=timezone.now())


@admin.register(Membership)
class MembershipAdmin(ActionAdmin):
    """Roles are given and ended, never changed: what somebody was allowed stays readable."""

    fields = ("user", "facility", "role")
    autocomplete_fields = ("user",)
    list_display = ("user", "facility", "role", "is_active", "since", "until")
    list_filter = ("role", "is_active", "facility")
    list_select_related = ("user", "facility")
    search_fields = ("user__username__exact",)
    search_help_text = _("Nom d’utilisateur exact")
    ordering = ("-since",)
    actions = ("end_roles",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.fields, "is_active", "since", "until") if obj else self.fields

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        people = list(User.objects.filter(username=term).values_list("pk", flat=True))
        return queryset.filter(user_id__in=people), False

    def save_model(self, request: Any, obj: Membership, form: Any, change: Any) -> None:
        held = grant_role(
            user=obj.user, facility=obj.facility, role=obj.role, by=actor_of(request), now=timezone.now()
        )  # fmt: skip
        obj.pk = held.pk

    @admin.action(description=_("Mettre fin aux rôles choisis"), permissions=["add"])
    def end_roles(self, request: HttpRequest, queryset: Any) -> None:
        running = list(queryset.filter(is_active=True))
        for membership in running:
            end_role(membership=membership, by=actor_of(request), now=timezone.now())
        self.message_user(
            request, _("Rôles terminés : %(n)s.") % {"n": len(running)}, messages.SUCCESS
        )
