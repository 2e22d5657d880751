"""What changes about payments by phone: asked for, sent, heard of, confirmed, booked once.

A call to a provider is never made inside a transaction. An attempt is written before the first one, and every
answer is applied by `apply`, which books the money in the transaction that makes the attempt succeed.
"""

from billing.actions.phone.asking import apply, check, due, resolve
from billing.actions.phone.hearing import Call, flag_difference, hear, note_hint, refuse_call
from billing.actions.phone.linking import pay_by_link, send_link
from billing.actions.phone.requesting import pay_now, request_payment
from billing.actions.phone.sending import mark_sending, note_sent, send

__all__ = [
    "Call",
    "apply",
    "check",
    "due",
    "flag_difference",
    "hear",
    "mark_sending",
    "note_hint",
    "note_sent",
    "pay_by_link",
    "pay_now",
    "refuse_call",
    "request_payment",
    "resolve",
    "send",
    "send_link",
]
