"""The JSON of prescriptions: what is accepted and what comes back."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.api.fields import Choice, Id, Shape, Text, Whole
from clinic.db import random_id
from patients.api.shapes import DosedIn, dosed
from pharmacy.actions import LineOrder
from pharmacy.models import (
    JudgementCode,
    OverrideCode,
    Prescription,
    PrescriptionLine,
)
from pharmacy.queries import contradicts, stored_check

MAX_LINES = 20
MOST_UNITS = 9999


class OverrideIn(Shape):
    code = Choice(OverrideCode.choices)
    text = Text(min_length=3, max_length=300)


class LineIn(DosedIn):
    """One medicine. Give `dose` and `unit`, or `doseText`; `timesPerDay`, or `times` and `perDays`."""

    also = {**DosedIn.also, "durationDays": "days", "duration": "days", "notes": "instructions"}

    days = Whole(min_value=1, max_value=365, in_words=True, required=False)
    quantity = Whole(
        min_value=1, max_value=MOST_UNITS, in_words=True, required=False, help_text="Units to dispense.",
    )  # fmt: skip
    instructions = Text(max_length=200, required=False, allow_blank=True)
    override = OverrideIn(required=False, help_text="Why you keep a line with a major finding.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if "dose" not in data and not data.get("doseText"):
            raise serializers.ValidationError({"dose": _("Donnez la dose.")})
        written = dosed(data)
        if contradicts(written["dose"], written["unit"], written["dose_text"]):
            message = _("Ces mots disent une autre dose que le chiffre.")
            raise serializers.ValidationError({"doseText": message})
        return super().validate(data)


class KeptLineIn(LineIn):
    """A line of the new version; `keeps` names the line it carries over or replaces."""

    keeps = Id(required=False)


def order_of(line: dict[str, Any]) -> LineOrder:
    """Return what `pharmacy.actions.prescribe` takes."""
    written = dosed(line)
    days, override = line.get("days"), line.get("override", {})
    computed = -(-written["times"] * days // written["per_days"]) if days else 1
    return LineOrder(
        **written, days=days, quantity=line.get("quantity", min(computed, MOST_UNITS)),
        instructions=line.get("instructions", ""), override_code=override.get("code", ""),
        override_text=override.get("text", ""), line_id=str(random_id()), keeps=str(line.get("keeps", "")),
    )  # fmt: skip


class PrescriptionIn(Shape):
    also = {"medicines": "lines", "medications": "lines", "items": "lines"}
    tolerates = True

    patientId = Id()
    consultationId = Id(required=False)
    pharmacyId = Id(required=False, help_text="Where it is to be dispensed; here when left out.")
    lines = LineIn(many=True, min_length=1, max_length=MAX_LINES)  # type: ignore[call-arg]


class CheckIn(Shape):
    patientId = Id()
    lines = LineIn(many=True, min_length=1, max_length=MAX_LINES)  # type: ignore[call-arg]


class AmendIn(Shape):
    lines = KeptLineIn(many=True, min_length=1, max_length=MAX_LINES)  # type: ignore[call-arg]
    reason = Text(min_length=3, max_length=200)


class CancelIn(Shape):
    reason = Text(min_length=3, max_length=200)
    lineId = Id(required=False, help_text="One line; all of it when left out.")


class RepeatIn(Shape):
    """Nothing to say."""


class QuestionIn(Shape):
    lineId = Id()
    text = Text(min_length=3, max_length=400)


class JudgementIn(Shape):
    code = Choice(JudgementCode.choices)
    text = Text(min_length=3, max_length=300)


class SecondIn(Shape):
    username = Text(max_length=150)
    password = Text(max_length=200, trim_whitespace=False)


class DispenseIn(Shape):
    tolerates = True

    lineId = Id()
    quantity = Whole(min_value=1, max_value=MOST_UNITS, in_words=True)
    judgement = JudgementIn(
        required=False, help_text="Your judgement on what could not be checked."
    )
    batch = Text(max_length=40, required=False, allow_blank=True)
    substitute = Text(
        max_length=120, required=False, help_text="Another product of the same ingredients."
    )
    secondPerson = SecondIn(required=False, help_text="Confirms a line with a major finding.")
    aloneReason = Text(max_length=200, required=False, help_text="Why there is no second person.")
    paymentSkippedReason = Text(
        min_length=3, max_length=200, required=False,
        help_text="The emergency that does not wait for payment, where the pharmacy asks for it first.",
    )  # fmt: skip


class BillIn(Shape):
    lineId = Id()
    quantity = Whole(min_value=1, max_value=MOST_UNITS)
    substitute = Text(
        max_length=120, required=False, help_text="Another product of the same ingredients."
    )


class BilledOut(Shape):
    lineId = serializers.CharField()
    paid = serializers.IntegerField(help_text="Units that are paid for and have not left.")
    waiting = serializers.IntegerField(help_text="Units that wait for payment at the desk.")
    asked = serializers.CharField(
        allow_null=True,
        help_text="What those cost, a decimal number as text; null without a price.",
    )


class CodeIn(Shape):
    code = Text(max_length=20, help_text="As printed on the prescription.")

    def validate_code(self, value: str) -> str:
        return "".join(ch for ch in value.upper() if ch.isalnum())


def spoken(row: Any, name: str) -> str:
    """Return a text of a finding in the caller's language."""
    english = (get_language() or "fr").startswith("en")
    return str(getattr(row, f"{name}_en" if english else f"{name}_fr"))


