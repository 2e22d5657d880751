from typing import Any

import segno
from bson import ObjectId
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import PUBLIC, requires
from billing import forms, queries
from billing.actions import cash, crediting, invoicing, phone
from billing.actions.invoicing import payments_on
from billing.models import CreditNote, Invoice, Payment, PaymentAttempt, Provider, Waiver
from billing.presentation import why
from billing.providers import for_currency
from billing.rules import OPEN_ATTEMPTS, proposed_provider
from billing.views.frame import attempt_to, form_id
from clinic.db import random_id
from patients.rules import PhoneError, clean_phone

Request = Any
LOOKUPS_A_MINUTE = 10


def _attempts(invoice: Invoice) -> dict[str, Any]:
    rows = list(
        PaymentAttempt.objects.filter(invoice_id=str(invoice.pk)).order_by("-created_at")[:20]
    )
    return {
        "invoice": invoice,
        "attempts": [
            {
                "row": row,
                "why": why(row.reason) if row.status != "succeeded" else "",
                "qr": segno.make(row.redirect_url).svg_data_uri(scale=3)
                if row.redirect_url and row.status in OPEN_ATTEMPTS
                else "",
            }
            for row in rows
        ],
        "is_waiting": any(row.status in OPEN_ATTEMPTS for row in rows),
    }


def _phone_form(invoice: Invoice, data: Any = None) -> forms.PhoneForm:
    number = invoice.patient.phone
    form = forms.PhoneForm(
        data,
        initial={
            "phone": number,
            "amount": int(invoice.balance),
            "provider": proposed_provider(number, invoice.currency),
        },
    )
    names = dict(Provider.choices)
    form.fields["provider"].choices = [  # type: ignore[attr-defined]
        (name, names[name]) for name in for_currency(invoice.currency)
    ]
    return form


@requires("take_payments", "approve_payments")
def invoice(request: Request, invoice_id: ObjectId) -> HttpResponse:
    return _page(request, queries.open_invoice(request.actor, invoice_id))


