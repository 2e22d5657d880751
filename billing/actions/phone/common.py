"""What all steps of a payment by phone share: reading and storing an attempt, and starting the next step."""

from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from accounts.permissions import Actor
from billing.models import PaymentAttempt
from billing.providers.wire import Order
from clinic.db import claim, on_commit


def later(task: str, attempt_id: object) -> None:
    """Start a task about an attempt once what was written about it is committed."""

    def start() -> None:
        from billing import tasks  # noqa: PLC0415 (tasks call these actions)

        getattr(tasks, task).delay(str(attempt_id))

    on_commit(start)


def system(attempt: PaymentAttempt) -> Actor:
    """Return who acts when nobody does: Carnet itself, in the facility of the attempt."""
    return Actor(user=None, facility=attempt.facility, roles=("system",))


def order_of(attempt: PaymentAttempt) -> Order:
    """Return what a provider needs to know of an attempt."""
    base = settings.PUBLIC_URL.rstrip("/")
    return Order(
        reference=attempt.reference, amount=Decimal(attempt.amount), currency=attempt.currency, phone=attempt.phone,
        note=attempt.facility.sms_name or "Carnet", provider_ref=attempt.provider_ref, number=max(attempt.sends, 1),
        callback_url=base + reverse("provider-call", args=[attempt.callback_token]),
        return_url=base + reverse("payment-return", args=[attempt.callback_token]),
    )  # fmt: skip


def read(attempt_id: object) -> PaymentAttempt | None:
    """Return an attempt with its facility, or None."""
    return PaymentAttempt.objects.select_related("facility").filter(pk=attempt_id).first()


def store(attempt: PaymentAttempt) -> PaymentAttempt:
    """Store what changed about an attempt, guarded by the revision that was read."""
    claim(PaymentAttempt.objects.filter(pk=attempt.pk, rev=attempt.rev), rev=attempt.rev + 1)
    attempt.rev += 1
    attempt.save()
    return attempt
