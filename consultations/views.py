from datetime import timedelta
from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from appointments.models import Appointment
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, random_id
from consultations import actions, forms
from consultations.models import Consultation
from consultations.queries import find_diagnoses, patient_of_record_number, results_reported_here
from patients.actions import observe
from patients.models import Patient
from patients.permissions import NotRelatedError, open_patient
from patients.queries import banner, today_in

Request = Any
MAX_DIAGNOSES = 12
CHANGED = gettext_lazy("Cette consultation a changé entre-temps : voici son état actuel.")


@requires("record_vitals")
def vitals(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id)
    now = timezone.now()
    years = patient.age_years(now.date())
    set_id = str(parse_id(request.POST.get("set_id")) or random_id())
    form = forms.VitalsForm(
        request.POST or None,
        ask_pregnancy=patient.sex == "F" and 10 <= years <= 55,
        confirmed=bool(request.POST.get("confirmed")),
    )
    if request.method == "POST" and form.is_valid():
        observe(patient=patient, values=form.values(), by=request.actor, now=now, set_id=set_id)
        messages.success(request, _("Constantes enregistrées."))
        return redirect("patient", patient.pk)
    context = {
        "form": form,
        "set_id": set_id,
        "ask_again": bool(form.unusual),
        **banner(patient, now),
    }
    return render(
        request,
        "consultations/vitals.html",
        context,
        status=422 if request.method == "POST" else 200,
    )


@requires("run_laboratory")
def laboratory(request: Request) -> HttpResponse:
    """The laboratory's page: the record number, which stands in no address, opens a form for what was measured."""
    opener = forms.RecordNumberForm(request.POST if request.method == "POST" else None)
    number = opener.cleaned_data["record"] if opener.is_valid() else ""
    patient = patient_of_record_number(number, request.actor) if number else None
    if patient is None:
        if number:
            opener.add_error(
                "record", _("Aucun dossier ne porte ce numéro. Vérifiez chaque caractère.")
            )
        status = 422 if opener.errors else 200
        return render(request, "consultations/laboratory.html", {"opener": opener}, status=status)
    now = timezone.now()
    today = today_in(request.actor.facility, now)
    set_id = str(parse_id(request.POST.get("set_id")) or random_id())
    is_sent = "set_id" in request.POST
    form = forms.ResultsForm(request.POST if is_sent else None, today=today)
    if is_sent and form.is_valid():
        taken_at = now - timedelta(days=(today - form.cleaned_data["taken_date"]).days)
        actions.report_results(
            patient=patient,
            values=form.values(),
            taken_at=taken_at,
            by=request.actor,
            now=now,
            set_id=set_id,
            labels=form.names(),
        )
        messages.success(request, _("Résultats envoyés au dossier de %s.") % patient)
        return redirect("laboratory")
    context = {
        "opener": opener,
        "patient": patient,
        "age_days": patient.age_days(now.date()),
        "form": form,
        "set_id": set_id,
        "earlier": results_reported_here(patient, request.actor),
    }
    return render(
        request, "consultations/laboratory.html", context, status=422 if form.errors else 200
    )


