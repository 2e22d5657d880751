"""How Carnet's own effect and reports of DHIS2 are laid out: a chart, tables whose small counts are hidden, words."""

from collections.abc import Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.permissions import Role
from pharmacy.queries.reference import catalogue, page_language
from surveillance.models import Dhis2Export
from surveillance.presentation import (
    LEFT,
    WIDTH,
    Chart,
    bar,
    frame,
    height_of,
    name_of,
    round_top,
)
from surveillance.queries.impact import Measured, Opinions, WeekSum
from surveillance.rules.impact import OUTCOMES, Tally


def per_thousand(found: Measured) -> Chart:
    """Return the chart of lines stopped and then changed per 1,000 prescribed, by week."""
    weeks = list(found.weeks)
    rates = [found.weeks[week].per_thousand for week in weeks]
    top = round_top([rate or 0 for rate in rates])
    chart = frame(weeks, top)
    step = (WIDTH - LEFT) / max(len(weeks), 1)
    for place, (week, rate) in enumerate(zip(weeks, rates, strict=True)):
        if rate:
            height = height_of(rate, top)
            title = f"{week} : {number_format(rate, 1)}"
            x = LEFT + place * step
            chart.bars.append(bar(x, chart.base - height, step, height, "case", title))
    return chart


def week_rows(found: Measured) -> list[dict[str, Any]]:
    """Return the rows of the table by week, newest first."""
    return [
        {
            "week": week, "prescribed": one.prescribed, "stopped": one.stopped, "changed": one.outcomes["changed"],
            "rate": one.per_thousand, "staff": one.staff,
        }
        for week, one in reversed(found.weeks.items())
    ]  # fmt: skip


def outcome_rows(whole: WeekSum) -> list[tuple[str, int]]:
    """Return what became of the lines that were stopped, in words."""
    words = {
        "changed": _("puis changées ou annulées"),
        "abandoned": _("puis abandonnées, sans ordonnance"),
        "kept": _("maintenues avec un motif"),
        "open": _("encore bloquées"),
    }
    return [(words[name], whole.outcomes[name]) for name in OUTCOMES]


def rule_rows(rules: Sequence[tuple[str, Tally]], limit: int) -> list[dict[str, Any]]:
    """Return the rows of the table by rule; a rule that fired fewer times than `limit` shows no figures."""
    known = catalogue(page_language())
    rows = []
    for rule, tally in rules:
        entry = known.get(rule)
        name = _("règle de la structure") if rule.startswith("facility.") else rule
        told = entry.sentence if entry else ""
        rows.append(
            {"name": name, "told": told, "severity": tally.severity, **_figures(tally, limit)}
        )
    return rows


def role_rows(roles: Sequence[tuple[str, Tally]], limit: int) -> list[dict[str, Any]]:
    """Return the rows of the table by role."""
    names = {str(value): str(label) for value, label in Role.choices}
    return [
        {"name": names.get(role, role or "—")} | _figures(tally, limit) for role, tally in roles
    ]


def _figures(tally: Tally, limit: int) -> dict[str, Any]:
    if tally.fired < limit:
        return {"fired": _("moins de %(n)d") % {"n": limit}}
    decided = tally.heeded + tally.overridden
    return {
        "fired": tally.fired, "stopped": tally.stopped, "heeded": tally.heeded, "overridden": tally.overridden,
        "percent": round(100 * tally.overridden / decided) if decided else None, "is_shown": True,
    }  # fmt: skip


def opinion_rows(found: Opinions, limit: int) -> dict[str, Any]:
    """Return what people said, once enough have answered."""
    if found.answered < limit:
        return {"asked": found.asked, "is_shown": False}
    words = {
        9: _("très content(e)"),
        8: _("content(e)"),
        7: _("moyennement"),
        6: _("pas content(e)"),
    }
    rows = [
        (words[mark], count, round(100 * count / found.answered))
        for mark, count in found.marks.items()
    ]
    return {
        "asked": found.asked, "answered": found.answered, "good": found.good_percent, "rows": rows, "is_shown": True,
    }  # fmt: skip


def export_row(row: Dhis2Export) -> dict[str, Any]:
    """Return what was sent to DHIS2 and what it said, in words."""
    conflicts = [
        {
            "code": code,
            "about": ", ".join(f"{name_of(group)} ({district})" for group, district in about),
            "message": message,
            "todo": _todo(code),
        }
        for code, about, message in row.conflicts
    ]
    return {"row": row, "told": f"{row.week} : {_outcome(row)}", "conflicts": conflicts}


def _outcome(row: Dhis2Export) -> str:
    texts = {
        "taken": _("tout est accepté"),
        "partly": _("une partie n’est pas acceptée"),
        "refused": _("rien n’est accepté"),
        "not-allowed": _("le jeton est refusé, ou son compte n’a pas le droit d’écrire"),
        "not-found": _("l’adresse n’est pas celle d’un DHIS2"),
        "unreachable": _("serveur injoignable, rien n’est parti"),
        "unknown": _("pas de réponse : envoyez à nouveau, cela ne compte rien deux fois"),
    }
    told = texts.get(row.outcome, row.outcome)
    if row.outcome not in ("taken", "partly"):
        return told
    counts = {"new": row.imported, "changed": row.updated, "same": row.ignored}
    counted = _("%(new)d nouvelles valeurs, %(changed)d changées, %(same)d ignorées") % counts
    tried = _(" (essai : rien n’est enregistré)") if row.is_dry_run else ""
    return f"{told} : {counted}{tried}"


def _todo(code: str) -> str:
    """Return what to do about a conflict; DHIS2's own words stand beside it."""
    return {
        "E7600": _("L’ensemble de données est inconnu là-bas : corrigez son identifiant."),
        "E7610": _("Cet élément est inconnu là-bas : corrigez la correspondance de la maladie."),
        "E7611": _("DHIS2 ne connaît pas cette période."),
        "E7612": _("Cette unité est inconnue là-bas : corrigez la correspondance du district."),
        "E7613": _("Cette combinaison est inconnue là-bas : corrigez la correspondance de l’âge."),
        "E7641": _("DHIS2 n’a pas encore ouvert cette période : envoyez plus tard."),
    }.get(code, "")
