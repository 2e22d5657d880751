import csv
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Actor, requires
from clinic.db import StaleDocumentError
from surveillance import actions, presentation
from surveillance.forms import FollowUpForm, PopulationForm, StatisticsForm, ThresholdForm
from surveillance.models import Alert
from surveillance.permissions import READ, country_of, is_authority, require_authority
from surveillance.queries import alerts as alert_queries
from surveillance.queries.counting import members
from surveillance.queries.published import Question, answer, published_weeks
from surveillance.queries.quality import TARGET_PERCENT, reporting
from surveillance.rules.groups import AGE_BANDS, GROUPS
from surveillance.rules.weeks import between, shift, week_of

MALARIA = "malaria"


def _asked(request: HttpRequest, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what the page is about: the form, disease, district and weeks."""
    country = country_of(actor)
    published = published_weeks(country)
    form = StatisticsForm(
        {"disease": MALARIA, "weeks": 26, **request.GET.dict()},
        diseases=[(group.key, presentation.name_of(group.key)) for group in GROUPS],
        districts=sorted(members(country)),
    )
    form.is_valid()
    last = published[-1] if published else shift(week_of(now.date()), -1)
    weeks = list(between(shift(last, 1 - (form.cleaned_data.get("weeks") or 26)), last))
    return {
        "form": form,
        "country": country,
        "published": published,
        "disease": form.cleaned_data.get("disease") or MALARIA,
        "district": form.cleaned_data.get("district") or "",
        "weeks": [week for week in weeks if not published or week >= published[0]],
    }


def _question(asked: dict[str, Any], *by: str, group: str = "") -> Question:
    weeks = asked["weeks"]
    return Question(
        asked["country"], weeks[0], weeks[-1], by, group=group or asked["disease"], district=asked["district"]
    )  # fmt: skip


@requires(READ)
def statistics(request: HttpRequest) -> HttpResponse:
    asked = _asked(request, request.actor, timezone.now())  # type: ignore[attr-defined]
    weeks, limit = asked["weeks"], settings.STATISTICS["threshold"]
    cases = {row.keys["week"]: row for row in answer(_question(asked, "week"))}
    ages = {
        (row.keys["week"], row.keys["ageBand"]): row
        for row in answer(_question(asked, "week", "ageBand", group=MALARIA))
    }
    return render(
        request,
        "surveillance/statistics.html",
        {
            **asked,
            "name": presentation.name_of(asked["disease"]),
            "curve": presentation.curve(weeks, cases, limit),
            "ages": presentation.by_age(weeks, ages),
            "bands": [presentation.band_name(name) for name, _first in AGE_BANDS],
            "quality": reporting(asked["country"], weeks[-4:]),
            "quality_weeks": weeks[-4:],
            "target": TARGET_PERCENT,
            "threshold": limit,
            "query": request.GET.urlencode(),
        },
    )


@requires(READ)
def statistics_csv(request: HttpRequest) -> HttpResponse:
    asked = _asked(request, request.actor, timezone.now())  # type: ignore[attr-defined]
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"carnet-{asked['disease']}-{asked['weeks'][0]}-{asked['weeks'][-1]}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    sheet = csv.writer(response)
    sheet.writerow(["week", "diagnosis", "district", "split", "part", "count", "withheld"])
    for split, by in (("total", ()), ("district", ("district",)), ("age", ("district", "ageBand"))):
        for row in answer(_question(asked, "week", "diagnosis", *by)):
            count = "" if row.count is None else row.count
            keys = row.keys
            district = keys.get("district", asked["district"])
            part = keys.get("ageBand", "")
            sheet.writerow(
                [keys["week"], keys["diagnosis"], district, split, part, count, row.withheld]
            )
    return response


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
