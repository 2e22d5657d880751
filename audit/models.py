"""Who looked at what: one entry for each request that showed a record, signed somebody in, or was refused."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import ArrayField

from clinic.db import Document


class AccessKind(models.TextChoices):
    READ = "read", _("Lecture")
    LIST = "list", _("Liste")
    WRITE = "write", _("Écriture")
    SIGN_IN = "sign-in", _("Connexion")
    SIGN_IN_FAILED = "sign-in-failed", _("Connexion refusée")
    SIGN_OUT = "sign-out", _("Déconnexion")
    REFUSED = "refused", _("Accès refusé")


class AccessEntry(Document):
    """Who, in which role and place, saw or tried what, when, from where and why."""

    at = models.DateTimeField(_("quand"))
    kind = models.CharField(_("genre"), max_length=16, choices=AccessKind.choices)
    user_id = models.CharField(max_length=24, blank=True)
    username = models.CharField(_("qui"), max_length=150, blank=True)
    roles = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    facility_name = models.CharField(_("où"), max_length=120, blank=True)
    patient_ids = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    shown = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    route = models.CharField(_("page"), max_length=80, blank=True)
    method = models.CharField(max_length=8, blank=True)
    status = models.IntegerField(default=200)
    reason = models.CharField(_("motif"), max_length=300, blank=True)
    address = models.CharField(_("adresse"), max_length=45, blank=True)

    class Meta:
        db_table = "access_log"
        verbose_name = _("accès")
        verbose_name_plural = _("accès")
        indexes = [
            models.Index(fields=["-at"]),
            models.Index(fields=["patient_ids", "-at"]),
            models.Index(fields=["user_id", "-at"]),
            models.Index(fields=["kind", "-at"]),
            models.Index(fields=["facility_id", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.username} {self.route}"