class FindingOut(Shape):
    lineId = serializers.CharField(source="line_id")
    severity = serializers.CharField(help_text="contraindicated, major, moderate, minor or info")
    kind = serializers.CharField()
    rule = serializers.CharField()
    about = serializers.ListField(child=serializers.CharField())
    message = serializers.SerializerMethodField()
    do = serializers.SerializerMethodField()
    instead = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField()  # type: ignore[assignment]
    facts = serializers.ListField(
        child=serializers.CharField(), help_text="Ids of the facts in the record that cause it."
    )

    def get_message(self, row: Any) -> str:
        return spoken(row, "message")

    def get_do(self, row: Any) -> str:
        return spoken(row, "do")


class NotCheckedOut(Shape):
    about = serializers.CharField()
    why = serializers.SerializerMethodField()
    kind = serializers.CharField()
    lineId = serializers.SerializerMethodField()
    needsJudgement = serializers.BooleanField(
        source="needs_judgement", help_text="A pharmacist must judge before it leaves."
    )

    def get_why(self, row: Any) -> str:
        return spoken(row, "why")

    @extend_schema_field({"type": ["string", "null"]})
    def get_lineId(self, row: Any) -> str | None:  # noqa: N802 (the JSON's name)
        return row.line_id or None


class ReasonOut(Shape):
    code = serializers.CharField()
    text = serializers.CharField()
    byName = serializers.CharField(source="by_name")
    at = serializers.DateTimeField()


class LineOut(Shape):
    id = serializers.CharField(source="line_id")
    medicine = serializers.CharField()
    dose = serializers.SerializerMethodField()
    unit = serializers.CharField()
    doseText = serializers.CharField(source="dose_text")
    route = serializers.CharField()
    times = serializers.IntegerField()
    perDays = serializers.IntegerField(source="per_days")
    days = serializers.IntegerField(allow_null=True)
    quantity = serializers.IntegerField()
    quantityDispensed = serializers.IntegerField(source="quantity_dispensed")
    quantityLeft = serializers.IntegerField(source="quantity_left")
    instructions = serializers.CharField()
    status = serializers.CharField(
        help_text="draft, active, on-hold, completed, stopped, cancelled …"
    )
    override = ReasonOut(allow_null=True)
    judgement = ReasonOut(allow_null=True)
    stopReason = serializers.CharField(source="stop_reason")

    @extend_schema_field({"type": ["number", "null"]})
    def get_dose(self, line: PrescriptionLine) -> float | None:
        return float(line.dose) if line.dose else None


class CheckedOut(Shape):
    findings = FindingOut(many=True)
    notChecked = NotCheckedOut(many=True)
    knowledgeVersion = serializers.CharField()
    checkedAt = serializers.DateTimeField()


class PrescriptionOut(CheckedOut):
    """A prescription with the check that was made when it was signed."""

    id = serializers.CharField()
    patientId = serializers.CharField()
    consultationId = serializers.CharField()
    facilityId = serializers.CharField()
    pharmacyId = serializers.CharField()
    prescriber = serializers.CharField()
    authoredAt = serializers.DateTimeField()
    status = serializers.CharField(
        help_text="What needs somebody comes first: on-hold, draft, active …"
    )
    code = serializers.CharField(help_text="Printed for the pharmacy.")
    version = serializers.IntegerField()
    replacesId = serializers.CharField()
    replacedById = serializers.CharField()
    repeatsId = serializers.CharField()
    stopReason = serializers.CharField()
    lines = LineOut(many=True)


