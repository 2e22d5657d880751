"""The JSON of patients that is accepted: identity, history, measurements."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.permissions import Actor
from clinic.api.fields import (
    Choice,
    Day,
    Flag,
    Id,
    Moment,
    Number,
    Shape,
    Text,
    Whole,
    WordOr,
    rhythm,
)
from clinic.api.words import ROUTE_WORDS, SEX_WORDS, UNIT_WORDS
from patients.actions import Facts
from patients.forms import IdentityForm
from patients.measurements import KINDS
from patients.models import BloodType, FactStatus, Language, Sex

ICD = re.compile(r"[A-Z]\d{2}(\.\d{1,2})?")
ROUTES = (
    "oral", "sublingual", "iv", "im", "sc", "intradermal", "infiltration", "inhaled", "rectal", "vaginal", "topical",
    "ophthalmic", "otic", "nasal", "implant",
)  # fmt: skip
UNITS = (
    "mg", "g", "µg", "mL", "IU", "mmol", "tablet", "drop", "puff", "sachet", "dose", "application",
)  # fmt: skip
NAMES = {
    "firstName": "given_name", "lastName": "family_name", "sex": "sex", "dateOfBirth": "birth_date",
    "ageYears": "age_years", "phone": "phone", "otherPhone": "other_phone", "address": "address", "city": "city",
    "district": "district", "language": "language", "nextOfKin": "next_of_kin", "nextOfKinPhone": "next_of_kin_phone",
    "insurance": "insurance", "acceptsMessages": "accepts_messages",
}  # fmt: skip
JSON_NAMES = {stored: name for name, stored in NAMES.items()}
FACT_STATUSES = [FactStatus.ACTIVE, FactStatus.RESOLVED, FactStatus.FAMILY]


class AllergyIn(Shape):
    also = {"name": "substance", "allergen": "substance", "text": "substance"}

    substance = Text(max_length=120)
    reaction = Text(max_length=200, required=False, allow_blank=True)
    severity = Choice(["mild", "moderate", "severe"], required=False)


class ConditionIn(Shape):
    """A code, words, or both; words that are an ICD-10 code count as one."""

    also = {
        "name": "text", "condition": "text", "diagnosis": "text", "description": "text", "icd10": "code",
        "icd10Code": "code",
    }  # fmt: skip

    code = Text(max_length=8, required=False, help_text="ICD-10, as E11 or E11.9.")
    text = Text(max_length=200, required=False)
    status = Choice(FACT_STATUSES, required=False)

    def validate_code(self, value: str) -> str:
        if not ICD.fullmatch(value.upper()):
            raise serializers.ValidationError(_("Un code CIM-10 s’écrit ainsi : E11 ou E11.9."))
        return value.upper()

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("code") and not data.get("text"):
            raise serializers.ValidationError({"text": _("Donnez un code, des mots, ou les deux.")})
        if "code" not in data and ICD.fullmatch(data["text"].upper()):
            data["code"] = data.pop("text").upper()
        return data


class DosedIn(Shape):
    """A medicine with its dose: `dose` in `unit`, or `doseText`; `timesPerDay`, or `times` and `perDays`."""

    also = {"medication": "medicine", "drug": "medicine", "name": "medicine"}

    medicine = Text(max_length=120, help_text="INN, French name, brand or combination.")
    dose = Number(low=0, high=1_000_000, above=True, in_words=True, required=False)
    unit = Choice(UNITS, spelled=UNIT_WORDS, required=False)
    doseText = Text(max_length=120, required=False, allow_blank=True)
    route = Choice(ROUTES, spelled=ROUTE_WORDS, required=False)
    timesPerDay = Number(
        low=0.002, high=24, in_words=True, required=False, help_text="May be a fraction: 0.143 is weekly.",
    )  # fmt: skip
    times = Whole(min_value=1, max_value=24, in_words=True, required=False)
    perDays = Whole(min_value=1, max_value=365, in_words=True, required=False)

    def validate_dose(self, value: Decimal) -> Decimal:
        if -int(value.as_tuple().exponent) > 6:
            raise serializers.ValidationError(_("Six décimales au plus."))
        return value

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "dose" in data and "unit" not in data:
            raise serializers.ValidationError({"unit": _("Choisissez l’unité.")})
        if "timesPerDay" in data and ("times" in data or "perDays" in data):
            both = _("Donnez timesPerDay, ou times et perDays, mais pas les deux.")
            raise serializers.ValidationError({"timesPerDay": both})
        return data


class MedicineIn(DosedIn):
    """A medicine the patient takes."""


def dosed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return medicine, dose, unit, route and rhythm as they are stored."""
    if "timesPerDay" in data:
        times, per_days = rhythm(data["timesPerDay"])
    else:
        times, per_days = data.get("times", 1), data.get("perDays", 1)
    return {
        "medicine": data["medicine"],
        "dose": format(data["dose"].normalize(), "f") if "dose" in data else "",
        "unit": data["unit"] if "dose" in data else "",
        "dose_text": data.get("doseText", ""),
        "route": data.get("route", "oral"),
        "times": times,
        "per_days": per_days,
    }


