from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.templatetags.carnet import thousandths
from consultations.rules import RANGES, is_possible, is_usual
from patients.measurements import KINDS

VITAL_LABELS = {
    "weight_kg": (_("Poids"), "kg"), "height_cm": (_("Taille"), "cm"), "temperature_c": (_("Température"), "°C"),
    "systolic_mmhg": (_("PA systolique"), "mmHg"), "diastolic_mmhg": (_("PA diastolique"), "mmHg"),
    "pulse_per_min": (_("Pouls"), "/min"), "respiratory_rate_per_min": (_("Fréquence respiratoire"), "/min"),
    "oxygen_saturation_percent": (_("SpO₂"), "%"), "glucose_mmol_l": (_("Glycémie"), "mmol/L"),
    "muac_mm": (_("Périmètre brachial"), "mm"),
}  # fmt: skip
LAB_LABELS = {
    "potassium_mmol_l": (_("Potassium"), "mmol/L"),
    "sodium_mmol_l": (_("Sodium"), "mmol/L"),
    "creatinine_umol_l": (_("Créatinine"), "µmol/L"),
    "egfr_ml_min": (_("DFG estimé"), "mL/min"),
    "hb_g_dl": (_("Hémoglobine"), "g/dL"),
    "platelets_10e9_l": (_("Plaquettes"), "10⁹/L"),
    "neutrophils_10e9_l": (_("Neutrophiles"), "10⁹/L"),
    "alt_u_l": (_("ALAT"), "U/L"),
    "bilirubin_total_umol_l": (_("Bilirubine totale"), "µmol/L"),
    "inr": (_("INR"), ""),
    "cd4_cells_ul": (_("CD4"), "/µL"),
}
SIGNS = [("", "—"), ("positive", _("positif")), ("negative", _("négatif"))]
WORD_LABELS: dict[str, tuple[Any, list[tuple[str, Any]]]] = {
    "hbsag": (_("Antigène HBs"), SIGNS),
    "hiv_test": (_("Sérologie VIH"), SIGNS),
    "g6pd_activity": (
        _("Activité G6PD"),
        [("", "—"), ("deficient", _("déficit")), ("normal", _("normale"))],
    ),
}
OLDEST_SAMPLE_DAYS = 30
YES_NO = [("", _("non précisé")), ("yes", _("oui")), ("no", _("non"))]


class MeasureField(forms.DecimalField):
    """A measurement typed with a comma or a point, stored in thousandths."""

    def __init__(self, name: str, label: Any, unit: str) -> None:
        super().__init__(
            label=f"{label} ({unit})" if unit else label,
            required=False,
            max_digits=9,
            decimal_places=3,
            localize=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={"invalid": _("Écrivez un nombre, par exemple 37,5.")},
        )
        self.measure = name

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        return super().to_python(
            value.replace(",", ".").strip() if isinstance(value, str) else value
        )


