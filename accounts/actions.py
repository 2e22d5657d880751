"""What changes about staff: facilities, people and the roles they hold."""

from datetime import datetime

from guardian.shortcuts import assign_perm, get_user_perms, remove_perm

from accounts.models import Facility, Membership, User
from accounts.permissions import ROLE_PERMISSIONS, Actor
from clinic.recording import recorded


@recorded
def grant_role(
    *, user: User, facility: Facility, role: str, by: Actor, now: datetime
) -> Membership:
    """Give `user` a role in `facility`; giving it twice changes nothing.

    The permissions of the role are granted on the facility object with guardian.
    """
    membership = Membership.objects.filter(
        user=user, facility=facility, role=role, is_active=True
    ).first()
    if membership is None:
        membership = Membership.objects.create(user=user, facility=facility, role=role, since=now)
    _align_permissions(user, facility)
    return membership


@recorded
def end_role(*, membership: Membership, by: Actor, now: datetime) -> None:
    """End a role; the permissions that no other role of the person gives are withdrawn."""
    membership.is_active = False
    membership.until = now
    membership.save()
    _align_permissions(membership.user, membership.facility)


def _align_permissions(user: User, facility: Facility) -> None:
    """Make guardian's grants equal to what the active roles give."""
    roles = Membership.objects.filter(user=user, facility=facility, is_active=True).values_list(
        "role", flat=True
    )
    wanted: frozenset[str] = frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
    held = set(get_user_perms(user, facility))
    for codename in sorted(wanted - held):
        assign_perm(codename, user, facility)
    for codename in sorted(held - wanted):
        remove_perm(codename, user, facility)


@recorded
def choose_facility(*, user: User, facility: Facility, by: Actor, now: datetime) -> None:
    """Remember where the person works now, for their next sign-in."""
    user.last_facility_id = str(facility.pk)
    user.save(update_fields=["last_facility_id"])


@recorded
def choose_language(*, user: User, language: str, by: Actor, now: datetime) -> None:
    """Remember the language a person reads Carnet in."""
    user.language = language
    user.save(update_fields=["language"])
