"""Payment attempts by phone: back-off, what an answer may change, which provider a number proposes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.rules.bills import may_change

OPEN_ATTEMPTS = ("created", "pending")

EXPIRES_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=25)


def next_check_after(age: timedelta, checks: int) -> timedelta | None:
    """Return how long to wait before the provider is asked again, or None to stop.

    Args:
        age: time since the attempt was written.
        checks: how often the provider was asked already.

    Returns:
        10 s, doubling to 2 min, for the first ten minutes; then 5 min for the first hour; then an hour, for a day.
    """
    if age >= GIVE_UP_AFTER:
        return None
    if age < timedelta(minutes=10):
        return timedelta(seconds=min(10 * 2 ** min(checks, 4), 120))
    return timedelta(minutes=5) if age < timedelta(hours=1) else timedelta(hours=1)


def is_past(created_at: datetime, now: datetime) -> bool:
    """Tell whether an attempt is too old to be still under way at the desk."""
    return now - created_at >= EXPIRES_AFTER


@dataclass(frozen=True)
class Answer:
    """What a provider says of an attempt when asked.

    Attributes:
        outcome: succeeded, failed, pending, lapsed (nobody answered in time, though a success may still follow),
            missing (it knows nothing of it) or silent (it did not answer).
        reason: the provider's code, in its own words.
        amount: as the provider has it, or None when it does not say.
        currency: as the provider has it, or empty.
        reference: our reference as the provider has it, or empty.
        transaction_id: the provider's number of the finished transaction.
    """

    outcome: str
    reason: str = ""
    amount: Decimal | None = None
    currency: str = ""
    reference: str = ""
    transaction_id: str = ""


def contradiction(answer: Answer, *, amount: Decimal, currency: str, reference: str) -> str:
    """Return what the provider has otherwise than we asked: amount, currency or reference; empty when nothing."""
    if answer.amount is not None and answer.amount != amount:
        return "amount-differs"
    if answer.currency and answer.currency != currency:
        return "currency-differs"
    if answer.reference and answer.reference != reference:
        return "reference-differs"
    return ""


@dataclass(frozen=True)
class Step:
    """What becomes of an attempt: its next state (or the same), why, and whether a person must look."""

    status: str
    reason: str = ""
    needs_person: bool = False
    is_late: bool = False


def next_step(
    *, status: str, answer: Answer, contradicts: str, created_at: datetime, now: datetime, heard: bool
) -> Step:  # fmt: skip
    """Decide what a provider's answer makes of an attempt. Nothing ever goes back.

    Args:
        status: the attempt's state now.
        answer: what the provider said.
        contradicts: what differs from what was asked, or empty.
        created_at: when the attempt was written.
        heard: the provider has ever confirmed that it knows the attempt.
    """
    if answer.outcome == "succeeded":
        if contradicts:
            return Step(_forward(status, "unknown"), contradicts, needs_person=True)
        return Step(_forward(status, "succeeded"), is_late=status in ("expired", "unknown"))
    if answer.outcome == "failed":
        return Step(_forward(status, "failed"), answer.reason)
    if answer.outcome == "lapsed":
        return Step(_forward(status, "expired"), answer.reason)
    if status in OPEN_ATTEMPTS and is_past(created_at, now):
        known = heard or answer.outcome in ("pending", "missing")
        return Step("expired" if known else "unknown", answer.reason, needs_person=not known)
    after = _forward(status, "pending") if answer.outcome == "pending" else status
    return Step(after, answer.reason, needs_person=after == "unknown")


def _forward(status: str, to: str) -> str:
    return to if may_change("attempt", status, to) else status


MTN = ("650", "651", "652", "653", "654", *(str(n) for n in range(670, 684)))
ORANGE = (
    "640",
    "641",
    "642",
    *(str(n) for n in range(655, 660)),
    *(str(n) for n in range(686, 700)),
)


def proposed_provider(phone: str, currency: str) -> str:
    """Return the provider a number was first given to: only a proposal, since numbers are carried over.

    Cameroon's ranges are those of libphonenumber 9; 684 and 685 are disputed and propose nothing.
    """
    if currency == "KES":
        return "mpesa"
    digits = phone.removeprefix("+237")
    if digits.startswith(MTN):
        return "momo"
    return "orange" if digits.startswith(ORANGE) else ""


def masked(text: str) -> str:
    """Return text with each run of 8 to 15 digits hidden but for its last two: a phone is not kept in it."""
    out, run = [], ""
    for char in f"{text}\x00":
        if char.isascii() and char.isdigit():
            run += char
            continue
        out.append("•" * (len(run) - 2) + run[-2:] if 8 <= len(run) <= 15 else run)
        run = ""
        out.append(char)
    return "".join(out)[:-1]
