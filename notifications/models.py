"""Messages to people: each is a record, written in the transaction of its cause and moved only forward."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.db import Document
from notifications.rules import MessageStatus


class Message(Document):
    """One message to one phone. `key` (cause, kind, due time) makes a second one impossible."""

    key = models.CharField(max_length=160)
    kind = models.CharField(_("genre"), max_length=32)
    cause = models.CharField(max_length=80)
    patient_id = models.CharField(max_length=24, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    language = models.CharField(max_length=3, default="fr")
    values = models.JSONField(default=dict)
    text = models.CharField(_("texte"), max_length=640, blank=True)
    status = models.CharField(
        _("état"), max_length=12, choices=MessageStatus.choices, default=MessageStatus.QUEUED
    )
    status_reason = models.CharField(_("motif"), max_length=160, blank=True)
    due_at = models.DateTimeField(_("à envoyer le"))
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=24, blank=True)
    attempts = models.IntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    final_at = models.DateTimeField(null=True, blank=True)
    gateway_id = models.CharField(max_length=80, blank=True)
    cost = models.CharField(max_length=24, blank=True)
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
            models.Index(fields=["gateway_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
