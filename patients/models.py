"""The record of a patient: identity, and the history embedded in it (allergies, conditions, medicines taken).

Facts are append-only: an allergy is withdrawn and a condition resolved by adding to the fact who did it,
when and why, or to a condition when it was said again; nothing else is edited in place.
"""

from datetime import date, datetime
from typing import Any, cast

from bson import ObjectId
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField, EmbeddedModelField

from clinic.db import Document, Embedded, random_id
from patients.fields import IdentifyingField
from patients.rules import Identity, age_in_days, age_in_years, scope


def new_fact_id() -> str:
    """Return a new id for a fact inside a document; a device can make one just the same."""
    return str(random_id())


class Sex(models.TextChoices):
    FEMALE = "F", _("Femme")
    MALE = "M", _("Homme")


class Language(models.TextChoices):
    FRENCH = "fr", _("Français")
    ENGLISH = "en", _("Anglais")
    PIDGIN = "pcm", _("Pidgin")


class BloodType(models.TextChoices):
    A_POS = "A+", "A+"
    A_NEG = "A-", "A-"
    B_POS = "B+", "B+"
    B_NEG = "B-", "B-"
    AB_POS = "AB+", "AB+"
    AB_NEG = "AB-", "AB-"
    O_POS = "O+", "O+"
    O_NEG = "O-", "O-"


class FactStatus(models.TextChoices):
    ACTIVE = "active", _("actif")
    RESOLVED = "resolved", _("résolu")
    ENTERED_IN_ERROR = "entered-in-error", _("saisi par erreur")
    FAMILY = "family", _("antécédent familial")


class AllergyAnswer(models.TextChoices):
    NOT_ASKED = "not-asked", _("question non posée")
    NONE_KNOWN = "none-known", _("aucune allergie connue")
    RECORDED = "recorded", _("allergies notées")


class Fact(Embedded):
    """What every fact of a history carries: who noted it, when, and how it ended."""

    fact_id = models.CharField(max_length=24, default=new_fact_id)
    status = models.CharField(max_length=16, choices=FactStatus.choices, default=FactStatus.ACTIVE)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=24)
    noted_by_name = models.CharField(max_length=150)
    reported_only = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    ended_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def is_active(self) -> bool:
        """Tell whether the fact holds today."""
        return self.status == FactStatus.ACTIVE


class Allergy(Fact):
    """An allergy in the words it was told, with the reaction when known."""

    substance = models.CharField(max_length=120)
    reaction = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=12, blank=True)


class Tolerance(Fact):
    """A medicine that was taken without harm since an allergy to its class was noted."""

    substance = models.CharField(max_length=120)


class Condition(Fact):
    """A diagnosis or problem: an ICD-10 code, the words written, or both; `again_at` is when it was last said again."""

    code = models.CharField(max_length=8, blank=True)
    text = models.CharField(max_length=200, blank=True)
    onset_date = models.DateField(null=True, blank=True)
    again_at = models.DateTimeField(null=True, blank=True)

    @property
    def last_said_at(self) -> datetime:
        """Return when it was last said: weeks and figures in its words count from then."""
        return self.again_at or self.noted_at


class ReportedMedicine(Fact):
    """A medicine the patient says they take, whoever prescribed it.

    The dose in the words it was told; when it is known, `dose` in `unit`, `times` doses every `per_days` days.
    """

    medicine = models.CharField(max_length=120)
    dose_text = models.CharField(max_length=120, blank=True)
    route = models.CharField(max_length=16, default="oral")
    dose = models.CharField(max_length=16, blank=True)
    unit = models.CharField(max_length=12, blank=True)
    times = models.IntegerField(default=1)
    per_days = models.IntegerField(default=1)


