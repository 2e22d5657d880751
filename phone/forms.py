from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.forms import WordingForm
from phone.queries import telling_word
from phone.rules import is_pin

TELLING = _("« %(word)s » révèle une maladie ou un traitement : écrivez plutôt « appelez-nous ».")


class FreeMessageForm(forms.Form):
    text = forms.CharField(
        label=_("Message"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ni diagnostic ni nom de médicament : un téléphone se lit à plusieurs."),
    )
    form_id = forms.CharField(widget=forms.HiddenInput, max_length=24)

    def clean_text(self) -> str:
        text = " ".join(str(self.cleaned_data["text"]).split())
        refuse_telling(text)
        return text


class TextForm(WordingForm):
    """An administrator's wording, which names no medicine either."""

    def clean_text(self) -> str:
        text = super().clean_text()
        refuse_telling(text)
        return text


def refuse_telling(text: str) -> None:
    """Raise a ValidationError when a text tells a disease or names a medicine."""
    if word := telling_word(text):
        raise forms.ValidationError(TELLING % {"word": word})


class PinForm(forms.Form):
    pin = forms.CharField(
        label=_("Nouveau code PIN"),
        max_length=6,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("4 à 6 chiffres, tapés par le patient lui-même ; ni 1111 ni 1234."),
    )

    def clean_pin(self) -> str:
        pin = str(self.cleaned_data["pin"])
        if not is_pin(pin):
            raise forms.ValidationError(_("Choisissez 4 à 6 chiffres, ni répétés ni en suite."))
        return pin
