"""Prescriptions with their lines, the checks made on them, dispensings, and the pharmacist's questions.

A prescription is never edited: an amendment is a new version that carries the unchanged lines over, and the
old one stays readable as stopped. A check is stored whole: what was found, by which knowledge, on which record.
"""

from bson import ObjectId
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_mongodb_backend.fields import ArrayField, EmbeddedModelArrayField, EmbeddedModelField

from accounts.models import Facility
from clinic.db import Document, Embedded
from patients.models import Patient, new_fact_id
from pharmacy.rules import DISPENSABLE_STATUSES, LIVE_STATUSES
from pharmacy.safety.model import finding_subject


class LineStatus(models.TextChoices):
    """FHIR R4 MedicationRequest status."""

    DRAFT = "draft", _("en attente d’un motif")
    ACTIVE = "active", _("à délivrer")
    ON_HOLD = "on-hold", _("bloquée")
    COMPLETED = "completed", _("délivrée")
    STOPPED = "stopped", _("arrêtée")
    CANCELLED = "cancelled", _("annulée")
    ENTERED_IN_ERROR = "entered-in-error", _("saisie par erreur")


class Route(models.TextChoices):
    ORAL = "oral", _("orale")
    SUBLINGUAL = "sublingual", _("sublinguale")
    IV = "iv", _("intraveineuse")
    IM = "im", _("intramusculaire")
    SC = "sc", _("sous-cutanée")
    INTRADERMAL = "intradermal", _("intradermique")
    INFILTRATION = "infiltration", _("infiltration")
    INHALED = "inhaled", _("inhalée")
    RECTAL = "rectal", _("rectale")
    VAGINAL = "vaginal", _("vaginale")
    TOPICAL = "topical", _("cutanée")
    OPHTHALMIC = "ophthalmic", _("oculaire")
    OTIC = "otic", _("auriculaire")
    NASAL = "nasal", _("nasale")
    IMPLANT = "implant", _("implant")


class DoseUnit(models.TextChoices):
    MG = "mg", "mg"
    G = "g", "g"
    UG = "µg", "µg"
    ML = "mL", "mL"
    IU = "IU", _("UI")
    MMOL = "mmol", "mmol"
    TABLET = "tablet", _("comprimé(s)")
    DROP = "drop", _("goutte(s)")
    PUFF = "puff", _("bouffée(s)")
    SACHET = "sachet", _("sachet(s)")
    DOSE = "dose", _("dose(s)")
    APPLICATION = "application", _("application(s)")


class OverrideCode(models.TextChoices):
    """Why a doctor keeps a line with a major finding."""

    BENEFIT = "benefit-outweighs-risk", _("le bénéfice dépasse le risque")
    MONITORED = "will-monitor", _("surveillance prévue")
    TOLERATED = "tolerated-before", _("déjà pris et bien toléré")
    NO_ALTERNATIVE = "no-alternative", _("pas d’alternative disponible")
    SPECIALIST = "specialist-advice", _("avis d’un spécialiste")
    OTHER = "other", _("autre")


class JudgementCode(models.TextChoices):
    """Why a pharmacist releases a line that could not be checked."""

    VERIFIED = "verified-in-reference", _("vérifié dans un ouvrage de référence")
    ASKED_DOCTOR = "confirmed-with-doctor", _("confirmé avec le médecin")
    ASKED_PATIENT = "clarified-with-patient", _("éclairci avec le patient")
    OTHER = "other", _("autre")


class Override(Embedded):
    """A doctor's reason for keeping a line with major findings, and which findings exactly it covers."""

    code = models.CharField(max_length=32, choices=OverrideCode.choices)
    text = models.CharField(max_length=300, blank=True)
    rules = ArrayField(models.CharField(max_length=120), default=list)
    subjects = ArrayField(models.CharField(max_length=600), default=list)
    by = models.CharField(max_length=24)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()


class Judgement(Embedded):
    """A pharmacist's recorded judgement on what could not be checked, and on what exactly."""

    code = models.CharField(max_length=32, choices=JudgementCode.choices)
    text = models.CharField(max_length=300)
    subjects = ArrayField(models.CharField(max_length=180), default=list)
    by = models.CharField(max_length=24)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()


