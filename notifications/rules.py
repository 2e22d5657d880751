"""In which states a message may be, and which may follow which. Pure."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("en attente")
    SENDING = "sending", _("en cours d’envoi")
    SUBMITTED = "submitted", _("remis à l’opérateur")
    DELIVERED = "delivered", _("reçu")
    FAILED = "failed", _("échoué")
    EXPIRED = "expired", _("expiré")
    UNKNOWN = "unknown", _("sort inconnu")
    SUPPRESSED = "suppressed", _("non envoyé")


TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("sending", "suppressed", "expired"),
    "sending": ("submitted", "failed", "unknown", "queued"),
    "submitted": ("delivered", "failed", "expired", "unknown"),
    "unknown": ("submitted", "delivered", "failed", "expired"),
    "delivered": (),
    "failed": (),
    "expired": (),
    "suppressed": (),
}


def may_change(status: str, to: str) -> bool:
    """Tell whether a message may go from one state to another: only forward."""
    return to in TRANSITIONS[status]
