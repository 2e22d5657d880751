from collections.abc import Container, Iterable, Sequence
from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Facility, FacilityKind
from accounts.permissions import requires
from accounts.queries import facilities_of_kind
from appointments.queries import day_list, doctor_profile
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, random_id
from consultations.models import Consultation
from patients.models import Patient
from patients.permissions import NotRelatedError, open_patient
from patients.queries import banner, today_in
from pharmacy import actions, forms
from pharmacy.actions.knowledge import note_interruption
from pharmacy.models import Prescription, PrescriptionLine
from pharmacy.permissions import may_amend, open_for_reading, pharmacy_named
from pharmacy.presentation import order_in_words, present_check, present_stored
from pharmacy.queries import (
    check_lines,
    current_lines,
    lineage,
    open_questions_for,
    stored_check,
    suggestions,
)
from pharmacy.queries.versions import newest_version

Request = Any
INTERRUPTED = 409


@requires("prescribe", "write_consultations")
def today(request: Request) -> HttpResponse:
    actor = request.actor
    day = today_in(actor.facility, timezone.now())
    context: dict[str, Any] = {
        "rows": day_list(actor, day, doctor_profile(actor)),
        "walk_ins": [
            row
            for row in day_list(actor, day)
            if row.is_walk_in and row.doctor_id is None and row.status == "arrived"
        ],
        "questions": open_questions_for(actor),
        "drafts": Consultation.objects.filter(
            doctor_user_id=str(actor.user.pk), status="in-progress"
        )
        .select_related("patient")
        .order_by("-started_at")[:10],
        "day": day,
    }
    for draft in context["drafts"]:
        actor.note_seen("patients", draft.patient_id)
    return render(request, "pharmacy/today.html", context)


@requires("prescribe")
def prescribe(request: Request, consultation_id: ObjectId) -> HttpResponse:
    consultation = Consultation.objects.filter(pk=consultation_id).select_related("patient").first()
    if consultation is None:
        raise Http404
    patient = open_patient(request.actor, consultation.patient_id)
    form_id = str(parse_id(request.POST.get("form_id")) or random_id())
    lines = forms.line_formset(request.POST if request.method == "POST" else None)
    page: dict[str, Any] = {"consultation": consultation, "form_id": form_id}
    if request.method != "POST":
        return _form_page(request, patient, lines, **page)
    if "more" in request.POST:
        return _form_page(request, patient, _one_more(request.POST), **page)
    if not lines.is_valid():
        return _form_page(request, patient, lines, status=422, **page)
    if not _is_stored(form_id) and _asks_first(request, patient, lines):
        return _form_page(request, patient, lines, status=INTERRUPTED, **page)
    try:
        stored = actions.prescribe(
            patient=patient,
            lines=lines.orders(),
            by=request.actor,
            now=timezone.now(),
            consultation_id=str(consultation.pk),
            pharmacy_id=_pharmacy_id(request),
            form_id=form_id,
        )
    except actions.AlreadyStoredError:
        # stored before, then gone back to and changed: nothing typed is dropped, it can be sent as another one
        page["form_id"] = str(random_id())
        return _form_page(request, patient, lines, status=409, stored_before=True, **page)
    return redirect("prescription", stored.pk)


def _is_stored(form_id: str) -> bool:
    """Tell whether the form was signed before: sent again, there is nothing left to ask."""
    return Prescription.objects.filter(form_id=form_id).exists()


def _pharmacy_id(request: Request) -> str:
    place = pharmacy_named(parse_id(request.POST.get("pharmacy")))
    return str(place.pk) if place else ""


def _one_more(data: Any) -> Any:
    """Return the same lines with an empty one below, which is judged only once something is written in it."""
    grown = data.copy()
    place = int(data.get("lines-TOTAL_FORMS") or 0)
    if place < forms.MAX_LINES:
        grown["lines-TOTAL_FORMS"] = str(place + 1)
        for name, field in forms.LineForm.base_fields.items():
            grown[f"lines-{place}-{name}"] = "" if field.initial is None else str(field.initial)
    return forms.line_formset(grown)


def _asks_first(
    request: Request, patient: Patient, lines: Any, besides: tuple[str, ...] = ()
) -> bool:
    """Tell whether a contraindicated or major finding was not shown yet: each interrupts once."""
    written = [actions.line_of(order) for order in lines.orders()]
    result = check_lines(patient=patient, lines=written, now=timezone.now(), besides=besides)
    reasoned = {line.line_id for line in written if line.override}
    new = _interrupting(written, result.findings, reasoned) - set(request.POST.getlist("seen"))
    if new:
        note_interruption(
            patient=patient, lines=written, by=request.actor, now=timezone.now(), besides=besides,
            form_id=str(parse_id(request.POST.get("form_id")) or ""),
        )  # fmt: skip
    return bool(new)


