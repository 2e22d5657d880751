from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from accounts.permissions import Actor
from notifications.actions import save_template
from notifications.alphabet import size
from notifications.forms import problems_of
from notifications.models import TemplateText
from notifications.texts import KINDS, LANGUAGES, SAMPLE, fill, standard_text


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    kind = forms.ChoiceField(label=_("genre"), choices=[(kind, kind) for kind in KINDS])
    language = forms.ChoiceField(label=_("langue"), choices=[(code, code) for code in LANGUAGES])

    class Meta:
        model = TemplateText
        fields = ("kind", "language", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("kind") in KINDS and values.get("text"):
            for problem in problems_of(values["kind"], values["text"]):
                self.add_error("text", problem)
        return values


@admin.register(TemplateText)
class TemplateTextAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = TemplateForm
    list_display = ("kind", "language", "preview", "parts")
    list_filter = ("language",)
    readonly_fields = ("preview", "parts", "standard")

    @method_decorator(csrf_protect)
    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        # Django's `atomic` does nothing here, and forbids the transaction that the action opens.
        return self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]

    @admin.display(description=_("tel qu’il arrivera"))
    def preview(self, row: TemplateText) -> str:
        return fill(row.text, SAMPLE) if row.kind else ""

    @admin.display(description=_("parties"))
    def parts(self, row: TemplateText) -> int:
        return size(fill(row.text, SAMPLE)).parts if row.kind else 0

    @admin.display(description=_("texte de Carnet"))
    def standard(self, row: TemplateText) -> str:
        return standard_text(row.kind, row.language) if row.kind in KINDS else ""

    def save_model(self, request: Any, obj: TemplateText, form: Any, change: Any) -> None:
        actor: Actor = request.actor
        saved = save_template(
            kind=obj.kind, language=obj.language, text=obj.text, by=actor, now=timezone.now()
        )
        obj.pk = saved.pk
