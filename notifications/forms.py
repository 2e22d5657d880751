from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.alphabet import size
from notifications.rules import revealing_word
from notifications.texts import KINDS, SAMPLE, fill, placeholders

MOST_PARTS = 2


def problems_of(kind: str, text: str) -> list[str]:
    """Return why a text may not be sent as a kind of message; nothing when it may."""
    try:
        unknown = placeholders(text) - set(KINDS[kind].placeholders)
    except ValueError:
        return [_("Une accolade n’est pas fermée, ou contient plus qu’un mot.")]
    found = []
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in KINDS[kind].placeholders)
        found.append(_("Seuls ces mots sont remplis ici : %s.") % known)
    if word := revealing_word(text):
        found.append(_("« %s » révèle une maladie.") % word)
    if not unknown and size(fill(text, SAMPLE)).parts > MOST_PARTS:
        found.append(_("Trop long : plus de deux parties."))
    return found


class WordingForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Texte"), max_length=320, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_text(self) -> str:
        text = " ".join(str(self.cleaned_data["text"]).split())
        if problems := problems_of(self.kind, text):
            raise forms.ValidationError(problems)
        return text
