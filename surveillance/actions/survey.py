"""Asking about a visit, and taking the answer: that one was given is known, whose it was is not."""

from datetime import datetime

from accounts.models import Facility
from accounts.permissions import Actor
from clinic.db import StaleDocumentError, claim
from clinic.recording import recorded
from consultations.models import Consultation
from notifications.models import MessageStatus
from notifications.queue import enqueue
from surveillance.models import Opinion, OpinionWeek
from surveillance.queries.survey import open_question, visits_to_ask_about, was_asked_soon
from surveillance.rules.survey import MARKS, VALID, mark_of
from surveillance.rules.weeks import week_at


def ask_for_opinions(*, by: Actor, now: datetime) -> int:
    """Ask those whose visit ended some hours ago, one by one. Returns how many were asked."""
    return sum(ask(visit=visit, by=by, now=now) for visit in visits_to_ask_about(now))


@recorded
def ask(*, visit: Consultation, by: Actor, now: datetime) -> int:
    """Ask about one visit, unless this person or this phone was asked lately or wants no messages.

    Returns:
        1 when somebody was asked.
    """
    patient, place = visit.patient, visit.facility
    if was_asked_soon(patient, now):
        return 0
    local = f"{visit.started_at:%d/%m/%Y}"
    sent = enqueue(
        kind="visit-opinion", patient=patient, cause=f"opinion:{visit.pk}", by=by, now=now,
        values={"date": local}, facility=place,
    )  # fmt: skip
    if sent.status == MessageStatus.SUPPRESSED:
        return 0
    week = week_at(visit.started_at, place.time_zone)
    Opinion.objects.create(
        patient_id=str(patient.pk), phone=patient.phone, facility_id=str(place.pk), country=place.country,
        week=week, asked_at=now, expires_at=now + VALID,
    )  # fmt: skip
    _count(place, week, asked=1)
    return 1


@recorded
def take_opinion(*, phone: str, mark: int, by: Actor, now: datetime) -> bool:
    """Count a mark given from a phone, once for each question. Returns whether one was open."""
    question = open_question(phone, now)
    if question is None or mark not in MARKS:
        return False
    try:
        claim(Opinion.objects.filter(pk=question.pk, answered_at=None), answered_at=now)
    except StaleDocumentError:
        return False
    place = Facility.objects.get(pk=question.facility_id)
    _count(place, question.week, mark=mark)
    return True


def take_reply(*, phone: str, text: str, by: Actor, now: datetime) -> bool:
    """Count an SMS that is a mark and nothing else. Returns whether a question was open."""
    mark = mark_of(text)
    return mark is not None and take_opinion(phone=phone, mark=mark, by=by, now=now)


def _count(place: Facility, week: str, *, asked: int = 0, mark: int | None = None) -> None:
    row, _ = OpinionWeek.objects.get_or_create(
        facility_id=str(place.pk), week=week, defaults={"country": place.country, "marks": [0] * len(MARKS)}
    )  # fmt: skip
    row.asked += asked
    row.marks = [n + (m == mark) for n, m in zip(row.marks, MARKS, strict=True)]
    row.save()
