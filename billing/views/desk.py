from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from billing import forms, queries
from billing.actions import cash, invoicing
from billing.actions.errors import BillingError
from billing.models import Charge, Drawer, Refund
from billing.presentation import said
from billing.rules import drawer_account
from billing.views.frame import attempt_to, form_id
from clinic.converters import parse_id
from clinic.db import random_id
from patients.models import Patient
from patients.permissions import Sight, open_patient

Request = Any


@requires("take_payments")
def desk(request: Request) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    drawer = queries.drawer_of(actor)
    refunds = Refund.objects.filter(facility_id=actor.facility_id, status="approved")
    rows = list(refunds.select_related("patient"))
    for row in rows:
        actor.note_seen("patients", row.patient_id)
    context = {
        "drawer": drawer,
        "in_drawer": queries.balance(actor.facility_id, drawer_account(drawer.pk))
        if drawer
        else None,
        "refunds": rows,
        "currency": actor.facility.currency,
        **queries.desk_lists(actor, now),
    }
    return render(request, "billing/desk.html", context)


@requires("take_payments")
def bill(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    if request.method == "POST":
        return _issue(request, patient)
    return _bill_page(request, patient)


def _bill_page(request: Request, patient: Patient, charge_form: Any = None) -> HttpResponse:
    facility = request.actor.facility
    charges = queries.open_charges(facility.pk, patient)
    context = {
        "patient": patient,
        "charges": charges,
        "total": sum(row.amount for row in charges if row.amount is not None),
        "invoices": queries.invoices_of(facility.pk, patient),
        "owed": queries.owed_by(patient, facility),
        "charge_form": charge_form or forms.ChargeForm(),
        "cover_form": forms.CoverForm(facility_id=facility.pk),
        "deposit_form": forms.AmountForm(prefix="deposit"),
        "refund_form": forms.RefundForm(prefix="refund"),
        "currency": facility.currency,
        "form_id": random_id(),
    }
    return render(request, "billing/bill.html", context, status=422 if charge_form else 200)


def _issue(request: Request, patient: Patient) -> HttpResponse:
    ids = [wanted for value in request.POST.getlist("charge") if (wanted := parse_id(value))]
    form = forms.CoverForm(request.POST, facility_id=request.actor.facility_id)
    payer = form.cleaned_data["payer"] if form.is_valid() else None
    try:
        invoice = invoicing.issue_invoice(
            patient=patient, charges=Charge.objects.filter(pk__in=ids), by=request.actor, now=timezone.now(),
            cover=invoicing.Cover(payer, form.cleaned_data["voucher"]) if payer else None, form_id=form_id(request),
        )  # fmt: skip
    except BillingError as error:
        messages.error(request, said(error.code))
        return redirect("bill", patient.pk)
    return redirect("invoice", invoice.pk)


@requires("take_payments")
@require_POST
def charge_add(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    form = forms.ChargeForm(request.POST)
    if not form.is_valid():
        return _bill_page(request, patient, form)
    return attempt_to(
        request,
        lambda: invoicing.add_charge(
            patient=patient, by=request.actor, now=timezone.now(), form_id=form_id(request), **form.cleaned_data
        ),
        "", "bill", patient.pk,
    )  # fmt: skip


def _charge(request: Request, charge_id: ObjectId) -> Charge:
    row = Charge.objects.filter(pk=charge_id, facility_id=request.actor.facility_id).first()
    if row is None:
        raise Http404
    request.actor.note_seen("patients", row.patient_id)
    return row


@requires("take_payments")
@require_POST
def charge_price(request: Request, charge_id: ObjectId) -> HttpResponse:
    row = _charge(request, charge_id)
    form = forms.AmountForm(request.POST)
    amount = form.cleaned_data["amount"] if form.is_valid() else "?"
    return attempt_to(
        request,
        lambda: invoicing.price_charge(charge=row, amount=amount, by=request.actor, now=timezone.now()),
        "", "bill", row.patient_id,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def charge_cancel(request: Request, charge_id: ObjectId) -> HttpResponse:
    row = _charge(request, charge_id)
    reason = request.POST.get("reason", "")
    return attempt_to(
        request,
        lambda: invoicing.cancel_charge(charge=row, reason=reason, by=request.actor, now=timezone.now()),
        _("Prestation retirée."), "bill", row.patient_id,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def deposit(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    form = forms.AmountForm(request.POST, prefix="deposit")
    amount = form.cleaned_data["amount"] if form.is_valid() else "?"
    return attempt_to(
        request,
        lambda: cash.take_deposit(
            patient=patient, amount=amount, by=request.actor, now=timezone.now(), form_id=form_id(request)
        ),
        _("Avance encaissée."), "bill", patient.pk,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def refund_ask(request: Request, patient_id: ObjectId) -> HttpResponse:
    patient = open_patient(request.actor, patient_id, Sight.IDENTITY)
    form = forms.RefundForm(request.POST, prefix="refund")
    values = form.cleaned_data if form.is_valid() else {"amount": "?", "reason": "?"}
    return attempt_to(
        request,
        lambda: cash.ask_refund(patient=patient, by=request.actor, now=timezone.now(), **values),
        _("Remboursement demandé : il attend l’approbation."), "bill", patient.pk,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def refund_pay(request: Request, refund_id: ObjectId) -> HttpResponse:
    row = Refund.objects.filter(pk=refund_id, facility_id=request.actor.facility_id).first()
    if row is None:
        raise Http404
    request.actor.note_seen("patients", row.patient_id)
    return attempt_to(
        request,
        lambda: cash.pay_refund(refund=row, by=request.actor, now=timezone.now()),
        _("Remboursement versé."), "billing",
    )  # fmt: skip


@requires("take_payments")
def drawer(request: Request) -> HttpResponse:
    held = queries.drawer_of(request.actor)
    form = forms.OpenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return attempt_to(
            request,
            lambda: cash.open_drawer(by=request.actor, now=timezone.now(), **form.cleaned_data),
            _("Caisse ouverte."), "drawer",
        )  # fmt: skip
    return _drawer_page(request, held, form, forms.CloseForm())


def _drawer_page(request: Request, held: Drawer | None, form: Any, close_form: Any) -> HttpResponse:
    facility_id = request.actor.facility_id
    mine = Drawer.objects.filter(facility_id=facility_id, cashier_id=str(request.actor.user.pk))
    context = {
        "drawer": held,
        "expected": queries.balance(facility_id, drawer_account(held.pk)) if held else None,
        "form": form,
        "close_form": close_form,
        "past": list(mine.filter(status="closed").order_by("-opened_at")[:10]),
        "currency": request.actor.facility.currency,
    }
    return render(request, "billing/drawer.html", context)


@requires("take_payments")
@require_POST
def drawer_close(request: Request) -> HttpResponse:
    held = queries.drawer_of(request.actor)
    form = forms.CloseForm(request.POST)
    if held is None:
        messages.error(request, said("drawer-closed"))
        return redirect("drawer")
    if not form.is_valid():
        return _drawer_page(request, held, forms.OpenForm(), form)
    try:
        closed = cash.close_drawer(
            drawer=held, by=request.actor, now=timezone.now(), **form.cleaned_data
        )
    except BillingError as error:
        if error.code != "explanation":
            messages.error(request, said(error.code))
            return redirect("drawer")
        form.add_error("explanation", said(error.code))
        return _drawer_page(request, held, forms.OpenForm(), form)
    text = (
        _("Caisse fermée sans écart.") if not closed.difference else _("Caisse fermée, écart noté.")
    )
    messages.success(request, text)
    return redirect("drawer")
