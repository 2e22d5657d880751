"""What sending and the pages read about messages: texts in force, what is due, days, weeks, the queue's state."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Q

from notifications.models import (
    DeliveryReport,
    Gateway,
    Message,
    MessageStatus,
    TemplateText,
)
from notifications.texts import standard_text

SMS = "sms"
TEXT_SECONDS = 60


def text_of(kind: str, language: str) -> str:
    """Return the text in force for a kind and language: the administrator's, else Carnet's."""
    return own_texts().get(f"{kind}|{language}") or standard_text(kind, language)


def own_texts() -> dict[str, str]:
    """Return the administrator's texts by `kind|language`."""
    own: dict[str, str] | None = cache.get("message-templates")
    if own is None:
        own = {f"{row.kind}|{row.language}": row.text for row in TemplateText.objects.all()}
        cache.set("message-templates", own, TEXT_SECONDS)
    return own


def due_ids(now: datetime, limit: int) -> list[Any]:
    """Return the ids of messages to hand over now, oldest first."""
    rows = Message.objects.filter(status=MessageStatus.QUEUED, due_at__lte=now).filter(
        Q(next_try_at=None) | Q(next_try_at__lte=now)
    )
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


def pause(now: datetime) -> Gateway | None:
    """Return the state of a queue that waits, or None when messages are handed over."""
    return Gateway.objects.filter(name=SMS, paused_until__gt=now).first()


def parked_reports(gateway_ids: Iterable[str]) -> list[DeliveryReport]:
    """Return the reports about these ids that have not been applied, oldest first."""
    rows = DeliveryReport.objects.filter(gateway_id__in=list(gateway_ids), applied_at=None)
    return list(rows.order_by("received_at"))


def message_of_report(report: DeliveryReport) -> Message | None:
    """Return the message a report is about, or None while that is not certain.

    By its id; else, for an answer that was lost, the only message to that phone whose fate is unknown, when no
    other is on its way there.
    """
    known = Message.objects.filter(gateway_id=report.gateway_id).first()
    if known is not None:
        return known
    recent = Message.objects.filter(
        phone=report.phone,
        gateway_id="",
        claimed_at__gte=report.received_at - timedelta(hours=72),
        claimed_at__lte=report.received_at,
    )
    if recent.filter(status=MessageStatus.SENDING).exists():
        return None
    lost = list(recent.filter(status=MessageStatus.UNKNOWN)[:2])
    return lost[0] if len(lost) == 1 else None


def messages_of_patient(patient_id: object, limit: int = 60) -> list[Message]:
    """Return a patient's messages, newest first."""
    return list(Message.objects.filter(patient_id=str(patient_id)).order_by("-created_at")[:limit])


def messages_of_day(facility_id: object, day: date, zone: str, limit: int = 300) -> list[Message]:
    """Return a facility's messages of a calendar day there, newest first."""
    begin = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    rows = Message.objects.filter(facility_id=str(facility_id), due_at__gte=begin, due_at__lt=end)
    return list(rows.order_by("-due_at")[:limit])


def counted(rows: Iterable[Message]) -> dict[str, int]:
    """Return how many messages are in each state."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.status] = counts.get(row.status, 0) + 1
    return counts


def weeks(facility_id: object, now: datetime, count: int = 10) -> list[dict[str, Any]]:
    """Return sent, delivered and cost of the last weeks, oldest first: `{"week", "sent", "delivered", "cost"}`."""
    monday = now.date() - timedelta(days=now.weekday())
    starts = [monday - timedelta(weeks=n) for n in reversed(range(count))]
    found: dict[date, dict[str, Any]] = {
        start: {"week": start, "sent": 0, "delivered": 0, "cost": Decimal(0)} for start in starts
    }
    begin = datetime.combine(starts[0], datetime.min.time(), now.tzinfo)
    rows = Message.objects.filter(
        facility_id=str(facility_id), created_at__gte=begin, submitted_at__gte=begin
    )
    for at, status, cost in rows.values_list("submitted_at", "status", "cost_amount"):
        week = found.get(at.date() - timedelta(days=at.weekday())) if at else None
        if week is None:
            continue
        week["sent"] += 1
        week["delivered"] += status == MessageStatus.DELIVERED
        week["cost"] += cost or Decimal(0)
    return [found[start] for start in starts]


def average_cost(facility_id: object) -> tuple[Decimal, str] | None:
    """Return what one part cost lately and in which currency, or None before the first message."""
    row = (
        Message.objects.filter(facility_id=str(facility_id), cost_amount__gt=0)
        .order_by("-created_at")
        .first()
    )
    if row is None or row.cost_amount is None:
        return None
    return row.cost_amount / max(row.parts, 1), row.cost.split(" ")[0]