@requires("write_consultations")
def new(request: Request, patient_id: ObjectId) -> HttpResponse:
    try:
        patient = open_patient(request.actor, patient_id)
    except NotRelatedError:
        return redirect("emergency", patient_id)
    appointment = (
        Appointment.objects.filter(
            patient=patient, facility_id=request.actor.facility_id, status__in=["arrived", "booked"]
        )
        .order_by("-start")
        .first()
    )
    initial = {"reason": appointment.reason if appointment else ""}
    form_id = parse_id(request.POST.get("form_id")) or random_id()
    form = forms.ConsultationForm(
        request.POST if request.method == "POST" else None, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        row = actions.save_consultation(
            patient=patient,
            texts=form.cleaned_data,
            diagnoses=_diagnoses(request),
            by=request.actor,
            now=timezone.now(),
            appointment_id=str(appointment.pk) if appointment else "",
            form_id=str(form_id),
        )
        return _next(request, row)
    return _page(request, patient, form, form_id=form_id)


def _diagnoses(request: Request) -> list[tuple[str, str]]:
    codes, texts = request.POST.getlist("diagnosis_code"), request.POST.getlist("diagnosis_text")
    pairs = [
        (code.strip().upper()[:8], text.strip()[:200])
        for code, text in zip(codes, texts, strict=False)
    ]
    return [pair for pair in pairs if any(pair)][:MAX_DIAGNOSES]


def _page(request: Request, patient: Patient, form: Any, **extra: Any) -> HttpResponse:
    given = _diagnoses(request) if request.method == "POST" else extra.pop("diagnoses", [])
    rows = [*given, *[("", "")] * max(2, 3 - len(given))]
    context = {"form": form, "rows": rows, **extra, **banner(patient, timezone.now())}
    status = 409 if extra.get("stale") else 422 if request.method == "POST" else 200
    return render(request, "consultations/edit.html", context, status=status)


def _next(request: Request, row: Consultation) -> HttpResponse:
    if request.POST.get("then") == "sign":
        actions.finish(consultation=row, by=request.actor, now=timezone.now())
        messages.success(request, _("Consultation signée."))
        return redirect("consultation", row.pk)
    if request.POST.get("then") == "prescribe":
        return redirect("prescribe", row.pk)
    messages.success(request, _("Consultation enregistrée, pas encore signée."))
    return redirect("consultation-edit", row.pk)


def _open(request: Request, consultation_id: ObjectId) -> Consultation:
    row = Consultation.objects.filter(pk=consultation_id).select_related("patient").first()
    if row is None:
        raise Http404
    open_patient(request.actor, row.patient_id)
    request.actor.note_seen("consultations", row.pk)
    return row


@requires("write_consultations")
def edit(request: Request, consultation_id: ObjectId) -> HttpResponse:
    row = _open(request, consultation_id)
    if request.actor.user is None or row.doctor_user_id != str(request.actor.user.pk):
        raise PermissionDenied("write_consultations")
    if row.status != "in-progress":
        return redirect("consultation", row.pk)
    initial = {name: getattr(row, name) for name in actions.TEXT_FIELDS}
    form = forms.ConsultationForm(
        request.POST if request.method == "POST" else None, initial=initial
    )
    extra: dict[str, Any] = {
        "consultation": row,
        "rev": row.rev,
        "diagnoses": [(d.code, d.text) for d in row.diagnoses],
    }
    if request.method == "POST" and form.is_valid():
        rev = request.POST.get("rev", "")
        try:
            saved = actions.save_consultation(
                patient=row.patient,
                texts=form.cleaned_data,
                diagnoses=_diagnoses(request),
                by=request.actor,
                now=timezone.now(),
                consultation=row,
                rev=int(rev) if rev.isdigit() else None,
            )
            return _next(request, saved)
        except StaleDocumentError:
            extra["stale"] = Consultation.objects.get(pk=row.pk)
            extra["rev"] = extra["stale"].rev
    return _page(request, row.patient, form, **extra)


@requires("read_record")
def show(request: Request, consultation_id: ObjectId) -> HttpResponse:
    try:
        row = _open(request, consultation_id)
    except NotRelatedError as error:
        return redirect("emergency", error.patient_id)
    mine = request.actor.user is not None and row.doctor_user_id == str(request.actor.user.pk)
    return render(
        request,
        "consultations/show.html",
        {"consultation": row, "mine": mine, **banner(row.patient, timezone.now())},
    )


@requires("write_consultations")
@require_POST
def finish(request: Request, consultation_id: ObjectId) -> HttpResponse:
    row = _open(request, consultation_id)
    try:
        actions.finish(consultation=row, by=request.actor, now=timezone.now())
    except StaleDocumentError:
        messages.error(request, CHANGED)
    return redirect("consultation", row.pk)


@requires("write_consultations")
@require_POST
def error(request: Request, consultation_id: ObjectId) -> HttpResponse:
    row = _open(request, consultation_id)
    reason = request.POST.get("reason", "").strip()[:300]
    if not reason:
        messages.error(request, _("Dites pourquoi cette consultation est une erreur."))
        return redirect("consultation", row.pk)
    try:
        actions.mark_as_error(consultation=row, reason=reason, by=request.actor, now=timezone.now())
    except StaleDocumentError:
        messages.error(request, CHANGED)
    return redirect("consultation", row.pk)


@requires("write_consultations", "record_vitals")
def diagnoses(request: Request) -> HttpResponse:
    text = request.GET.get("diagnosis_text") or request.GET.get("q", "")
    found = find_diagnoses(text[:80], get_language() or "fr")
    return render(
        request,
        "consultations/_diagnoses.html",
        {"choices": found, "row": request.GET.get("row", "0")[:2]},
    )
