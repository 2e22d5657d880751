"""Money that comes in and goes out: drawers, payments, attempts to pay by phone, refunds."""

from decimal import Decimal

from bson import ObjectId
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Facility
from billing.models.bills import money
from clinic.db import Document
from patients.models import Patient


class Provider(models.TextChoices):
    """The ways to pay by phone. Orange has two: a prompt on any phone, and a page in a browser."""

    MOMO = "momo", "MTN MoMo"
    ORANGE = "orange", "Orange Money"
    ORANGE_WEB = "orange-web", _("Orange Money (page web)")
    MPESA = "mpesa", "M-Pesa"


class Method(models.TextChoices):
    CASH = "cash", _("Espèces")
    MOMO = "momo", "MTN MoMo"
    ORANGE = "orange", "Orange Money"
    MPESA = "mpesa", "M-Pesa"
    DEPOSIT = "deposit", _("Avance du patient")
    PAYER = "payer", _("Virement du payeur")


class DrawerStatus(models.TextChoices):
    OPEN = "open", _("ouverte")
    CLOSED = "closed", _("fermée")


class Drawer(Document):
    """A cashier's drawer for one shift. What it should hold is the balance of its account."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    cashier_id = models.CharField(max_length=24)
    cashier_name = models.CharField(_("caisse de"), max_length=150)
    status = models.CharField(
        _("état"), max_length=8, choices=DrawerStatus.choices, default=DrawerStatus.OPEN
    )
    currency = models.CharField(max_length=3)
    float_amount = money(_("fonds de caisse"))
    opened_at = models.DateTimeField(_("ouverte le"))
    local_date = models.CharField(max_length=10)
    expected = money(_("attendu"), null=True, blank=True)
    counted = money(_("compté"), null=True, blank=True)
    explanation = models.CharField(_("explication de l’écart"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("fermée le"), null=True, blank=True)

    class Meta:
        db_table = "drawers"
        verbose_name = _("caisse")
        verbose_name_plural = _("caisses")
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "cashier_id"],
                condition=Q(status="open"),
                name="one_open_drawer",
            )
        ]
        indexes = [
            models.Index(fields=["facility", "local_date"]),
            models.Index(fields=["facility", "cashier_id", "status"], name="drawers_held"),
        ]

    def __str__(self) -> str:
        return f"{self.cashier_name} {self.local_date}"

    @property
    def difference(self) -> Decimal:
        """Return what was counted less what was expected."""
        return Decimal(self.counted or 0) - Decimal(self.expected or 0)


class Payment(Document):
    """Money received, or an advance used. It is written once; its receipt number has no gap.

    A receipt made offline has no number until the server gives it one.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    amount = models.DecimalField(_("montant"), max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    method = models.CharField(_("moyen"), max_length=16, choices=Method.choices)
    status = models.CharField(_("état"), max_length=12)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    invoice_id = models.CharField(max_length=24, blank=True)
    settled = money(_("réglé sur la facture"), default=Decimal(0))
    drawer_id = models.CharField(max_length=24, blank=True)
    tendered = money(_("remis"), null=True, blank=True)
    attempt_id = models.CharField(max_length=24, blank=True)
    transaction_id = models.CharField(_("transaction"), max_length=64, blank=True)
    is_late = models.BooleanField(_("confirmé après expiration"), default=False)
    year = models.IntegerField(null=True, blank=True)
    receipt_number = models.IntegerField(_("numéro de reçu"), null=True, blank=True)
    code = models.CharField(max_length=12, blank=True)
    local_date = models.CharField(max_length=10, blank=True)
    form_id = models.CharField(max_length=24, blank=True)

    class Meta:
        db_table = "payments"
        verbose_name = _("paiement")
        verbose_name_plural = _("paiements")
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "attempt_id"],
                condition=Q(attempt_id__gt=""),
                name="one_payment_an_attempt",
            ),
            models.UniqueConstraint(
                fields=["patient", "form_id"],
                condition=Q(form_id__gt=""),
                name="one_payment_a_form",
            ),
            models.UniqueConstraint(
                fields=["facility", "year", "receipt_number"],
                condition=Q(receipt_number__gt=0),
                name="one_receipt_number",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-at"]),
            models.Index(fields=["facility", "-at"]),
            models.Index(fields=["facility", "local_date"], name="payments_day"),
            models.Index(fields=["invoice_id"], name="payments_invoice"),
            models.Index(fields=["code"], name="payments_code"),
            models.Index(fields=["transaction_id"], name="payments_transaction"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def label(self) -> str:
        """Return the receipt's number as it is printed, or nothing while it has none."""
        return f"R{self.year}-{self.receipt_number:06d}" if self.receipt_number else ""

    @property
    def change(self) -> Decimal:
        """Return the change that was given back."""
        return Decimal(self.tendered) - Decimal(self.amount) if self.tendered else Decimal(0)

    @property
    def advance(self) -> Decimal:
        """Return what went to the patient's advance."""
        return Decimal(self.amount) - Decimal(self.settled)


class AttemptStatus(models.TextChoices):
    CREATED = "created", _("préparé")
    PENDING = "pending", _("en attente du client")
    SUCCEEDED = "succeeded", _("payé")
    FAILED = "failed", _("refusé")
    EXPIRED = "expired", _("expiré")
    UNKNOWN = "unknown", _("à éclaircir")


class PaymentAttempt(Document):
    """One request to pay by phone, written before the first call to the provider.

    `reference` is ours and the provider's idempotency key where it has one; `provider_ref` is the provider's
    (CheckoutRequestID, payToken, pay_token); `proof` is what its notices must carry (notif_token).
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    invoice_id = models.CharField(max_length=24, blank=True)
    provider = models.CharField(_("opérateur"), max_length=12, choices=Provider.choices)
    phone = models.CharField(_("téléphone"), max_length=20)
    amount = money(_("montant"))
    currency = models.CharField(max_length=3)
    origin = models.CharField(max_length=8, default="desk")  # desk, ussd, link
    status = models.CharField(
        _("état"), max_length=10, choices=AttemptStatus.choices, default=AttemptStatus.CREATED
    )
    reason = models.CharField(_("motif"), max_length=120, blank=True)
    needs_person = models.BooleanField(_("à éclaircir par une personne"), default=False)
    reference = models.CharField(max_length=36)
    callback_token = models.CharField(max_length=64)
    provider_ref = models.CharField(max_length=160, blank=True)
    proof = models.CharField(max_length=160, blank=True)
    redirect_url = models.CharField(max_length=300, blank=True)
    transaction_id = models.CharField(_("transaction"), max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sends = models.IntegerField(default=0)
    heard_at = models.DateTimeField(null=True, blank=True)
    checks = models.IntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)
    payment_id = models.CharField(max_length=24, blank=True)
    is_late = models.BooleanField(default=False)
    form_id = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField()
    local_date = models.CharField(max_length=10)
    created_by = models.CharField(max_length=24, blank=True)
    created_by_name = models.CharField(max_length=150, blank=True)
    final_at = models.DateTimeField(null=True, blank=True)
    rev = models.IntegerField(default=1)

    class Meta:
        db_table = "payment_attempts"
        verbose_name = _("demande de paiement")
        verbose_name_plural = _("demandes de paiement")
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="one_reference"),
            models.UniqueConstraint(fields=["callback_token"], name="one_callback_token"),
            models.UniqueConstraint(
                fields=["patient", "form_id"],
                condition=Q(form_id__gt=""),
                name="one_attempt_a_form",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_ref"],
                condition=Q(provider_ref__gt=""),
                name="one_provider_ref",
            ),
        ]
        indexes = [
            models.Index(fields=["next_check_at"]),
            models.Index(fields=["invoice_id", "-created_at"]),
            models.Index(fields=["facility", "local_date", "status"]),
            # A unique index is partial here, and a search by equality does not use it.
            models.Index(fields=["callback_token"], name="attempts_token"),
            models.Index(fields=["transaction_id"], name="attempts_transaction"),
            models.Index(fields=["facility", "needs_person"], name="attempts_unclear"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.amount} {self.currency} {self.status}"

    @property
    def method(self) -> str:
        """Return the wallet the money arrives in."""
        return "orange" if self.provider == "orange-web" else self.provider


class CallbackHit(Document):
    """A call on a callback address, kept for audit with phones masked."""

    at = models.DateTimeField()
    attempt_id = models.CharField(max_length=24, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    verdict = models.CharField(max_length=12)  # authentic, duplicate, forged
    reason = models.CharField(max_length=40, blank=True)
    method = models.CharField(max_length=8)
    address = models.CharField(max_length=45, blank=True)
    body = models.CharField(max_length=4000, blank=True)

    class Meta:
        db_table = "callback_hits"
        verbose_name = _("appel d’opérateur")
        verbose_name_plural = _("appels d’opérateurs")
        indexes = [
            models.Index(fields=["verdict", "-at"]),
            models.Index(fields=["attempt_id", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verdict}"


class RefundStatus(models.TextChoices):
    ASKED = "asked", _("à approuver")
    APPROVED = "approved", _("à verser")
    PAID = "paid", _("versé")
    REFUSED = "refused", _("refusé")


class Refund(Document):
    """Money given back in cash from a patient's advance: asked for by one person, approved by another."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    amount = money(_("montant"))
    currency = models.CharField(max_length=3)
    reason = models.CharField(_("motif"), max_length=200)
    status = models.CharField(
        max_length=10, choices=RefundStatus.choices, default=RefundStatus.ASKED
    )
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=24)
    asked_by_name = models.CharField(max_length=150)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=150, blank=True)
    drawer_id = models.CharField(max_length=24, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    local_date = models.CharField(max_length=10, blank=True)

    class Meta:
        db_table = "refunds"
        verbose_name = _("remboursement")
        verbose_name_plural = _("remboursements")
        indexes = [
            models.Index(fields=["facility", "status", "-asked_at"]),
            models.Index(fields=["patient", "-asked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} ({self.status})"
