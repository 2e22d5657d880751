from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from clinic.converters import parse_id
from clinic.db import StaleDocumentError, random_id
from patients.models import Patient
from patients.queries import banner
from pharmacy import actions, forms
from pharmacy.models import PharmacyQuestion, Prescription
from pharmacy.permissions import may_confirm, may_take_over, open_for_dispensing
from pharmacy.presentation import present_check
from pharmacy.queries import (
    dispensings_of,
    lineage,
    lines_today,
    merged,
    pharmacy_stamp,
    prescriptions_for_pharmacy,
)
from pharmacy.queries.payment import payments_of
from pharmacy.rules import Release

Request = Any
OPEN = ("on-hold", "draft", "active")
SAME_REASON = {
    "status-on-hold": "contraindicated",
    "status-draft": "major-without-reason",
    "status-completed": "nothing-left",
}


@requires("dispense")
def dispensary(request: Request) -> HttpResponse:
    stamp = pharmacy_stamp(request.actor.facility_id)
    if request.headers.get("HX-Request") and request.GET.get("stamp") == stamp:
        return HttpResponse(status=204)
    context = {
        "open": prescriptions_for_pharmacy(request.actor, OPEN),
        "done": prescriptions_for_pharmacy(
            request.actor, ("completed", "stopped", "cancelled"), limit=15
        ),
        "stamp": stamp,
        "code_form": forms.CodeForm(),
        "questions": PharmacyQuestion.objects.filter(
            pharmacy_id=str(request.actor.facility_id), status="open"
        ).count(),
    }
    return render(
        request,
        "pharmacy/_queue.html" if request.headers.get("HX-Request") else "pharmacy/dispensary.html",
        context,
    )


@requires("dispense")
@require_POST
def by_code(request: Request) -> HttpResponse:
    form = forms.CodeForm(request.POST)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    prescription = (
        Prescription.objects.filter(code=code).select_related("patient").first() if code else None
    )
    if prescription is None:
        messages.error(request, _("Aucune ordonnance ne porte ce code. Vérifiez chaque caractère."))
        return redirect("dispensary")
    if prescription.pharmacy_id != str(request.actor.facility_id):
        if not may_take_over(request.actor, prescription):
            messages.error(request, _("Cette ordonnance est arrêtée ou déjà délivrée."))
            return redirect("dispensary")
        actions.take_over(prescription=prescription, by=request.actor, now=timezone.now())
    return redirect("dispensing", prescription.pk)


def _reasons(decision: Release) -> list[str]:
    """Return why a line may not leave, each reason once: a status only repeats what was found."""
    return list(dict.fromkeys(SAME_REASON.get(code, code) for code in decision.blocks))


@requires("dispense")
def dispensing(request: Request, prescription_id: ObjectId) -> HttpResponse:
    return _page(request, open_for_dispensing(request.actor, prescription_id))


def _page(
    request: Request,
    prescription: Prescription,
    *,
    status: int = 200,
    refused: Any = None,
    form: Any = None,
    line_id: str = "",
) -> HttpResponse:
    now = timezone.now()
    patient = Patient.objects.get(pk=prescription.patient_id)
    ids = lineage(prescription)
    today = lines_today(prescription, patient, now)
    result = merged(today)
    decisions = {row.line.line_id: row.decision() for row in today}
    doubts = {row.line.line_id: row.doubts for row in today}
    shown = present_check(result, prescription.lines, patient)
    asked = payments_of(prescription)
    rows = [
        {
            "shown": line,
            "line": line.line,
            "decision": decisions[line.line.line_id],
            "hard": [
                code
                for code in _reasons(decisions[line.line.line_id])
                if code not in ("not-checked", "confirmation-needed")
            ],
            "form": form
            if form is not None and line.line.line_id == line_id
            else forms.HandoverForm(initial={"quantity": line.line.quantity_left or 1}),
            "form_id": random_id(),
            "doubts": doubts[line.line.line_id],
            "pay": (paid := asked.get(line.line.line_id)),
            "to_ask": paid is not None and paid.paid + paid.waiting < line.line.quantity_left,
        }
        for line in shown.lines
    ]
    context = {
        "prescription": prescription,
        "rows": rows,
        "check": shown,
        "checked_at": now,
        "refused": _reasons(refused) if refused else [],
        "questions": PharmacyQuestion.objects.filter(prescription_id__in=ids).order_by("-asked_at")[
            :10
        ],
        "history": dispensings_of(ids),
        "question_form": forms.QuestionForm(),
        "replaced_by": prescription.replaced_by_id,
        "currency": request.actor.facility.currency,
        **banner(patient, now),
    }
    return render(request, "pharmacy/dispensing.html", context, status=status)


