"""Prices, what care records to be billed, payers, and invoices."""

from decimal import Decimal
from typing import Any

from bson import ObjectId
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import EmbeddedModelArrayField

from accounts.models import Facility
from clinic.db import Document, Embedded
from patients.models import Patient


def money(label: Any = None, **options: Any) -> Any:
    """Return a field for a whole amount."""
    return models.DecimalField(label, max_digits=12, decimal_places=0, **options)


class ChargeKind(models.TextChoices):
    CONSULTATION = "consultation", _("Consultation")
    MEDICINE = "medicine", _("Médicament")
    TEST = "test", _("Analyse")
    PROCEDURE = "procedure", _("Acte")
    OTHER = "other", _("Autre")


class Price(Document):
    """What a facility asks for something, from a date on. `code` is the normalised name; empty means 'any'."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    kind = models.CharField(_("genre"), max_length=16, choices=ChargeKind.choices)
    code = models.CharField(max_length=120, blank=True)
    label = models.CharField(_("libellé"), max_length=120)
    amount = money(_("prix"))
    pack_size = models.IntegerField(_("unités par boîte"), default=1)
    currency = models.CharField(max_length=3)
    valid_from = models.CharField(_("à partir du"), max_length=10)  # YYYY-MM-DD, local
    valid_to = models.CharField(_("jusqu’au"), max_length=10, blank=True)
    set_by_name = models.CharField(max_length=150)
    set_at = models.DateTimeField()

    class Meta:
        db_table = "prices"
        verbose_name = _("prix")
        verbose_name_plural = _("prix")
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "kind", "code", "valid_from"], name="one_price_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.amount} {self.currency}"


class ChargeStatus(models.TextChoices):
    OPEN = "open", _("à facturer")
    INVOICED = "invoiced", _("facturée")
    CANCELLED = "cancelled", _("retirée")


class Charge(Document):
    """Something to be billed. `source` names what caused it; the same source is charged once."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    kind = models.CharField(_("genre"), max_length=16)
    label = models.CharField(_("libellé"), max_length=160)
    quantity = models.IntegerField(default=1)
    unit_price = models.DecimalField(
        _("prix"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    amount = money(_("montant"), null=True, blank=True)
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=60)
    used = models.IntegerField(default=0)
    status = models.CharField(
        _("état"), max_length=12, choices=ChargeStatus.choices, default=ChargeStatus.OPEN
    )
    invoice_id = models.CharField(max_length=24, blank=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "charges"
        verbose_name = _("prestation à facturer")
        verbose_name_plural = _("prestations à facturer")
        constraints = [
            models.UniqueConstraint(fields=["source", "kind"], name="one_charge_a_source")
        ]
        indexes = [
            models.Index(fields=["patient", "-at"]),
            models.Index(fields=["facility", "-at"]),
            models.Index(fields=["facility", "status", "-at"], name="charges_open"),
            # A unique index is partial here, and a search by equality does not use it.
            models.Index(fields=["source"], name="charges_source"),
        ]

    def __str__(self) -> str:
        return f"{self.label} × {self.quantity}"

    @property
    def unused(self) -> int:
        """Return how many of the quoted units have not left yet."""
        return max(self.quantity - self.used, 0)


class PayerKind(models.TextChoices):
    INSURER = "insurer", _("Assureur")
    EMPLOYER = "employer", _("Employeur")
    PUBLIC = "public", _("Régime public (CSU, CNPS)")


class Payer(Document):
    """Somebody who pays a share of a patient's invoice and gets a monthly claim."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    name = models.CharField(_("nom"), max_length=80)
    kind = models.CharField(_("genre"), max_length=12, choices=PayerKind.choices)
    covers_percent = models.IntegerField(_("prise en charge (%)"))
    needs_voucher = models.BooleanField(_("bon exigé"), default=True)
    is_active = models.BooleanField(_("en vigueur"), default=True)

    class Meta:
        db_table = "payers"
        verbose_name = _("organisme payeur")
        verbose_name_plural = _("organismes payeurs")
        constraints = [models.UniqueConstraint(fields=["facility", "name"], name="one_payer_name")]

    def __str__(self) -> str:
        return self.name


class Counter(Document):
    """The last number given in a series of a facility and year; taken in the transaction that uses it."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    series = models.CharField(max_length=12)
    year = models.IntegerField()
    value = models.IntegerField(default=0)

    class Meta:
        db_table = "counters"
        verbose_name = _("numérotation")
        verbose_name_plural = _("numérotations")
        constraints = [
            models.UniqueConstraint(fields=["facility", "series", "year"], name="one_counter")
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.value}"


class InvoiceStatus(models.TextChoices):
    ISSUED = "issued", _("à payer")
    PART_PAID = "part-paid", _("payée en partie")
    PAID = "paid", _("payée")
    CANCELLED = "cancelled", _("annulée par un avoir")


class InvoiceLine(Embedded):
    """What one charge became on an invoice."""

    line_id = models.CharField(max_length=24)
    charge_id = models.CharField(max_length=24)
    kind = models.CharField(max_length=16)
    label = models.CharField(max_length=160)
    quantity = models.IntegerField()
    amount = money()


class Invoice(Document):
    """An invoice as it was issued: never edited, cancelled by a credit note. Its number has no gap."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    year = models.IntegerField()
    number = models.IntegerField(_("numéro"))
    status = models.CharField(
        _("état"), max_length=12, choices=InvoiceStatus.choices, default=InvoiceStatus.ISSUED
    )
    currency = models.CharField(max_length=3)
    lines = EmbeddedModelArrayField(InvoiceLine, default=list)
    total = money(_("total"))
    payer_id = models.CharField(max_length=24, blank=True)
    payer_name = models.CharField(_("payeur"), max_length=80, blank=True)
    payer_part = money(_("part du payeur"), default=Decimal(0))
    voucher = models.CharField(_("numéro de bon"), max_length=40, blank=True)
    waived = money(_("remise"), default=Decimal(0))
    credited = money(_("avoirs"), default=Decimal(0))  # the patient's share of what was taken back
    payer_credited = money(default=Decimal(0))
    paid = money(_("payé"), default=Decimal(0))
    issued_at = models.DateTimeField(_("émise le"))
    local_date = models.CharField(max_length=10)
    issued_by = models.CharField(max_length=24)
    issued_by_name = models.CharField(_("émise par"), max_length=150)
    code = models.CharField(max_length=12)
    form_id = models.CharField(max_length=24, blank=True)
    credit_number = models.IntegerField(_("numéro d’avoir"), null=True, blank=True)
    credit_year = models.IntegerField(null=True, blank=True)
    credit_reason = models.CharField(_("motif de l’avoir"), max_length=200, blank=True)
    credited_at = models.DateTimeField(null=True, blank=True)
    credited_by_name = models.CharField(max_length=150, blank=True)
    rev = models.IntegerField(default=1)

    class Meta:
        db_table = "invoices"
        verbose_name = _("facture")
        verbose_name_plural = _("factures")
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "year", "number"], name="one_invoice_number"
            ),
            models.UniqueConstraint(
                fields=["facility", "form_id"],
                condition=Q(form_id__gt=""),
                name="one_invoice_a_form",
            ),
            models.UniqueConstraint(
                fields=["facility", "credit_year", "credit_number"],
                condition=Q(credit_number__gt=0),
                name="one_credit_number",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-issued_at"]),
            models.Index(fields=["facility", "status", "-issued_at"]),
            models.Index(fields=["facility", "local_date"]),
            models.Index(fields=["code"]),
            models.Index(fields=["facility", "form_id"], name="invoices_form"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the number as it is printed."""
        return f"F{self.year}-{self.number:06d}"

    @property
    def credit_label(self) -> str:
        """Return the number of the credit note, or nothing."""
        return f"A{self.credit_year}-{self.credit_number:06d}" if self.credit_number else ""

    @property
    def due(self) -> Decimal:
        """Return what the patient owes in all."""
        asked = Decimal(self.total) - Decimal(self.payer_part)
        return asked - Decimal(self.waived) - Decimal(self.credited)

    @property
    def claimed(self) -> Decimal:
        """Return what the payer owes."""
        return Decimal(self.payer_part) - Decimal(self.payer_credited)

    @property
    def balance(self) -> Decimal:
        """Return what the patient still owes; nothing once cancelled."""
        return Decimal(0) if self.status == "cancelled" else max(self.due - self.paid, Decimal(0))


class CreditNote(Document):
    """Some lines of an invoice taken back, with a number of the facility's credit notes. Written once.

    `moved` is what had been paid for them: it became the patient's advance.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT)
    invoice_id: ObjectId
    year = models.IntegerField()
    number = models.IntegerField(_("numéro"))
    lines = EmbeddedModelArrayField(InvoiceLine, default=list)
    total = money(_("total"))
    payer_part = money(_("part du payeur"))
    moved = money()
    reason = models.CharField(_("motif"), max_length=200)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)

    class Meta:
        db_table = "credit_notes"
        verbose_name = _("avoir")
        verbose_name_plural = _("avoirs")
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "year", "number"], name="one_credit_note_number"
            )
        ]
        indexes = [models.Index(fields=["invoice", "at"], name="credit_notes_invoice")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the number as it is printed."""
        return f"A{self.year}-{self.number:06d}"

    @property
    def patient_part(self) -> Decimal:
        """Return what the patient is no longer asked for."""
        return Decimal(self.total) - Decimal(self.payer_part)


class WaiverStatus(models.TextChoices):
    ASKED = "asked", _("à approuver")
    APPROVED = "approved", _("accordée")
    REFUSED = "refused", _("refusée")


class WaiverCategory(models.TextChoices):
    INDIGENT = "indigent", _("Indigence")
    CHILD = "child", _("Enfant, programme gratuit")
    PREGNANCY = "pregnancy", _("Grossesse, chèque santé")
    PROGRAMME = "programme", _("Programme (VIH, tuberculose, paludisme)")
    STAFF = "staff", _("Personnel et famille")
    OTHER = "other", _("Autre")


class Waiver(Document):
    """A part of an invoice that is not asked for: who asked, why, and who approved."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT)
    invoice_id: ObjectId
    category = models.CharField(_("catégorie"), max_length=12, choices=WaiverCategory.choices)
    amount = money(_("montant"))
    reason = models.CharField(_("motif"), max_length=200)
    status = models.CharField(
        max_length=10, choices=WaiverStatus.choices, default=WaiverStatus.ASKED
    )
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=24)
    asked_by_name = models.CharField(max_length=150)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "waivers"
        verbose_name = _("remise")
        verbose_name_plural = _("remises")
        indexes = [models.Index(fields=["facility", "status", "-asked_at"])]

    def __str__(self) -> str:
        return f"{self.amount} ({self.category})"
