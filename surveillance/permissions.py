"""Who may read statistics, and of which country."""

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor, Role

READ = "read_statistics"


def country_of(actor: Actor) -> str:
    """Return the country whose figures the actor reads: that of the facility they work in."""
    return actor.facility.country if actor.facility else ""


def is_authority(actor: Actor) -> bool:
    """Tell whether the actor answers for alerts: they hold the authority's role where they work now."""
    return actor.may(READ) and Role.AUTHORITY in actor.roles


def require_authority(actor: Actor, country: str) -> None:
    """Raise PermissionDenied unless the actor is of that country's health authority."""
    if not is_authority(actor) or country_of(actor) != country:
        raise PermissionDenied(READ)
