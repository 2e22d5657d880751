"""How amounts are shown: whole units with a thin gap between thousands, and the currency as people write it."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def money(amount: Any, currency: str = "") -> str:
    """Show an amount as `12 500 FCFA` or `KSh 12,500`; nothing when there is none."""
    if amount in (None, ""):
        return ""
    gap = "," if (get_language() or "fr").startswith("en") else "\u202f"
    text = f"{int(Decimal(str(amount))):,}".replace(",", gap)
    if currency == "XAF":
        return f"{text}\u00a0FCFA"
    return f"KSh\u00a0{text}" if currency == "KES" else text
