"""Doctors, their free slots, and appointments."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from appointments import actions
from appointments.models import Appointment, Doctor
from appointments.queries import day_list, doctors_of, free_slots_of
from appointments.rules import HORIZON_DAYS
from clinic.api.errors import Problem, answer_for, not_found, refused
from clinic.api.fields import Choice, Id, Moment, Shape, Text
from clinic.api.schema import operation, query
from clinic.api.views import ApiView, PostingView
from clinic.converters import parse_id
from patients.permissions import Sight, open_patient
from patients.queries import today_in


@answer_for(actions.SlotTakenError)
def _slot_taken(error: Any) -> Problem:
    free = [slot.isoformat() for slot in getattr(error, "free", ())]
    return Problem(409, error.code, _("Ce créneau n’est pas libre."), freeSlots=free)


@answer_for(actions.NotPossibleError)
def _not_possible(error: Any) -> Problem:
    title = _("L’état actuel de ce rendez-vous ne le permet pas.")
    return Problem(409, error.code, title, current=str(error))


class DoctorOut(Shape):
    id = serializers.CharField()
    name = serializers.SerializerMethodField()
    speciality = serializers.CharField()
    slotMinutes = serializers.IntegerField(source="slot_minutes")

    def get_name(self, doctor: Doctor) -> str:
        return str(doctor.user)


class DoctorsOut(Shape):
    results = DoctorOut(many=True)


class SlotsOut(Shape):
    doctorId = serializers.CharField()
    day = serializers.DateField()
    slots = serializers.ListField(child=serializers.DateTimeField())


class AppointmentIn(Shape):
    also = {"startTime": "start", "startAt": "start", "dateTime": "start"}
    tolerates = True

    patientId = Id()
    doctorId = Id(help_text="From `GET doctors`.")
    start = Moment(
        help_text="One of the doctor's free slots; without an offset, local time of the facility."
    )
    reason = Text(max_length=200, required=False, allow_blank=True)


class MoveIn(Shape):
    doctorId = Id(required=False)
    start = Moment()


class WalkInIn(Shape):
    patientId = Id()
    doctorId = Id(required=False)
    reason = Text(max_length=200, required=False, allow_blank=True)


class AppointmentCancelIn(Shape):
    reason = Text(min_length=3, max_length=200)


class MarkIn(Shape):
    status = Choice(["arrived", "noshow"])


class AppointmentOut(Shape):
    id = serializers.CharField()
    patientId = serializers.CharField(source="patient_id")
    patientName = serializers.SerializerMethodField()
    doctorId = serializers.CharField(source="doctor_id", allow_null=True)
    facilityId = serializers.CharField(source="facility_id")
    start = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    status = serializers.CharField(help_text="booked, arrived, fulfilled, cancelled or noshow")
    reason = serializers.CharField()
    isWalkIn = serializers.BooleanField(source="is_walk_in")
    queueNumber = serializers.IntegerField(source="queue_number", allow_null=True)
    cancelReason = serializers.CharField(source="cancel_reason")

    @extend_schema_field({"type": "string"})
    def get_patientName(self, row: Appointment) -> str:  # noqa: N802 (the JSON's name)
        return str(row.patient)


class AppointmentsOut(Shape):
    day = serializers.DateField()
    results = AppointmentOut(many=True)


class Doctors(ApiView):
    needs = {"GET": ("book_appointments",)}

    @operation("Doctors who consult here", gives=DoctorsOut, tag="appointments", name="doctors")
    def get(self, request: Any) -> Response:
        return Response({"results": DoctorOut.of_many(doctors_of(self.actor.facility_id))})


def _doctor(view: ApiView, doctor_id: ObjectId) -> Doctor:
    """Return the doctor with this id, or the one whose account has it (`me` gives that one)."""
    here = list(doctors_of(view.actor.facility_id))
    for doctor in [d for d in here if d.pk == doctor_id] or [
        d for d in here if d.user_id == doctor_id
    ]:
        return doctor
    raise not_found()


def _day(view: ApiView, request: Any) -> date:
    today = today_in(view.actor.facility, timezone.now())
    text = request.query_params.get("day")
    try:
        wanted = today if text is None else datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError as error:
        raise refused(("day", _("Une date comme 2026-03-04 est attendue."))) from error
    if abs((wanted - today).days) > HORIZON_DAYS * 4:
        raise refused(("day", _("Cette date est trop loin d’aujourd’hui.")))
    return wanted


DAY = query("day", "`2026-03-04`; today when left out.", {"type": "string", "format": "date"})


class FreeSlots(ApiView):
    needs = {"GET": ("book_appointments",)}

    @operation(
        "A doctor's free slots on a day", gives=SlotsOut, parameters=(DAY,), tag="appointments", name="free_slots"
    )  # fmt: skip
    def get(self, request: Any, doctor_id: ObjectId) -> Response:
        doctor, day = _doctor(self, doctor_id), _day(self, request)
        slots = free_slots_of(doctor, day, timezone.now())
        return Response({"doctorId": str(doctor.pk), "day": day.isoformat(),
                         "slots": [slot.isoformat() for slot in slots]})  # fmt: skip


class Appointments(PostingView):
    needs = {"GET": ("book_appointments",), "POST": ("book_appointments",)}

    @operation(
        "The day's appointments and queue", gives=AppointmentsOut, tag="appointments", name="appointments",
        parameters=(DAY, query("doctorId", "Only this doctor's.")),
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        day = _day(self, request)
        wanted = request.query_params.get("doctorId", "")
        doctor = _doctor(self, parse_id(wanted) or ObjectId("0" * 24)) if wanted else None
        rows = day_list(self.actor, day, doctor)
        return Response({"day": day.isoformat(), "results": AppointmentOut.of_many(rows)})

    @operation(
        "Book a free slot", takes=AppointmentIn, gives=AppointmentOut, status=201, tag="appointments",
        name="book",
        example={"patientId": "5f1e0c9ab4d27e6683a1c0de", "doctorId": "5f1e0c9ab4d27e6683a1c0df",
                 "start": "2026-03-04T09:00:00+01:00"},
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        data = self.valid(AppointmentIn)
        patient = open_patient(self.actor, data["patientId"], Sight.IDENTITY)
        doctor = _doctor(self, data["doctorId"])
        start = _local(self, data["start"])
        try:
            row = actions.book(
                patient=patient, doctor=doctor, start=start, by=self.actor, now=timezone.now(),
                reason=data.get("reason", ""), form_id=self.form_id,
            )  # fmt: skip
        except actions.SlotTakenError as error:
            raise _with_free(error, doctor, start) from error
        return _created(row)


def _local(view: ApiView, start: datetime) -> datetime:
    """Return the start; one without an offset was meant in the facility's time."""
    zone = ZoneInfo(view.actor.facility.time_zone if view.actor.facility else "Africa/Douala")
    return start.replace(tzinfo=zone) if timezone.is_naive(start) else start


