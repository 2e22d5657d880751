"""Consultations. One that is posted here is signed: its diagnoses join the patient's conditions."""

from typing import Any

from bson import ObjectId
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from appointments.models import Appointment
from clinic.api.errors import not_found, refused
from clinic.api.fields import Id, Shape, Text, WordOr
from clinic.api.pages import page
from clinic.api.schema import PAGED, operation, query
from clinic.api.views import ApiView, PostingView
from clinic.converters import parse_id
from consultations import actions
from consultations.models import Consultation
from patients.api.shapes import ConditionIn, ReasonIn
from patients.models import Patient
from patients.permissions import open_patient

MAX_DIAGNOSES = 12


class DiagnosisIn(ConditionIn):
    """A code, words, or both; words that are an ICD-10 code count as one."""

    status = None  # type: ignore[assignment]  # so a field of the parent is left out


class ConsultationIn(Shape):
    also = {"diagnosis": "diagnoses", "chiefComplaint": "reason"}
    tolerates = True

    patientId = Id()
    reason = Text(max_length=300)
    notes = Text(
        max_length=20_000, required=False, allow_blank=True, help_text="What the patient tells."
    )
    examination = Text(max_length=20_000, required=False, allow_blank=True)
    plan = Text(max_length=20_000, required=False, allow_blank=True)
    diagnoses = serializers.ListField(
        child=WordOr(DiagnosisIn, "text"), max_length=MAX_DIAGNOSES, required=False
    )
    appointmentId = Id(required=False, help_text="The visit; the patient's open one when left out.")


class DiagnosisOut(Shape):
    code = serializers.CharField()
    text = serializers.CharField()


class ConsultationOut(Shape):
    id = serializers.CharField()
    patientId = serializers.CharField(source="patient_id")
    doctor = serializers.CharField(source="doctor_name")
    facilityId = serializers.CharField(source="facility_id")
    appointmentId = serializers.CharField(source="appointment_id")
    status = serializers.CharField(help_text="in-progress, finished or entered-in-error")
    startedAt = serializers.DateTimeField(source="started_at")
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)
    reason = serializers.CharField()
    notes = serializers.CharField(source="history_text")
    examination = serializers.CharField()
    plan = serializers.CharField()
    diagnoses = DiagnosisOut(many=True)
    errorReason = serializers.CharField(source="error_reason")


class ConsultationsOut(Shape):
    results = ConsultationOut(many=True)
    next = serializers.CharField(allow_null=True)


class Consultations(PostingView):
    needs = {"GET": ("read_record",), "POST": ("write_consultations",)}

    @operation(
        "A patient's consultations", gives=ConsultationsOut, tag="consultations", name="consultations",
        parameters=(query("patientId", "Whose.", required=True), *PAGED),
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        patient = open_patient(self.actor, wanted_patient(request))
        rows, after = page(Consultation.objects.filter(patient=patient), request, "started_at")
        for row in rows:
            self.actor.note_seen("consultations", row.pk)
        return Response({"results": ConsultationOut.of_many(rows), "next": after})

    @operation(
        "Write and sign a consultation", takes=ConsultationIn, gives=ConsultationOut, status=201,
        tag="consultations", name="consult",
        example={"patientId": "5f1e0c9ab4d27e6683a1c0de", "reason": "thirst", "notes": "…", "diagnoses": ["E11"]},
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        data = self.valid(ConsultationIn)
        patient = open_patient(self.actor, data["patientId"])
        row = actions.write_signed(
            patient=patient,
            texts={
                "reason": data["reason"], "history_text": data.get("notes", ""),
                "examination": data.get("examination", ""), "plan": data.get("plan", ""),
            },
            diagnoses=[(d.get("code", ""), d.get("text", "")) for d in data.get("diagnoses", ())],
            by=self.actor, now=timezone.now(), form_id=self.form_id,
            appointment_id=self._visit(patient, data.get("appointmentId")),
        )  # fmt: skip
        body = ConsultationOut.of(row)
        return Response(body, status=201, headers={"Location": f"/api/v1/consultations/{row.pk}"})

    def _visit(self, patient: Patient, wanted: ObjectId | None) -> str:
        """Return the visit's id: the one named, else the patient's open one here."""
        here = Appointment.objects.filter(patient=patient, facility_id=self.actor.facility_id)
        open_ones = here.filter(status__in=["arrived", "booked"]).order_by("-start")
        found = (here.filter(pk=wanted) if wanted else open_ones).first()
        if wanted and found is None:
            raise refused(("appointmentId", _("Ce rendez-vous n’est pas de ce patient.")))
        return str(found.pk) if found else ""


def wanted_patient(request: Any) -> ObjectId:
    """Return the patient named in the query."""
    found = parse_id(request.query_params.get("patientId", ""))
    if found is None:
        raise not_found()
    return found


class OneConsultation(ApiView):
    needs = {"GET": ("read_record",)}

    @operation(
        "Read a consultation", gives=ConsultationOut, tag="consultations", name="consultation"
    )
    def get(self, request: Any, consultation_id: ObjectId) -> Response:
        return Response(ConsultationOut.of(_open(self, consultation_id)))


def _open(view: ApiView, consultation_id: ObjectId) -> Consultation:
    row = Consultation.objects.filter(pk=consultation_id).select_related("patient").first()
    if row is None:
        raise not_found()
    open_patient(view.actor, row.patient_id)
    view.actor.note_seen("consultations", row.pk)
    return row


class ConsultationError(PostingView):
    needs = {"POST": ("write_consultations",)}

    @operation(
        "Mark your consultation as entered in error, with a reason; it stays readable", takes=ReasonIn,
        gives=ConsultationOut, tag="consultations", name="consultation_error",
    )  # fmt: skip
    def post_once(self, request: Any, consultation_id: ObjectId) -> Response:
        row = _open(self, consultation_id)
        reason = self.valid(ReasonIn)["reason"]
        marked = actions.mark_as_error(
            consultation=row, reason=reason, by=self.actor, now=timezone.now()
        )
        return Response(ConsultationOut.of(marked))
