"""Paying by a link: a page for whoever holds it, and the cashier's button that sends it."""

from typing import Any

from bson import ObjectId
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import PUBLIC, Actor, requires
from billing import queries
from billing.actions import phone
from billing.actions.errors import BillingError
from billing.forms import LinkForm
from billing.models import Invoice, PaymentAttempt, PaymentLink, Provider
from billing.presentation import said, why
from billing.providers import for_currency
from billing.rules import OPEN_ATTEMPTS, proposed_provider
from billing.views.frame import attempt_to, form_id
from clinic.db import random_id
from patients.rules import PhoneError, clean_phone

Request = Any
LOOKUPS_A_MINUTE = 20


@requires("take_payments")
@require_POST
def send(request: Request, invoice_id: ObjectId) -> HttpResponse:
    row = queries.open_invoice(request.actor, invoice_id)
    return attempt_to(
        request,
        lambda: phone.send_link(invoice=row, by=request.actor, now=timezone.now()),
        _("Lien envoyé par SMS : il vaut deux jours."), "invoice", row.pk,
    )  # fmt: skip


@requires(PUBLIC)
def pay(request: Request, code: str) -> HttpResponse:
    if _is_too_often(request):
        return render(request, "billing/pay.html", {"problem": "too-often"}, status=429)
    link = (
        PaymentLink.objects.filter(code=code.upper()[:16])
        .select_related("facility", "patient")
        .first()
    )
    if link is None:
        return render(request, "billing/pay.html", {"problem": "unknown"}, status=404)
    if request.method == "POST":
        return _ask(request, link)
    return _page(request, link)


def _page(
    request: Request, link: PaymentLink, form: LinkForm | None = None, problem: str = ""
) -> HttpResponse:
    invoice = Invoice.objects.get(pk=link.invoice_id)
    attempt = (
        PaymentAttempt.objects.filter(invoice_id=link.invoice_id).order_by("-created_at").first()
    )
    is_waiting = attempt is not None and attempt.status in OPEN_ATTEMPTS
    is_over = timezone.now() >= link.expires_at
    context = {
        "link": link, "invoice": invoice, "attempt": attempt, "is_waiting": is_waiting, "said": problem,
        "problem": "over" if is_over and invoice.balance and not is_waiting else "",
        "why": why(attempt.reason) if attempt and attempt.status in ("failed", "expired") else "",
        "page": attempt.redirect_url if attempt and is_waiting and attempt.origin == "link" else "",
        "form": form or _form(link), "form_id": random_id(), "place": link.facility.sms_name,
        "hint": link.patient.phone[-2:],
    }  # fmt: skip
    return render(request, "billing/pay.html", context, status=422 if form or problem else 200)


def _form(link: PaymentLink, data: Any = None) -> LinkForm:
    names = dict(Provider.choices)
    currency = link.facility.currency
    proposed = proposed_provider(link.patient.phone, currency)
    return LinkForm(
        data,
        choices=[(name, names[name]) for name in for_currency(currency)],
        initial={"provider": proposed},
    )


def _ask(request: Request, link: PaymentLink) -> HttpResponse:
    form = _form(link, request.POST)
    number = link.patient.phone
    if form.is_valid() and form.cleaned_data["phone"]:
        try:
            number = clean_phone(form.cleaned_data["phone"], link.facility.country)
        except PhoneError:
            form.add_error("phone", _("Ce numéro n’est pas un téléphone d’ici. Vérifiez-le."))
    if not form.is_valid():
        return _page(request, link, form)
    by = Actor(user=None, facility=link.facility, roles=("system",))
    try:
        phone.pay_by_link(
            link=link, provider_name=form.cleaned_data["provider"], phone=number, by=by, now=timezone.now(),
            form_id=form_id(request),
        )  # fmt: skip
    except BillingError as error:
        return _page(request, link, problem=said(error.code))
    return redirect("pay-link", link.code)


def _is_too_often(request: Request) -> bool:
    key = f"pay-link:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%H%M}"
    cache.add(key, 0, 120)
    return int(cache.incr(key)) > LOOKUPS_A_MINUTE
