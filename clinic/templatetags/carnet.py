"""Template tags of every page: amounts of the stored thousandths, ages, language-dependent sentences."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def thousandths(value: int | None) -> str:
    """Show a number stored in thousandths, without needless zeros."""
    if value is None:
        return ""
    number = Decimal(value) / 1000
    places = (
        0
        if number == number.to_integral()
        else 1
        if (number * 10) == (number * 10).to_integral()
        else 2
    )
    return number_format(number, places, use_l10n=True)


@register.filter
def in_language(thing: Any, name: str) -> str:
    """Return `thing.<name>_fr` or `thing.<name>_en`, by the language of the page."""
    language = "en" if (get_language() or "fr").startswith("en") else "fr"
    return str(getattr(thing, f"{name}_{language}", "") or "")


@register.filter
def age(days: int) -> str:
    """Show an age given in days the way clinicians say it: days, then months, then years."""
    if days < 60:
        return ngettext("%(n)d jour", "%(n)d jours", days) % {"n": days}
    if days < 24 * 30.44:
        return _("%(n)d mois") % {"n": int(days / 30.44)}
    years = int(days / 365.25)
    return ngettext("%(n)d an", "%(n)d ans", years) % {"n": years}


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    """Return a value of a dict."""
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], permission: str) -> bool:
    """Tell whether the actor of this request holds a permission: the same answer the view acts on."""
    actor = getattr(context.get("request"), "actor", None)
    return bool(actor and actor.may(permission))