class PregnancyIn(Shape):
    status = Choice(["yes", "no"])
    weeks = Whole(min_value=1, max_value=44, required=False, help_text="Of amenorrhoea, today.")


class LactationIn(Shape):
    status = Choice(["yes", "no"])
    infantAgeWeeks = Whole(min_value=0, max_value=260, required=False)


class MeasurementsField(serializers.DictField):
    """Numbers or words by name; every name carries its unit."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return what is stored; each wrong value is named."""
        if not isinstance(data, Mapping):
            self.fail("not_a_dict", input_type=type(data).__name__)
        wrong = {str(name): why for name, value in data.items() if (why := _wrong(name, value))}
        if wrong:
            raise serializers.ValidationError(wrong)
        return {name: KINDS[name].stored(value) for name, value in data.items()}


def _wrong(name: str, value: Any) -> list[str]:
    kind = KINDS.get(name)
    if kind is None:
        return [_("Cette mesure n’est pas connue.")]
    problem = kind.problem(value)
    if problem == "limits":
        limits = {"low": kind.low, "high": kind.high}
        return [_("Valeur impossible : attendue entre %(low)s et %(high)s.") % limits]
    if problem == "words":
        return [_("Attendu : %(words)s.") % {"words": ", ".join(kind.words)}]
    return [_("Un nombre est attendu.")] if problem else []