@requires("dispense")
@require_POST
def dispense(request: Request, prescription_id: ObjectId, line_id: ObjectId) -> HttpResponse:
    prescription = open_for_dispensing(request.actor, prescription_id)
    form = forms.HandoverForm(request.POST)
    if not form.is_valid():
        return _page(request, prescription, status=422, form=form, line_id=str(line_id))
    data = form.cleaned_data
    second = _second_person(request, form)
    if form.errors:
        return _page(request, prescription, status=422, form=form, line_id=str(line_id))
    handover = actions.Handover(
        line_id=str(line_id),
        quantity=data["quantity"],
        batch=data["batch"],
        substitute=data["substitute"],
        judgement=(data["judgement_code"], data["judgement_text"])
        if data["judgement_code"]
        else None,
        judged=tuple(request.POST.getlist("judged")),
        confirmed_by=second,
        alone_reason=data["alone_reason"],
        payment_skipped_reason=data["payment_skipped_reason"],
        form_id=str(parse_id(request.POST.get("form_id")) or ""),
    )
    try:
        actions.dispense(
            prescription=prescription, handover=handover, by=request.actor, now=timezone.now()
        )
    except actions.NotDispensableError as error:
        return _page(
            request,
            Prescription.objects.select_related("patient").get(pk=prescription.pk),
            status=409,
            refused=error.decision,
            form=form,
            line_id=str(line_id),
        )
    except StaleDocumentError:
        messages.error(
            request,
            _("L’ordonnance a changé à l’instant : voici son état actuel. Rien n’a été délivré."),
        )
        return redirect("dispensing", prescription.pk)
    messages.success(request, _("Délivré."))
    return redirect("dispensing", prescription.pk)


def _second_person(request: Request, form: forms.HandoverForm) -> Any:
    name, password = (
        form.cleaned_data["second_username"].strip(),
        form.cleaned_data["second_password"],
    )
    if not name:
        return None
    person: Any = authenticate(request, username=name, password=password)
    if person is None:
        form.add_error("second_username", _("Ce nom et ce mot de passe ne vont pas ensemble."))
    elif person == request.user:
        form.add_error("second_username", _("La deuxième personne doit être quelqu’un d’autre."))
        return None
    elif not may_confirm(person, request.actor):
        form.add_error(
            "second_username",
            _("La deuxième personne doit soigner ou délivrer : ce n’est pas son rôle."),
        )
        return None
    return person


@requires("dispense")
@require_POST
def ask_payment(request: Request, prescription_id: ObjectId, line_id: ObjectId) -> HttpResponse:
    prescription = open_for_dispensing(request.actor, prescription_id)
    form = forms.HandoverForm(request.POST)
    if not form.is_valid():
        return _page(request, prescription, status=422, form=form, line_id=str(line_id))
    try:
        charge = actions.ask_payment(
            prescription=prescription, line_id=str(line_id), quantity=form.cleaned_data["quantity"],
            substitute=form.cleaned_data["substitute"], by=request.actor, now=timezone.now(),
        )  # fmt: skip
    except actions.NotDispensableError as error:
        return _page(
            request,
            prescription,
            status=409,
            refused=error.decision,
            form=form,
            line_id=str(line_id),
        )
    except StaleDocumentError:
        messages.error(request, _("L’ordonnance a changé à l’instant : voici son état actuel."))
        return redirect("dispensing", prescription.pk)
    said = (
        _("Envoyé à la caisse : le patient paie, puis revient.")
        if charge is not None
        else _("C’est déjà à la caisse.")
    )
    messages.success(request, said)
    return redirect("dispensing", prescription.pk)


@requires("dispense")
@require_POST
def ask(request: Request, prescription_id: ObjectId, line_id: ObjectId) -> HttpResponse:
    prescription = open_for_dispensing(request.actor, prescription_id)
    form = forms.QuestionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Écrivez votre question."))
        return redirect("dispensing", prescription.pk)
    line = prescription.line(str(line_id))
    today = (
        lines_today(prescription, prescription.patient, timezone.now(), only=line) if line else []
    )
    result = merged(today)
    worst = next(iter(result.for_line(str(line_id)).findings), None)
    actions.ask_doctor(
        prescription=prescription,
        line_id=str(line_id),
        text=form.cleaned_data["text"],
        by=request.actor,
        now=timezone.now(),
        finding=(worst.message_fr, worst.message_en) if worst else ("", ""),
    )
    messages.success(request, _("Question envoyée au médecin : elle est en tête de sa liste."))
    return redirect("dispensing", prescription.pk)


@requires("dispense")
@require_POST
def ready(request: Request, prescription_id: ObjectId) -> HttpResponse:
    prescription = open_for_dispensing(request.actor, prescription_id)
    actions.tell_patient_ready(prescription=prescription, by=request.actor, now=timezone.now())
    messages.success(request, _("Le patient est prévenu par SMS."))
    return redirect("dispensing", prescription.pk)
