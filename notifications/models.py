"""Messages to people: each is a record, written in the transaction of its cause and moved only forward."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.db import Document


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("en attente")
    SENDING = "sending", _("en cours d’envoi")
    SUBMITTED = "submitted", _("remis à l’opérateur")
    DELIVERED = "delivered", _("reçu")
    FAILED = "failed", _("échoué")
    EXPIRED = "expired", _("expiré")
    UNKNOWN = "unknown", _("sort inconnu")
    SUPPRESSED = "suppressed", _("non envoyé")


class Message(Document):
    """One message to one phone. `key` (cause, kind, due time) makes a second one impossible."""

    key = models.CharField(max_length=160)
    kind = models.CharField(_("genre"), max_length=32)
    cause = models.CharField(max_length=80)
    patient_id = models.CharField(max_length=24, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    language = models.CharField(max_length=3, default="fr")
    time_zone = models.CharField(max_length=40, default="Africa/Douala")
    values = models.JSONField(default=dict)
    text = models.CharField(_("texte"), max_length=640, blank=True)
    parts = models.IntegerField(_("parties"), default=1)
    status = models.CharField(
        _("état"), max_length=12, choices=MessageStatus.choices, default=MessageStatus.QUEUED
    )
    status_reason = models.CharField(_("motif"), max_length=160, blank=True)
    due_at = models.DateTimeField(_("à envoyer le"))
    expires_at = models.DateTimeField(_("sans objet après"), null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=24, blank=True)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim_token = models.CharField(max_length=24, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    final_at = models.DateTimeField(null=True, blank=True)
    gateway_id = models.CharField(max_length=80, blank=True)
    cost = models.CharField(max_length=24, blank=True)
    cost_amount = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    resent_as = models.CharField(max_length=24, blank=True)
    rev = models.IntegerField(default=1)

    class Meta:
        db_table = "notifications"
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_message_a_cause")]
        indexes = [
            models.Index(fields=["status", "due_at"]),
            models.Index(fields=["patient_id", "-created_at"]),
            models.Index(fields=["facility_id", "-created_at"]),
            models.Index(fields=["facility_id", "-due_at"], name="messages_of_day"),
            models.Index(fields=["gateway_id"]),
            models.Index(fields=["cause", "status"], name="messages_of_cause"),
            models.Index(fields=["phone", "-claimed_at"], name="messages_of_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"


class DeliveryReport(Document):
    """What the gateway said about a message, once for each id and status, also when nobody knows the id yet."""

    key = models.CharField(max_length=160)
    gateway_id = models.CharField(max_length=80)
    phone = models.CharField(max_length=20)
    status = models.CharField(max_length=40)
    reason = models.CharField(max_length=60, blank=True)
    network = models.CharField(max_length=8, blank=True)
    received_at = models.DateTimeField()
    message_id = models.CharField(max_length=24, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "delivery_reports"
        verbose_name = _("accusé de réception")
        verbose_name_plural = _("accusés de réception")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_report_a_status")]
        indexes = [
            models.Index(fields=["gateway_id"]),
            models.Index(fields=["applied_at", "received_at"]),
            models.Index(fields=["phone", "applied_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.gateway_id} {self.status}"


class OptOut(Document):
    """A phone that wants no messages, whoever shares it."""

    phone = models.CharField(_("téléphone"), max_length=20)
    since = models.DateTimeField(_("depuis"))
    origin = models.CharField(_("origine"), max_length=16)  # sms, gateway, staff

    class Meta:
        db_table = "opt_outs"
        verbose_name = _("refus de SMS")
        verbose_name_plural = _("refus de SMS")
        constraints = [models.UniqueConstraint(fields=["phone"], name="one_opt_out_a_phone")]

    def __str__(self) -> str:
        return self.phone


class TemplateText(Document):
    """An administrator's own wording for a kind of message in a language."""

    kind = models.CharField(_("genre"), max_length=32)
    language = models.CharField(_("langue"), max_length=3)
    text = models.CharField(_("texte"), max_length=320)
    changed_at = models.DateTimeField(_("changé le"))

    class Meta:
        db_table = "message_templates"
        verbose_name = _("modèle de message")
        verbose_name_plural = _("modèles de messages")
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="one_template_a_language")
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"


class Gateway(Document):
    """Whether messages are being handed over. Out of balance or misconfigured, the whole queue waits."""

    name = models.CharField(max_length=16)
    paused_until = models.DateTimeField(_("en pause jusqu’à"), null=True, blank=True)
    reason = models.CharField(_("motif"), max_length=60, blank=True)
    since = models.DateTimeField(_("depuis"), null=True, blank=True)

    class Meta:
        db_table = "message_gateways"
        verbose_name = _("passerelle")
        verbose_name_plural = _("passerelles")
        constraints = [models.UniqueConstraint(fields=["name"], name="one_gateway_a_name")]

    def __str__(self) -> str:
        return f"{self.name} {self.reason}"
