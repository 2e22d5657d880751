from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, random_id
from patients import actions, forms
from patients.models import Patient
from patients.permissions import (
    NotRelatedError,
    Sight,
    may_withdraw,
    may_withdraw_measurement,
    open_for_audit,
    open_patient,
    sight_of,
)
from patients.queries import (
    LOOKS,
    banner,
    find_elsewhere,
    find_patients,
    likely_duplicates,
    same_set,
    today_in,
    who_looked,
)
from patients.rules import Identity
from patients.timeline import timeline

Request = Any


@requires("find_patients")
def search(request: Request) -> HttpResponse:
    text = request.GET.get("q", "")[:100]
    found = find_patients(by=request.actor, text=text)
    elsewhere = find_elsewhere(by=request.actor, text=text) if text and not found else None
    context = {
        "q": text,
        "patients": found,
        "elsewhere": elsewhere,
        "today": today_in(request.actor.facility, timezone.now()),
    }
    return render(
        request,
        "patients/_results.html" if request.headers.get("HX-Request") else "patients/search.html",
        context,
    )


def _identity_form(request: Request, data: Any = None, initial: Any = None) -> forms.IdentityForm:
    facility = request.actor.facility
    return forms.IdentityForm(
        data, today=today_in(facility, timezone.now()), country=facility.country,
        initial=initial if initial is not None else {"city": facility.city, "district": facility.district},
    )  # fmt: skip


@requires("register_patients")
def register(request: Request) -> HttpResponse:
    if request.method != "POST":
        return render(
            request,
            "patients/register.html",
            {"form": _identity_form(request), "new_id": random_id()},
        )
    form = _identity_form(request, request.POST)
    new_id = parse_id(request.POST.get("new_id")) or random_id()
    if not form.is_valid():
        return render(
            request, "patients/register.html", {"form": form, "new_id": new_id}, status=422
        )
    identity = _identity(form.cleaned_data)
    known = Patient.objects.filter(pk=new_id).exists()
    likely = (
        []
        if known or request.POST.get("confirmed")
        else likely_duplicates(by=request.actor, identity=identity)
    )
    if likely and likely[0].likeness.score >= 80:
        return render(
            request,
            "patients/register.html",
            {"form": form, "new_id": new_id, "duplicates": likely, "confirm": True},
            status=409,
        )
    patient = actions.register(
        identity=form.cleaned_data, by=request.actor, now=timezone.now(), patient_id=new_id
    )
    messages.success(
        request, _("Patient enregistré : dossier %(number)s.") % {"number": patient.record_number}
    )
    return redirect("patient", patient.pk)


def _identity(data: dict[str, Any]) -> Identity:
    return Identity(
        data["given_name"], data["family_name"], data["sex"], data["birth_date"],
        data.get("birth_date_is_estimated", False), data.get("phone", ""),
    )  # fmt: skip


@requires("register_patients")
def duplicates(request: Request) -> HttpResponse:
    form = _identity_form(request, request.GET)
    form.is_valid()
    data = form.cleaned_data
    names = f"{data.get('given_name', '')}{data.get('family_name', '')}"
    likely = []
    if len(names) >= 5:
        identity = Identity(
            data.get("given_name", ""), data.get("family_name", ""), data.get("sex", ""), data.get("birth_date"),
            data.get("birth_date_is_estimated", False), data.get("phone", ""),
        )  # fmt: skip
        likely = likely_duplicates(by=request.actor, identity=identity)
    return render(request, "patients/_duplicates.html", {"duplicates": likely})


@requires("find_patients")
def record(request: Request, patient_id: ObjectId) -> HttpResponse:
    try:
        patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    except NotRelatedError:
        return redirect("emergency", patient_id)
    now = timezone.now()
    clinical = sight_of(request.actor, patient) is Sight.CLINICAL
    context = {
        "patient": patient,
        "clinical": clinical,
        "may_withdraw": may_withdraw(request.actor),
        "me": str(request.actor.user.pk),
        **banner(patient, now),
    }
    if clinical:
        context |= {
            "timeline": timeline(patient),
            "condition_form": forms.ConditionForm(),
            "medicine_form": forms.MedicineForm(),
        }
    context["allergy_form"] = forms.AllergyForm()
    context["walk_in_id"] = random_id()
    return render(request, "patients/record.html", context)


