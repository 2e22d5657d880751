"""States of what is billed, whole amounts, shares and packs, what is paid before it leaves."""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)

TRANSITIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "charge": {"open": ("invoiced", "cancelled"), "invoiced": ("open",), "cancelled": ()},
    "invoice": {
        "issued": ("part-paid", "paid", "cancelled"),
        "part-paid": ("paid", "cancelled"),
        "paid": ("cancelled",),
        "cancelled": (),
    },
    "drawer": {"open": ("closed",), "closed": ()},
    "attempt": {
        "created": ("pending", "succeeded", "failed", "expired", "unknown"),
        "pending": ("succeeded", "failed", "expired", "unknown"),
        "expired": ("succeeded", "unknown"),
        "unknown": ("succeeded", "failed"),
        "succeeded": (),
        "failed": (),
    },
    "waiver": {"asked": ("approved", "refused"), "approved": (), "refused": ()},
    "refund": {
        "asked": ("approved", "refused"),
        "approved": ("paid", "refused"),
        "paid": (),
        "refused": (),
    },
    "day": {"prepared": ("signed",), "signed": ()},
    "payment": {"completed": ()},
}
FIRST_STATES = {
    "charge": "open", "invoice": "issued", "drawer": "open", "attempt": "created", "waiver": "asked",
    "refund": "asked", "day": "prepared", "payment": "completed",
}  # fmt: skip


class AmountError(ValueError):
    """The amount is not a whole number of units above zero."""

    code = "amount"


def may_change(kind: str, status: str, to: str) -> bool:
    """Tell whether a charge, invoice, drawer, attempt, waiver, refund or day may go from one state to another."""
    return to in TRANSITIONS[kind][status]


def whole(amount: object) -> Decimal:
    """Return an amount as a whole Decimal.

    Raises:
        AmountError: it has a fraction, is a float, or is no number.
    """
    if isinstance(amount, float):
        raise AmountError(amount)
    try:
        value = Decimal(str(amount))
    except ArithmeticError as error:
        raise AmountError(amount) from error
    if not value.is_finite() or value != value.to_integral_value():
        raise AmountError(amount)
    return value.quantize(Decimal(1))


def positive(amount: object) -> Decimal:
    """Return a whole amount above zero.

    Raises:
        AmountError: it is zero, negative or not whole.
    """
    value = whole(amount)
    if value <= 0:
        raise AmountError(amount)
    return value


def packs(quantity: int, pack_size: int) -> int:
    """Return how many packs `quantity` units need: an opened pack is a whole one."""
    return -(-quantity // max(pack_size, 1))


def payer_share(total: Decimal, covers_percent: int) -> Decimal:
    """Return what the payer owes of `total`; the patient owes the rest, so that both add up exactly."""
    share = total * Decimal(min(max(covers_percent, 0), 100)) / 100
    return share.quantize(Decimal(1), rounding=ROUND_HALF_UP)


def invoice_status(*, due: Decimal, paid: Decimal) -> str:
    """Return the state that follows from what the patient owes in all and has paid."""
    if paid >= due:
        return "paid"
    return "part-paid" if paid > 0 else "issued"


@dataclass(frozen=True)
class Prepaid:
    """What a pharmacy asked for before a line leaves.

    Attributes:
        paid: units that are paid for, or free, and have not left.
        waiting: units quoted and not paid, that have not left.
        asked: what the unpaid ones cost, or None when one has no price yet.
    """

    paid: int = 0
    waiting: int = 0
    asked: Decimal | None = ZERO

    def plus(self, units: int, amount: Decimal | None, *, is_settled: bool) -> "Prepaid":
        """Return this with one more quote of so many units."""
        if is_settled:
            return replace(self, paid=self.paid + units)
        if not units:
            return self
        asked = None if amount is None or self.asked is None else self.asked + Decimal(amount)
        return replace(self, waiting=self.waiting + units, asked=asked)

    def covers(self, quantity: int) -> bool:
        """Tell whether so many units are paid for."""
        return quantity <= self.paid