def _interrupting(
    lines: Sequence[PrescriptionLine], findings: Iterable[Any], reasoned: Container[str] = ()
) -> set[str]:
    """Return what interrupts, as medicine and rule: what was shown once is known by it when the form comes back."""
    medicines = {line.line_id: line.medicine.casefold() for line in lines}
    return {
        f"{medicines.get(found.line_id, '')}|{found.rule}"
        for found in findings
        if found.severity == "contraindicated"
        or (found.severity == "major" and found.line_id not in reasoned)
    }


def _form_page(
    request: Request, patient: Patient, lines: Any, *, status: int = 200, **extra: Any
) -> HttpResponse:
    now = timezone.now()
    checked = _checked(patient, lines, now, extra.get("besides", ()))
    seen = set(request.POST.getlist("seen"))
    if checked is not None and status == INTERRUPTED:
        seen |= _interrupting(
            [shown.line for shown in checked.lines],
            [found.finding for shown in checked.lines for found in shown.findings],
        )
    context = {
        "seen": sorted(seen),
        "lines": lines,
        "pharmacies": [request.actor.facility, *facilities_of_kind(FacilityKind.PHARMACY)],
        "chosen_pharmacy": request.POST.get("pharmacy")
        or patient.pharmacy_id
        or str(request.actor.facility_id),
        "check": checked,
        **extra,
        **banner(patient, now),
        "current_medicines": current_lines(patient, now, besides=extra.get("besides", ())),
    }
    return render(request, "pharmacy/prescribe.html", context, status=status)


def _checked(patient: Patient, lines: Any, now: Any, besides: Any) -> Any:
    """Check what is written so far: a medicine meets allergies and conditions before its dose is there."""
    if not lines.is_bound:
        return None
    lines.is_valid()
    orders = [order for form in lines.forms if (order := form.draft()) is not None]
    if not orders:
        return None
    written = [actions.line_of(order) for order in orders]
    return present_check(
        check_lines(patient=patient, lines=written, now=now, besides=besides), written, patient
    )


@requires("prescribe")
@require_POST
def check(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id)
    wanted = parse_id(request.POST.get("amends"))
    amended = Prescription.objects.filter(pk=wanted, patient=patient).first() if wanted else None
    besides = tuple(lineage(amended)) if amended else ()
    checked = _checked(patient, forms.line_formset(request.POST), timezone.now(), besides)
    return render(request, "pharmacy/_check.html", {"check": checked, "patient": patient})


@requires("prescribe", "dispense")
def medicines(request: Request) -> HttpResponse:
    text = next(
        (value for name, value in request.GET.items() if name.endswith("medicine") or name == "q"),
        "",
    )
    return render(
        request,
        "pharmacy/_medicines.html",
        {"choices": suggestions(text[:60]), "field": request.GET.get("field", "")[:40]},
    )


@requires("read_record", "dispense")
def show(request: Request, prescription_id: ObjectId) -> HttpResponse:
    try:
        prescription = open_for_reading(request.actor, prescription_id)
    except NotRelatedError as error:
        return redirect("emergency", error.patient_id)
    stored = stored_check(prescription)
    patient = prescription.patient
    context = {
        "prescription": prescription,
        "lines": present_stored(stored, prescription.lines),
        "stored": stored,
        "may_amend": may_amend(request.actor, prescription, patient)
        and not prescription.replaced_by_id
        and prescription.status not in ("stopped", "cancelled"),
        "override_form": forms.OverrideForm(),
        "repeat_id": random_id(),
        "pharmacy": Facility.objects.filter(pk=parse_id(prescription.pharmacy_id)).first()
        if parse_id(prescription.pharmacy_id)
        else None,
        "older": Prescription.objects.filter(pk=parse_id(prescription.replaces_id)).first()
        if prescription.replaces_id
        else None,
        **banner(patient, timezone.now()),
    }
    return render(request, "pharmacy/prescription.html", context)


