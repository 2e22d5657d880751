from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Actor, requires
from clinic.db import StaleDocumentError
from surveillance import actions, presentation
from surveillance.forms import FollowUpForm, PopulationForm, ThresholdForm
from surveillance.models import Alert
from surveillance.permissions import READ, country_of, is_authority, require_authority
from surveillance.queries import alerts as alert_queries
from surveillance.queries.counting import members


@requires(READ)
def alerts(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    rows = [
        {
            "alert": row.alert,
            "name": presentation.name_of(row.alert.group),
            "cases": presentation.alert_cases(row),
            "why": presentation.why(row.alert.why),
            "steps": presentation.next_steps(row.alert),
        }
        for row in alert_queries.alerts(country_of(actor))
    ]
    context = {"rows": rows, "may_follow": is_authority(actor)}
    return render(request, "surveillance/alerts.html", context)


@requires(READ)
@require_POST
def alert_follow_up(request: HttpRequest, alert_id: Any) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    alert = Alert.objects.filter(pk=alert_id, country=country_of(actor)).first()
    if alert is None:
        raise Http404
    form = FollowUpForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Notez en quelques mots ce qui a été fait."))
        return redirect("alerts")
    try:
        actions.follow_up(alert=alert, by=actor, now=timezone.now(), **form.cleaned_data)
    except (actions.NotPossibleError, StaleDocumentError):
        messages.error(
            request, _("Cela n’a pas été enregistré : notez quelques mots, ou rechargez la page.")
        )
    return redirect("alerts")


@requires(READ)
def thresholds(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    country = country_of(actor)
    if request.method == "POST":
        return _change_threshold(request, actor, country)
    rules = alert_queries.thresholds(country).values()
    people = alert_queries.populations(country)
    context = {
        "rows": [(presentation.name_of(rule.group), rule) for rule in rules],
        "districts": [(name, people.get(name, "")) for name in sorted(members(country))],
        "may_change": is_authority(actor),
    }
    return render(request, "surveillance/thresholds.html", context)


def _change_threshold(request: HttpRequest, actor: Actor, country: str) -> HttpResponse:
    require_authority(actor, country)
    groups, districts = alert_queries.thresholds(country), members(country)
    rule, people = ThresholdForm(request.POST), PopulationForm(request.POST)
    now = timezone.now()
    if rule.is_valid() and rule.cleaned_data["group"] in groups:
        actions.change_threshold(country=country, by=actor, now=now, **rule.cleaned_data)
        messages.success(request, _("Le seuil est enregistré."))
    elif people.is_valid() and people.cleaned_data["district"] in districts:
        actions.set_population(country=country, by=actor, now=now, **people.cleaned_data)
        messages.success(request, _("La population est enregistrée."))
    else:
        messages.error(request, _("Vérifiez les nombres, et indiquez la source du changement."))
    return redirect("thresholds")
