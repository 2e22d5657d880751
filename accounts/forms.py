from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Name and password; what is wrong is never told apart."""

    error_messages = {
        "invalid_login": _(
            "Le nom d’utilisateur ou le mot de passe est faux. Vérifiez les majuscules."
        ),
        "inactive": _("Ce compte est fermé. Adressez-vous à votre administrateur."),
    }
    username = forms.CharField(
        label=_("Nom d’utilisateur"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