class History(Embedded):
    """The medical history embedded in the patient."""

    blood_type = models.CharField(max_length=3, choices=BloodType.choices, blank=True)
    allergy_answer = models.CharField(
        max_length=12, choices=AllergyAnswer.choices, default=AllergyAnswer.NOT_ASKED
    )
    allergies = EmbeddedModelArrayField(Allergy, default=list, blank=True)
    tolerances = EmbeddedModelArrayField(Tolerance, default=list, blank=True)
    conditions = EmbeddedModelArrayField(Condition, default=list, blank=True)
    medicines = EmbeddedModelArrayField(ReportedMedicine, default=list, blank=True)

    @property
    def active_allergies(self) -> list[Allergy]:
        """Return the allergies that hold today, oldest first."""
        return [fact for fact in self.allergies or [] if fact.is_active]

    @property
    def withdrawn_allergies(self) -> list[Allergy]:
        """Return the allergies that a clinician withdrew."""
        return [fact for fact in self.allergies or [] if not fact.is_active]

    @property
    def active_conditions(self) -> list[Condition]:
        """Return the conditions that hold today, oldest first."""
        return [fact for fact in self.conditions or [] if fact.is_active]

    @property
    def active_medicines(self) -> list[ReportedMedicine]:
        """Return the medicines the patient says they take."""
        return [fact for fact in self.medicines or [] if fact.is_active]


class PatientQuerySet(QuerySet["Patient"]):
    """Filters over patients."""

    def of_facility(self, facility_id: Any) -> "PatientQuerySet":
        """Return the patients followed in a facility."""
        return self.filter(facility_ids__contains=[str(facility_id)])

    def with_keys(self, keys: list[str], facility_id: Any = None) -> "PatientQuerySet":
        """Return the patients that carry all of the search keys, in one facility or anywhere."""
        marked = [f"{scope(facility_id)}|{key}" for key in keys] if facility_id else keys
        return self.filter(search_keys__contains=marked)


class Patient(Document):
    """A person who is cared for, wherever it is."""

    record_number = models.CharField(_("numéro de dossier"), max_length=20)
    given_name = IdentifyingField(_("prénoms"), max_length=80)
    family_name = IdentifyingField(_("nom"), max_length=80)
    sex = models.CharField(_("sexe"), max_length=1, choices=Sex.choices)
    birth_date = models.DateField(_("date de naissance"))
    birth_date_is_estimated = models.BooleanField(_("date estimée"), default=False)
    phone = IdentifyingField(_("téléphone"), max_length=20, blank=True)
    other_phone = IdentifyingField(_("autre téléphone"), max_length=20, blank=True)
    address = IdentifyingField(_("adresse ou repère"), max_length=160, blank=True)
    city = models.CharField(_("ville"), max_length=60, blank=True)
    district = models.CharField(_("district de santé"), max_length=60, blank=True)
    language = models.CharField(
        _("langue des messages"), max_length=3, choices=Language.choices, default=Language.FRENCH
    )
    next_of_kin = IdentifyingField(_("personne à prévenir"), max_length=120, blank=True)
    next_of_kin_phone = IdentifyingField(_("son téléphone"), max_length=20, blank=True)
    insurance = models.CharField(_("assurance ou prise en charge"), max_length=80, blank=True)
    accepts_messages = models.BooleanField(_("accepte les SMS"), default=True)
    pin_hash = models.CharField(max_length=128, blank=True, editable=False)
    pin_failures = models.IntegerField(default=0, editable=False)
    deceased_date = models.DateField(_("date de décès"), null=True, blank=True)
    history = EmbeddedModelField(History, default=History)
    facility_ids = ArrayField(models.CharField(max_length=24), default=list)
    care_team_ids = ArrayField(models.CharField(max_length=24), default=list)
    pharmacy_id = models.CharField(max_length=24, blank=True)
    search_keys = ArrayField(models.CharField(max_length=48), default=list)
    rev = models.IntegerField(default=1)
    registered_at = models.DateTimeField()
    registered_in = models.CharField(max_length=24)
    updated_at = models.DateTimeField()

    objects = PatientQuerySet.as_manager()

    class Meta:
        db_table = "patients"
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        permissions = [("use_emergency_access", _("Accès d’urgence"))]
        constraints = [models.UniqueConstraint(fields=["record_number"], name="one_record_number")]
        indexes = [
            models.Index(fields=["search_keys", "-updated_at"], name="patients_search"),
            models.Index(fields=["facility_ids", "-updated_at"], name="patients_recent"),
            models.Index(fields=["phone"], name="patients_phone", condition=Q(phone__gt="")),
        ]

    def __str__(self) -> str:
        return f"{self.family_name.upper()} {self.given_name}"

    @property
    def patient_id(self) -> ObjectId:
        """Return whose record this is, under the name that every other document of a record has for it."""
        return cast(ObjectId, self.pk)

    @property
    def identity(self) -> Identity:
        """Return what duplicates are compared by."""
        return Identity(
            self.given_name,
            self.family_name,
            self.sex,
            self.birth_date,
            self.birth_date_is_estimated,
            self.phone,
        )

    def age_years(self, today: date) -> int:
        """Return completed years on `today`."""
        return age_in_years(self.birth_date, today)

    def age_days(self, today: date) -> int:
        """Return days of life on `today`."""
        return age_in_days(self.birth_date, today)


