"""What changes about staff: facilities, people and the roles they hold."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, get_user_perms

from accounts.models import Facility, Membership, RefreshGrant, User
from accounts.permissions import ROLE_PERMISSIONS, Actor
from accounts.queries import password_mark, running_grant
from clinic.db import StaleDocumentError, claim
from clinic.recording import recorded

GRANT_LIFETIME = timedelta(days=30)
REPLAY_SECONDS = 60


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
    _withdraw(held - wanted, user, facility)


def _withdraw(codenames: set[str], user: User, facility: Facility) -> None:
    """Delete grants by their own fields: guardian's `remove_perm` deletes across a join, which MongoDB refuses."""
    kind = ContentType.objects.get_for_model(Facility)
    permissions = Permission.objects.filter(content_type=kind, codename__in=sorted(codenames))
    UserObjectPermission.objects.filter(
        user=user,
        content_type=kind,
        object_pk=str(facility.pk),
        permission_id__in=list(permissions.values_list("pk", flat=True)),
    ).delete()


@recorded
def save_user(*, user: User, by: Actor, now: datetime, password: str = "") -> User:
    """Keep a person's account as it stands in `user`, with a new password if one is given."""
    if password:
        user.set_password(password)
    user.save()
    return user


@recorded
def save_facility(*, facility: Facility, by: Actor, now: datetime) -> Facility:
    """Keep a facility as it stands in `facility`."""
    facility.save()
    return facility


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


class RefreshRefusedError(Exception):
    """The refresh token is not (or no longer) good. `code` says why: unknown, expired, reused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@recorded
def sign_in_device(*, user: User, device: str, by: Actor, now: datetime) -> RefreshGrant:
    """Sign a device in to the API and return its grant."""
    return RefreshGrant.objects.create(
        user=user, device=device.strip() or "API", address=by.address, password_mark=password_mark(user),
        current=secrets.token_hex(16), issued_at=now, expires_at=now + GRANT_LIFETIME, created_at=now,
    )  # fmt: skip


def rotate_grant(*, grant_id: str, token: str, by: Actor, now: datetime) -> RefreshGrant:
    """Exchange a device's refresh token for its successor.

    Args:
        grant_id: the device's grant, as the token names it.
        token: the token's own number.

    Returns:
        The grant with the new current token. A token that was exchanged less than a minute ago gets the same
        successor again, because replies get lost; one exchanged earlier was copied, and ends the device.

    Raises:
        RefreshRefusedError: unknown, revoked, expired or reused. The revocation is stored all the same.
    """
    try:
        outcome = _rotate(grant_id=grant_id, token=token, by=by, now=now)
    except StaleDocumentError:
        outcome = _rotate(grant_id=grant_id, token=token, by=by, now=now)
    if isinstance(outcome, RefreshRefusedError):
        raise outcome
    return outcome


@recorded
def _rotate(
    *, grant_id: str, token: str, by: Actor, now: datetime
) -> RefreshGrant | RefreshRefusedError:
    grant = running_grant(grant_id, by.user) if by.user is not None and by.user.is_active else None
    if grant is None:
        return RefreshRefusedError("unknown")
    if grant.expires_at <= now:
        return RefreshRefusedError("expired")
    if token == grant.current:
        return _successor(grant, by, now)
    recent = grant.rotated_at is not None and now - grant.rotated_at <= timedelta(
        seconds=REPLAY_SECONDS
    )
    if token == grant.previous and recent:
        return grant
    _end(grant, "reused", now)
    return RefreshRefusedError("reused")


def _successor(grant: RefreshGrant, by: Actor, now: datetime) -> RefreshGrant:
    unchanged = RefreshGrant.objects.filter(pk=grant.pk, current=grant.current, revoked_at=None)
    claim(unchanged, current=secrets.token_hex(16), previous=grant.current, issued_at=now, rotated_at=now,
          expires_at=now + GRANT_LIFETIME, address=by.address)  # fmt: skip
    return RefreshGrant.objects.get(pk=grant.pk)


@recorded
def revoke_grant(*, grant: RefreshGrant, by: Actor, now: datetime) -> None:
    """Sign a device out, its access tokens included; one that is out stays out."""
    if grant.revoked_at is None:
        _end(grant, "signed-out", now)


def _end(grant: RefreshGrant, reason: str, now: datetime) -> None:
    grant.revoked_at, grant.revoked_reason = now, reason
    grant.save(update_fields=["revoked_at", "revoked_reason"])
