"""What people decide about the medication knowledge: approvals of its rules, and what a facility adds to it."""

from bson import ObjectId
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Facility
from clinic.db import Document


class Severity(models.TextChoices):
    CONTRAINDICATED = "contraindicated", _("Contre-indiqué")
    MAJOR = "major", _("Alerte majeure")
    MODERATE = "moderate", _("À savoir")
    MINOR = "minor", _("Pour information")


class ReviewDecision(models.TextChoices):
    APPROVED = "approved", _("approuvée")
    OBJECTED = "objected", _("à corriger")


class RuleReview(Document):
    """What somebody decided about a rule as it read that day. A changed rule has another hash: it is proposed again."""

    rule_id = models.CharField(_("règle"), max_length=120)
    content_hash = models.CharField(max_length=64)
    knowledge_version = models.CharField(_("version"), max_length=40)
    decision = models.CharField(_("décision"), max_length=10, choices=ReviewDecision.choices)
    note = models.CharField(_("remarque"), max_length=300, blank=True)
    by = models.CharField(max_length=24)
    by_name = models.CharField(_("par"), max_length=150)
    by_role = models.CharField(_("rôle"), max_length=60, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    facility_name = models.CharField(_("structure"), max_length=120, blank=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        db_table = "rule_reviews"
        verbose_name = _("relecture d’une règle")
        verbose_name_plural = _("relectures des règles")
        indexes = [models.Index(fields=["rule_id", "-at"]), models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.decision} {self.at:%Y-%m-%d}"


class FacilityRuleKind(models.TextChoices):
    RAISE = "raise", _("gravité relevée")
    ADD = "add", _("règle ajoutée")


class LocalTrigger(models.TextChoices):
    """What an added rule's medicine may meet."""

    CONDITION = "condition", _("une maladie (code CIM-10 ou nom)")
    DRUG = "drug", _("un autre médicament (nom ou famille)")
    ALLERGY = "allergy", _("une allergie notée")
    PREGNANCY = "pregnancy", _("la grossesse")
    LACTATION = "lactation", _("l’allaitement")
    AGE_BELOW = "age-below", _("un âge au-dessous de … ans")
    AGE_FROM = "age-from", _("un âge à partir de … ans")
    EGFR_BELOW = "egfr-below", _("un débit de filtration au-dessous de … mL/min")


class RuleStatus(models.TextChoices):
    """FHIR R4 PublicationStatus."""

    ACTIVE = "active", _("en vigueur")
    RETIRED = "retired", _("retirée")


class FacilityRule(Document):
    """A severity that a facility raises, or a rule that it adds, for the patients it follows. It is never edited."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, verbose_name=_("structure"))
    facility_id: ObjectId
    kind = models.CharField(_("nature"), max_length=8, choices=FacilityRuleKind.choices)
    base_rule = models.CharField(_("règle relevée"), max_length=120, blank=True)
    drug = models.CharField(_("médicament ou famille"), max_length=120, blank=True)
    trigger = models.CharField(
        _("ce qu’il rencontre"), max_length=12, choices=LocalTrigger.choices, blank=True
    )
    value = models.CharField(_("précision"), max_length=120, blank=True)
    severity = models.CharField(_("gravité"), max_length=16, choices=Severity.choices)
    message_fr = models.CharField(_("phrase en français"), max_length=300, blank=True)
    message_en = models.CharField(_("phrase en anglais"), max_length=300, blank=True)
    do_fr = models.CharField(_("que faire, en français"), max_length=300, blank=True)
    do_en = models.CharField(_("que faire, en anglais"), max_length=300, blank=True)
    reason = models.CharField(_("raison ou source"), max_length=300)
    status = models.CharField(
        _("état"), max_length=8, choices=RuleStatus.choices, default=RuleStatus.ACTIVE
    )
    added_by = models.CharField(max_length=24)
    added_by_name = models.CharField(_("par"), max_length=150)
    added_at = models.DateTimeField(_("le"))
    retired_by_name = models.CharField(_("retirée par"), max_length=150, blank=True)
    retired_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    retire_reason = models.CharField(_("motif du retrait"), max_length=300, blank=True)

    class Meta:
        db_table = "facility_rules"
        verbose_name = _("règle de la structure")
        verbose_name_plural = _("règles de la structure")
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "base_rule"],
                condition=Q(status="active", kind="raise"),
                name="one_raise_a_rule",
            )
        ]
        indexes = [models.Index(fields=["facility", "status"])]

    def __str__(self) -> str:
        return self.base_rule or f"{self.drug} · {self.get_trigger_display()} {self.value}".strip()

    @property
    def rule_id(self) -> str:
        """Return the id that findings of an added rule carry, and the ref that those of a raised one do."""
        return f"facility.{self.pk}"