def _credits(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice's credit notes, and the lines that none of them has taken back."""
    notes = list(CreditNote.objects.filter(invoice=invoice).order_by("at"))
    gone = {line.line_id for note in notes for line in note.lines}
    return {
        "notes": notes,
        "lines_left": [line for line in invoice.lines if line.line_id not in gone],
    }


def _page(request: Request, row: Invoice, status: int = 200, **others: Any) -> HttpResponse:
    context = {
        **_attempts(row),
        "patient": row.patient,
        "payments": payments_on(row),
        "waivers": list(Waiver.objects.filter(invoice=row).order_by("-asked_at")),
        "advance": queries.advance_of(row.facility_id, row.patient_id),
        "drawer": queries.drawer_of(request.actor),
        "cash_form": forms.CashForm(initial={"amount": int(row.balance)}),
        "phone_form": _phone_form(row),
        "waiver_form": forms.WaiverForm(),
        "credit_form": forms.ReasonForm(),
        "some_form": forms.ReasonForm(auto_id="some_%s"),
        **_credits(row),
        "form_id": random_id(),
        **others,
    }
    return render(request, "billing/invoice.html", context, status=status)


@requires("take_payments", "approve_payments")
def attempts(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    shown = _attempts(row)
    answer = render(request, "billing/_attempts.html", shown)
    if not shown["is_waiting"] and request.headers.get("HX-Request"):
        answer["HX-Refresh"] = "true"
    return answer


@requires("take_payments")
@require_POST
def pay_cash(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    form = forms.CashForm(request.POST)
    if not form.is_valid():
        return _page(request, row, 422, cash_form=form)
    return attempt_to(
        request,
        lambda: cash.take_cash(
            invoice=row, by=request.actor, now=timezone.now(), form_id=form_id(request), **form.cleaned_data
        ),
        _("Espèces encaissées."), "invoice", row.pk,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def pay_phone(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    form = _phone_form(row, request.POST)
    if form.is_valid():
        try:
            number = clean_phone(form.cleaned_data["phone"], row.facility.country)
        except PhoneError:
            form.add_error("phone", _("Ce numéro n’est pas un téléphone d’ici. Vérifiez-le."))
    if not form.is_valid():
        return _page(request, row, 422, phone_form=form)
    return attempt_to(
        request,
        lambda: phone.request_payment(
            invoice=row, provider_name=form.cleaned_data["provider"], phone=number,
            amount=form.cleaned_data["amount"], by=request.actor, now=timezone.now(), form_id=form_id(request),
        ),
        _("Demande envoyée. Le client valide sur son téléphone."), "invoice", row.pk,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def pay_advance(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    return attempt_to(
        request,
        lambda: cash.use_deposit(invoice=row, by=request.actor, now=timezone.now()),
        _("Avance utilisée."), "invoice", row.pk,
    )  # fmt: skip


@requires("take_payments")
@require_POST
def waiver_ask(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    form = forms.WaiverForm(request.POST)
    if not form.is_valid():
        return _page(request, row, 422, waiver_form=form)
    return attempt_to(
        request,
        lambda: invoicing.ask_waiver(invoice=row, by=request.actor, now=timezone.now(), **form.cleaned_data),
        _("Remise demandée : elle attend l’approbation."), "invoice", row.pk,
    )  # fmt: skip


@requires("approve_payments")
@require_POST
def credit_some(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    form = forms.ReasonForm(request.POST, auto_id="some_%s")
    if not form.is_valid():
        return _page(request, row, 422, some_form=form)
    return attempt_to(
        request,
        lambda: crediting.credit_lines(
            invoice=row, line_ids=request.POST.getlist("line"), by=request.actor, now=timezone.now(),
            **form.cleaned_data,
        ),
        _("Avoir établi."), "invoice", row.pk,
    )  # fmt: skip


@requires("approve_payments")
@require_POST
def credit(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    form = forms.ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, row, 422, credit_form=form)
    return attempt_to(
        request,
        lambda: crediting.credit_invoice(invoice=row, by=request.actor, now=timezone.now(), **form.cleaned_data),
        _("Facture annulée par un avoir."), "invoice", row.pk,
    )  # fmt: skip


def _address(route: str, code: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse(route, args=[code])}"


@requires("take_payments", "approve_payments")
def invoice_print(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    context = {
        "invoice": row,
        "payments": payments_on(row),
        **_credits(row),
        "address": _address("receipt-verify", row.code),
    }
    return render(request, "billing/print.html", context)


@requires("take_payments", "approve_payments")
def receipt(request: Request, payment_id: ObjectId) -> HttpResponse:
    row = queries.open_payment(request.actor, payment_id)
    on = Invoice.objects.filter(pk=ObjectId(row.invoice_id)).first() if row.invoice_id else None
    address = _address("receipt-verify", row.code)
    context = {"payment": row, "invoice": on, "address": address,
               "qr": segno.make(address).svg_data_uri(scale=3)}  # fmt: skip
    return render(request, "billing/receipt.html", context)


@requires(PUBLIC)
def verify(request: Request, code: str) -> HttpResponse:
    if _is_too_often(request):
        return render(request, "billing/verify.html", {"too_often": True}, status=429)
    wanted = code.strip().upper()[:12]
    payment = (
        Payment.objects.filter(code=wanted).select_related("facility").first() if wanted else None
    )
    on = None if payment else Invoice.objects.filter(code=wanted).select_related("facility").first()
    found = payment or on
    context = {"code": wanted, "payment": payment, "invoice": on, "found": found is not None}
    return render(request, "billing/verify.html", context, status=200 if found else 404)


def _is_too_often(request: Request) -> bool:
    key = f"receipts:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%H%M}"
    cache.add(key, 0, 120)
    return int(cache.incr(key)) > LOOKUPS_A_MINUTE
