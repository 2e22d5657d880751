"""What all providers share: the order and its answers, one HTTP client, and a token kept for all workers."""

import base64
import hashlib
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from django.core.cache import cache

CONNECT_SECONDS, READ_SECONDS = 5.0, 20.0
TOKEN_LOCK_SECONDS = 30


@dataclass(frozen=True)
class Order:
    """One payment to ask for.

    Attributes:
        reference: our id of it (a UUID), the idempotency key where the provider has one.
        amount: whole units.
        phone: as `+237…`.
        note: a short text that the patient sees.
        callback_url: where the provider may call.
        return_url: where a browser comes back to.
        provider_ref: the provider's own reference, once it gave one.
        number: which try this is; some providers refuse a reference seen before.
    """

    reference: str
    amount: Decimal
    currency: str
    phone: str
    note: str
    callback_url: str
    return_url: str = ""
    provider_ref: str = ""
    number: int = 1


@dataclass(frozen=True)
class Sent:
    """What came of asking: accepted (not paid), refused, or silent (nobody knows)."""

    outcome: str
    provider_ref: str = ""
    proof: str = ""
    redirect_url: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Hint:
    """What a call on our address claims. It is never believed: it says what to ask about."""

    reference: str = ""
    provider_ref: str = ""
    proof: str = ""
    amount: Decimal | None = None
    currency: str = ""
    transaction_id: str = ""


class SilentError(Exception):
    """The provider did not answer, or not in a way that can be read."""


def call(
    config: dict[str, Any], method: str, path: str, *, headers: dict[str, str] | None = None, json: Any = None,
    form: dict[str, str] | None = None,
) -> httpx.Response:  # fmt: skip
    """Call a provider once.

    Raises:
        SilentError: no answer came, or it says that the provider itself is in trouble (502 to 504, 429).
    """
    own = {"User-Agent": config.get("user_agent", "Carnet/1.0"), "Accept": "application/json"}
    timeout = httpx.Timeout(config.get("read_seconds", READ_SECONDS), connect=CONNECT_SECONDS)
    try:
        response = httpx.request(
            method, config["base_url"].rstrip("/") + path, headers=own | (headers or {}), json=json, data=form,
            timeout=timeout, follow_redirects=False,
        )  # fmt: skip
    except httpx.HTTPError as error:
        raise SilentError(type(error).__name__) from error
    if response.status_code in (429, 502, 503, 504):
        raise SilentError(f"http-{response.status_code}")
    return response


def body_of(response: httpx.Response) -> dict[str, Any]:
    """Return an answer's JSON object, or an empty one."""
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def basic(user: str, password: str) -> str:
    """Return the header of basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def token(config: dict[str, Any], fetch: Callable[[], tuple[str, int]], *, spare: int) -> str:
    """Return the provider's token, fetched once for all workers and renewed `spare` seconds before its end.

    Args:
        fetch: asks the provider; returns the token and its lifetime in seconds.

    Raises:
        SilentError: the provider does not give one.
    """
    key = token_key(config)
    for _ in range(TOKEN_LOCK_SECONDS * 10):
        known = cache.get(key)
        if known:
            return str(known)
        if cache.add(f"{key}:lock", 1, TOKEN_LOCK_SECONDS):
            try:
                value, seconds = fetch()
                cache.set(key, value, max(seconds - spare, 1))
                return value
            finally:
                cache.delete(f"{key}:lock")
        time.sleep(0.1)
    raise SilentError("token")


def forget_token(config: dict[str, Any]) -> None:
    """Forget a token that the provider no longer takes."""
    cache.delete(token_key(config))


def token_key(config: dict[str, Any]) -> str:
    """Return the cache key of a provider account's token."""
    account = "|".join(f"{name}={config[name]}" for name in sorted(config) if name != "user_agent")
    return f"payment-token:{hashlib.sha256(account.encode()).hexdigest()[:32]}"


def plain(text: str, limit: int) -> str:
    """Return text in ASCII letters, digits and spaces: providers refuse accents and apostrophes."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    kept = "".join(char if char.isalnum() else " " for char in folded)
    return " ".join(kept.split())[:limit].strip()


def amount_in(value: Any) -> Decimal | None:
    """Return an amount as a provider writes it (`1500`, `"1500.0"`), or None."""
    try:
        return None if value in (None, "") else Decimal(str(value))
    except ArithmeticError:
        return None
