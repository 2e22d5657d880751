import csv
import re
from typing import Any

from bson import ObjectId
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from billing import forms, queries
from billing.actions import invoicing
from billing.models import ChargeKind, Payer
from billing.views.frame import attempt_to

Request = Any


@requires("take_payments", "approve_payments")
def prices(request: Request) -> HttpResponse:
    actor = request.actor
    form = forms.PriceForm(request.POST or None)
    if request.method == "POST":
        actor.require("approve_payments")
        if form.is_valid():
            values = form.cleaned_data
            start = values.pop("valid_from")
            return attempt_to(
                request,
                lambda: invoicing.set_price(
                    by=actor, now=timezone.now(), valid_from=start.isoformat() if start else "", **values
                ),
                _("Prix enregistré."), "prices",
            )  # fmt: skip
    names = dict(ChargeKind.choices)
    rows = queries.prices_of(actor.facility_id, queries.today(actor.facility, timezone.now()))
    context = {
        "form": form,
        "rows": [(names.get(row.kind, row.kind), row) for row in rows],
        "currency": actor.facility.currency,
    }
    return render(request, "billing/prices.html", context)


@requires("approve_payments")
def payers(request: Request) -> HttpResponse:
    form = forms.PayerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return attempt_to(
            request,
            lambda: invoicing.save_payer(by=request.actor, now=timezone.now(), **form.cleaned_data),
            _("Organisme enregistré."), "payers",
        )  # fmt: skip
    rows = Payer.objects.filter(facility_id=request.actor.facility_id).order_by("name")
    context = {
        "form": form,
        "paid_form": forms.ClaimPaidForm(auto_id=False),
        "rows": [(row, queries.balance(row.facility_id, f"payer:{row.pk}")) for row in rows],
        "month": queries.today(request.actor.facility, timezone.now())[:7],
        "currency": request.actor.facility.currency,
    }
    return render(request, "billing/payers.html", context)


@requires("approve_payments")
@require_POST
def claim_paid(request: Request, payer_id: ObjectId) -> HttpResponse:
    payer = Payer.objects.filter(pk=payer_id, facility_id=request.actor.facility_id).first()
    if payer is None:
        raise Http404
    form = forms.ClaimPaidForm(request.POST)
    values = form.cleaned_data if form.is_valid() else {"amount": "?", "reference": "?"}
    return attempt_to(
        request,
        lambda: invoicing.pay_claim(payer=payer, by=request.actor, now=timezone.now(), **values),
        _("Virement enregistré."), "payers",
    )  # fmt: skip


@requires("approve_payments")
def claims(request: Request, payer_id: ObjectId) -> HttpResponse:
    payer = Payer.objects.filter(pk=payer_id, facility_id=request.actor.facility_id).first()
    month = request.GET.get("month", "")
    if payer is None or not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise Http404
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="bordereau-{month}.csv"'
    answer.write("\ufeff")
    sheet = csv.writer(answer, delimiter=";")
    sheet.writerow(["facture", "date", "dossier", "patient", "bon", "total", "part", "monnaie"])
    for row in queries.claims_of(payer, month):
        request.actor.note_seen("patients", row.patient_id)
        cells = (
            row.label,
            row.local_date,
            row.patient.record_number,
            _safe(str(row.patient)),
            _safe(row.voucher),
        )
        sheet.writerow([*cells, int(row.total), int(row.claimed), row.currency])
    return answer


def _safe(text: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t" else text
