from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from patients.models import BloodType, FactStatus, Language, Sex
from patients.rules import PhoneError, clean_phone

PHONE_WORDS = {
    "letters": _(
        "Ce numéro contient des lettres. Écrivez seulement des chiffres, par exemple 699 12 34 56."
    ),
    "too-short": _(
        "Il manque des chiffres : un numéro camerounais en a neuf, par exemple 699 12 34 56."
    ),
    "too-long": _(
        "Il y a trop de chiffres : un numéro camerounais en a neuf, par exemple 699 12 34 56."
    ),
    "landline-or-unknown": _(
        "Ce numéro ne commence ni par 6 ni par 2 : vérifiez le premier chiffre."
    ),
}
MAX_AGE_YEARS = 125


class PhoneField(forms.CharField):
    """A phone, repaired where the mistake is certain and explained where it is not."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "tel", "autocomplete": "off"}
        super().__init__(
            required=False, max_length=30, widget=forms.TextInput(attrs=attrs), **kwargs
        )
        self.country = "CM"

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return clean_phone(text, self.country)
        except PhoneError as error:
            raise ValidationError(PHONE_WORDS[error.code], code=error.code) from error


class NameField(forms.CharField):
    """A name: letters of any script, apostrophes, hyphens. Digits and markup are explained away."""

    def clean(self, value: Any) -> str:
        text = " ".join(super().clean(value).split())
        if any(ch.isdigit() for ch in text):
            raise ValidationError(_("Un nom ne contient pas de chiffres."), code="digits")
        if "\ufffd" in text or any(ch in "<>{}\\" for ch in text):
            raise ValidationError(
                _("Ce nom contient des signes qui n’appartiennent pas à un nom."), code="signs"
            )
        return text


class IdentityForm(forms.Form):
    """Who the patient is. Four fields must be filled; the birth date may be an age."""

    family_name = NameField(
        label=_("Nom"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    given_name = NameField(
        label=_("Prénoms"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    sex = forms.ChoiceField(label=_("Sexe"), choices=Sex.choices, widget=forms.RadioSelect)
    birth_date = forms.DateField(
        label=_("Date de naissance"),
        required=False,
        help_text=_("Jour/mois/année. Si elle n’est pas connue, donnez l’âge."),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y"],
        widget=forms.DateInput(
            attrs={"placeholder": "jj/mm/aaaa", "inputmode": "numeric", "autocomplete": "off"},
            format="%d/%m/%Y",
        ),
        error_messages={"invalid": _("Cette date n’existe pas. Écrivez-la ainsi : 15/05/1980.")},
    )
    age_years = forms.IntegerField(
        label=_("ou âge en années"),
        required=False,
        min_value=0,
        max_value=MAX_AGE_YEARS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    phone = PhoneField(label=_("Téléphone"))
    other_phone = PhoneField(label=_("Autre téléphone"))
    city = forms.CharField(label=_("Ville ou village"), required=False, max_length=60)
    district = forms.CharField(label=_("District de santé"), required=False, max_length=60)
    address = forms.CharField(label=_("Adresse ou repère"), required=False, max_length=160)
    next_of_kin = forms.CharField(label=_("Personne à prévenir"), required=False, max_length=120)
    next_of_kin_phone = PhoneField(label=_("Son téléphone"))
    insurance = forms.CharField(
        label=_("Assurance ou prise en charge"), required=False, max_length=80
    )
    language = forms.ChoiceField(
        label=_("Langue des messages"), choices=Language.choices, initial=Language.FRENCH
    )
    accepts_messages = forms.BooleanField(label=_("Accepte les SMS"), required=False, initial=True)

    def __init__(self, *args: Any, today: date, country: str = "CM", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for name in ("phone", "other_phone", "next_of_kin_phone"):
            self.fields[name].country = country  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        born, age = data.get("birth_date"), data.pop("age_years", None)
        if "birth_date" in self.errors or "age_years" in self.errors:
            return data
        if born is None and age is None:
            self.add_error("birth_date", _("Donnez la date de naissance, ou l’âge."))
        elif born is None:
            data["birth_date"], data["birth_date_is_estimated"] = (
                date(self.today.year - age, 7, 1),
                True,
            )
            if data["birth_date"] > self.today:
                data["birth_date"] = date(self.today.year, 1, 1)
        else:
            data["birth_date_is_estimated"] = False
            self._check_birth_date(born)
        return data

    def _check_birth_date(self, born: date) -> None:
        if born > self.today:
            self.add_error("birth_date", _("Cette date est dans l’avenir."))
        elif born.year < self.today.year - MAX_AGE_YEARS:
            self.add_error("birth_date", _("Cette date donne plus de 125 ans : vérifiez l’année."))


class AllergyForm(forms.Form):
    substance = forms.CharField(
        label=_("Allergie à"), max_length=120, help_text=_("Comme le patient le dit : pénicilline, AINS, arachide…"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "allergens"}),
    )  # fmt: skip
    reaction = forms.CharField(label=_("Réaction"), required=False, max_length=200)
    severity = forms.ChoiceField(
        label=_("Gravité"), required=False,
        choices=[("", _("non précisée")), ("mild", _("légère")), ("moderate", _("modérée")), ("severe", _("grave"))],
    )  # fmt: skip


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Motif"), max_length=300, min_length=4)


class MeasurementErrorForm(ReasonForm):
    """Which measurements of a set are wrong, and why."""

    def __init__(self, *args: Any, rows: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wrong"] = forms.MultipleChoiceField(
            label=_("Mesures fausses"), choices=rows, widget=forms.CheckboxSelectMultiple
        )
        self.order_fields(["wrong", "reason"])


class ConditionForm(forms.Form):
    text = forms.CharField(
        label=_("Affection ou antécédent"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("En mots (HTA, diabète, asthme…) ou un code CIM-10."),
    )  # fmt: skip
    code = forms.RegexField(
        r"^[A-Z]\d{2}(\.\d{1,2})?$", label=_("Code CIM-10"), required=False, max_length=8,
        error_messages={"invalid": _("Un code CIM-10 s’écrit ainsi : E11 ou E11.9.")},
    )  # fmt: skip
    status = forms.ChoiceField(
        label=_("C’est"),
        choices=[
            (FactStatus.ACTIVE, _("actuel")),
            (FactStatus.RESOLVED, _("ancien, guéri")),
            (FactStatus.FAMILY, _("dans la famille")),
        ],
    )


class MedicineForm(forms.Form):
    medicine = forms.CharField(label=_("Médicament pris"), max_length=120)
    dose_text = forms.CharField(label=_("Dose, comme il la dit"), required=False, max_length=80)


class BloodTypeForm(forms.Form):
    blood_type = forms.ChoiceField(
        label=_("Groupe sanguin"), choices=[("", _("inconnu")), *BloodType.choices], required=False
    )


class EmergencyForm(forms.Form):
    reason = forms.CharField(
        label=_("Pourquoi ouvrir ce dossier maintenant ?"), min_length=10, max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"min_length": _("Dites-le en quelques mots (dix lettres au moins).")},
    )  # fmt: skip
