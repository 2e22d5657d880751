from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format

from accounts.permissions import requires
from surveillance import places, presentation
from surveillance.permissions import READ
from surveillance.queries.alerts import populations
from surveillance.queries.counting import members
from surveillance.queries.published import Question, answer
from surveillance.rules.answers import Row
from surveillance.views.figures import asked_for


@requires(READ)
def district_map(request: HttpRequest) -> HttpResponse:
    asked = asked_for(request, request.actor, timezone.now())  # type: ignore[attr-defined]
    country, weeks = asked["country"], asked["weeks"]
    question = Question(country, weeks[0], weeks[-1], ("district",), group=asked["disease"])
    rows = {row.keys["district"]: row for row in answer(question)}
    here = members(country)
    texts = {name: presentation.shown(rows.get(name)) for name in here}
    del asked["form"].fields["district"]
    context = {
        **asked,
        "name": presentation.name_of(asked["disease"]),
        "sheets": places.draw(country, rows, here, texts),
        "classes": places.classes(rows),
        "rows": _table(country, sorted({*here, *rows}), rows),
        "threshold": settings.STATISTICS["threshold"],
    }
    return render(request, "surveillance/map.html", context)


def _table(country: str, names: list[str], rows: dict[str, Row]) -> list[dict[str, Any]]:
    people = populations(country)
    return [
        {
            "name": name,
            "count": presentation.shown(rows.get(name)),
            "withheld": rows[name].withheld if name in rows else 0,
            "rate": _rate(rows.get(name), people.get(name, 0)),
        }
        for name in names
    ]


def _rate(row: Row | None, population: int) -> str:
    """Return the cases per 100,000 inhabitants; nothing where a count is withheld or the population unknown."""
    if not population or (row is not None and (row.count is None or row.withheld)):
        return "—"
    return str(number_format(100_000 * (row.count or 0 if row else 0) / population, 1))
