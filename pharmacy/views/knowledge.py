from typing import Any

from bson import ObjectId
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from pharmacy import forms
from pharmacy.actions import knowledge as actions
from pharmacy.models import FacilityRule, ReviewDecision, RuleStatus
from pharmacy.presentation import KIND_LABELS
from pharmacy.queries import knowledge
from pharmacy.queries.alerts import alert_counts, unread_words
from pharmacy.queries.reference import (
    Wanted,
    catalogue,
    coverage,
    find_entries,
    page_language,
    reviews_of,
    states,
    tally,
)
from pharmacy.views.reference import READERS

Request = Any
PAGE = 25
PERIODS = (30, 90, 365)


@requires(*READERS)
def table(request: Request) -> HttpResponse:
    form = forms.KnowledgeFilterForm(request.GET)
    data = form.cleaned_data if form.is_valid() else {}
    wanted = Wanted(
        text=data.get("q", ""), kind=data.get("kind", ""), severity=data.get("severity", ""),
        state=data.get("state", ""), is_to_verify=data.get("verify", False),
    )  # fmt: skip
    page = Paginator(find_entries(wanted, page_language()), PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form, "kind_labels": KIND_LABELS, "wanted": wanted, "page": page, "query": query.urlencode(),
        "states": states(page.object_list), "tally": tally(), "knowledge": knowledge(),
    }  # fmt: skip
    return render(request, "pharmacy/knowledge.html", context)


@requires(*READERS)
def rule(request: Request, rule_id: str) -> HttpResponse:
    entry = catalogue(page_language()).get(rule_id)
    if entry is None:
        raise Http404
    context = {
        "entry": entry,
        "state": states([entry])[entry.id],
        "reviews": reviews_of(rule_id),
        "raised": FacilityRule.objects.filter(
            facility=request.actor.facility, base_rule=rule_id, status=RuleStatus.ACTIVE
        ).first(),
        "raise_form": forms.RaiseForm(),
        "kind_labels": KIND_LABELS,
        "knowledge": knowledge(),
    }
    return render(request, "pharmacy/knowledge_rule.html", context)


REFUSED = {
    "changed": gettext_lazy(
        "Une règle a changé depuis son affichage : relisez-la avant de décider."
    ),
    "note-missing": gettext_lazy("Dites en quelques mots ce qui est à corriger."),
    "not-graver": gettext_lazy("Une gravité peut seulement être relevée."),
    "raised-already": gettext_lazy("Cette règle est déjà relevée dans votre structure."),
    "retired-already": gettext_lazy("Cette règle est déjà retirée."),
    "drug": gettext_lazy("Ce médicament ou cette famille n’est pas compris."),
    "value": gettext_lazy("Cette précision n’est pas comprise."),
}


@requires("approve_knowledge")
@require_POST
def review(request: Request) -> HttpResponse:
    form = forms.ReviewForm(request.POST)
    read = dict(part.rsplit("|", 1) for part in request.POST.getlist("rule") if "|" in part)
    if not form.is_valid() or not read:
        messages.error(request, _("Cochez au moins une règle et choisissez une décision."))
        return _back(request)
    try:
        actions.review_rules(read=read, by=request.actor, now=timezone.now(), **form.cleaned_data)
    except actions.NotAcceptedError as error:
        messages.error(request, REFUSED.get(error.code, error.code))
    else:
        approved = form.cleaned_data["decision"] == ReviewDecision.APPROVED
        messages.success(request, _("Approbation notée.") if approved else _("Remarque notée."))
    return _back(request)


def _back(request: Request) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return redirect(target if safe else "knowledge")


@requires("manage_staff")
@require_POST
def raise_rule(request: Request, rule_id: str) -> HttpResponse:
    form = forms.RaiseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choisissez une gravité et dites pourquoi."))
        return redirect("knowledge-rule", rule_id)
    try:
        actions.raise_severity(
            rule_id=rule_id, by=request.actor, now=timezone.now(), **form.cleaned_data
        )
    except actions.NotAcceptedError as error:
        messages.error(request, REFUSED[error.code])
    return redirect("knowledge-rule", rule_id)


@requires("manage_staff")
def facility_rules(request: Request) -> HttpResponse:
    form = forms.FacilityRuleForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _added(request, form):
            return redirect("facility-rules")
        status = 422
    rows = FacilityRule.objects.filter(facility=request.actor.facility).order_by("-added_at")
    context = {"form": form, "rows": rows[:200]}
    return render(request, "pharmacy/knowledge_facility.html", context, status=status)


def _added(request: Request, form: forms.FacilityRuleForm) -> bool:
    values = dict(form.cleaned_data)
    try:
        actions.add_rule(
            reason=values.pop("reason"), values=values, by=request.actor, now=timezone.now()
        )
    except actions.NotAcceptedError as error:
        field = error.code if error.code in form.fields else None
        form.add_error(field, REFUSED[error.code])
        return False
    messages.success(request, _("Règle ajoutée : elle est contrôlée dès maintenant."))
    return True


@requires("manage_staff")
@require_POST
def retire(request: Request, facility_rule_id: ObjectId) -> HttpResponse:
    row = get_object_or_404(FacilityRule, pk=facility_rule_id, facility=request.actor.facility)
    form = forms.ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Dites pourquoi vous la retirez."))
        return redirect("facility-rules")
    try:
        actions.retire_rule(
            rule=row, reason=form.cleaned_data["reason"], by=request.actor, now=timezone.now()
        )
    except actions.NotAcceptedError as error:
        messages.error(request, REFUSED[error.code])
    return redirect("facility-rules")


@requires(*READERS)
def gaps(request: Request) -> HttpResponse:
    context = {
        "coverage": coverage(page_language()),
        "tally": tally(),
        "kind_labels": KIND_LABELS,
        "unread": unread_words(request.actor, timezone.now()),
        "knowledge": knowledge(),
    }
    return render(request, "pharmacy/knowledge_coverage.html", context)


@requires(*READERS)
def alerts(request: Request) -> HttpResponse:
    asked = request.GET.get("days", "")
    days = int(asked) if asked.isdigit() and int(asked) in PERIODS else 90
    rows = alert_counts(request.actor, timezone.now(), days)
    context = {"rows": rows[:100], "days": days, "periods": PERIODS}
    return render(request, "pharmacy/knowledge_alerts.html", context)
