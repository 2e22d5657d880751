from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.rules import revealing_word
from phone.rules import is_pin


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
        word = revealing_word(text)
        if word:
            raise forms.ValidationError(
                _("« %(word)s » révèle une maladie : écrivez plutôt « appelez-nous ».")
                % {"word": word}
            )
        return text


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
