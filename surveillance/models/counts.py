"""What is stored of statistics: counts of a facility's week, and what was published of each week.

The counts never leave the program: pages and the API read published tables only.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.db import Document


class FacilityWeek(Document):
    """What one facility counted in one ISO week. Counted anew as a whole whenever something in it changed.

    `counts` holds [group, age band, sex, persons]; `events` the persons by event of prescribing and dispensing.
    """

    facility_id = models.CharField(max_length=24)
    week = models.CharField(_("semaine"), max_length=8)
    country = models.CharField(_("pays"), max_length=2)
    district = models.CharField(_("district de santé"), max_length=60)
    counts = models.JSONField(default=list)
    events = models.JSONField(default=dict)
    consultations = models.IntegerField(default=0)
    late = models.IntegerField(default=0)

    class Meta:
        db_table = "facility_weeks"
        verbose_name = _("semaine d’une structure")
        verbose_name_plural = _("semaines des structures")
        constraints = [
            models.UniqueConstraint(fields=["facility_id", "week"], name="one_count_a_week")
        ]
        indexes = [
            models.Index(fields=["facility_id", "week"]),
            models.Index(fields=["country", "week"]),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.week}"


class PublishedWeek(Document):
    """A week of a country that was published. It is withheld from once, and never published again by itself."""

    country = models.CharField(_("pays"), max_length=2)
    week = models.CharField(_("semaine"), max_length=8)
    threshold = models.IntegerField(_("seuil"))
    published_at = models.DateTimeField(_("publiée le"))
    revised_at = models.DateTimeField(_("révisée le"), null=True, blank=True)

    class Meta:
        db_table = "published_weeks"
        verbose_name = _("semaine publiée")
        verbose_name_plural = _("semaines publiées")
        constraints = [
            models.UniqueConstraint(fields=["country", "week"], name="one_publication_a_week")
        ]
        # A unique index is partial here, and a search by equality does not use it.
        indexes = [models.Index(fields=["country", "week"])]

    def __str__(self) -> str:
        return f"{self.country} {self.week}"


class PublishedTable(Document):
    """One published split of one week and group: `cells` holds [district, part, persons or null if withheld]."""

    country = models.CharField(_("pays"), max_length=2)
    week = models.CharField(_("semaine"), max_length=8)
    split = models.CharField(_("ventilation"), max_length=8)
    group = models.CharField(_("groupe"), max_length=24)
    cells = models.JSONField(default=list)

    class Meta:
        db_table = "published_tables"
        verbose_name = _("tableau publié")
        verbose_name_plural = _("tableaux publiés")
        indexes = [models.Index(fields=["country", "split", "week", "group"])]

    def __str__(self) -> str:
        return f"{self.country} {self.week} {self.split} {self.group}"


class Progress(Document):
    """Up to when changes have been counted."""

    key = models.CharField(max_length=20)
    counted_until = models.DateTimeField()

    class Meta:
        db_table = "statistics_progress"
        verbose_name = _("avancement du comptage")
        verbose_name_plural = _("avancements du comptage")
        constraints = [models.UniqueConstraint(fields=["key"], name="one_progress_a_key")]
        # A unique index is partial here, and a search by equality does not use it.
        indexes = [models.Index(fields=["key"])]

    def __str__(self) -> str:
        return f"{self.key} {self.counted_until:%Y-%m-%d %H:%M}"
