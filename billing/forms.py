from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import ChargeKind, Payer
from billing.models.bills import PayerKind, WaiverCategory

WHOLE = {"inputmode": "numeric", "autocomplete": "off"}


class Amount(forms.DecimalField):
    """A whole amount; spaces between thousands are understood."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"max_digits": 10, "decimal_places": 0, "min_value": 0, **options},
            widget=forms.TextInput(WHOLE),
        )

    def to_python(self, value: Any) -> Any:
        text = "".join(str(value or "").split()).replace("\u202f", "").replace("\u00a0", "")
        return super().to_python(text)


class ChargeForm(forms.Form):
    kind = forms.ChoiceField(label=_("Genre"), choices=ChargeKind.choices)
    label = forms.CharField(label=_("Libellé"), max_length=160)
    quantity = forms.IntegerField(label=_("Quantité"), min_value=1, max_value=10_000, initial=1)
    amount = Amount(label=_("Montant, si la liste n’en a pas"), required=False)


class CashForm(forms.Form):
    amount = Amount(label=_("Montant encaissé"), min_value=1)
    tendered = Amount(label=_("Somme remise"), required=False)


class PhoneForm(forms.Form):
    provider = forms.ChoiceField(label=_("Opérateur"), widget=forms.RadioSelect)
    phone = forms.CharField(
        label=_("Téléphone qui paie"), max_length=20, widget=forms.TextInput({"inputmode": "tel"})
    )
    amount = Amount(label=_("Montant"), min_value=1)


class LinkForm(forms.Form):
    """What the holder of a payment link chooses."""

    provider = forms.ChoiceField(label=_("Payer avec"), widget=forms.RadioSelect)
    phone = forms.CharField(
        label=_("Téléphone qui paie, s’il est autre"), max_length=20, required=False,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip

    def __init__(self, *args: Any, choices: Any = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"].choices = choices  # type: ignore[attr-defined]


class AmountForm(forms.Form):
    amount = Amount(label=_("Montant"), min_value=1)


class OpenForm(forms.Form):
    float_amount = Amount(label=_("Fonds de caisse"))


class CloseForm(forms.Form):
    counted = Amount(label=_("Espèces comptées"))
    explanation = forms.CharField(
        label=_("Explication, si le comptage diffère"), max_length=200, required=False
    )


class WaiverForm(forms.Form):
    category = forms.ChoiceField(label=_("Catégorie"), choices=WaiverCategory.choices)
    amount = Amount(label=_("Montant"), min_value=1)
    reason = forms.CharField(label=_("Motif"), max_length=200)


class RefundForm(forms.Form):
    amount = Amount(label=_("Montant"), min_value=1)
    reason = forms.CharField(label=_("Motif"), max_length=200)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Motif"), max_length=200, min_length=3)


class PriceForm(forms.Form):
    kind = forms.ChoiceField(label=_("Genre"), choices=ChargeKind.choices)
    label = forms.CharField(label=_("Libellé"), max_length=120)
    amount = Amount(label=_("Prix"))
    pack_size = forms.IntegerField(
        label=_("Unités par boîte"), min_value=1, max_value=10_000, initial=1
    )
    valid_from = forms.DateField(
        label=_("À partir du"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    is_default = forms.BooleanField(
        label=_("Pour tout ce genre, sauf prix particulier"), required=False
    )


class PayerForm(forms.Form):
    name = forms.CharField(label=_("Nom"), max_length=80)
    kind = forms.ChoiceField(label=_("Genre"), choices=PayerKind.choices)
    covers_percent = forms.IntegerField(label=_("Prise en charge (%)"), min_value=0, max_value=100)
    needs_voucher = forms.BooleanField(label=_("Bon exigé"), required=False, initial=True)


class ClaimPaidForm(forms.Form):
    """What a payer transferred."""

    amount = Amount(label=_("Montant viré"), min_value=1)
    reference = forms.CharField(label=_("Référence du virement"), max_length=24)


class CoverForm(forms.Form):
    payer = forms.ModelChoiceField(
        label=_("Prise en charge par"),
        queryset=Payer.objects.none(),
        required=False,
        empty_label=_("Le patient paie tout"),
    )
    voucher = forms.CharField(label=_("Numéro de bon"), max_length=40, required=False)

    def __init__(self, *args: Any, facility_id: Any = None, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = Payer.objects.filter(facility_id=facility_id, is_active=True).order_by("name")
        self.fields["payer"].queryset = rows  # type: ignore[attr-defined]


class StatementForm(forms.Form):
    method = forms.ChoiceField(
        label=_("Opérateur"),
        choices=[("momo", "MTN MoMo"), ("orange", "Orange Money"), ("mpesa", "M-Pesa")],
    )
    file = forms.FileField(label=_("Relevé (CSV)"))


class ResolveForm(forms.Form):
    is_paid = forms.ChoiceField(
        label=_("Sur le relevé de l’opérateur"),
        choices=[("yes", _("l’argent est arrivé")), ("no", _("rien n’est arrivé"))],
    )
    transaction_id = forms.CharField(
        label=_("Numéro de transaction"), max_length=64, required=False
    )
    reason = forms.CharField(label=_("Motif"), max_length=110, min_length=3)