@requires("register_patients")
def edit(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    initial = {name: getattr(patient, name) for name in actions.IDENTITY_FIELDS}
    if request.method != "POST":
        return render(
            request,
            "patients/edit.html",
            {
                "patient": patient,
                "form": _identity_form(request, initial=initial),
                "rev": patient.rev,
            },
        )
    form = _identity_form(request, request.POST)
    rev = int(request.POST.get("rev", "0")) if request.POST.get("rev", "").isdigit() else 0
    if not form.is_valid():
        return render(
            request,
            "patients/edit.html",
            {"patient": patient, "form": form, "rev": rev},
            status=422,
        )
    try:
        actions.change_identity(
            patient=patient,
            identity=form.cleaned_data,
            rev=rev,
            by=request.actor,
            now=timezone.now(),
        )
    except StaleDocumentError:
        fresh = Patient.objects.get(pk=patient.pk)
        rows = _both_versions(form, fresh)
        return render(
            request,
            "patients/edit.html",
            {"patient": fresh, "form": form, "rev": fresh.rev, "both": rows},
            status=409,
        )
    messages.success(request, _("L’identité est corrigée."))
    return redirect("patient", patient.pk)


def _both_versions(form: forms.IdentityForm, fresh: Patient) -> list[tuple[Any, Any, Any]]:
    return [
        (form.fields[name].label, getattr(fresh, name), form.cleaned_data[name])
        for name in actions.IDENTITY_FIELDS
        if name in form.fields and form.cleaned_data.get(name) != getattr(fresh, name)
    ]


def _fact_page(request: Request, patient: Patient, form: Any, title: str) -> HttpResponse:
    return render(
        request,
        "patients/fact.html",
        {"patient": patient, "form": form, "title": title, **banner(patient, timezone.now())},
        status=422,
    )


@requires("report_facts")
@require_POST
def allergy_add(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    if request.POST.get("none_known"):
        actions.answer_no_known_allergy(patient=patient, by=request.actor, now=timezone.now())
        return redirect("patient", patient.pk)
    form = forms.AllergyForm(request.POST)
    if not form.is_valid():
        return _fact_page(request, patient, form, _("Noter une allergie"))
    actions.add_allergy(patient=patient, by=request.actor, now=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Allergie notée."))
    return redirect("patient", patient.pk)


@requires("withdraw_facts")
def allergy_withdraw(request: Request, patient_id: ObjectId, fact_id: str) -> HttpResponse:
    patient = open_patient(request.actor, patient_id)
    fact = next((f for f in patient.history.active_allergies if f.fact_id == fact_id), None)
    if fact is None:
        raise Http404
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.withdraw_allergy(
            patient=patient,
            fact_id=fact_id,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=timezone.now(),
        )
        return redirect("patient", patient.pk)
    title = _("Retirer l’allergie « %(what)s »") % {"what": fact.substance}
    return render(
        request,
        "patients/fact.html",
        {"patient": patient, "form": form, "title": title, **banner(patient, timezone.now())},
    )


@requires("write_consultations", "record_vitals")
@require_POST
def condition_add(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id)
    form = forms.ConditionForm(request.POST)
    if not form.is_valid():
        return _fact_page(request, patient, form, _("Noter une affection"))
    actions.add_condition(
        patient=patient, by=request.actor, now=timezone.now(), **form.cleaned_data
    )
    return redirect("patient", patient.pk)


@requires("withdraw_facts")
def condition_end(request: Request, patient_id: ObjectId, fact_id: str) -> HttpResponse:
    patient = open_patient(request.actor, patient_id)
    fact = next((f for f in patient.history.active_conditions if f.fact_id == fact_id), None)
    if fact is None:
        raise Http404
    form = forms.ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        status = "entered-in-error" if request.POST.get("error") else "resolved"
        actions.resolve_condition(
            patient=patient,
            fact_id=fact_id,
            status=status,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=timezone.now(),
        )
        return redirect("patient", patient.pk)
    title = _("Clore « %(what)s »") % {"what": fact.text or fact.code}
    return render(
        request,
        "patients/fact.html",
        {
            "patient": patient,
            "form": form,
            "title": title,
            "may_be_error": True,
            **banner(patient, timezone.now()),
        },
    )


@requires("record_vitals", "withdraw_facts")
def measurement_withdraw(
    request: Request, patient_id: ObjectId, observation_id: ObjectId
) -> HttpResponse:
    patient = open_patient(request.actor, patient_id)
    rows = [
        row
        for row in same_set(patient, observation_id)
        if may_withdraw_measurement(request.actor, row)
    ]
    if not rows:
        raise Http404
    shown = [
        (str(row.pk), render_to_string("patients/_observation.html", {"row": row}).strip())
        for row in rows
    ]
    form = forms.MeasurementErrorForm(
        request.POST or None,
        rows=shown,
        initial={"wrong": [shown[0][0]] if len(shown) == 1 else []},
    )
    if request.method == "POST" and form.is_valid():
        actions.withdraw_measurements(
            patient=patient,
            ids=[ObjectId(one) for one in form.cleaned_data["wrong"]],
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=timezone.now(),
        )
        return redirect("patient", patient.pk)
    title = _("Signaler une mesure saisie par erreur")
    return render(
        request,
        "patients/fact.html",
        {"patient": patient, "form": form, "title": title, **banner(patient, timezone.now())},
    )


@requires("report_facts")
@require_POST
def medicine_add(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.CLINICAL)
    form = forms.MedicineForm(request.POST)
    if not form.is_valid():
        return _fact_page(request, patient, form, _("Noter un médicament pris"))
    actions.add_medicine(patient=patient, by=request.actor, now=timezone.now(), **form.cleaned_data)
    return redirect("patient", patient.pk)


@requires("report_facts")
@require_POST
def medicine_end(request: Request, patient_id: ObjectId, fact_id: str) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.CLINICAL)
    reason = request.POST.get("reason", "")[:200] or _("n’en prend plus")
    actions.end_medicine(
        patient=patient, fact_id=fact_id, reason=reason, by=request.actor, now=timezone.now()
    )
    return redirect("patient", patient.pk)


@requires("read_record")
def emergency(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        raise Http404
    if sight_of(request.actor, patient) is Sight.CLINICAL:
        return redirect("patient", patient_id)
    form = forms.EmergencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.break_the_glass(
            patient_id=patient_id,
            reason=form.cleaned_data["reason"],
            by=request.actor,
            now=timezone.now(),
        )
        return redirect("patient", patient_id)
    return render(request, "patients/emergency.html", {"form": form})


@requires("read_record", "read_audit", "register_patients")
def seen_by(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_for_audit(request.actor, patient_id)
    looks = who_looked(patient)
    return render(
        request,
        "patients/seen_by.html",
        {
            "patient": patient,
            "looks": looks,
            "now": timezone.now(),
            "limit": LOOKS,
            "reads_reasons": request.actor.may("read_record") or request.actor.may("read_audit"),
        },
    )
