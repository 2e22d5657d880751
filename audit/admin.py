import csv
from collections.abc import Iterable, Iterator
from typing import Any

import auditlog.admin  # noqa: F401 (registers its own page, which ours replaces)
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from audit.models import AccessEntry
from audit.rules import field_changes

ROLES = (
    "receptionist",
    "nurse",
    "doctor",
    "pharmacist",
    "laboratory",
    "administrator",
    "authority",
)
COLUMNS = (
    "at", "kind", "username", "roles", "facility_name", "route", "method", "status", "patient_ids", "shown",
    "reason", "address",
)  # fmt: skip
CHANGE_COLUMNS = (
    "at", "action", "username", "roles", "facility", "what", "id", "patient_id", "field", "before", "after", "reason",
    "address",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ACTIONS = {0: _("création"), 1: _("modification"), 2: _("suppression"), 3: _("consultation")}


def as_cell(value: object) -> str:
    """Return a value for a spreadsheet, which must not take it for a formula."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_csv(name: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """Return a file of rows for a spreadsheet."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(columns)
    writer.writerows([as_cell(cell) for cell in row] for row in rows)
    return response


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Documents that the administrator may look at, and nobody changes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RoleFilter(admin.SimpleListFilter):
    """Who acted, by the role they had then."""

    title = _("rôle")
    parameter_name = "role"
    field = "roles__contains"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(role, role) for role in ROLES]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        role = self.value()
        if role not in ROLES:
            return queryset
        return queryset.filter(**{self.field: [role] if "contains" in self.field else role})


class ChangeRoleFilter(RoleFilter):
    field = "additional_data__roles"


class KindFilter(admin.SimpleListFilter):
    """What was changed, of all the kinds that are logged: none is read from the trail itself."""

    title = _("document")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        from auditlog.registry import auditlog  # noqa: PLC0415 (filled when the apps are ready)

        kinds = (
            (model._meta.label_lower, model._meta.verbose_name) for model in auditlog.get_models()
        )
        return sorted(kinds, key=lambda kind: str(kind[1]))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        app, dot, name = (self.value() or "").partition(".")
        if not dot:
            return queryset
        return queryset.filter(content_type=ContentType.objects.get_by_natural_key(app, name))


class ActionFilter(admin.SimpleListFilter):
    """Created, changed or deleted."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(number), words) for number, words in ACTIONS.items() if number < 3]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        number = self.value() or ""
        return queryset.filter(action=int(number)) if number in ("0", "1", "2") else queryset


class TrailAdmin(ReadOnlyAdmin):
    """A trail of the facility one works in, for those who may audit it. Looking at it is noted as well."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("export",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.actor.may("read_audit") and super().has_view_permission(request, obj)  # type: ignore[attr-defined]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.actor.may("read_audit") and super().has_module_permission(request)  # type: ignore[attr-defined]

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
        """Note what looking at this row of the trail has shown."""


