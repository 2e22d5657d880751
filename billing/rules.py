"""What is right with money, decided without a database: states, amounts, shares, balanced entries, back-off.

Amounts are whole units of the currency (XAF and KES have no smaller coin in use), as `Decimal`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
OPEN_ATTEMPTS = ("created", "pending")

EXPIRES_AFTER = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=25)


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
