from django import forms
from django.utils.translation import gettext_lazy as _


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Motif de l’annulation"), max_length=200, min_length=3)


class BookingForm(forms.Form):
    start = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S%z"], widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Motif de la visite"), required=False, max_length=200)
