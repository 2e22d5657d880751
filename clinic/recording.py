"""The frame around every action: one transaction, tried again on a conflict, logged under who did it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from auditlog.context import set_actor

from clinic.db import in_transaction, retried
from clinic.trail import ACTING

P = ParamSpec("P")
R = TypeVar("R")


def recorded(function: Callable[P, R]) -> Callable[P, R]:
    """Make `function` an action: all of it happens or nothing, and django-auditlog names `by.user`, role and place.

    The function must take keyword arguments `by` (an `accounts.permissions.Actor`) and `now` (aware). Called
    inside another action it joins that action's transaction and actor.
    """
    unit = retried(function)

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            return function(*args, **kwargs)
        by = cast(dict[str, Any], kwargs)["by"]
        acting = ACTING.set(_acting(by))
        try:
            with set_actor(by.user, remote_addr=by.address or None):
                return unit(*args, **kwargs)
        finally:
            ACTING.reset(acting)

    return run


def _acting(by: Any) -> dict[str, Any]:
    """Return in which role and place somebody acts, and why if they had to say so."""
    place = (
        {"facility_id": str(by.facility_id), "facility": str(by.facility)} if by.facility else {}
    )
    return {"roles": list(by.roles), **place, **({"reason": by.reason} if by.reason else {})}
