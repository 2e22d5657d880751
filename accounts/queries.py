"""What pages need to know of staff and facilities: the workplaces of a person, the actor of a request."""

from datetime import datetime
from typing import Any

from django.utils.crypto import salted_hmac
from guardian.shortcuts import get_perms

from accounts.models import Facility, FacilityKind, Membership, RefreshGrant, User
from accounts.permissions import Actor
from clinic.converters import parse_id


def workplaces(user: User) -> list[Facility]:
    """Return the facilities in which `user` holds an active role, by name."""
    ids = Membership.objects.filter(user=user, is_active=True).values_list("facility_id", flat=True)
    return list(Facility.objects.filter(pk__in=list(ids), is_active=True).order_by("name"))


def roles_in(user: User, facility: Facility) -> tuple[str, ...]:
    """Return the active roles of `user` in `facility`, in order of their name."""
    held = Membership.objects.filter(user=user, facility=facility, is_active=True)
    return tuple(sorted(held.values_list("role", flat=True)))


def actor_for(user: User, facility: Facility | None, address: str = "") -> Actor:
    """Return `user` at work in `facility`: the permissions are guardian's answer for that facility."""
    if facility is None:
        return Actor(user=user, facility=None, address=address)
    return Actor(
        user=user,
        facility=facility,
        permissions=frozenset(get_perms(user, facility))
        if not user.is_superuser
        else _granted(user, facility),
        roles=roles_in(user, facility),
        address=address,
    )


def _granted(user: User, facility: Facility) -> frozenset[str]:
    """Return only what was granted to a superuser: running the machine gives no look at records."""
    from guardian.shortcuts import get_user_perms  # noqa: PLC0415

    return frozenset(get_user_perms(user, facility))


def active_facility(user: User, chosen: str) -> Facility | None:
    """Return the facility the person chose if they still work there, else their last or first one."""
    places = workplaces(user)
    for wanted in (chosen, user.last_facility_id):
        for place in places:
            if str(place.pk) == wanted:
                return place
    return places[0] if places else None


def facilities_of_kind(kind: FacilityKind) -> list[Facility]:
    """Return the facilities in service of one kind, by name."""
    return list(Facility.objects.filter(kind=kind, is_active=True).order_by("name"))


def colleagues(facility: Facility, role: str) -> list[User]:
    """Return the people who hold `role` in `facility`, by name."""
    ids = Membership.objects.filter(facility=facility, role=role, is_active=True).values_list(
        "user_id", flat=True
    )
    return list(
        User.objects.filter(pk__in=list(ids), is_active=True).order_by("last_name", "first_name")
    )


def password_mark(user: User) -> str:
    """Return a mark of the password: it changes with it, and tells nothing of it."""
    return salted_hmac("accounts.refresh-grant", user.password, algorithm="sha256").hexdigest()


def running_grant(grant_id: Any, user: User) -> RefreshGrant | None:
    """Return the device of a token while it is neither revoked nor older than the password."""
    wanted = parse_id(grant_id)
    grant = RefreshGrant.objects.filter(pk=wanted, user=user).first() if wanted else None
    if grant is None or grant.revoked_at is not None or grant.password_mark != password_mark(user):
        return None
    return grant


def devices_of(user: User, now: datetime) -> list[RefreshGrant]:
    """Return the devices on which a person is signed in, newest first."""
    rows = RefreshGrant.objects.filter(user=user, revoked_at=None, expires_at__gt=now)
    return list(rows.order_by("-created_at")[:100])
