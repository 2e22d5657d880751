"""USSD sessions: state in Redis by session id, every hop answered once and the same, resumed within three minutes."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from django.core.cache import cache
from django.db import DatabaseError
from django.utils.crypto import salted_hmac
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from clinic.db import StaleDocumentError
from notifications.alphabet import to_ascii
from phone.screens import GoneError, State, phrase, show, take

logger = logging.getLogger(__name__)
SESSION_SECONDS = 180
LOCK_SECONDS = 8
SCREEN_LENGTH = 160
FOLLOWED = ("payment",)  # whoever dials again is shown what became of it


def hop(*, session_id: str, phone: str, text: str, now: datetime) -> str:
    """Return the screen that answers a hop, beginning with `CON ` or `END `.

    Args:
        text: everything typed so far, joined by `*`; empty on the first hop. The same text again gets the same
            screen, and does nothing a second time.
    """
    try:
        with _alone(session_id):
            return _hop(session_id, phone, text, now)
    except (RedisError, DatabaseError, PyMongoError, StaleDocumentError, TimeoutError) as error:
        logger.warning("A USSD hop could not be answered: %s", error)
        return "END " + phrase("unavailable", "any")


def _hop(session_id: str, phone: str, text: str, now: datetime) -> str:
    session = cache.get(f"ussd:{session_id}")
    if session is not None and session["phone"] != phone:
        return "END " + phrase("unavailable", "any")
    session = session or {"phone": phone, "state": _resumed(phone), "consumed": 0, "answers": {}}
    hop_key = salted_hmac("ussd", text).hexdigest()  # what was typed may hold a PIN
    if hop_key in session["answers"]:
        return str(session["answers"][hop_key])
    state = State(**session["state"])
    entries = text.split("*") if text else []
    try:
        end = _step(state, entries[session["consumed"] :], phone, now)
        answer = _screen(f"END {end}" if end else f"CON {show(state, phone, now)}")
    except GoneError:
        end = phrase("unknown", state.language)
        answer = _screen(f"END {end}")
    session["state"], session["consumed"] = asdict(state), len(entries)
    session["answers"][hop_key] = answer
    cache.set(f"ussd:{session_id}", session, SESSION_SECONDS)
    if end and state.screen not in FOLLOWED:
        cache.delete(f"ussd-last:{phone}")
    else:
        cache.set(f"ussd-last:{phone}", asdict(state), SESSION_SECONDS)
    return answer


def _step(state: State, entries: list[str], phone: str, now: datetime) -> str:
    for entry in entries:
        if end := take(state, entry.strip(), phone, now):
            return end
    return ""


def _resumed(phone: str) -> dict[str, object]:
    """Return the state of the last session of a phone that was cut off, without its PIN."""
    last = cache.get(f"ussd-last:{phone}")
    if last is None:
        return asdict(State())
    state = State(**last)
    state.forget_pin()
    return asdict(state)


def _screen(text: str) -> str:
    plain = to_ascii(text)
    return plain if len(plain) <= SCREEN_LENGTH + 4 else plain[: SCREEN_LENGTH + 1] + "..."


def ended(*, session_id: str, phone: str, status: str) -> None:
    """Note that the network ended a session; one that was cut off may be resumed."""
    last = cache.get(f"ussd-last:{phone}")
    if status == "Success" and last is not None and last["screen"] not in FOLLOWED:
        cache.delete(f"ussd-last:{phone}")


@contextmanager
def _alone(session_id: str) -> Iterator[None]:
    """Hold a session: networks send a hop twice at once."""
    key = f"ussd-lock:{session_id}"
    deadline = time.monotonic() + LOCK_SECONDS / 2
    while not cache.add(key, 1, LOCK_SECONDS):
        if time.monotonic() > deadline:
            raise TimeoutError(session_id)
        time.sleep(0.02)
    try:
        yield
    finally:
        cache.delete(key)
