"""Who may read statistics, and of which country."""

from accounts.permissions import Actor

READ = "read_statistics"


def country_of(actor: Actor) -> str:
    """Return the country whose figures the actor reads: that of the facility they work in."""
    return actor.facility.country if actor.facility else ""
