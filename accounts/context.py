"""What every page shows of the person at work: who, where, and where else they could be."""

from typing import Any

from django.http import HttpRequest

from accounts.queries import workplaces


def workplace(request: HttpRequest) -> dict[str, Any]:
    """Return the actor and their workplaces for the header."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.user is None:
        return {"actor": actor, "workplaces": []}
    return {"actor": actor, "workplaces": workplaces(actor.user)}
