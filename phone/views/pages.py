from datetime import date, timedelta
from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.models import Facility
from accounts.permissions import requires
from clinic.db import random_id
from notifications.actions import NotResendableError, resend, resume
from notifications.alphabet import size
from notifications.models import Message, MessageStatus
from notifications.queries import (
    average_cost,
    counts_of_day,
    messages_of_day,
    messages_of_patient,
    pause,
    weeks,
)
from notifications.queue import enqueue
from notifications.rules import RESENDABLE
from notifications.texts import fill
from patients.models import Patient
from patients.permissions import Sight, open_patient, visible_to
from patients.queries import today_in
from pharmacy.models import Prescription
from phone import actions
from phone.charts import week_bars
from phone.forms import FreeMessageForm, PinForm
from phone.models import DeskItem
from phone.presentation import cost_text, reason_text
from phone.queries import desk_list, dose_choices, incoming_of

Request = Any
FAR = timedelta(days=800)
PAGE = 100


def _rows(found: list[Message], people: dict[str, Patient]) -> list[dict[str, Any]]:
    return [
        {
            "message": row,
            "patient": people.get(row.patient_id),
            "reason": reason_text(row.status_reason),
            "cost": cost_text(row.cost_amount, row.cost),
            "may_resend": row.status in RESENDABLE and not row.resent_as,
        }
        for row in found
    ]


@requires("send_messages")
def day(request: Request) -> HttpResponse:
    facility, now = request.actor.facility, timezone.now()
    today = today_in(facility, now)
    wanted = _day(request, today)
    status = request.GET.get("state", "")
    status = status if status in MessageStatus.values else ""
    rows = messages_of_day(facility.pk, wanted, facility.time_zone, status)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    found = list(page.object_list)
    ids = {row.patient_id for row in found if row.patient_id}
    people = {str(p.pk): p for p in visible_to(request.actor).filter(pk__in=list(ids))}
    for patient_id in people:
        request.actor.note_seen("patients", patient_id)
    state = pause(now)
    context = {
        "day": wanted,
        "before": wanted - timedelta(days=1),
        "after": wanted + timedelta(days=1),
        "rows": _rows(found, people),
        "page": page,
        "state": status,
        "counts": _counts(facility, wanted),
        "pause": state,
        "pause_reason": reason_text(state.reason if state else ""),
        "weeks": (figures := weeks(facility.pk, now, facility.time_zone)),
        "bars": week_bars(figures),
        "currency": facility.currency,
    }
    return render(request, "phone/day.html", context)


def _counts(facility: Facility, day: date) -> list[dict[str, Any]]:
    counts = counts_of_day(facility.pk, day, facility.time_zone)
    return [
        {"state": state, "label": label, "count": counts[state]}
        for state, label in MessageStatus.choices
        if state in counts
    ]


def _day(request: Request, today: date) -> date:
    try:
        wanted = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today
    return wanted if abs(wanted - today) <= FAR else today


@requires("send_messages")
def of_patient(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    form = FreeMessageForm(request.POST or None, initial={"form_id": str(random_id())})
    preview = None
    if request.method == "POST" and form.is_valid():
        if "send" in request.POST:
            return _send(request, patient, form)
        preview = _preview(request, form.cleaned_data["text"])
    context = {
        "patient": patient,
        "rows": _rows(messages_of_patient(patient.pk), {}),
        "incoming": incoming_of(patient),
        "doses": dose_choices(patient, timezone.now()),
        "is_reachable": bool(patient.phone) and patient.accepts_messages,
        "form": form,
        "preview": preview,
    }
    return render(request, "phone/patient.html", context)


def _preview(request: Request, text: str) -> dict[str, Any]:
    shown = fill("{text}", {"text": text})
    found = size(shown)
    price = average_cost(request.actor.facility_id)
    cost = f"{price[0] * found.parts:.0f} {price[1]}" if price else ""
    return {"text": shown, "size": found, "cost": cost}


def _send(request: Request, patient: Patient, form: FreeMessageForm) -> HttpResponse:
    row = enqueue(
        kind="free", patient=patient, cause=f"free:{form.cleaned_data['form_id']}", by=request.actor,
        now=timezone.now(),
        values={"text": form.cleaned_data["text"]},
    )  # fmt: skip
    if row.status == "suppressed":
        messages.error(request, reason_text(row.status_reason))
    else:
        messages.success(request, _("Message mis en file."))
    return redirect("patient-messages", patient.pk)


@requires("send_messages")
@require_POST
def dose_reminders(request: Request, patient_id: ObjectId) -> HttpResponse:
    """Start or stop the reminders of one prescription, as the patient asks."""
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    now, wanted = timezone.now(), request.POST.get("prescription", "")
    choices = (row for row in dose_choices(patient, now) if str(row.prescription.pk) == wanted)
    choice = next(choices, None)
    if choice is None:
        raise Http404
    if "stop" in request.POST and choice.plan is not None:
        actions.stop_doses(plan=choice.plan, why="staff", by=request.actor, now=now)
        messages.success(request, _("Les rappels de prise sont arrêtés."))
    elif "start" in request.POST:
        _start_doses(request, choice.prescription)
    return redirect("patient-messages", patient.pk)


def _start_doses(request: Request, prescription: Prescription) -> None:
    try:
        actions.start_doses(prescription=prescription, by=request.actor, now=timezone.now())
        messages.success(request, _("Un SMS partira à chaque prise."))
    except actions.NothingToRemindError:
        messages.error(request, _("Il ne reste aucune prise à rappeler."))


@requires("send_messages")
@require_POST
def send_again(request: Request, message_id: ObjectId) -> HttpResponse:
    row = Message.objects.filter(pk=message_id, facility_id=str(request.actor.facility_id)).first()
    if row is None:
        raise Http404
    try:
        resend(message=row, by=request.actor, now=timezone.now())
        messages.success(request, _("Message mis en file une nouvelle fois."))
    except NotResendableError:
        messages.error(request, _("Ce message est peut-être arrivé : il n’est pas renvoyé."))
    return redirect("messages")


@requires("manage_staff")
@require_POST
def resume_queue(request: Request) -> HttpResponse:
    resume(by=request.actor, now=timezone.now())
    messages.success(request, _("L’envoi reprend."))
    return redirect("messages")


@requires("book_appointments")
def desk(request: Request) -> HttpResponse:
    return render(request, "phone/desk.html", {"items": desk_list(request.actor)})


@requires("book_appointments")
@require_POST
def desk_done(request: Request, item_id: ObjectId) -> HttpResponse:
    item = DeskItem.objects.filter(pk=item_id, facility_id=str(request.actor.facility_id)).first()
    if item is None:
        raise Http404
    actions.finish_desk_item(item=item, by=request.actor, now=timezone.now())
    return redirect("phone-desk")


@sensitive_post_parameters("pin")
@requires("register_patients")
def set_pin(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.set_pin(
            patient=patient, pin=form.cleaned_data["pin"], by=request.actor, now=timezone.now()
        )
        messages.success(request, _("Code PIN enregistré."))
        return redirect("patient", patient.pk)
    return render(request, "phone/pin.html", {"patient": patient, "form": form})