class PrescriptionLine(Embedded):
    """One medicine ordered. `dose` is a decimal number as text, in `unit`; `times` doses every `per_days` days."""

    line_id = models.CharField(max_length=24, default=new_fact_id)
    medicine = models.CharField(max_length=120)
    dose = models.CharField(max_length=16, blank=True)
    unit = models.CharField(max_length=12, choices=DoseUnit.choices, blank=True)
    dose_text = models.CharField(max_length=120, blank=True)
    route = models.CharField(max_length=16, choices=Route.choices, default=Route.ORAL)
    times = models.IntegerField(default=1)
    per_days = models.IntegerField(default=1)
    days = models.IntegerField(null=True, blank=True)
    quantity = models.IntegerField(default=1)
    quantity_dispensed = models.IntegerField(default=0)
    instructions = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=16, choices=LineStatus.choices, default=LineStatus.DRAFT)
    override = EmbeddedModelField(Override, null=True, blank=True)
    judgement = EmbeddedModelField(Judgement, null=True, blank=True)
    replaces_line = models.CharField(max_length=24, blank=True)
    stop_reason = models.CharField(max_length=200, blank=True)
    last_dispensed_at = models.DateTimeField(null=True, blank=True)

    @property
    def is_live(self) -> bool:
        """Tell whether the line is still to be acted on."""
        return self.status in LIVE_STATUSES

    @property
    def is_dispensable(self) -> bool:
        """Tell whether its status allows dispensing; the check made then decides the rest."""
        return self.status in DISPENSABLE_STATUSES

    @property
    def quantity_left(self) -> int:
        """Return what is still to be dispensed."""
        return max(self.quantity - self.quantity_dispensed, 0)

    @property
    def dose_label(self) -> str:
        """Return the dose as written: the figure that is checked, then the words beside it."""
        figure = f"{self.dose} {self.unit}".strip()
        return (
            f"{figure} ({self.dose_text})"
            if figure and self.dose_text
            else figure or self.dose_text
        )


class StoredFinding(Embedded):
    """A finding as it was shown."""

    line_id = models.CharField(max_length=24)
    severity = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    rule = models.CharField(max_length=120)
    about = ArrayField(models.CharField(max_length=120), default=list)
    message_fr = models.CharField(max_length=600)
    message_en = models.CharField(max_length=600)
    do_fr = models.CharField(max_length=600, blank=True)
    do_en = models.CharField(max_length=600, blank=True)
    instead = ArrayField(models.CharField(max_length=120), default=list)
    source = models.CharField(max_length=300, blank=True)
    facts = ArrayField(models.CharField(max_length=60), default=list)

    @property
    def subject(self) -> str:
        """Return what it is about, as a doctor's reason names it."""
        return finding_subject(self.rule, self.kind, self.about, self.facts)


class StoredNotChecked(Embedded):
    """What could not be checked, and why."""

    line_id = models.CharField(max_length=24, blank=True)
    kind = models.CharField(max_length=16)
    about = models.CharField(max_length=160)
    why_fr = models.CharField(max_length=600)
    why_en = models.CharField(max_length=600)
    needs_judgement = models.BooleanField(default=True)
    lines = ArrayField(models.CharField(max_length=24), default=list)

    def concerns(self, line_id: str) -> bool:
        """Tell whether the line is not wholly checked because of it; without lines it concerns them all."""
        return self.line_id == line_id or (
            not self.line_id and (not self.lines or line_id in self.lines)
        )

    @property
    def subject(self) -> str:
        """Return what it is about, as a judgement names it."""
        return f"{self.kind}:{self.about}"