class VitalsForm(forms.Form):
    """Vital signs: what cannot be true is refused, what is unusual is asked again once."""

    def __init__(
        self, *args: Any, ask_pregnancy: bool = False, confirmed: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.confirmed = confirmed
        self.unusual: list[str] = []
        for name, (label, unit) in VITAL_LABELS.items():
            self.fields[name] = MeasureField(name, label, unit)
        if ask_pregnancy:
            self.fields["pregnancy"] = forms.ChoiceField(
                label=_("Enceinte"), choices=YES_NO, required=False
            )
            self.fields["pregnancy_weeks"] = forms.IntegerField(
                label=_("Semaines d’aménorrhée"), required=False, min_value=1, max_value=44
            )
            self.fields["breastfeeding"] = forms.ChoiceField(
                label=_("Allaite"), choices=YES_NO, required=False
            )
            self.fields["infant_age_weeks"] = forms.IntegerField(
                label=_("Âge du nourrisson (semaines)"), required=False, min_value=0, max_value=260
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in VITAL_LABELS:
            if data.get(name) is not None:
                self._check(name, int(data[name] * 1000))
        low, high = data.get("diastolic_mmhg"), data.get("systolic_mmhg")
        if low is not None and high is not None and low >= high:
            self.add_error(
                "diastolic_mmhg", _("La diastolique doit être plus basse que la systolique.")
            )
        if self.unusual and not self.confirmed and not self.errors:
            raise forms.ValidationError(
                _(
                    "Valeurs inhabituelles : relisez-les. Si elles sont justes, enregistrez encore une fois."
                ),
                code="unusual",
            )
        if not self.errors and not self.values():
            raise forms.ValidationError(_("Saisissez au moins une valeur."), code="empty")
        return data

    def _check(self, name: str, value: int) -> None:
        if not is_possible(name, value):
            low, high = RANGES[name].possible
            text = _("Valeur impossible : attendue entre %(low)s et %(high)s.") % {
                "low": thousandths(low),
                "high": thousandths(high),
            }
            self.add_error(name, text)
        elif not is_usual(name, value):
            self.unusual.append(name)

    def values(self) -> dict[str, Any]:
        """Return what `patients.actions.observe` takes."""
        data = self.cleaned_data
        found: dict[str, Any] = {
            name: int(data[name] * 1000) for name in VITAL_LABELS if data.get(name) is not None
        }
        if data.get("pregnancy"):
            weeks = data.get("pregnancy_weeks")
            found["pregnancy"] = (
                data["pregnancy"],
                weeks * 1000 if weeks and data["pregnancy"] == "yes" else None,
            )
        if data.get("breastfeeding"):
            age = data.get("infant_age_weeks")
            found["breastfeeding"] = (
                data["breastfeeding"],
                age * 7000 if age is not None and data["breastfeeding"] == "yes" else None,
            )
        return found


class RecordNumberForm(forms.Form):
    """The number on the patient's card or slip: whoever brings it opens the laboratory's page."""

    record = forms.CharField(label=_("Numéro de dossier"), min_length=6, max_length=20)

    def clean_record(self) -> str:
        return "".join(self.cleaned_data["record"].upper().split())


class ResultsForm(forms.Form):
    """What a laboratory has measured in one sample."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["taken_date"] = forms.DateField(
            label=_("Prélevé le"),
            initial=today,
            input_formats=["%d/%m/%Y", "%Y-%m-%d"],
            widget=forms.DateInput(
                attrs={"inputmode": "numeric", "autocomplete": "off"}, format="%d/%m/%Y"
            ),
            error_messages={
                "invalid": _("Cette date n’existe pas. Écrivez-la ainsi : 15/05/1980.")
            },
        )
        for name, (label, unit) in LAB_LABELS.items():
            self.fields[name] = MeasureField(name, label, unit)
        for name, (label, choices) in WORD_LABELS.items():
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    def clean_taken_date(self) -> date:
        taken: date = self.cleaned_data["taken_date"]
        if not self.today - timedelta(days=OLDEST_SAMPLE_DAYS) <= taken <= self.today:
            raise forms.ValidationError(_("Un prélèvement des trente derniers jours est attendu."))
        return taken

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in LAB_LABELS:
            if data.get(name) is not None and KINDS[name].problem(float(data[name])):
                limits = {"low": KINDS[name].low, "high": KINDS[name].high}
                self.add_error(
                    name, _("Valeur impossible : attendue entre %(low)s et %(high)s.") % limits
                )
        if not self.errors and not self.values():
            raise forms.ValidationError(_("Saisissez au moins une valeur."), code="empty")
        return data

    def values(self) -> dict[str, int | str]:
        """Return what `consultations.actions.report_results` takes."""
        data = self.cleaned_data
        numbers = {
            name: int(data[name] * 1000) for name in LAB_LABELS if data.get(name) is not None
        }
        return {**numbers, **{name: data[name] for name in WORD_LABELS if data.get(name)}}

    def names(self) -> dict[str, str]:
        """Return what each measurement is called on the page."""
        return {name: str(label) for name, (label, _rest) in {**LAB_LABELS, **WORD_LABELS}.items()}


class ConsultationForm(forms.Form):
    reason = forms.CharField(label=_("Motif"), max_length=300)
    history_text = forms.CharField(
        label=_("Histoire"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    examination = forms.CharField(
        label=_("Examen"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    plan = forms.CharField(
        label=_("Conduite à tenir"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
