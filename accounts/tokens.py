"""Tokens of the API: what stands in them, and how a refresh token is read."""

from typing import Any

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import RefreshGrant


def tokens_of(grant: RefreshGrant) -> dict[str, str]:
    """Return an access token, and the refresh token that the grant holds now: always the same text."""
    access = AccessToken()
    access["user_id"] = str(grant.user_id)
    access["device"] = str(grant.pk)
    refresh = RefreshToken()
    refresh.payload = {
        "token_type": "refresh",
        "user_id": str(grant.user_id),
        "device": str(grant.pk),
        "jti": grant.current,
        "iat": int(grant.issued_at.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
    }
    return {"access": str(access), "refresh": str(refresh)}


def read_refresh(text: str) -> dict[str, Any] | None:
    """Return what a refresh token says, or None when it is forged, expired or of another kind."""
    try:
        return dict(RefreshToken(text).payload)  # type: ignore[arg-type]
    except TokenError:
        return None
