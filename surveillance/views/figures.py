import csv
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import Actor, requires
from surveillance import presentation
from surveillance.forms import StatisticsForm
from surveillance.permissions import READ, country_of
from surveillance.queries.counting import members
from surveillance.queries.published import Question, answer, published_weeks
from surveillance.queries.quality import TARGET_PERCENT, reporting
from surveillance.rules.groups import AGE_BANDS, GROUPS
from surveillance.rules.weeks import between, shift, week_of

MALARIA = "malaria"


def asked_for(request: HttpRequest, actor: Actor, now: datetime) -> dict[str, Any]:
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
    asked = asked_for(request, request.actor, timezone.now())  # type: ignore[attr-defined]
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
    asked = asked_for(request, request.actor, timezone.now())  # type: ignore[attr-defined]
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
