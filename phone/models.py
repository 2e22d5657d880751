"""What comes in from phones: messages, what the desk must see to, and dose reminders a patient asked for."""

from bson import ObjectId
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import EmbeddedModelArrayField

from accounts.models import Facility
from clinic.db import Document, Embedded
from patients.fields import IdentifyingField
from patients.models import Patient


class IncomingMessage(Document):
    """An SMS that a phone sent us; the gateway's id makes a second copy impossible."""

    gateway_id = models.CharField(max_length=80)
    phone = models.CharField(_("téléphone"), max_length=20)
    text = IdentifyingField(_("texte"), max_length=640)
    received_at = models.DateTimeField(_("reçu le"))
    patient_id = models.CharField(max_length=24, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    outcome = models.CharField(_("suite"), max_length=24, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "incoming_messages"
        verbose_name = _("SMS reçu")
        verbose_name_plural = _("SMS reçus")
        constraints = [
            models.UniqueConstraint(fields=["gateway_id"], name="one_incoming_a_gateway_id")
        ]
        indexes = [
            models.Index(fields=["handled_at", "received_at"]),
            models.Index(fields=["phone", "-received_at"]),
            models.Index(fields=["patient_id", "-received_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.received_at:%Y-%m-%d %H:%M} {self.outcome}"


class DeskKind(models.TextChoices):
    CANCEL = "cancel", _("demande d’annulation")
    MOVE = "move", _("demande de changement de date")
    CALL_BACK = "call-back", _("demande à être rappelé")
    MESSAGE = "message", _("message à lire")


class DeskItem(Document):
    """Something a patient asked by phone that a person at the desk sees to."""

    key = models.CharField(max_length=120)
    kind = models.CharField(_("genre"), max_length=12, choices=DeskKind.choices)
    facility_id = models.CharField(max_length=24)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    appointment_id = models.CharField(max_length=24, blank=True)
    phone = models.CharField(_("téléphone"), max_length=20)
    text = IdentifyingField(_("texte"), max_length=640, blank=True)
    asked_at = models.DateTimeField(_("demandé le"))
    done_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    done_by_name = models.CharField(_("traité par"), max_length=150, blank=True)

    class Meta:
        db_table = "desk_items"
        verbose_name = _("demande par téléphone")
        verbose_name_plural = _("demandes par téléphone")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_desk_item_a_cause")]
        indexes = [models.Index(fields=["facility_id", "done_at", "asked_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.asked_at:%Y-%m-%d %H:%M}"


class DoseLine(Embedded):
    """One medicine's course by the clock only: it names no medicine."""

    times = models.IntegerField(default=1)
    per_days = models.IntegerField(default=1)
    first_date = models.DateField()
    last_date = models.DateField()


class DosePlan(Document):
    """Dose reminders for one prescription, until the course ends or somebody says stop."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    prescription_id = models.CharField(max_length=24)
    lines = EmbeddedModelArrayField(DoseLine, default=list)
    next_due_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=24, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField(max_length=24, blank=True)  # sms, ussd, staff, end

    class Meta:
        db_table = "dose_plans"
        verbose_name = _("rappels de prise")
        verbose_name_plural = _("rappels de prise")
        constraints = [
            models.UniqueConstraint(
                fields=["prescription_id"],
                condition=Q(is_active=True),
                name="one_active_dose_plan",
            )
        ]
        indexes = [
            models.Index(fields=["is_active", "next_due_at"]),
            models.Index(fields=["patient", "is_active"]),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.next_due_at or '-'}"
