from datetime import date, timedelta
from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from billing import forms, queries
from billing.actions import cash, days, invoicing, phone
from billing.models import DayClose, Method, PaymentAttempt, Refund, StatementLine, Waiver
from billing.presentation import ACCOUNTS, said, why
from billing.views.frame import attempt_to

Request = Any
FILE_LIMIT = 2_000_000


def _day(request: Request) -> str:
    text = request.POST.get("day") or request.GET.get("day") or ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return queries.today(request.actor.facility, timezone.now())


@requires("take_payments", "approve_payments")
def day(request: Request) -> HttpResponse:
    wanted, facility = _day(request), request.actor.facility
    this = date.fromisoformat(wanted)
    names = dict(Method.choices)
    figures = queries.figures_of_day(facility, wanted)
    waiting = queries.to_decide(facility.pk)
    context = {
        "day": this,
        "before": this - timedelta(days=1),
        "after": this + timedelta(days=1),
        "figures": figures,
        "takings": [
            (names.get(key, key), value) for key, value in sorted(figures["takings"].items())
        ],
        "differences": queries.statement_differences(facility, wanted),
        "has_statement": StatementLine.objects.filter(
            facility=facility, local_date=wanted
        ).exists(),
        "open_attempts": queries.open_attempts_of(facility, wanted),
        "close": DayClose.objects.filter(facility=facility, local_date=wanted).first(),
        "accounts": _accounts(facility.pk),
        "waiting": waiting,
        "unclear": [(row, why(row.reason)) for row in waiting["unclear"]],
        "statement_form": forms.StatementForm(),
        "resolve_form": forms.ResolveForm(auto_id=False),
        "currency": facility.currency,
    }
    return render(request, "billing/day.html", context)


def _accounts(facility_id: Any) -> list[tuple[Any, Any]]:
    sums: dict[str, Any] = {}
    for account, amount in queries.shown(facility_id).items():
        kind = account.partition(":")[0]
        sums[kind] = sums.get(kind, 0) + amount
    return [(label, sums[kind]) for kind, label in ACCOUNTS.items() if kind in sums]


def _back(request: Request, act: Any, done: str) -> HttpResponse:
    answer = attempt_to(request, act, done, "billing-day")
    answer["Location"] = f"{reverse('billing-day')}?day={_day(request)}"
    return answer


@requires("take_payments", "approve_payments")
@require_POST
def prepare(request: Request) -> HttpResponse:
    wanted, note = _day(request), request.POST.get("note", "")
    return _back(
        request,
        lambda: days.prepare_day(day=wanted, note=note, by=request.actor, now=timezone.now()),
        _("Journée arrêtée. Une autre personne la contresigne."),
    )


@requires("approve_payments")
@require_POST
def sign(request: Request) -> HttpResponse:
    wanted = _day(request)
    return _back(
        request,
        lambda: days.sign_day(day=wanted, by=request.actor, now=timezone.now()),
        _("Journée contresignée."),
    )


@requires("approve_payments")
@require_POST
def statement(request: Request) -> HttpResponse:
    wanted = _day(request)
    form = forms.StatementForm(request.POST, request.FILES)
    if not form.is_valid() or form.cleaned_data["file"].size > FILE_LIMIT:
        messages.error(request, said("file"))
        return redirect(f"{reverse('billing-day')}?day={wanted}")
    text = form.cleaned_data["file"].read().decode("utf-8", errors="replace")
    return _back(
        request,
        lambda: days.import_statement(
            method=form.cleaned_data["method"],
            text=text,
            day=wanted,
            by=request.actor,
            now=timezone.now(),
        ),
        _("Relevé importé."),
    )


@requires("approve_payments")
@require_POST
def waiver_decide(request: Request, waiver_id: ObjectId) -> HttpResponse:
    row = Waiver.objects.filter(pk=waiver_id, facility_id=request.actor.facility_id).first()
    if row is None:
        raise Http404
    is_approved = request.POST.get("decision") == "approve"
    return _back(
        request,
        lambda: invoicing.decide_waiver(
            waiver=row, is_approved=is_approved, by=request.actor, now=timezone.now()
        ),
        _("Décision enregistrée."),
    )


@requires("approve_payments")
@require_POST
def refund_decide(request: Request, refund_id: ObjectId) -> HttpResponse:
    row = Refund.objects.filter(pk=refund_id, facility_id=request.actor.facility_id).first()
    if row is None:
        raise Http404
    is_approved = request.POST.get("decision") == "approve"
    return _back(
        request,
        lambda: cash.decide_refund(
            refund=row, is_approved=is_approved, by=request.actor, now=timezone.now()
        ),
        _("Décision enregistrée."),
    )


@requires("approve_payments")
@require_POST
def attempt_resolve(request: Request, attempt_id: ObjectId) -> HttpResponse:
    row = PaymentAttempt.objects.filter(
        pk=attempt_id, facility_id=request.actor.facility_id
    ).first()
    if row is None:
        raise Http404
    form = forms.ResolveForm(request.POST)
    values = (
        form.cleaned_data
        if form.is_valid()
        else {"is_paid": "no", "reason": "", "transaction_id": ""}
    )
    return _back(
        request,
        lambda: phone.resolve(
            attempt=row, is_paid=values["is_paid"] == "yes", reason=values["reason"],
            transaction_id=values["transaction_id"], by=request.actor, now=timezone.now(),
        ),
        _("Décision enregistrée."),
    )  # fmt: skip
