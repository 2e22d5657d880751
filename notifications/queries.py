"""What sending and the pages read about messages: texts in force, what is due, days, weeks, the queue's state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bson import Decimal128
from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from redis.exceptions import RedisError

from clinic.db import collection
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
STOPPED = "sms-stopped"


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


def is_stopped() -> bool:
    """Tell whether the queue waits, from the cache: every page of who may send messages asks it."""
    try:
        return bool(cache.get(STOPPED))
    except RedisError:
        return False


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


def messages_of_day(
    facility_id: object, day: date, zone: str, status: str = ""
) -> QuerySet[Message]:
    """Return a facility's messages of a calendar day there, newest first: all, or those in one state."""
    rows = Message.objects.filter(**_on_day(facility_id, day, zone))
    return (rows.filter(status=status) if status else rows).order_by("-due_at")


def counts_of_day(facility_id: object, day: date, zone: str) -> dict[str, int]:
    """Return how many messages of a day are in each state."""
    rows = Message.objects.filter(**_on_day(facility_id, day, zone)).values("status")
    return {row["status"]: row["count"] for row in rows.annotate(count=Count("pk"))}


def _on_day(facility_id: object, day: date, zone: str) -> dict[str, Any]:
    begin = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    return {"facility_id": str(facility_id), "due_at__gte": begin, "due_at__lt": end}


@dataclass(frozen=True)
class Week:
    """What was handed over in a week, how much of it is known to have arrived, and what it cost."""

    week: date
    sent: int = 0
    delivered: int = 0
    cost: Decimal = Decimal(0)

    @property
    def rate(self) -> int | None:
        """Return how many of a hundred arrived, or None when nothing was sent."""
        return round(100 * self.delivered / self.sent) if self.sent else None


def weeks(facility_id: object, now: datetime, zone: str, count: int = 10) -> list[Week]:
    """Return the last weeks of a facility, from Monday to Sunday there, oldest first; counted by the database."""
    today = now.astimezone(ZoneInfo(zone)).date()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=n) for n in reversed(range(count))]
    begin = datetime.combine(starts[0], datetime.min.time(), ZoneInfo(zone))
    truncated = {"date": "$submitted_at", "unit": "week", "timezone": zone, "startOfWeek": "monday"}
    delivered = {"$cond": [{"$eq": ["$status", MessageStatus.DELIVERED.value]}, 1, 0]}
    written = {"$gte": begin - timedelta(days=7)}
    pipeline = [
        {"$match": {"facility_id": str(facility_id), "created_at": written, "submitted_at": {"$gte": begin}}},
        {"$group": {"_id": {"$dateTrunc": truncated}, "sent": {"$sum": 1}, "delivered": {"$sum": delivered},
                    "cost": {"$sum": "$cost_amount"}}},
    ]  # fmt: skip
    found = {}
    for row in collection(Message).aggregate(pipeline):
        start = row["_id"].replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
        cost = row["cost"]
        cost = cost.to_decimal() if isinstance(cost, Decimal128) else Decimal(cost)
        found[start] = Week(start, row["sent"], row["delivered"], cost)
    return [found.get(start, Week(start)) for start in starts]


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
