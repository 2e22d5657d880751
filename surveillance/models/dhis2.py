"""Which id of DHIS2 stands for what of ours, and what was sent there with what DHIS2 said."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.db import Document


class Dhis2Kind(models.TextChoices):
    DATA_SET = "data-set", _("ensemble de données")
    ELEMENT = "element", _("élément de données")
    PLACE = "place", _("unité d’organisation")
    COMBO = "combo", _("combinaison d’options")


class Dhis2Name(Document):
    """The id in DHIS2 of one group of diagnoses, district or age band of a country, or of its data set."""

    country = models.CharField(_("pays"), max_length=2)
    kind = models.CharField(_("genre"), max_length=8, choices=Dhis2Kind.choices)
    key = models.CharField(_("chez nous"), max_length=60, blank=True)
    name = models.CharField(_("dans DHIS2"), max_length=60)
    changed_by_name = models.CharField(_("par"), max_length=150)
    changed_at = models.DateTimeField(_("le"))

    class Meta:
        db_table = "dhis2_names"
        verbose_name = _("correspondance DHIS2")
        verbose_name_plural = _("correspondances DHIS2")
        constraints = [
            models.UniqueConstraint(fields=["country", "kind", "key"], name="one_dhis2_name")
        ]
        # A unique index is partial here, and a search by equality does not use it.
        indexes = [models.Index(fields=["country", "kind", "key"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.name}"


class Dhis2Export(Document):
    """One week that was sent to DHIS2, or tried, and what it said. `conflicts` holds [code, about, message]."""

    country = models.CharField(_("pays"), max_length=2)
    week = models.CharField(_("semaine"), max_length=8)
    is_dry_run = models.BooleanField(_("essai"), default=False)
    at = models.DateTimeField(_("le"))
    by_name = models.CharField(_("par"), max_length=150)
    outcome = models.CharField(_("résultat"), max_length=16)
    values = models.IntegerField(_("valeurs"), default=0)
    withheld = models.IntegerField(_("masquées"), default=0)
    imported = models.IntegerField(_("nouvelles"), default=0)
    updated = models.IntegerField(_("changées"), default=0)
    ignored = models.IntegerField(_("ignorées"), default=0)
    message = models.CharField(max_length=300, blank=True)
    conflicts = models.JSONField(default=list)

    class Meta:
        db_table = "dhis2_exports"
        verbose_name = _("envoi à DHIS2")
        verbose_name_plural = _("envois à DHIS2")
        indexes = [models.Index(fields=["country", "-at"])]

    def __str__(self) -> str:
        return f"{self.week} {self.outcome}"
