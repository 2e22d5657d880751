"""In which states a message may be, what the gateway's answers and reports mean, when a text may be sent. Pure."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("sending", "suppressed", "expired"),
    "sending": ("submitted", "failed", "unknown", "queued"),
    "submitted": ("delivered", "failed", "expired", "unknown"),
    "unknown": ("submitted", "delivered", "failed", "expired"),
    "delivered": (),
    "failed": (),
    "expired": (),
    "suppressed": (),
}
RESENDABLE = ("failed", "expired")
MAX_ATTEMPTS = 6
RETRY_SECONDS = (30, 120, 600, 1800, 3600)
PAUSE_SECONDS = 600
QUIET_FROM, QUIET_TO = time(21, 0), time(7, 0)
EVENING_BEFORE = time(20, 0)


def may_change(status: str, to: str) -> bool:
    """Tell whether a message may go from one state to another: only forward."""
    return to in TRANSITIONS[status]


def comes_from(to: str) -> tuple[str, ...]:
    """Return the states from which a message may become `to`."""
    return tuple(status for status, after in TRANSITIONS.items() if to in after)


class Verdict(StrEnum):
    """What became of a hand-over."""

    ACCEPTED = "accepted"
    RETRY = "retry"  # certainly not accepted; a later try may help
    REFUSED = "refused"  # certainly not accepted; never will be
    PAUSE = "pause"  # nothing will be accepted until somebody acts: balance, sender, key
    UNKNOWN = "unknown"  # perhaps accepted: never sent again


@dataclass(frozen=True)
class Outcome:
    """The gateway's answer, understood."""

    verdict: Verdict
    reason: str = ""
    gateway_id: str = ""
    cost: str = ""


ACCEPTED_CODES = (100, 101, 102)
CODES: dict[int, tuple[Verdict, str]] = {
    401: (Verdict.RETRY, "risk-hold"),
    402: (Verdict.PAUSE, "invalid-sender"),
    403: (Verdict.REFUSED, "invalid-phone"),
    404: (Verdict.REFUSED, "unsupported-number"),
    405: (Verdict.PAUSE, "out-of-balance"),
    406: (Verdict.REFUSED, "blacklisted"),
    407: (Verdict.REFUSED, "no-route"),
    409: (Verdict.REFUSED, "do-not-disturb"),
    500: (Verdict.RETRY, "gateway-500"),
    501: (Verdict.RETRY, "gateway-501"),
    502: (Verdict.RETRY, "rejected-by-gateway"),
}
REQUEST_REFUSALS = {
    "invalidsenderid": (Verdict.PAUSE, "invalid-sender"),
    "insufficientbalance": (Verdict.PAUSE, "out-of-balance"),
    "invalidphonenumber": (Verdict.REFUSED, "invalid-phone"),
}


def judge_answer(status: int, body: str) -> Outcome:
    """Return what the answer to one message for one number means.

    Args:
        status: the HTTP status. 401 is plain text about the key; 429 and 503 mean nothing was taken; another
            5xx may come after the message was taken.
        body: the text of the answer, whatever its content type.
    """
    if status in (429, 503):
        return Outcome(Verdict.RETRY, f"http-{status}")
    if status in (401, 403):
        return Outcome(Verdict.PAUSE, "bad-key")
    if 400 <= status < 500:
        return Outcome(Verdict.REFUSED, f"http-{status}")
    if not 200 <= status < 300:
        return Outcome(Verdict.UNKNOWN, f"http-{status}")
    try:
        data = json.loads(body)["SMSMessageData"]
        return _judge_recipients(list(data["Recipients"]), str(data.get("Message", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Outcome(Verdict.UNKNOWN, "unreadable-answer")


def _judge_recipients(rows: list[Any], message: str) -> Outcome:
    if not rows:
        known = REQUEST_REFUSALS.get(letters(message))
        return Outcome(*known) if known else Outcome(Verdict.REFUSED, f"refused: {message[:60]}")
    row = rows[0]
    code = int(row["statusCode"])
    if code in ACCEPTED_CODES:
        found = str(row.get("messageId", ""))
        gateway_id = "" if found == "None" else found
        return Outcome(Verdict.ACCEPTED, "", gateway_id, str(row.get("cost", "")))
    return Outcome(*CODES.get(code, (Verdict.REFUSED, f"code-{code}")))


def letters(text: str) -> str:
    """Return only the letters, in small: the gateway spells its words in several ways."""
    return re.sub(r"[^a-z]", "", text.lower())


REPORTS = {
    "sent": "submitted", "submitted": "submitted", "buffered": "submitted", "success": "delivered",
    "rejected": "failed", "failed": "failed", "absentsubscriber": "failed", "expired": "expired",
}  # fmt: skip


def judge_report(status: str) -> str | None:
    """Return the state that a delivery report's status means, or None when it is not known."""
    return REPORTS.get(letters(status))


def retry_at(attempts: int, now: datetime, jitter: float) -> datetime:
    """Return when to try again after `attempts` tries.

    Args:
        jitter: between 0 and 1; spreads the tries over half of the pause.
    """
    pause = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
    return now + timedelta(seconds=pause * (1 + jitter / 2))


def may_retry(reason: str, attempts: int) -> bool:
    """Tell whether one more try is right: while there is no connection always, after a rejection once."""
    if reason == "no-connection":
        return True
    return attempts < (2 if reason == "rejected-by-gateway" else MAX_ATTEMPTS)


def is_quiet(at: datetime, zone: str) -> bool:
    """Tell whether `at` lies in the quiet hours (21:00 to 07:00) of a place."""
    local = at.astimezone(ZoneInfo(zone)).time()
    return local >= QUIET_FROM or local < QUIET_TO


def after_quiet(at: datetime, zone: str) -> datetime:
    """Return `at`, or the next 07:00 of the place when it lies in the quiet hours."""
    if not is_quiet(at, zone):
        return at
    local = at.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_TO, ZoneInfo(zone))


def before_quiet(at: datetime, zone: str) -> datetime:
    """Return `at`, or 20:00 of the evening before when it lies in the quiet hours: a reminder comes early, not late."""
    if not is_quiet(at, zone):
        return at
    local = at.astimezone(ZoneInfo(zone))
    day = local.date() - timedelta(days=0 if local.time() >= QUIET_FROM else 1)
    return datetime.combine(day, EVENING_BEFORE, ZoneInfo(zone))


# What may never stand in a text: words that tell a disease, in the three languages.
REVEALING = re.compile(
    r"\b(vih|hiv|sida|aids|s[ée]ropositi\w*|arv|antir[ée]tro\w*|tuberculo\w*|tb|diab[éeè]t\w*|cancer\w*|syphilis"
    r"|h[ée]patit\w*|hepatit\w*|paludisme|malaria|grossesse|enceinte|pregnan\w*|get belle|avortement|abortion|ist|mst"
    r"|sti|std|hypertension|[ée]pilep\w*|drépanocyt\w*|sickle|psychiatr\w*|d[ée]pression|diagnos\w*)\b",
    re.IGNORECASE,
)


def revealing_word(text: str) -> str:
    """Return the first word of `text` that tells a disease, or an empty text."""
    found = REVEALING.search(text)
    return found[0] if found else ""