@admin.register(AccessEntry)
class AccessEntryAdmin(TrailAdmin):
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
    list_filter = ("kind", RoleFilter, "at")
    search_fields = ("username__exact", "patient_ids__contains")
    search_help_text = _("Nom d’utilisateur exact, ou identifiant d’un patient")
    ordering = ("-at",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return what happened here, and the sign-ins, which happen before anybody is anywhere."""
        here = str(request.actor.facility_id)  # type: ignore[attr-defined]
        return super().get_queryset(request).filter(facility_id__in=[here, ""])

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
        rows = ([getattr(entry, name) for name in COLUMNS] for entry in queryset)
        return as_csv("access", COLUMNS, rows)


admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class ChangeAdmin(TrailAdmin):
    """Every creation and change, field by field, also inside the embedded parts of a document."""

    list_display = ("when", "who", "in_role", "what_happened", "what", "fields_changed")
    list_filter = (ActionFilter, KindFilter, ChangeRoleFilter, "timestamp")
    list_select_related = ("actor", "content_type")
    search_fields = ("object_pk__exact",)
    search_help_text = _("Nom d’utilisateur exact, ou identifiant d’un patient ou d’un document")
    ordering = ("-timestamp",)
    fields = (
        "when",
        "who",
        "in_role",
        "where",
        "what_happened",
        "what",
        "why",
        "address",
        "differences",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        here = str(request.actor.facility_id)  # type: ignore[attr-defined]
        return super().get_queryset(request).filter(additional_data__facility_id=here)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Search a person by user name, a patient or a document by id: by equality, as everywhere."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) == 24:
            of_patient = queryset.filter(additional_data__patient_id=term)
            return (of_patient if of_patient.exists() else queryset.filter(object_pk=term)), False
        people = LogEntry._meta.get_field("actor").related_model.objects.filter(username=term)
        return queryset.filter(actor_id__in=list(people.values_list("pk", flat=True))), False

    def note(self, request: HttpRequest, row: LogEntry) -> None:
        patient_id = _beside(row, "patient_id")
        if patient_id:
            request.actor.note_seen("patients", patient_id)  # type: ignore[attr-defined]
        request.actor.note_seen("changes", row.pk)  # type: ignore[attr-defined]

    @admin.display(description=_("quand"), ordering="timestamp")
    def when(self, entry: LogEntry) -> str:
        return date_format(localtime(entry.timestamp), "d/m/Y H:i:s")

    @admin.display(description=_("qui"))
    def who(self, entry: LogEntry) -> str:
        return entry.actor.username if entry.actor else str(_("le système"))

    @admin.display(description=_("rôle"))
    def in_role(self, entry: LogEntry) -> str:
        return ", ".join(_beside(entry, "roles") or [])

    @admin.display(description=_("où"))
    def where(self, entry: LogEntry) -> str:
        return _beside(entry, "facility") or ""

    @admin.display(description=_("motif"))
    def why(self, entry: LogEntry) -> str:
        return _beside(entry, "reason") or ""

    @admin.display(description=_("adresse"))
    def address(self, entry: LogEntry) -> str:
        return entry.remote_addr or ""

    @admin.display(description=_("action"), ordering="action")
    def what_happened(self, entry: LogEntry) -> Any:
        return ACTIONS[entry.action]

    @admin.display(description=_("document"))
    def what(self, entry: LogEntry) -> str:
        return f"{entry.content_type.name} · {entry.object_repr}"

    @admin.display(description=_("champs"))
    def fields_changed(self, entry: LogEntry) -> str:
        paths = [change.path for change in field_changes(entry.changes or {})]
        return ", ".join(paths[:4]) + (f" … (+{len(paths) - 4})" if len(paths) > 4 else "")

    @admin.display(description=_("différences"))
    def differences(self, entry: LogEntry) -> SafeString:
        """Return a table: each field that changed, before and after."""
        rows = (
            (one.path, one.before or "—", one.after or "—")
            for one in field_changes(entry.changes or {})
        )
        body = format_html_join("", "<tr><th scope=row>{}</th><td>{}</td><td>{}</td></tr>", rows)
        head = format_html(
            "<tr><th scope=col>{}</th><th scope=col>{}</th><th scope=col>{}</th></tr>",
            _("Champ"), _("Avant"), _("Après"),
        )  # fmt: skip
        return format_html("<table><thead>{}</thead><tbody>{}</tbody></table>", head, body)

    @admin.action(description=_("Exporter en CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: Iterable[LogEntry]) -> HttpResponse:
        """Return one line for each field that changed."""
        rows = (row for entry in queryset for row in _rows(entry))
        return as_csv("changes", CHANGE_COLUMNS, rows)


def _beside(entry: LogEntry, name: str) -> Any:
    return (entry.additional_data or {}).get(name)


def _rows(entry: LogEntry) -> Iterator[list[object]]:
    start = [
        entry.timestamp, entry.get_action_display(), entry.actor.username if entry.actor else "",
        _beside(entry, "roles") or "", _beside(entry, "facility") or "", entry.content_type.model, entry.object_pk,
        _beside(entry, "patient_id") or "",
    ]  # fmt: skip
    end = [_beside(entry, "reason") or "", entry.remote_addr or ""]
    for change in field_changes(entry.changes or {}):
        yield [*start, change.path, change.before, change.after, *end]
