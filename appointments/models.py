"""Doctors and their schedules, appointments, and the numbers of those who walk in."""

from bson import ObjectId
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import EmbeddedModelArrayField

from accounts.models import Facility
from clinic.db import Document, Embedded
from patients.models import Patient


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Lundi")
    TUESDAY = 1, _("Mardi")
    WEDNESDAY = 2, _("Mercredi")
    THURSDAY = 3, _("Jeudi")
    FRIDAY = 4, _("Vendredi")
    SATURDAY = 5, _("Samedi")
    SUNDAY = 6, _("Dimanche")


class WorkingHours(Embedded):
    """Hours on one weekday, local time of the facility."""

    weekday = models.IntegerField(choices=Weekday.choices)
    start = models.CharField(max_length=5)  # HH:MM
    end = models.CharField(max_length=5)


class Doctor(Document):
    """A doctor who consults in a facility."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, verbose_name=_("personne")
    )
    user_id: ObjectId
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, verbose_name=_("structure"))
    facility_id: ObjectId
    speciality = models.CharField(_("spécialité"), max_length=80)
    licence_number = models.CharField(_("numéro d’ordre"), max_length=40)
    slot_minutes = models.IntegerField(_("durée d’un créneau (min)"), default=20)
    schedule = EmbeddedModelArrayField(WorkingHours, default=list, blank=True)
    is_active = models.BooleanField(_("consulte"), default=True)

    class Meta:
        db_table = "doctors"
        verbose_name = _("médecin")
        verbose_name_plural = _("médecins")
        constraints = [
            models.UniqueConstraint(fields=["user", "facility"], name="one_doctor_profile")
        ]
        indexes = [models.Index(fields=["facility", "is_active"])]

    def __str__(self) -> str:
        return f"Dr {self.user}"


class AppointmentStatus(models.TextChoices):
    """FHIR R4 AppointmentStatus."""

    BOOKED = "booked", _("réservé")
    ARRIVED = "arrived", _("arrivé")
    FULFILLED = "fulfilled", _("honoré")
    CANCELLED = "cancelled", _("annulé")
    NOSHOW = "noshow", _("absent")


class Appointment(Document):
    """A person expected by a doctor at a time, or one who walked in and holds a number."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, null=True, blank=True)
    doctor_id: ObjectId | None
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    start = models.DateTimeField(_("début"))
    minutes = models.IntegerField(default=20)
    local_date = models.CharField(max_length=10)  # calendar day at the facility, YYYY-MM-DD
    status = models.CharField(
        _("état"),
        max_length=10,
        choices=AppointmentStatus.choices,
        default=AppointmentStatus.BOOKED,
    )
    holds_slot = models.BooleanField(default=True)
    is_walk_in = models.BooleanField(_("sans rendez-vous"), default=False)
    queue_number = models.IntegerField(null=True, blank=True)
    reason = models.CharField(_("motif"), max_length=200, blank=True)
    cancel_reason = models.CharField(_("motif d’annulation"), max_length=200, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancellation_asked_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    replaces_id = models.CharField(max_length=24, blank=True)
    form_id = models.CharField(max_length=24, blank=True)
    created_at = models.DateTimeField()
    rev = models.IntegerField(default=1)

    class Meta:
        db_table = "appointments"
        verbose_name = _("rendez-vous")
        verbose_name_plural = _("rendez-vous")
        constraints = [
            models.UniqueConstraint(
                fields=["doctor", "start"], condition=Q(holds_slot=True), name="one_booking_a_slot"
            ),
            models.UniqueConstraint(
                fields=["facility", "local_date", "queue_number"],
                condition=Q(queue_number__gt=0),
                name="one_queue_number",
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "local_date", "start"]),
            models.Index(fields=["doctor", "local_date", "start"]),
            models.Index(fields=["patient", "-start"]),
            models.Index(fields=["status", "start"]),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} {self.patient_id}"
