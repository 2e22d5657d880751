from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import requires
from surveillance import actions, drawing, gateway, presentation
from surveillance.forms import Dhis2SendForm
from surveillance.models import Dhis2Kind
from surveillance.permissions import READ, country_of, is_authority
from surveillance.queries import dhis2 as queries
from surveillance.queries.counting import members
from surveillance.queries.published import published_weeks
from surveillance.rules.groups import AGE_BANDS, GROUPS

NAME_LENGTH = 60
WEEKS_OFFERED = 26


@requires(READ)
def dhis2(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    country = country_of(actor)
    names = queries.names_of(country)
    weeks = published_weeks(country)[-WEEKS_OFFERED:]
    next_one = queries.payload_of(country, weeks[-1], names) if weeks else None
    context = {
        "weeks": list(reversed(weeks)),
        "next": next_one,
        "exports": [drawing.export_row(row) for row in queries.exports(country)],
        "names": names,
        "sections": _sections(country, names),
        "may_send": is_authority(actor),
        "is_configured": gateway.is_configured(),
    }
    return render(request, "surveillance/dhis2.html", context)


def _sections(country: str, names: Any) -> list[dict[str, Any]]:
    """Return the fields of the form of names: what is called how."""
    groups = [(group.key, presentation.name_of(group.key)) for group in GROUPS]
    bands = [(band, presentation.band_name(band)) for band, _first in AGE_BANDS]
    districts = [(name, name) for name in sorted(members(country))]
    rows = (
        (Dhis2Kind.DATA_SET, _("Ensemble de données"), [("", _("identifiant"))], {"": names.data_set}),
        (Dhis2Kind.PLACE, _("Districts → unités d’organisation"), districts, names.places),
        (Dhis2Kind.COMBO, _("Âges → combinaisons d’options (tous, ou aucun)"), bands, names.combos),
        (Dhis2Kind.ELEMENT, _("Maladies → éléments de données"), groups, names.elements),
    )  # fmt: skip
    return [
        {
            "title": title,
            "is_long": kind == Dhis2Kind.ELEMENT,
            "fields": [(f"{kind}:{key}", label, known.get(key, "")) for key, label in wanted],
        }
        for kind, title, wanted, known in rows
    ]


REFUSED = {
    "not-configured": lambda: _("Aucun serveur DHIS2 n’est réglé : voyez docs/operations.md."),
    "not-published": lambda: _("Cette semaine n’est pas publiée."),
    "nothing-mapped": lambda: _("Donnez d’abord le nom d’au moins un district et d’une maladie."),
}


@requires(READ)
@require_POST
def dhis2_send(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    form = Dhis2SendForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choisissez une semaine publiée."))
        return redirect("dhis2")
    try:
        sent = actions.send_week(
            country=country_of(actor), week=form.cleaned_data["week"], is_dry_run=form.cleaned_data["dry_run"],
            by=actor, now=timezone.now(),
        )  # fmt: skip
    except actions.NotSendableError as error:
        messages.error(request, REFUSED[error.code]())
    else:
        say = messages.success if sent.outcome == "taken" else messages.warning
        say(request, drawing.export_row(sent)["told"])
    return redirect("dhis2")


@requires(READ)
@require_POST
def dhis2_names(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    country = country_of(actor)
    sections = _sections(country, queries.names_of(country))
    names = {}
    for name in (field[0] for section in sections for field in section["fields"]):
        if name in request.POST:
            kind, _colon, key = name.partition(":")
            names[kind, key] = request.POST[name].strip()[:NAME_LENGTH]
    changed = actions.set_names(country=country, names=names, by=actor, now=timezone.now())
    messages.success(request, _("Correspondances changées : %(n)d") % {"n": changed})
    return redirect("dhis2")
