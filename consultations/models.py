"""Consultations with their diagnoses, and laboratories.

A signed consultation is never edited: it is marked entered-in-error and written again.
"""

from bson import ObjectId
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import EmbeddedModelArrayField

from accounts.models import Facility
from clinic.db import Document, Embedded
from patients.models import Patient


class ConsultationStatus(models.TextChoices):
    """FHIR R4 EncounterStatus."""

    IN_PROGRESS = "in-progress", _("en cours")
    FINISHED = "finished", _("terminée")
    ENTERED_IN_ERROR = "entered-in-error", _("saisie par erreur")


class Diagnosis(Embedded):
    """An ICD-10 code with the words the doctor chose."""

    code = models.CharField(max_length=8, blank=True)
    text = models.CharField(max_length=200)
    certainty = models.CharField(max_length=12, default="confirmed")


class Consultation(Document):
    """What a doctor found, thought and planned."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    doctor_user_id = models.CharField(max_length=24)
    doctor_name = models.CharField(max_length=150)
    appointment_id = models.CharField(max_length=24, blank=True)
    started_at = models.DateTimeField(_("début"))
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        _("état"),
        max_length=16,
        choices=ConsultationStatus.choices,
        default=ConsultationStatus.IN_PROGRESS,
    )
    reason = models.CharField(_("motif"), max_length=300)
    history_text = models.TextField(_("histoire"), blank=True)
    examination = models.TextField(_("examen"), blank=True)
    plan = models.TextField(_("conduite à tenir"), blank=True)
    diagnoses = EmbeddedModelArrayField(Diagnosis, default=list, blank=True)
    replaces_id = models.CharField(max_length=24, blank=True)
    error_reason = models.CharField(max_length=300, blank=True)
    form_id = models.CharField(max_length=24, blank=True)
    rev = models.IntegerField(default=1)
    # Statistics count again what changed since they last looked.
    changed_at = models.DateTimeField(auto_now=True, null=True)

    class Meta:
        db_table = "consultations"
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        indexes = [
            models.Index(fields=["patient", "-started_at"]),
            models.Index(fields=["patient", "status", "-started_at"]),
            models.Index(fields=["facility", "-started_at"]),
            models.Index(fields=["doctor_user_id", "-started_at"]),
            models.Index(fields=["form_id"]),
            models.Index(fields=["changed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d} {self.reason}"


class Laboratory(Document):
    """What a facility's laboratory is licensed for."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, verbose_name=_("structure"))
    facility_id: ObjectId
    licence_number = models.CharField(_("numéro d’agrément"), max_length=40, blank=True)
    is_active = models.BooleanField(_("en service"), default=True)

    class Meta:
        db_table = "laboratories"
        verbose_name = _("laboratoire")
        verbose_name_plural = _("laboratoires")
        constraints = [models.UniqueConstraint(fields=["facility"], name="one_laboratory_profile")]

    def __str__(self) -> str:
        return str(self.facility)
