from datetime import date, timedelta
from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from appointments import actions, forms
from appointments.models import Appointment, Doctor
from appointments.queries import day_list, doctors_of, free_slots_of
from appointments.rules import HORIZON_DAYS, may_change
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, random_id
from patients.models import Patient
from patients.permissions import Sight, open_patient
from patients.queries import today_in

Request = Any


def _day(request: Request) -> date:
    today = today_in(request.actor.facility, timezone.now())
    try:
        wanted = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return wanted if abs((wanted - today).days) <= HORIZON_DAYS * 4 else today


@requires("book_appointments")
def day(request: Request) -> HttpResponse:
    wanted = _day(request)
    rows = day_list(request.actor, wanted)
    context = {
        "day": wanted,
        "today": today_in(request.actor.facility, timezone.now()),
        "before": wanted - timedelta(days=1),
        "after": wanted + timedelta(days=1),
        "queue": [row for row in rows if row.status == "arrived"],
        "rows": [
            (row, {to: may_change(row.status, to) for to in ("arrived", "cancelled", "noshow")})
            for row in rows
        ],
    }
    return render(request, "appointments/day.html", context)


@requires("book_appointments")
def book(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    doctor = _doctor(request)
    if request.method == "POST" and doctor is not None:
        return _book(request, patient, doctor)
    return _slots_page(request, patient, doctor)


def _doctor(request: Request) -> Doctor | None:
    wanted = parse_id(request.POST.get("doctor") or request.GET.get("doctor"))
    doctors = doctors_of(request.actor.facility_id)
    return next(
        (doctor for doctor in doctors if doctor.pk == wanted),
        doctors[0] if len(doctors) == 1 else None,
    )


def _slots_page(
    request: Request, patient: Patient, doctor: Doctor | None, **extra: Any
) -> HttpResponse:
    today = today_in(request.actor.facility, timezone.now())
    wanted = max(_day(request), today)
    days = [today + timedelta(days=n) for n in range(14)]
    if wanted not in days:
        days.append(wanted)
    context = {
        "patient": patient,
        "doctors": doctors_of(request.actor.facility_id),
        "doctor": doctor,
        "days": days,
        "day": wanted,
        "slots": free_slots_of(doctor, wanted, timezone.now()) if doctor else [],
        "form_id": random_id(),
        "replaces": request.GET.get("replaces", ""),
        "reason": request.POST.get("reason", ""),
        "zone": request.actor.facility.time_zone,
        **extra,
    }
    return render(request, "appointments/book.html", context, status=409 if extra else 200)


def _book(request: Request, patient: Patient, doctor: Doctor) -> HttpResponse:
    form = forms.BookingForm(request.POST)
    if not form.is_valid():
        return _slots_page(request, patient, doctor, problem=_("Choisissez un créneau."))
    values = {
        "doctor": doctor,
        "start": form.cleaned_data["start"],
        "by": request.actor,
        "now": timezone.now(),
    }
    form_id = str(parse_id(request.POST.get("form_id")) or "")
    old = (
        Appointment.objects.filter(
            pk=parse_id(request.POST.get("replaces")), patient=patient
        ).first()
        if parse_id(request.POST.get("replaces"))
        else None
    )
    try:
        if old is not None:
            booked = actions.reschedule(appointment=old, form_id=form_id, **values)
        else:
            booked = actions.book(
                patient=patient, reason=form.cleaned_data["reason"], form_id=form_id, **values
            )
    except actions.SlotTakenError:
        return _slots_page(
            request, patient, doctor, problem=_("Ce créneau vient d’être pris. En voici d’autres.")
        )
    except (actions.NotPossibleError, StaleDocumentError):
        return _slots_page(
            request,
            patient,
            doctor,
            problem=_("Ce rendez-vous a changé entre-temps : regardez la liste du jour."),
        )
    messages.success(request, _("Rendez-vous pris."))
    return redirect(f"/appointments/?day={booked.local_date}")


def _open(request: Request, appointment_id: ObjectId) -> Appointment:
    row = (
        Appointment.objects.filter(pk=appointment_id, facility_id=request.actor.facility_id)
        .select_related("patient")
        .first()
    )
    if row is None:
        raise Http404
    request.actor.note_seen("patients", row.patient_id)
    return row


@requires("book_appointments")
@require_POST
def mark(request: Request, appointment_id: ObjectId) -> HttpResponse:
    row = _open(request, appointment_id)
    status = request.POST.get("status", "")
    if status not in ("arrived", "noshow"):
        raise Http404
    try:
        actions.mark(appointment=row, status=status, by=request.actor, now=timezone.now())
    except (actions.NotPossibleError, StaleDocumentError):
        messages.error(request, _("Ce rendez-vous a changé entre-temps : voici son état actuel."))
    return redirect(f"/appointments/?day={row.local_date}")


@requires("book_appointments")
def cancel(request: Request, appointment_id: ObjectId) -> HttpResponse:
    row = _open(request, appointment_id)
    form = forms.CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.cancel(
                appointment=row,
                reason=form.cleaned_data["reason"],
                by=request.actor,
                now=timezone.now(),
            )
        except (actions.NotPossibleError, StaleDocumentError):
            messages.error(
                request, _("Ce rendez-vous a changé entre-temps : voici son état actuel.")
            )
        return redirect(f"/appointments/?day={row.local_date}")
    return render(request, "appointments/cancel.html", {"row": row, "form": form})


@requires("book_appointments")
@require_POST
def walk_in(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    row = actions.walk_in(
        patient=patient,
        by=request.actor,
        now=timezone.now(),
        form_id=str(parse_id(request.POST.get("form_id")) or ""),
    )
    messages.success(request, _("Numéro %(number)d donné.") % {"number": row.queue_number})
    return redirect("day")
