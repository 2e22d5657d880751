"""Balanced entries: what a bill, a payment, a credit note and a closed drawer book."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from billing.rules.bills import ZERO, whole


@dataclass(frozen=True)
class Part:
    """One side of an entry: a debit is above zero, a credit below."""

    account: str
    amount: Decimal


class UnbalancedError(Exception):
    """The parts of an entry do not add up to zero."""

    code = "unbalanced"


def entry(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts that are not zero, one for each account.

    Raises:
        UnbalancedError: their sum is not zero.
    """
    sums: dict[str, Decimal] = {}
    for part in parts:
        sums[part.account] = sums.get(part.account, ZERO) + whole(part.amount)
    kept = tuple(Part(account, amount) for account, amount in sums.items() if amount)
    if sum((part.amount for part in kept), ZERO) != 0:
        raise UnbalancedError(kept)
    return kept


def receivable(patient_id: object) -> str:
    """Return the account of what a patient owes."""
    return f"receivable:{patient_id}"


def deposits(patient_id: object) -> str:
    """Return the account of what a patient paid in advance: money the facility owes them."""
    return f"deposits:{patient_id}"


def drawer_account(drawer_id: object) -> str:
    """Return the account of the cash in one drawer."""
    return f"cash:{drawer_id}"


def parts_of_invoice(
    *, patient_id: object, payer_id: str, by_kind: Mapping[str, Decimal], payer_part: Decimal
) -> tuple[Part, ...]:
    """Return the entry of an invoice: patient and payer owe, revenue by kind is earned."""
    total = sum(by_kind.values(), ZERO)
    return entry(
        [
            Part(receivable(patient_id), total - payer_part),
            Part(f"payer:{payer_id}", payer_part),
            *(Part(f"revenue:{kind}", -amount) for kind, amount in by_kind.items()),
        ]
    )


def parts_of_payment(
    *, patient_id: object, account: str, amount: Decimal, open_balance: Decimal
) -> tuple[Part, ...]:
    """Return the entry of money received: what the invoice still asks is settled, the rest is an advance."""
    settled = min(amount, max(open_balance, ZERO))
    return entry(
        [
            Part(account, amount),
            Part(receivable(patient_id), -settled),
            Part(deposits(patient_id), settled - amount),
        ]
    )


@dataclass(frozen=True)
class Cut:
    """What a credit note on some lines takes back.

    Attributes:
        total: of the lines.
        payer: the payer's share of it.
        moved: what the patient had paid for it, beyond what the invoice still asks.
    """

    total: Decimal
    payer: Decimal
    moved: Decimal

    @property
    def patient(self) -> Decimal:
        """Return the patient's share."""
        return self.total - self.payer


def credited(
    *, amount: Decimal, total: Decimal, payer_part: Decimal, payer_left: Decimal, is_rest: bool, due: Decimal,
    paid: Decimal,
) -> Cut | None:  # fmt: skip
    """Return what crediting `amount` of an invoice takes from payer and patient.

    Args:
        total: of the invoice as issued; `payer_part` is the payer's share of it.
        payer_left: what the payer still owes of that share.
        is_rest: nothing else of the invoice is left.
        due: what the patient owes in all, before; `paid` is what they paid of it.

    Returns:
        None when the patient is not asked for that much any more, because it was waived.
    """
    in_proportion = (
        (payer_part * amount / total).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        if total
        else ZERO
    )
    payer = payer_left if is_rest else min(in_proportion, payer_left, amount)
    patient = amount - payer
    if patient < 0 or patient > due:
        return None
    return Cut(amount, payer, max(paid - (due - patient), ZERO))


def parts_of_credit(
    *, patient_id: object, payer_id: str, by_kind: Mapping[str, Decimal], cut: Cut
) -> tuple[Part, ...]:
    """Return the entry of a credit note on some lines: revenue is taken back, what was paid for them is an advance."""
    return entry(
        [
            *(Part(f"revenue:{kind}", amount) for kind, amount in by_kind.items()),
            Part(f"payer:{payer_id}", -cut.payer),
            Part(receivable(patient_id), cut.moved - cut.patient),
            Part(deposits(patient_id), -cut.moved),
        ]
    )


def reversed_parts(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the entry that undoes another."""
    return tuple(Part(part.account, -part.amount) for part in parts)


def parts_of_closing(*, drawer_id: object, expected: Decimal, counted: Decimal) -> tuple[Part, ...]:
    """Return the entry that empties a drawer into the safe; a difference has its own account."""
    return entry(
        [
            Part("safe", counted),
            Part(drawer_account(drawer_id), -expected),
            Part("differences", expected - counted),
        ]
    )
