"""Thresholds that an authority changed, populations of districts, and alerts with what was done about them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import EmbeddedModelArrayField

from clinic.db import Document, Embedded


class AlertThreshold(Document):
    """A threshold that a country's authority changed. The newest version counts; older ones stay readable."""

    country = models.CharField(_("pays"), max_length=2)
    group = models.CharField(_("maladie"), max_length=24)
    version = models.IntegerField(_("version"))
    method = models.CharField(max_length=8)
    alert = models.FloatField(_("seuil d’alerte"))
    epidemic = models.FloatField(_("seuil épidémique"), default=0)
    weeks = models.IntegerField(_("semaines"), default=1)
    is_active = models.BooleanField(_("en vigueur"), default=True)
    reason = models.CharField(_("source ou raison"), max_length=300)
    changed_by_name = models.CharField(_("par"), max_length=150)
    changed_at = models.DateTimeField(_("le"))

    class Meta:
        db_table = "alert_thresholds"
        verbose_name = _("seuil d’alerte")
        verbose_name_plural = _("seuils d’alerte")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "group", "version"], name="one_threshold_a_version"
            )
        ]
        # A unique index is partial here, and a search by equality does not use it.
        indexes = [models.Index(fields=["country", "group"])]

    def __str__(self) -> str:
        return f"{self.country} {self.group} v{self.version}"


class DistrictPopulation(Document):
    """How many people live in a district: what rates are per."""

    country = models.CharField(_("pays"), max_length=2)
    district = models.CharField(_("district de santé"), max_length=60)
    population = models.IntegerField(_("population"))

    class Meta:
        db_table = "district_populations"
        verbose_name = _("population d’un district")
        verbose_name_plural = _("populations des districts")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "district"], name="one_population_a_district"
            )
        ]
        # A unique index is partial here, and a search by equality does not use it.
        indexes = [models.Index(fields=["country", "district"])]

    def __str__(self) -> str:
        return f"{self.district}: {self.population}"


class AlertStatus(models.TextChoices):
    OPEN = "open", _("nouvelle")
    ACKNOWLEDGED = "acknowledged", _("prise en compte")
    INVESTIGATED = "investigated", _("enquête faite")
    CLOSED = "closed", _("close")


class AlertLevel(models.TextChoices):
    ALERT = "alert", _("alerte")
    EPIDEMIC = "epidemic", _("seuil épidémique")


class AlertStep(Embedded):
    """What somebody did about an alert."""

    status = models.CharField(max_length=12, choices=AlertStatus.choices)
    note = models.CharField(max_length=300, blank=True)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()


class Alert(Document):
    """A threshold that was passed by a disease in a district and week: one document for the three of them.

    `least` is what the rule tells anyway; how many cases there were is shown only as published.
    """

    key = models.CharField(max_length=120)
    country = models.CharField(_("pays"), max_length=2)
    district = models.CharField(_("district de santé"), max_length=60)
    week = models.CharField(_("semaine"), max_length=8)
    group = models.CharField(_("maladie"), max_length=24)
    level = models.CharField(_("niveau"), max_length=8, choices=AlertLevel.choices)
    least = models.IntegerField(_("cas, au moins"))
    denominator = models.IntegerField(_("population"), default=0)
    why = models.CharField(_("règle"), max_length=20)
    rule_version = models.IntegerField(_("version de la règle"))
    status = models.CharField(
        _("état"), max_length=12, choices=AlertStatus.choices, default=AlertStatus.OPEN
    )
    raised_at = models.DateTimeField(_("déclenchée le"))
    steps = EmbeddedModelArrayField(AlertStep, default=list, blank=True)
    rev = models.IntegerField(default=1)

    class Meta:
        db_table = "alerts"
        verbose_name = _("alerte")
        verbose_name_plural = _("alertes")
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_alert_a_disease_week_place")
        ]
        indexes = [
            models.Index(fields=["key"]),
            models.Index(fields=["country", "status", "-week"]),
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.district} {self.week}"
