from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.permissions import requires
from surveillance import drawing
from surveillance.forms import PeriodForm
from surveillance.permissions import READ, is_authority
from surveillance.queries import impact as queries
from surveillance.rules.weeks import between, shift, week_of

OPENINGS_SHOWN = 8


@requires(READ)
def impact(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    form = PeriodForm({"weeks": 13, **request.GET.dict()})
    form.is_valid()
    last = week_of(timezone.now().date())
    weeks = list(between(shift(last, 1 - (form.cleaned_data.get("weeks") or 13)), last))
    found = queries.measured(actor, weeks)
    limit = settings.STATISTICS["threshold"]
    context = {
        "form": form,
        "found": found,
        "weeks": drawing.week_rows(found),
        "chart": drawing.per_thousand(found),
        "outcomes": drawing.outcome_rows(found.whole),
        "rules": drawing.rule_rows(found.rules, limit),
        "roles": drawing.role_rows(found.roles, limit),
        "openings": queries.openings(weeks[-OPENINGS_SHOWN:]),
        "opinions": drawing.opinion_rows(queries.opinions(actor, weeks), limit),
        "is_country": is_authority(actor),
        "threshold": limit,
        "survey_weeks": settings.SURVEY["weeks"],
    }
    return render(request, "surveillance/impact.html", context)
