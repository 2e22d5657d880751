"""The JSON of patients that comes back, as much of it as the actor may see."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.permissions import Actor
from clinic.api.fields import (
    Shape,
)
from patients.measurements import KINDS
from patients.models import FactStatus, Patient
from patients.permissions import Sight, sight_of
from patients.queries import newest_observations, pregnancy_of


class FactOut(Shape):
    id = serializers.CharField(source="fact_id")
    status = serializers.CharField()
    notedAt = serializers.DateTimeField(source="noted_at")
    notedBy = serializers.CharField(source="noted_by_name")


class AllergyOut(FactOut):
    substance = serializers.CharField()
    reaction = serializers.CharField()
    severity = serializers.CharField()


class ConditionOut(FactOut):
    code = serializers.CharField()
    text = serializers.CharField()


class MedicineOut(FactOut):
    medicine = serializers.CharField()
    dose = serializers.CharField()
    unit = serializers.CharField()
    doseText = serializers.CharField(source="dose_text")
    route = serializers.CharField()
    times = serializers.IntegerField()
    perDays = serializers.IntegerField(source="per_days")


class MeasuredOut(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    value = serializers.SerializerMethodField()
    unit = serializers.SerializerMethodField()
    takenAt = serializers.DateTimeField(source="taken_at")
    notedBy = serializers.CharField(source="noted_by_name")

    @extend_schema_field({"oneOf": [{"type": "number"}, {"type": "string"}]})
    def get_value(self, row: Any) -> Any:
        return row.value_text if row.value is None else row.value / 1000

    def get_unit(self, row: Any) -> str:
        return KINDS[row.name].unit if row.name in KINDS else ""


class StatedOut(Shape):
    status = serializers.CharField(help_text="yes, no or unknown")
    weeks = serializers.IntegerField(allow_null=True, required=False)
    infantAgeWeeks = serializers.IntegerField(allow_null=True, required=False)


class HistoryOut(Shape):
    allergyAnswer = serializers.CharField(help_text="not-asked, none-known or recorded")
    allergies = AllergyOut(many=True)
    chronicConditions = ConditionOut(many=True, required=False)
    bloodType = serializers.CharField(required=False)
    currentMedicines = MedicineOut(many=True, required=False)
    measurements = MeasuredOut(many=True, required=False)
    pregnancy = StatedOut(required=False)
    lactation = StatedOut(required=False)


class SummaryOut(Shape):
    """What lists show."""

    id = serializers.CharField()
    recordNumber = serializers.CharField(source="record_number")
    firstName = serializers.CharField(source="given_name")
    lastName = serializers.CharField(source="family_name")
    sex = serializers.CharField()
    dateOfBirth = serializers.DateField(source="birth_date")
    dateOfBirthIsEstimated = serializers.BooleanField(source="birth_date_is_estimated")
    phone = serializers.CharField()
    city = serializers.CharField()


class PatientOut(SummaryOut):
    """A patient. Whoever may not read the clinical record gets the identity and the allergies."""

    otherPhone = serializers.CharField(source="other_phone")
    address = serializers.CharField()
    district = serializers.CharField()
    language = serializers.CharField()
    nextOfKin = serializers.CharField(source="next_of_kin")
    nextOfKinPhone = serializers.CharField(source="next_of_kin_phone")
    insurance = serializers.CharField()
    acceptsMessages = serializers.BooleanField(source="accepts_messages")
    pharmacyId = serializers.CharField(source="pharmacy_id")
    rev = serializers.IntegerField(help_text="Send it back as `If-Match` to change the identity.")
    registeredAt = serializers.DateTimeField(source="registered_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    sight = serializers.SerializerMethodField(help_text="identity or clinical")
    medicalHistory = serializers.SerializerMethodField()

    def get_sight(self, patient: Patient) -> str:
        return "clinical" if self.context["clinical"] else "identity"

    @extend_schema_field(HistoryOut)
    def get_medicalHistory(self, patient: Patient) -> dict[str, Any]:  # noqa: N802 (the JSON's name)
        return history_body(patient, self.context["now"], clinical=self.context["all_facts"])


class DuplicateOut(Shape):
    id = serializers.CharField()
    recordNumber = serializers.CharField()
    score = serializers.IntegerField(help_text="0 to 100")
    reasons = serializers.ListField(child=serializers.CharField())


class RegisteredOut(PatientOut):
    likelyDuplicates = DuplicateOut(many=True, required=False)


class PatientsOut(Shape):
    results = SummaryOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Cursor of the next page.")


def summary_body(patient: Patient) -> dict[str, Any]:
    """Return a patient as lists show them."""
    return SummaryOut.of(patient)


def patient_body(
    patient: Patient, actor: Actor, now: datetime, *, just_told: bool = False
) -> dict[str, Any]:
    """Return a patient as `actor` may see them; what they told just now comes back whole."""
    clinical = sight_of(actor, patient) is Sight.CLINICAL
    return PatientOut.of(patient, clinical=clinical, all_facts=clinical or just_told, now=now)


def history_body(patient: Patient, now: datetime, *, clinical: bool) -> dict[str, Any]:
    """Return the history, or the allergies alone."""
    history = patient.history
    body: dict[str, Any] = {
        "allergyAnswer": history.allergy_answer,
        "allergies": AllergyOut.of_many(history.active_allergies),
    }
    if not clinical:
        return body
    observations = newest_observations(patient)
    stated = pregnancy_of(patient, observations, now)
    days = stated.infant_age_days
    return {
        **body,
        "chronicConditions": ConditionOut.of_many(
            fact for fact in history.conditions if fact.status != FactStatus.ENTERED_IN_ERROR
        ),
        "bloodType": history.blood_type,
        "currentMedicines": MedicineOut.of_many(history.active_medicines),
        "measurements": MeasuredOut.of_many(
            row for name, row in sorted(observations.items()) if name in KINDS
        ),
        "pregnancy": {"status": stated.pregnant, "weeks": stated.weeks},
        "lactation": {
            "status": stated.breastfeeding,
            "infantAgeWeeks": None if days is None else days // 7,
        },
    }
