from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.converters import parse_id
from clinic.db import random_id
from pharmacy.actions import LineOrder
from pharmacy.models import (
    DoseUnit,
    JudgementCode,
    LocalTrigger,
    OverrideCode,
    PrescriptionLine,
    ReviewDecision,
    Route,
    Severity,
)
from pharmacy.presentation import KIND_LABELS
from pharmacy.queries import contradicts

PERIODS = [
    (1, _("par jour")), (2, _("tous les 2 jours")), (3, _("tous les 3 jours")), (4, _("tous les 4 jours")),
    (5, _("tous les 5 jours")), (6, _("tous les 6 jours")), (7, _("par semaine")), (10, _("tous les 10 jours")),
    (14, _("toutes les 2 semaines")), (15, _("tous les 15 jours")), (21, _("toutes les 3 semaines")),
    (28, _("toutes les 4 semaines")), (30, _("par mois")), (56, _("toutes les 8 semaines")),
    (84, _("toutes les 12 semaines")), (90, _("tous les 3 mois")), (182, _("tous les 6 mois")),
    (365, _("par an")),
]  # fmt: skip
MAX_LINES = 20
DRAFT_FIELDS = ("medicine", "dose", "unit", "dose_text", "route", "times", "per_days", "days")


class LineForm(forms.Form):
    """One line of a prescription, as a doctor writes it."""

    line_id = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    keeps = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    medicine = forms.CharField(
        label=_("Médicament"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("DCI ou marque")}),
    )
    dose = forms.CharField(
        label=_("Dose"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    dose.needs_one_of = True  # type: ignore[attr-defined]  # in figures or in words
    unit = forms.ChoiceField(
        label=_("Unité"), choices=[("", "—"), *DoseUnit.choices], required=False
    )
    unit.needs_one_of = True  # type: ignore[attr-defined]
    dose_text = forms.CharField(label=_("ou dose en mots"), required=False, max_length=120)
    route = forms.ChoiceField(label=_("Voie"), choices=Route.choices, initial=Route.ORAL)
    times = forms.IntegerField(
        label=_("Fois"),
        min_value=1,
        max_value=24,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    per_days = forms.TypedChoiceField(label=_("Rythme"), choices=PERIODS, coerce=int, initial=1)
    days = forms.IntegerField(
        label=_("Jours"),
        required=False,
        min_value=1,
        max_value=365,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    quantity = forms.IntegerField(
        label=_("Quantité"),
        required=False,
        min_value=1,
        max_value=9999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    instructions = forms.CharField(label=_("Conseils"), required=False, max_length=200)
    override_code = forms.ChoiceField(
        label=_("Motif de maintien"), choices=[("", "—"), *OverrideCode.choices], required=False
    )
    override_text = forms.CharField(label=_("En quelques mots"), required=False, max_length=300)

    def clean_dose(self) -> str:
        text = self.cleaned_data["dose"].replace(",", ".").replace(" ", "")
        if not text:
            return ""
        try:
            value = Decimal(text)
        except InvalidOperation as error:
            raise forms.ValidationError(_("Écrivez un nombre, par exemple 500 ou 2,5.")) from error
        if (
            not value.is_finite()
            or not 0 < value <= 1_000_000
            or -int(value.as_tuple().exponent) > 6
        ):
            raise forms.ValidationError(_("Cette dose n’est pas possible."))
        return format(value.normalize(), "f")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "dose" in self.errors or not data.get("medicine"):
            return data
        if data.get("dose") and not data.get("unit"):
            self.add_error("unit", _("Choisissez l’unité."))
        if contradicts(data.get("dose", ""), data.get("unit", ""), data.get("dose_text", "")):
            self.add_error("dose_text", _("Ces mots disent une autre dose que le chiffre."))
        if not data.get("dose") and not data.get("dose_text"):
            self.add_error("dose", _("Donnez la dose."))
        if data.get("override_code") and not (data.get("override_text") or "").strip():
            self.add_error("override_text", _("Dites-le en quelques mots."))
        return data

    def draft(self) -> LineOrder | None:
        """Return what is written so far, for a check while typing; None without a medicine."""
        data = self.cleaned_data
        if not self.has_changed() or not data.get("medicine"):
            return None
        given = {name: data[name] for name in DRAFT_FIELDS if data.get(name)}
        if "unit" not in given:
            given.pop("dose", None)
        return LineOrder(line_id=str(parse_id(data.get("line_id")) or random_id()), **given)

    def order(self) -> LineOrder:
        """Return what `pharmacy.actions.prescribe` takes."""
        data = self.cleaned_data
        days, times, per_days = data["days"], data["times"], data["per_days"]
        computed = -(-times * days // per_days) if days else 1
        return LineOrder(
            medicine=data["medicine"],
            dose=data["dose"],
            unit=data["unit"] if data["dose"] else "",
            dose_text=data["dose_text"],
            route=data["route"],
            times=times,
            per_days=per_days,
            days=days,
            quantity=data["quantity"] or computed,
            instructions=data["instructions"],
            override_code=data["override_code"],
            override_text=data["override_text"],
            line_id=str(parse_id(data["line_id"]) or random_id()),
            keeps=str(parse_id(data["keeps"]) or ""),
        )


class BaseLineFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        if not any(self.errors) and not self.filled():
            raise forms.ValidationError(_("Écrivez au moins un médicament."))

    def filled(self) -> list[LineForm]:
        """Return the forms in which something was written."""
        return [
            form for form in self.forms if form.has_changed() and form.cleaned_data.get("medicine")
        ]

    def orders(self) -> list[LineOrder]:
        """Return the lines that were written."""
        return [form.order() for form in self.filled()]


def line_formset(
    data: Any = None, initial: list[dict[str, Any]] | None = None, extra: int = 1
) -> Any:
    """Return the lines of the prescription form."""
    made = forms.formset_factory(
        LineForm,
        formset=BaseLineFormSet,
        extra=extra if data is None else 0,
        max_num=MAX_LINES,
        absolute_max=MAX_LINES,
        validate_max=True,
    )
    return made(data, initial=initial, prefix="lines")


def initial_of(line: PrescriptionLine) -> dict[str, Any]:
    """Return the values of a line's form."""
    return {
        "line_id": "", "keeps": line.line_id, "medicine": line.medicine, "dose": line.dose, "unit": line.unit,
        "dose_text": line.dose_text, "route": line.route, "times": line.times, "per_days": line.per_days,
        "days": line.days, "quantity": line.quantity, "instructions": line.instructions,
    }  # fmt: skip


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Motif"), max_length=200, min_length=3)


class OverrideForm(forms.Form):
    code = forms.ChoiceField(label=_("Motif de maintien"), choices=OverrideCode.choices)
    text = forms.CharField(label=_("En quelques mots"), max_length=300, min_length=3)


class HandoverForm(forms.Form):
    """What a pharmacist hands out."""

    quantity = forms.IntegerField(
        label=_("Quantité délivrée"),
        min_value=1,
        max_value=9999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    batch = forms.CharField(label=_("Lot"), required=False, max_length=40)
    substitute = forms.CharField(
        label=_("Produit délivré à la place (même principe actif)"), required=False, max_length=120
    )
    judgement_code = forms.ChoiceField(
        label=_("Jugement du pharmacien"),
        choices=[("", "—"), *JudgementCode.choices],
        required=False,
    )
    judgement_text = forms.CharField(
        label=_("Ce que vous avez vérifié"), required=False, max_length=300
    )
    second_username = forms.CharField(
        label=_("Deuxième personne (nom d’utilisateur)"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    second_password = forms.CharField(
        label=_("Son mot de passe"),
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    alone_reason = forms.CharField(
        label=_("ou pourquoi il n’y a personne d’autre"), required=False, max_length=200
    )
    payment_skipped_reason = forms.CharField(
        label=_("Quelle urgence ?"), required=False, min_length=3, max_length=200
    )


class QuestionForm(forms.Form):
    text = forms.CharField(
        label=_("Votre question au médecin"),
        max_length=400,
        min_length=3,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Code de l’ordonnance"), max_length=20)

    def clean_code(self) -> str:
        return "".join(ch for ch in self.cleaned_data["code"].upper() if ch.isalnum())


class KnowledgeFilterForm(forms.Form):
    """Which rules of the knowledge to list."""

    q = forms.CharField(label=_("Médicament ou mot"), required=False, max_length=80)
    kind = forms.ChoiceField(
        label=_("Nature"), required=False, choices=[("", _("toutes")), *KIND_LABELS.items()]
    )
    severity = forms.ChoiceField(
        label=_("Gravité"), required=False, choices=[("", _("toutes")), *Severity.choices]
    )
    state = forms.ChoiceField(
        label=_("Relecture"),
        required=False,
        choices=[("", _("toutes")), ("proposed", _("proposée")), *ReviewDecision.choices],
    )
    verify = forms.BooleanField(label=_("Source à vérifier seulement"), required=False)


class ReviewForm(forms.Form):
    decision = forms.ChoiceField(choices=ReviewDecision.choices)
    note = forms.CharField(label=_("Remarque"), required=False, max_length=300)


class RaiseForm(forms.Form):
    severity = forms.ChoiceField(label=_("Gravité dans notre structure"), choices=Severity.choices)
    reason = forms.CharField(label=_("Raison ou source"), max_length=300, min_length=3)


class FacilityRuleForm(forms.Form):
    """A rule that a facility adds."""

    drug = forms.CharField(
        label=_("Médicament ou famille"),
        max_length=120,
        help_text=_("Par exemple : AINS, ibuprofène."),
    )
    trigger = forms.ChoiceField(label=_("Rencontre"), choices=LocalTrigger.choices)
    value = forms.CharField(
        label=_("Précision"), required=False, max_length=120,
        help_text=_("Code ou nom de la maladie, médicament, allergie, nombre d’années ou de mL/min."),
    )  # fmt: skip
    severity = forms.ChoiceField(label=_("Gravité"), choices=Severity.choices, initial="major")
    message_fr = forms.CharField(label=_("Phrase en français"), max_length=300, min_length=5)
    message_en = forms.CharField(label=_("Phrase en anglais"), max_length=300, min_length=5)
    do_fr = forms.CharField(label=_("Que faire, en français"), required=False, max_length=300)
    do_en = forms.CharField(label=_("Que faire, en anglais"), required=False, max_length=300)
    reason = forms.CharField(label=_("Raison ou source"), max_length=300, min_length=3)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("trigger") not in (None, "pregnancy", "lactation") and not data.get("value"):
            self.add_error("value", _("Précisez ce que le médicament rencontre."))
        return data
