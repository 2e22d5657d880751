"""Links by which a patient pays an invoice from any browser."""

from bson import ObjectId
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Facility
from clinic.db import Document
from patients.models import Patient


class PaymentLink(Document):
    """A short link to pay one invoice. Whoever holds it can pay; it shows neither a name nor what for."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    invoice_id = models.CharField(max_length=24)
    code = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    created_by_name = models.CharField(max_length=150)
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    uses = models.IntegerField(default=0)

    class Meta:
        db_table = "payment_links"
        verbose_name = _("lien de paiement")
        verbose_name_plural = _("liens de paiement")
        constraints = [models.UniqueConstraint(fields=["code"], name="one_link_code")]
        indexes = [
            # A unique index is partial here, and a search by equality does not use it.
            models.Index(fields=["code"], name="links_code"),
            models.Index(fields=["invoice_id", "-created_at"], name="links_invoice"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} {self.expires_at:%Y-%m-%d}"
