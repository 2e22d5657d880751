"""Anonymous statistics for the health authority."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from clinic.api.errors import refused
from clinic.api.fields import Shape
from clinic.api.schema import operation, query
from clinic.api.views import ApiView
from surveillance.permissions import READ, country_of
from surveillance.queries.counting import facilities
from surveillance.queries.published import Question, answer, published_weeks
from surveillance.rules.answers import DIMENSIONS, NotPublishedError, Row
from surveillance.rules.weeks import PATTERN, monday, shift, week_of

MOST_WEEKS, MOST_ROWS = 160, 10_000


class RowOut(Shape):
    week = serializers.CharField(required=False, help_text="ISO week, `2026-W05`.")
    diagnosis = serializers.CharField(required=False, help_text="Group of ICD-10 codes.")
    event = serializers.CharField(required=False)
    district = serializers.CharField(required=False)
    facility = serializers.CharField(required=False)
    facilityName = serializers.CharField(required=False)
    ageBand = serializers.CharField(required=False, help_text="Completed years.")
    sex = serializers.CharField(required=False)
    count = serializers.IntegerField(
        allow_null=True,
        help_text="Persons, once a week, group and facility. null: only withheld counts.",
    )
    withheld = serializers.IntegerField(help_text="Counts that are missing from `count`.")


class StatisticsOut(Shape):
    rows = RowOut(many=True)
    suppressed = serializers.IntegerField(help_text="Counts withheld from these rows.")
    threshold = serializers.IntegerField(help_text="Fewer persons than this are never shown.")
    by = serializers.ListField(child=serializers.CharField())
    publishedThrough = serializers.CharField(
        allow_null=True, help_text="The last week that was published."
    )


WEEK = {"type": "string", "pattern": PATTERN}
PARAMETERS = (
    query("from", "First ISO week; 12 weeks before `to` when left out.", WEEK),
    query("to", "Last ISO week; this one when left out.", WEEK),
    query(
        "by",
        "Comma-separated: week, diagnosis or event, district, and one of facility, ageBand, sex. "
        "`week,diagnosis` when left out.",
    ),
    query("diagnosis", "Only this group, as `malaria`."),
    query("district", "Only this district."),
    query("facility", "Only this facility (its id)."),
)


class Statistics(ApiView):
    needs = {"GET": (READ,)}

    @operation(
        "Anonymous weekly counts: sums of published cells, small ones withheld", gives=StatisticsOut,
        parameters=PARAMETERS, tag="health-authority", name="statistics",
    )  # fmt: skip
    def get(self, request: Any) -> Response:
        question = _question(request.query_params, country_of(self.actor))
        try:
            rows = answer(question)
        except NotPublishedError as error:
            raise refused(("by", WHY[error.code]())) from error
        if len(rows) > MOST_ROWS:
            raise refused(("by", _("La réponse serait trop longue : demandez moins de semaines.")))
        weeks = published_weeks(question.country)
        return Response(
            {
                "rows": _json(rows),
                "suppressed": sum(row.withheld for row in rows),
                "threshold": settings.STATISTICS["threshold"],
                "by": [name for name in DIMENSIONS if name in question.by],
                "publishedThrough": weeks[-1] if weeks else None,
            }
        )


WHY = {
    "unknown": lambda: _("Dimensions possibles : %(names)s.") % {"names": ", ".join(DIMENSIONS)},
    "one-split": lambda: _(
        "Âge, sexe et structure ne sont pas publiés croisés : un seul à la fois."
    ),
    "measure": lambda: _("Les évènements sont publiés par semaine et par district."),
}


def _question(params: Any, country: str) -> Question:
    last = _week(params, "to", week_of(timezone.now().date()))
    first = _week(params, "from", shift(last, -12))
    if not first <= last <= shift(first, MOST_WEEKS - 1):
        raise refused(("from", _("Au plus %(n)d semaines, dans l’ordre.") % {"n": MOST_WEEKS}))
    by = tuple(
        name.strip() for name in params.get("by", "week,diagnosis").split(",") if name.strip()
    )
    return Question(
        country, first, last, by, group=params.get("diagnosis", ""), district=params.get("district", ""),
        facility=params.get("facility", ""),
    )  # fmt: skip


def _week(params: Any, name: str, default: str) -> str:
    text = params.get(name) or default
    try:
        monday(text)
    except ValueError as error:
        raise refused((name, _("Une semaine ISO comme 2026-W05 est attendue."))) from error
    return str(text)


def _json(rows: list[Row]) -> list[dict[str, Any]]:
    places = facilities() if rows and "facility" in rows[0].keys else {}
    found = []
    for row in rows:
        more = {"facilityName": places[row.keys["facility"]].name} if places else {}
        found.append({**row.keys, **more, "count": row.count, "withheld": row.withheld})
    return found


ROUTES = [("health-authority/statistics", Statistics, "statistics")]
