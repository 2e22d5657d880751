"""Carnet's own effect, as counts of a week: stopped lines, openings of records, opinions. Of nobody."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import ArrayField

from clinic.db import Document


class ImpactWeek(Document):
    """What Carnet did in one facility and ISO week. Counted anew as a whole, and only counts: of nobody.

    `outcomes` holds stopped lines by what became of them, `rules` [rule, role, severity, fired, stopped, heeded,
    overridden], `staff` how many people worked with it.
    """

    facility_id = models.CharField(max_length=24)
    week = models.CharField(_("semaine"), max_length=8)
    country = models.CharField(_("pays"), max_length=2)
    prescribed = models.IntegerField(default=0)
    outcomes = models.JSONField(default=dict)
    rules = models.JSONField(default=list)
    staff = models.IntegerField(default=0)

    class Meta:
        db_table = "impact_weeks"
        verbose_name = _("effet d’une semaine")
        verbose_name_plural = _("effets des semaines")
        constraints = [
            models.UniqueConstraint(fields=["facility_id", "week"], name="one_impact_a_week")
        ]
        indexes = [
            models.Index(fields=["facility_id", "week"]),
            models.Index(fields=["country", "week"]),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.week}"


class OpeningWeek(Document):
    """How long records took to open in a week: counts by duration, of the whole installation."""

    what = models.CharField(max_length=8)
    week = models.CharField(_("semaine"), max_length=8)
    counts = ArrayField(models.IntegerField(), default=list)

    class Meta:
        db_table = "opening_weeks"
        verbose_name = _("temps d’ouverture")
        verbose_name_plural = _("temps d’ouverture")
        constraints = [models.UniqueConstraint(fields=["what", "week"], name="one_opening_a_week")]
        indexes = [models.Index(fields=["week"])]

    def __str__(self) -> str:
        return f"{self.what} {self.week}"


class Opinion(Document):
    """That somebody was asked about a visit, and whether they answered: never what."""

    patient_id = models.CharField(max_length=24)
    phone = models.CharField(_("téléphone"), max_length=20)
    facility_id = models.CharField(max_length=24)
    country = models.CharField(_("pays"), max_length=2)
    week = models.CharField(_("semaine"), max_length=8)
    asked_at = models.DateTimeField(_("demandé le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    answered_at = models.DateTimeField(_("répondu le"), null=True, blank=True)

    class Meta:
        db_table = "opinions"
        verbose_name = _("avis demandé")
        verbose_name_plural = _("avis demandés")
        indexes = [
            models.Index(fields=["patient_id", "-asked_at"]),
            models.Index(fields=["phone", "-asked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.week} {self.asked_at:%Y-%m-%d}"


class OpinionWeek(Document):
    """What people said of their visits to a facility in a week: how many were asked, and how many gave each mark."""

    facility_id = models.CharField(max_length=24)
    week = models.CharField(_("semaine"), max_length=8)
    country = models.CharField(_("pays"), max_length=2)
    asked = models.IntegerField(default=0)
    marks = ArrayField(models.IntegerField(), default=list)

    class Meta:
        db_table = "opinion_weeks"
        verbose_name = _("avis d’une semaine")
        verbose_name_plural = _("avis des semaines")
        constraints = [
            models.UniqueConstraint(fields=["facility_id", "week"], name="one_opinion_a_week")
        ]
        indexes = [
            models.Index(fields=["facility_id", "week"]),
            models.Index(fields=["country", "week"]),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.week}"