class SafetyCheck(Document):
    """One run of the engine over a prescription: when, for what, on which record, with which knowledge."""

    prescription_id = models.CharField(max_length=24, blank=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    patient_rev = models.IntegerField()
    moment = models.CharField(
        max_length=16
    )  # interrupt, prescribe, amend, reason, dispense, verify
    line_id = models.CharField(max_length=24, blank=True)
    outcome = models.CharField(max_length=20, blank=True)  # stored, released, refused
    at = models.DateTimeField()
    by = models.CharField(max_length=24, blank=True)
    by_role = models.CharField(max_length=60, blank=True)
    facility_id = models.CharField(max_length=24, blank=True)
    form_id = models.CharField(max_length=24, blank=True)
    knowledge_version = models.CharField(max_length=40)
    knowledge_hash = models.CharField(max_length=64)
    findings = EmbeddedModelArrayField(StoredFinding, default=list, blank=True)
    not_checked = EmbeddedModelArrayField(StoredNotChecked, default=list, blank=True)

    class Meta:
        db_table = "safety_checks"
        verbose_name = _("contrôle")
        verbose_name_plural = _("contrôles")
        indexes = [
            models.Index(fields=["prescription_id", "-at"]),
            models.Index(fields=["patient", "-at"]),
            models.Index(fields=["moment", "-at"]),
            models.Index(fields=["facility_id", "moment", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.moment} {self.at:%Y-%m-%d %H:%M}"


class Prescription(Document):
    """One version of an order for medicines."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    consultation_id = models.CharField(max_length=24, blank=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT)
    facility_id: ObjectId
    pharmacy_id = models.CharField(max_length=24, blank=True)
    prescriber_id = models.CharField(max_length=24)
    prescriber_name = models.CharField(max_length=150)
    authored_at = models.DateTimeField(_("écrite le"))
    status = models.CharField(_("état"), max_length=16, choices=LineStatus.choices)
    lines = EmbeddedModelArrayField(PrescriptionLine, default=list)
    code = models.CharField(_("code"), max_length=12)
    version = models.IntegerField(default=1)
    replaces_id = models.CharField(max_length=24, blank=True)
    replaced_by_id = models.CharField(max_length=24, blank=True)
    repeats_id = models.CharField(max_length=24, blank=True)
    check_id = models.CharField(max_length=24)
    stop_reason = models.CharField(max_length=200, blank=True)
    payment_skipped_reason = models.CharField(max_length=200, blank=True)
    form_id = models.CharField(max_length=24, blank=True)
    rev = models.IntegerField(default=1)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "prescriptions"
        verbose_name = _("ordonnance")
        verbose_name_plural = _("ordonnances")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="one_code"),
            models.UniqueConstraint(
                fields=["form_id"], condition=Q(form_id__gt=""), name="one_prescription_a_form"
            ),
            models.UniqueConstraint(
                fields=["replaces_id"], condition=Q(replaces_id__gt=""), name="one_next_version"
            ),
        ]
        indexes = [
            # A unique index is partial here, and a search by equality does not use it.
            models.Index(fields=["code"]),
            models.Index(fields=["form_id"]),
            models.Index(fields=["patient", "-authored_at"]),
            models.Index(fields=["pharmacy_id", "status", "-changed_at"]),
            models.Index(fields=["pharmacy_id", "-changed_at"]),
            models.Index(fields=["facility", "-authored_at"]),
            models.Index(fields=["consultation_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    def line(self, line_id: str) -> PrescriptionLine | None:
        """Return the line with this id, or None."""
        return next((line for line in self.lines if line.line_id == line_id), None)


class Dispensing(Document):
    """Medicine that left: never without the check made then. The database itself refuses one without it."""

    prescription_id = models.CharField(max_length=24)
    line_id = models.CharField(max_length=24)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    pharmacy_id = models.CharField(max_length=24)
    medicine = models.CharField(max_length=120)
    substituted_for = models.CharField(max_length=120, blank=True)
    batch = models.CharField(_("lot"), max_length=40, blank=True)
    quantity = models.IntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=24)
    by_name = models.CharField(max_length=150)
    check_id = models.CharField(max_length=24)
    verdict = models.CharField(max_length=16)  # clear, alert, not-checked
    knowledge_version = models.CharField(max_length=40)
    confirmed_by = models.CharField(max_length=24, blank=True)
    confirmed_by_name = models.CharField(max_length=150, blank=True)
    alone_reason = models.CharField(max_length=200, blank=True)
    judgement = EmbeddedModelField(Judgement, null=True, blank=True)
    form_id = models.CharField(max_length=24, blank=True)
    payment_skipped_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "dispensings"
        verbose_name = _("délivrance")
        verbose_name_plural = _("délivrances")
        constraints = [
            models.UniqueConstraint(
                fields=["form_id"], condition=Q(form_id__gt=""), name="one_dispensing_a_form"
            )
        ]
        indexes = [
            models.Index(fields=["form_id"]),
            models.Index(fields=["prescription_id", "-at"]),
            models.Index(fields=["patient", "-at"]),
            models.Index(fields=["pharmacy_id", "-at"]),
        ]

    def __str__(self) -> str:
        return f"{self.medicine} × {self.quantity}"


class QuestionStatus(models.TextChoices):
    OPEN = "open", _("sans réponse")
    ANSWERED = "answered", _("répondue")


class PharmacyQuestion(Document):
    """A pharmacist asks the doctor about a line; a colleague may answer."""

    prescription_id = models.CharField(max_length=24)
    line_id = models.CharField(max_length=24)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT)
    patient_id: ObjectId
    facility_id = models.CharField(max_length=24)
    prescriber_id = models.CharField(max_length=24)
    pharmacy_id = models.CharField(max_length=24)
    medicine = models.CharField(max_length=120)
    finding_fr = models.CharField(max_length=600, blank=True)
    finding_en = models.CharField(max_length=600, blank=True)
    text = models.CharField(_("question"), max_length=400)
    status = models.CharField(
        max_length=10, choices=QuestionStatus.choices, default=QuestionStatus.OPEN
    )
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=24)
    asked_by_name = models.CharField(max_length=150)
    answer = models.CharField(_("réponse"), max_length=400, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "pharmacy_questions"
        verbose_name = _("question au médecin")
        verbose_name_plural = _("questions aux médecins")
        indexes = [
            models.Index(fields=["facility_id", "status", "-asked_at"]),
            models.Index(fields=["prescription_id", "-asked_at"]),
            models.Index(fields=["pharmacy_id", "status", "-asked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.medicine}: {self.text[:40]}"


class Pharmacy(Document):
    """What a facility's pharmacy is licensed for."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, verbose_name=_("structure"))
    facility_id: ObjectId
    licence_number = models.CharField(_("numéro de licence"), max_length=40, blank=True)
    is_active = models.BooleanField(_("en service"), default=True)

    class Meta:
        db_table = "pharmacies"
        verbose_name = _("pharmacie")
        verbose_name_plural = _("pharmacies")
        constraints = [models.UniqueConstraint(fields=["facility"], name="one_pharmacy_profile")]

    def __str__(self) -> str:
        return str(self.facility)