class PrescriptionRowOut(Shape):
    """What lists show of a prescription."""

    id = serializers.CharField()
    patientId = serializers.CharField(source="patient_id")
    patientName = serializers.SerializerMethodField()
    authoredAt = serializers.DateTimeField(source="authored_at")
    prescriber = serializers.CharField(source="prescriber_name")
    status = serializers.CharField()
    version = serializers.IntegerField()
    replacedById = serializers.CharField(source="replaced_by_id")
    lines = LineOut(many=True)

    @extend_schema_field({"type": "string"})
    def get_patientName(self, row: Prescription) -> str:  # noqa: N802 (the JSON's name)
        return str(row.patient)


class PrescriptionsOut(Shape):
    results = PrescriptionRowOut(many=True)
    next = serializers.CharField(allow_null=True)


class VerdictOut(Shape):
    id = serializers.CharField()
    medicine = serializers.CharField()
    lineStatus = serializers.CharField()
    status = serializers.CharField(help_text="clear, alert or not-checked")
    dispensable = serializers.BooleanField()
    blocks = serializers.ListField(child=serializers.CharField(), help_text="Why it may not leave.")
    needsConfirmation = serializers.BooleanField(help_text="A second person must confirm.")
    quantityLeft = serializers.IntegerField()


class VerifyOut(CheckedOut):
    """A check made now."""

    prescriptionId = serializers.CharField()
    status = serializers.CharField(help_text="clear, alert or not-checked")
    dispensable = serializers.BooleanField(help_text="All that is still to be dispensed may leave.")
    lines = VerdictOut(many=True)


class DispensingOut(Shape):
    id = serializers.CharField()
    prescriptionId = serializers.CharField(source="prescription_id")
    lineId = serializers.CharField(source="line_id")
    medicine = serializers.CharField()
    quantity = serializers.IntegerField()
    batch = serializers.CharField()
    at = serializers.DateTimeField()
    byName = serializers.CharField(source="by_name")
    verdict = serializers.CharField(help_text="clear, alert or not-checked")
    checkId = serializers.CharField(source="check_id")
    knowledgeVersion = serializers.CharField(source="knowledge_version")


class DispensedOut(DispensingOut):
    lineStatus = serializers.CharField()
    quantityLeft = serializers.IntegerField()
    prescriptionStatus = serializers.CharField()


class QuestionOut(Shape):
    id = serializers.CharField()
    prescriptionId = serializers.CharField(source="prescription_id")
    lineId = serializers.CharField(source="line_id")
    medicine = serializers.CharField()
    text = serializers.CharField()
    status = serializers.CharField()
    askedAt = serializers.DateTimeField(source="asked_at")
    askedBy = serializers.CharField(source="asked_by_name")
    answer = serializers.CharField()


class QuestionsOut(Shape):
    results = QuestionOut(many=True)


def checked_body(
    findings: Iterable[Any], not_checked: Iterable[Any], version: str, at: Any
) -> dict[str, Any]:
    """Return what a check found, fresh or stored."""
    return {
        "findings": FindingOut.of_many(findings),
        "notChecked": NotCheckedOut.of_many(not_checked),
        "knowledgeVersion": version,
        "checkedAt": serializers.DateTimeField().to_representation(at),
    }


def prescription_body(row: Prescription) -> dict[str, Any]:
    """Return a prescription with the check of its signing."""
    check = stored_check(row)
    return {
        "id": str(row.pk),
        "patientId": str(row.patient_id),
        "consultationId": row.consultation_id,
        "facilityId": str(row.facility_id),
        "pharmacyId": row.pharmacy_id,
        "prescriber": row.prescriber_name,
        "authoredAt": serializers.DateTimeField().to_representation(row.authored_at),
        "status": row.status,
        "code": row.code,
        "version": row.version,
        "replacesId": row.replaces_id,
        "replacedById": row.replaced_by_id,
        "repeatsId": row.repeats_id,
        "stopReason": row.stop_reason,
        "lines": LineOut.of_many(row.lines),
        **checked_body(
            check.findings if check else (), check.not_checked if check else (),
            check.knowledge_version if check else "none", check.at if check else row.authored_at,
        ),
    }  # fmt: skip
