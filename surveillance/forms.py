from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveillance.rules.weeks import monday

LONGEST = 160


def read_week(text: str) -> str:
    """Return a week that exists, or raise ValueError."""
    monday(text)
    return text


class StatisticsForm(forms.Form):
    """What a page of statistics is about; anything unknown falls back to what is usual."""

    disease = forms.ChoiceField(label=_("Maladie"), required=False)
    district = forms.ChoiceField(label=_("District"), required=False)
    weeks = forms.TypedChoiceField(label=_("Période"), coerce=int, required=False, empty_value=26)

    def __init__(self, *args: Any, diseases: Any, districts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["disease"].choices = diseases  # type: ignore[attr-defined]
        self.fields["district"].choices = [("", _("Tous les districts"))] + [  # type: ignore[attr-defined]
            (name, name) for name in districts
        ]
        self.fields["weeks"].choices = [  # type: ignore[attr-defined]
            (13, _("13 semaines")), (26, _("26 semaines")), (53, _("un an")), (106, _("deux ans")),
        ]  # fmt: skip
