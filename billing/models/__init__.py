"""What is owed, what was paid and what the books say."""

from billing.models.bills import (
    Charge,
    ChargeKind,
    Counter,
    CreditNote,
    Invoice,
    InvoiceLine,
    Payer,
    Price,
    Waiver,
)
from billing.models.books import (
    AccountBalance,
    DayClose,
    EntryPart,
    LedgerEntry,
    StatementLine,
)
from billing.models.links import PaymentLink
from billing.models.money import (
    CallbackHit,
    Drawer,
    Method,
    Payment,
    PaymentAttempt,
    Provider,
    Refund,
)

__all__ = [
    "AccountBalance",
    "CallbackHit",
    "Charge",
    "ChargeKind",
    "Counter",
    "CreditNote",
    "DayClose",
    "Drawer",
    "EntryPart",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "Method",
    "Payer",
    "Payment",
    "PaymentAttempt",
    "PaymentLink",
    "Price",
    "Provider",
    "Refund",
    "StatementLine",
    "Waiver",
]
