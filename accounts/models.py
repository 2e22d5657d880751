"""Who works here: users, the facilities they work in, and the roles they hold there."""

from typing import Any

from bson import ObjectId
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import ObjectIdAutoField

from accounts.permissions import FACILITY_PERMISSIONS, Role
from clinic.db import Document, random_id
from clinic.trail import beside_a_change


class FacilityKind(models.TextChoices):
    CLINIC = "clinic", _("Clinique")
    PHARMACY = "pharmacy", _("Pharmacie")
    LABORATORY = "laboratory", _("Laboratoire")
    AUTHORITY = "authority", _("Autorité sanitaire")


class Currency(models.TextChoices):
    XAF = "XAF", _("Franc CFA (XAF)")
    KES = "KES", _("Shilling kényan (KES)")


class Facility(Document):
    """A place that gives care: it carries the permissions of those who work there."""

    name = models.CharField(_("nom"), max_length=120)
    kind = models.CharField(_("genre"), max_length=12, choices=FacilityKind.choices)
    currency = models.CharField(
        _("monnaie"), max_length=3, choices=Currency.choices, default=Currency.XAF
    )
    time_zone = models.CharField(_("fuseau horaire"), max_length=40, default="Africa/Douala")
    country = models.CharField(_("pays"), max_length=2, default="CM")
    region = models.CharField(_("région"), max_length=60, blank=True)
    district = models.CharField(_("district de santé"), max_length=60, blank=True)
    city = models.CharField(_("ville"), max_length=60, blank=True)
    address = models.CharField(_("adresse"), max_length=160, blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    sms_name = models.CharField(
        _("nom dans les SMS"),
        max_length=30,
        blank=True,
        help_text=_("Un nom neutre, qui ne révèle aucune maladie."),
    )
    pharmacy_id_default = models.CharField(max_length=24, blank=True, editable=False)
    payment_before_dispensing = models.BooleanField(_("paiement avant délivrance"), default=False)
    is_active = models.BooleanField(_("en service"), default=True)

    class Meta:
        db_table = "facilities"
        verbose_name = _("structure")
        verbose_name_plural = _("structures")
        permissions = FACILITY_PERMISSIONS
        indexes = [models.Index(fields=["kind", "name"])]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who signs in. What they may do is decided by their roles in a facility."""

    id = ObjectIdAutoField(primary_key=True, db_column="_id", default=random_id)
    language = models.CharField(
        _("langue"), max_length=2, choices=[("fr", "Français"), ("en", "English")], default="fr"
    )
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    last_facility_id = models.CharField(max_length=24, blank=True, editable=False)

    class Meta(AbstractUser.Meta):
        db_table = "users"
        indexes = [models.Index(fields=["username"])]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_additional_data(self) -> dict[str, Any]:
        """Return what django-auditlog keeps beside a change of this account."""
        return beside_a_change(self)


class Membership(Document):
    """A role that a person holds in a facility. Ended, it stays readable."""

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("personne")
    )
    user_id: ObjectId
    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("structure")
    )
    facility_id: ObjectId
    role = models.CharField(_("rôle"), max_length=16, choices=Role.choices)
    is_active = models.BooleanField(_("actif"), default=True)
    since = models.DateTimeField(_("depuis"))
    until = models.DateTimeField(_("jusqu’au"), null=True, blank=True)

    class Meta:
        db_table = "memberships"
        verbose_name = _("rôle d’une personne")
        verbose_name_plural = _("rôles des personnes")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "facility", "role"],
                condition=models.Q(is_active=True),
                name="one_active_role",
            )
        ]
        indexes = [
            models.Index(fields=["user", "is_active"]),
            models.Index(fields=["facility", "role", "is_active"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.facility}"


class RefreshGrant(Document):
    """A device on which somebody signed in to the API: the refresh token it holds now, and the one before.

    Tokens themselves are not stored: they are signed again from what stands here.
    """

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="grants", verbose_name=_("personne")
    )
    user_id: ObjectId
    device = models.CharField(_("appareil"), max_length=80)
    address = models.CharField(_("adresse"), max_length=45, blank=True)
    password_mark = models.CharField(max_length=64)
    current = models.CharField(max_length=32)
    previous = models.CharField(max_length=32, blank=True)
    issued_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(_("expire le"))
    created_at = models.DateTimeField(_("depuis"))
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)
    revoked_reason = models.CharField(_("motif"), max_length=20, blank=True)

    class Meta:
        db_table = "refresh_grants"
        verbose_name = _("appareil connecté")
        verbose_name_plural = _("appareils connectés")
        indexes = [models.Index(fields=["user", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.device} ({self.created_at:%Y-%m-%d})"
