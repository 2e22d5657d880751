from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveillance.models import AlertStatus
from surveillance.rules.weeks import PATTERN


class StatisticsForm(forms.Form):
    """What a page of statistics is about; anything unknown falls back to what is usual."""

    disease = forms.ChoiceField(label=_("Maladie"), required=False)
    district = forms.ChoiceField(label=_("District"), required=False)
    weeks = forms.TypedChoiceField(label=_("Période"), coerce=int, required=False, empty_value="")

    def __init__(self, *args: Any, diseases: Any, districts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["disease"].choices = diseases  # type: ignore[attr-defined]
        self.fields["district"].choices = [("", _("Tous les districts"))] + [  # type: ignore[attr-defined]
            (name, name) for name in districts
        ]
        self.fields["weeks"].choices = [  # type: ignore[attr-defined]
            (13, _("13 semaines")), (26, _("26 semaines")), (53, _("un an")), (106, _("deux ans")),
        ]  # fmt: skip


class PeriodForm(forms.Form):
    """Over how many weeks; anything unknown falls back to a quarter."""

    weeks = forms.TypedChoiceField(
        label=_("Période"), coerce=int, required=False, empty_value="",
        choices=[(5, _("5 semaines")), (13, _("13 semaines")), (26, _("26 semaines")), (53, _("un an"))],
    )  # fmt: skip


class Dhis2SendForm(forms.Form):
    week = forms.RegexField(PATTERN)
    dry_run = forms.BooleanField(required=False)


class FollowUpForm(forms.Form):
    status = forms.ChoiceField(
        choices=[choice for choice in AlertStatus.choices if choice[0] != AlertStatus.OPEN]
    )
    note = forms.CharField(max_length=300, required=False)


class ThresholdForm(forms.Form):
    group = forms.CharField(max_length=24)
    alert = forms.FloatField(min_value=0.5, max_value=100_000)
    epidemic = forms.FloatField(min_value=0, max_value=100_000)
    is_active = forms.BooleanField(required=False)
    reason = forms.CharField(min_length=3, max_length=300)


class PopulationForm(forms.Form):
    district = forms.CharField(max_length=60)
    population = forms.IntegerField(min_value=1, max_value=50_000_000)
