"""The only hand that writes the books: balanced entries, the balances they add up to, numbers without gaps."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import Facility
from accounts.permissions import Actor
from billing.models import AccountBalance, Counter, EntryPart, LedgerEntry
from billing.queries import today
from billing.rules import Part, entry
from clinic.db import claim, in_transaction

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def post(
    *, facility: Facility, key: str, kind: str, parts: Iterable[Part], by: Actor, now: datetime
) -> LedgerEntry | None:
    """Write an entry and move the balances, in the transaction of its cause.

    Args:
        key: the cause, as `payment:<id>`; the same cause cannot be booked twice.
        parts: their sum must be zero; an entry of nothing is not written.

    Raises:
        UnbalancedError: the sum is not zero.
        IntegrityError: the cause is booked already.
    """
    if not in_transaction():
        raise RuntimeError("An entry is written in the transaction of its cause.")
    kept = entry(parts)
    if not kept:
        return None
    row = LedgerEntry(
        key=key, facility=facility, kind=kind, currency=facility.currency, at=now, local_date=today(facility, now),
        parts=[EntryPart(account=part.account, amount=part.amount) for part in kept],
        by=str(by.user.pk) if by.user else "", by_name=str(by.user or ""),
    )  # fmt: skip
    row.save(force_insert=True)
    for part in sorted(kept, key=lambda part: part.account):
        _move(facility, part)
    return row


def _move(facility: Facility, part: Part) -> None:
    known = AccountBalance.objects.filter(facility=facility, account=part.account).first()
    if known is None:
        AccountBalance.objects.create(facility=facility, account=part.account, balance=part.amount)
    else:
        unchanged = AccountBalance.objects.filter(pk=known.pk)
        claim(unchanged, balance=Decimal(known.balance) + part.amount)


def next_number(facility: Facility, series: str, now: datetime) -> tuple[int, int]:
    """Return year and the next number of a series of a facility; it is given back when the transaction fails."""
    year = int(today(facility, now)[:4])
    known = Counter.objects.filter(facility=facility, series=series, year=year).first()
    if known is None:
        Counter.objects.create(facility=facility, series=series, year=year, value=1)
        return year, 1
    claim(Counter.objects.filter(pk=known.pk, value=known.value), value=known.value + 1)
    return year, known.value + 1


def new_code() -> str:
    """Return ten letters by which a printed invoice or receipt is verified: 49 bits, not to be guessed."""
    return "".join(secrets.choice(LETTERS) for _ in range(10))


def name_of(by: Actor) -> dict[str, Any]:
    """Return id and name of a person, as documents keep them."""
    return {"by": str(by.user.pk) if by.user else "", "by_name": str(by.user or "Carnet")}
