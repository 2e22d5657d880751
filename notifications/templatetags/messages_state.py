"""What every page says of messages: whether they are being handed over."""

from django import template

from notifications.queries import is_stopped

register = template.Library()


@register.simple_tag
def sms_stopped() -> bool:
    """Tell whether no SMS leaves now: the account is empty, the key refused, the sender unknown."""
    return is_stopped()