class EmergencyAccess(Document):
    """Break-the-glass: a clinician without a relation opened a record, for four hours, giving a reason."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    user_id = models.CharField(max_length=24)
    username = models.CharField(_("qui"), max_length=150)
    facility_id = models.CharField(max_length=24)
    facility_name = models.CharField(_("où"), max_length=120)
    places = ArrayField(models.CharField(max_length=24), default=list)  # whose auditors review it
    reason = models.CharField(_("motif"), max_length=300)
    opened_at = models.DateTimeField(_("ouvert le"))
    ends_at = models.DateTimeField(_("fin"))
    reviewed_at = models.DateTimeField(_("revu le"), null=True, blank=True)
    reviewed_by_name = models.CharField(_("revu par"), max_length=150, blank=True)
    review_note = models.CharField(_("conclusion"), max_length=300, blank=True)

    class Meta:
        db_table = "emergency_accesses"
        verbose_name = _("accès d’urgence")
        verbose_name_plural = _("accès d’urgence")
        indexes = [
            models.Index(fields=["user_id", "ends_at"]),
            models.Index(fields=["patient", "-opened_at"]),
            models.Index(fields=["places", "-opened_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.username} → {self.patient_id} ({self.opened_at:%Y-%m-%d %H:%M})"


class MeasurementStatus(models.TextChoices):
    FINAL = "final", _("validée")
    ENTERED_IN_ERROR = "entered-in-error", _("saisie par erreur")


class Observation(Document):
    """One measured or stated fact with its time: vital signs, pregnancy, breastfeeding, laboratory values.

    `value` is in thousandths of the unit that the name carries (`weight_kg` 62.5 kg is 62500);
    `value_text` is for what is not a number (`positive`, `yes`).
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    name = models.CharField(max_length=40)
    value = models.BigIntegerField(null=True, blank=True)
    value_text = models.CharField(max_length=40, blank=True)
    status = models.CharField(
        max_length=16, choices=MeasurementStatus.choices, default=MeasurementStatus.FINAL
    )
    taken_at = models.DateTimeField()
    noted_by = models.CharField(max_length=24)
    noted_by_name = models.CharField(max_length=150)
    facility_id = models.CharField(max_length=24)
    consultation_id = models.CharField(max_length=24, blank=True)
    set_id = models.CharField(max_length=24, blank=True)
    ended_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "observations"
        verbose_name = _("mesure")
        verbose_name_plural = _("mesures")
        indexes = [
            models.Index(fields=["patient", "name", "-taken_at"]),
            models.Index(fields=["patient", "-taken_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value_text or (self.value or 0) / 1000}"