@requires("prescribe")
def amend(request: Request, prescription_id: ObjectId) -> HttpResponse:
    prescription = open_for_reading(request.actor, prescription_id)
    if not may_amend(request.actor, prescription, prescription.patient):
        raise PermissionDenied("prescribe")
    besides = tuple(lineage(prescription))
    posted = request.method == "POST"
    lines = forms.line_formset(
        request.POST if posted else None,
        initial=None if posted else _written(prescription),
        extra=0,
    )
    page = {
        "amends": prescription,
        "besides": besides,
        "form_id": str(parse_id(request.POST.get("form_id")) or random_id()),
        "reason": request.POST.get("reason", "")[:200],
    }
    if not posted:
        return _form_page(request, prescription.patient, lines, **page)
    if "more" in request.POST:
        return _form_page(request, prescription.patient, _one_more(request.POST), **page)
    if not lines.is_valid() or len(page["reason"].strip()) < 3:
        return _form_page(
            request,
            prescription.patient,
            lines,
            status=422,
            reason_missing=len(page["reason"].strip()) < 3,
            **page,
        )
    stored = _is_stored(page["form_id"])
    if not stored and _asks_first(request, prescription.patient, lines, besides):
        return _form_page(request, prescription.patient, lines, status=INTERRUPTED, **page)
    try:
        new = actions.amend(
            prescription=prescription,
            lines=lines.orders(),
            reason=page["reason"],
            by=request.actor,
            now=timezone.now(),
            form_id=page["form_id"],
        )
    except (actions.AlreadyStoredError, actions.NotAmendableError, StaleDocumentError):
        return _changed_meanwhile(request, prescription, lines.orders(), page["reason"])
    messages.success(
        request, _("Nouvelle version enregistrée ; l’ancienne est arrêtée et reste lisible.")
    )
    return redirect("prescription", new.pk)


def _written(prescription: Prescription) -> list[dict[str, Any]]:
    """Return what a form shows of the lines that stand."""
    standing = ("draft", "active", "on-hold", "completed")
    return [forms.initial_of(line) for line in prescription.lines if line.status in standing]


def _changed_meanwhile(
    request: Request, prescription: Prescription, orders: list[Any], reason: str
) -> HttpResponse:
    """Show the version that stands now and, beside it, what was typed: neither is lost."""
    latest = newest_version(prescription)
    typed = [order_in_words(order) for order in orders]
    if latest.status in ("stopped", "cancelled"):
        words = _("Cette ordonnance a été arrêtée entre-temps. Votre saisie, non enregistrée : %s")
        messages.error(request, words % " ; ".join(typed))
        return redirect("prescription", latest.pk)
    lines = forms.line_formset(None, initial=_written(latest), extra=0)
    return _form_page(
        request, latest.patient, lines, status=409, amends=latest, besides=tuple(lineage(latest)),
        form_id=str(random_id()), reason=reason, typed=typed,
        action=reverse("prescription-amend", args=[latest.pk]),
    )  # fmt: skip


@requires("prescribe")
@require_POST
def give_reason(request: Request, prescription_id: ObjectId, line_id: ObjectId) -> HttpResponse:
    prescription = open_for_reading(request.actor, prescription_id)
    form = forms.OverrideForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choisissez un motif et dites-le en quelques mots."))
        return redirect("prescription", prescription.pk)
    try:
        actions.give_reason(
            prescription=prescription,
            line_id=str(line_id),
            by=request.actor,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except (actions.NotAmendableError, StaleDocumentError):
        messages.error(
            request, _("Cette ligne ne peut plus recevoir de motif : regardez son état.")
        )
    return redirect("prescription", prescription.pk)


@requires("prescribe")
@require_POST
def cancel(request: Request, prescription_id: ObjectId) -> HttpResponse:
    prescription = open_for_reading(request.actor, prescription_id)
    form = forms.ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Dites pourquoi vous annulez."))
        return redirect("prescription", prescription.pk)
    try:
        actions.cancel(
            prescription=prescription, reason=form.cleaned_data["reason"], by=request.actor, now=timezone.now(),
            line_id=str(parse_id(request.POST.get("line")) or ""),
        )  # fmt: skip
    except (actions.NotAmendableError, StaleDocumentError):
        messages.error(request, _("Cette ordonnance a changé entre-temps : voici son état."))
    return redirect("prescription", prescription.pk)


@requires("prescribe")
@require_POST
def repeat(request: Request, prescription_id: ObjectId) -> HttpResponse:
    prescription = open_for_reading(request.actor, prescription_id)
    try:
        new = actions.repeat(
            prescription=prescription,
            by=request.actor,
            now=timezone.now(),
            form_id=str(parse_id(request.POST.get("form_id")) or ""),
        )
    except actions.NotAmendableError:
        messages.error(request, _("Il n’y a rien à renouveler sur cette ordonnance."))
        return redirect("prescription", prescription.pk)
    messages.success(request, _("Ordonnance renouvelée, contrôlée aujourd’hui."))
    return redirect("prescription", new.pk)


@requires("read_record", "dispense")
def printed(request: Request, prescription_id: ObjectId) -> HttpResponse:
    prescription = open_for_reading(request.actor, prescription_id)
    address = request.build_absolute_uri(f"/verify/{prescription.code}/")
    context = {
        "prescription": prescription,
        "patient": prescription.patient,
        "address": address,
        "now": timezone.now(),
    }
    return render(request, "pharmacy/print.html", context)
