"""What is owed and what was paid: charges that care records, and payments."""

from bson import ObjectId
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Facility
from clinic.db import Document
from patients.models import Patient


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
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=60)
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
        ]

    def __str__(self) -> str:
        return f"{self.label} × {self.quantity}"


class Payment(Document):
    """Money received."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    amount = models.DecimalField(_("montant"), max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    method = models.CharField(_("moyen"), max_length=16)
    status = models.CharField(_("état"), max_length=12)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)

    class Meta:
        db_table = "payments"
        verbose_name = _("paiement")
        verbose_name_plural = _("paiements")
        indexes = [
            models.Index(fields=["patient", "-at"]),
            models.Index(fields=["facility", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