def measurement_schema() -> dict[str, Any]:
    """Return the JSON schema of measurements."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {"type": "string", "enum": list(kind.words)}
            if kind.words
            else {"type": "number", "minimum": float(kind.low), "maximum": float(kind.high)}
            for name, kind in KINDS.items()
        },
    }


@extend_schema_field(measurement_schema())
class Measurements(MeasurementsField):
    """The same, described."""


class HistoryIn(Shape):
    also = {
        "conditions": "chronicConditions", "chronicDiseases": "chronicConditions", "bloodGroup": "bloodType",
        "medications": "currentMedicines", "currentMedications": "currentMedicines", "medicines": "currentMedicines",
    }  # fmt: skip

    allergies = serializers.ListField(
        child=WordOr(AllergyIn, "substance"), max_length=50, required=False
    )
    noKnownAllergies = Flag(required=False, help_text="The question was asked and there is none.")
    chronicConditions = serializers.ListField(
        child=WordOr(ConditionIn, "text"), max_length=50, required=False
    )
    bloodType = Choice(BloodType.choices, required=False)
    currentMedicines = serializers.ListField(
        child=WordOr(MedicineIn, "medicine"), max_length=50, required=False
    )
    measurements = Measurements(required=False)
    pregnancy = PregnancyIn(required=False)
    lactation = LactationIn(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if data.get("allergies") and data.get("noKnownAllergies"):
            raise serializers.ValidationError(
                {"noKnownAllergies": _("Des allergies sont données : cela se contredit.")}
            )
        return data


class IdentityIn(Shape):
    """Who the patient is. The rules are those of the page's form."""

    also = {
        "gender": "sex", "birthDate": "dateOfBirth", "dob": "dateOfBirth", "phoneNumber": "phone", "telephone": "phone",
        "givenName": "firstName", "familyName": "lastName", "preferredLanguage": "language",
    }  # fmt: skip
    tolerates = True

    firstName = Text(max_length=80)
    lastName = Text(max_length=80)
    sex = Choice(Sex.values, spelled=SEX_WORDS)
    dateOfBirth = Day(required=False)
    ageYears = Whole(
        min_value=0, max_value=125, required=False, help_text="Where no date is known."
    )
    phone = Text(max_length=30, required=False, allow_blank=True)
    otherPhone = Text(max_length=30, required=False, allow_blank=True)
    address = Text(max_length=160, required=False, allow_blank=True)
    city = Text(max_length=60, required=False, allow_blank=True)
    district = Text(max_length=60, required=False, allow_blank=True)
    language = Choice(Language.choices, required=False)
    nextOfKin = Text(max_length=120, required=False, allow_blank=True)
    nextOfKinPhone = Text(max_length=30, required=False, allow_blank=True)
    insurance = Text(max_length=80, required=False, allow_blank=True)
    acceptsMessages = Flag(required=False)
    pharmacyId = Id(required=False, help_text="Where the patient likes to fetch medicines.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Check with the page's form; errors carry the names of the JSON."""
        by: Actor = self.context["actor"]
        given = {NAMES[name]: value for name, value in data.items() if name in NAMES}
        form = IdentityForm(
            {**self.context["defaults"], **given}, today=self.context["today"],
            country=by.facility.country if by.facility else "CM",
        )  # fmt: skip
        if not form.is_valid():
            raise serializers.ValidationError(
                {
                    JSON_NAMES.get(name, name): [str(text) for text in texts]
                    for name, texts in form.errors.items()
                }
            )
        data["identity"] = _identity(form.cleaned_data, given, data.get("pharmacyId"))
        return data


def _identity(clean: dict[str, Any], given: dict[str, Any], pharmacy_id: Any) -> dict[str, Any]:
    wanted = set(given) - {"age_years"}
    if {"birth_date", "age_years"} & set(given):
        wanted |= {"birth_date", "birth_date_is_estimated"}
    found = {name: clean[name] for name in wanted if name in clean}
    return {**found, **({"pharmacy_id": str(pharmacy_id)} if pharmacy_id else {})}


class PatientIn(IdentityIn):
    medicalHistory = HistoryIn(required=False)


class PatientChangeIn(IdentityIn):
    """What changes of the identity."""

    null_is_absent = False

    firstName = Text(max_length=80, required=False)
    lastName = Text(max_length=80, required=False)
    sex = Choice(Sex.values, spelled=SEX_WORDS, required=False)


class ObservationsIn(Shape):
    measurements = Measurements(required=False)
    pregnancy = PregnancyIn(required=False)
    lactation = LactationIn(required=False)
    takenAt = Moment(required=False, help_text="When it was measured; now when left out.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not values_of(data):
            raise serializers.ValidationError(
                {"measurements": _("Donnez au moins une valeur.")}, code="empty"
            )
        return data


def values_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `patients.actions.observe` takes."""
    values: dict[str, Any] = dict(data.get("measurements", {}))
    if pregnancy := data.get("pregnancy"):
        weeks = pregnancy.get("weeks") if pregnancy["status"] == "yes" else None
        values["pregnancy"] = (pregnancy["status"], None if weeks is None else weeks * 1000)
    if lactation := data.get("lactation"):
        age = lactation.get("infantAgeWeeks") if lactation["status"] == "yes" else None
        values["breastfeeding"] = (lactation["status"], None if age is None else age * 7000)
    return values


def facts_of(history: Mapping[str, Any]) -> Facts:
    """Return the history as the action takes it."""
    return Facts(
        allergies=history.get("allergies", ()),
        no_known_allergies=history.get("noKnownAllergies", False),
        conditions=history.get("chronicConditions", ()),
        medicines=[dosed(line) for line in history.get("currentMedicines", ())],
        blood_type=history.get("bloodType", ""),
        values=values_of(history),
    )


class ReasonIn(Shape):
    reason = Text(min_length=4, max_length=300)


class ResolveIn(ReasonIn):
    enteredInError = Flag(required=False, help_text="It never was true; otherwise it is resolved.")


class EmergencyIn(Shape):
    reason = Text(min_length=10, max_length=300)


class SearchIn(Shape):
    q = Text(max_length=100)