def _with_free(error: Exception, doctor: Doctor, start: datetime) -> Exception:
    """Add the slots that are free on that day to the refusal."""
    day = start.astimezone(ZoneInfo(doctor.facility.time_zone)).date()
    error.free = free_slots_of(doctor, day, timezone.now())[:50]  # type: ignore[attr-defined]
    return error


def _created(row: Appointment) -> Response:
    location = {"Location": f"/api/v1/appointments/{row.pk}"}
    return Response(AppointmentOut.of(row), status=201, headers=location)


class WalkIns(PostingView):
    needs = {"POST": ("book_appointments",)}

    @operation(
        "Give somebody who comes without an appointment the next number", takes=WalkInIn, gives=AppointmentOut,
        status=201, tag="appointments", name="walk_in",
    )  # fmt: skip
    def post_once(self, request: Any) -> Response:
        data = self.valid(WalkInIn)
        patient = open_patient(self.actor, data["patientId"], Sight.IDENTITY)
        row = actions.walk_in(
            patient=patient, by=self.actor, now=timezone.now(), reason=data.get("reason", ""), form_id=self.form_id,
            doctor=_doctor(self, data["doctorId"]) if "doctorId" in data else None,
        )  # fmt: skip
        return _created(row)


def _open(view: ApiView, appointment_id: ObjectId) -> Appointment:
    rows = Appointment.objects.filter(pk=appointment_id, facility_id=view.actor.facility_id)
    row = rows.select_related("patient", "doctor").first()
    if row is None:
        raise not_found()
    view.actor.note_seen("patients", row.patient_id)
    return row


def _fresh(row: Appointment) -> Response:
    return Response(AppointmentOut.of(row))


class OneAppointment(ApiView):
    needs = {"GET": ("book_appointments",)}

    @operation("Read an appointment", gives=AppointmentOut, tag="appointments", name="appointment")
    def get(self, request: Any, appointment_id: ObjectId) -> Response:
        return _fresh(_open(self, appointment_id))


class AppointmentCancel(PostingView):
    needs = {"POST": ("book_appointments",)}

    @operation(
        "Cancel, with a reason; the patient is told", takes=AppointmentCancelIn, gives=AppointmentOut,
        tag="appointments", name="appointment_cancel",
    )  # fmt: skip
    def post_once(self, request: Any, appointment_id: ObjectId) -> Response:
        row = _open(self, appointment_id)
        reason = self.valid(AppointmentCancelIn)["reason"]
        return _fresh(
            actions.cancel(appointment=row, reason=reason, by=self.actor, now=timezone.now())
        )


class AppointmentMark(PostingView):
    needs = {"POST": ("book_appointments",)}

    @operation(
        "Note that the patient arrived, or did not come", takes=MarkIn, gives=AppointmentOut, tag="appointments",
        name="appointment_mark",
    )  # fmt: skip
    def post_once(self, request: Any, appointment_id: ObjectId) -> Response:
        row = _open(self, appointment_id)
        status = self.valid(MarkIn)["status"]
        return _fresh(
            actions.mark(appointment=row, status=status, by=self.actor, now=timezone.now())
        )


class AppointmentMove(PostingView):
    needs = {"POST": ("book_appointments",)}

    @operation(
        "Move to another slot: the old one is cancelled and a new one booked, or neither", takes=MoveIn,
        gives=AppointmentOut, status=201, tag="appointments", name="appointment_move",
    )  # fmt: skip
    def post_once(self, request: Any, appointment_id: ObjectId) -> Response:
        row = _open(self, appointment_id)
        data = self.valid(MoveIn)
        doctor_id = data.get("doctorId", row.doctor_id)
        if doctor_id is None:
            raise refused(("doctorId", _("Choisissez un médecin.")))
        doctor, start = _doctor(self, doctor_id), _local(self, data["start"])
        try:
            moved = actions.reschedule(
                appointment=row, doctor=doctor, start=start, by=self.actor, now=timezone.now(), form_id=self.form_id
            )  # fmt: skip
        except actions.SlotTakenError as error:
            raise _with_free(error, doctor, start) from error
        return _created(moved)
