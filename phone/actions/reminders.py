"""Reminders of appointments and doses: written many at once, each once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.permissions import Actor
from clinic.db import claim
from clinic.recording import recorded
from notifications.models import Message
from notifications.queue import Wanted, enqueue_all, wanted_by
from patients.queries import today_in
from pharmacy.models import Prescription
from phone.models import DoseLine, DosePlan
from phone.queries import (
    Planned,
    due_plans,
    ended_prescriptions,
    running_courses,
)
from phone.rules import Course, next_dose

TOO_LATE = timedelta(minutes=30)  # for a dose


class NothingToRemindError(Exception):
    """No course of the prescription runs."""

    code = "nothing-to-remind"


@recorded
def write_reminders(*, plans: Sequence[Planned], by: Actor, now: datetime) -> list[Message]:
    """Write reminders of appointments, to be sent when they are due. Returns those not written already."""
    return enqueue_all(wanted=[_reminder(plan) for plan in plans], by=by, now=now)


def _reminder(plan: Planned) -> Wanted:
    row = plan.appointment
    local = row.start.astimezone(ZoneInfo(row.facility.time_zone))
    return wanted_by(
        row.patient, kind=plan.reminder.kind, cause=f"appointment:{row.pk}", due_at=plan.reminder.due_at,
        expires_at=plan.reminder.expires_at, facility=row.facility,
        values={"date": f"{local:%d/%m/%Y}", "time": f"{local:%H:%M}"},
    )  # fmt: skip


@recorded
def start_doses(*, prescription: Prescription, by: Actor, now: datetime) -> DosePlan:
    """Remind the patient of each dose of what was handed out, until the courses end.

    Raises:
        NothingToRemindError: nothing was handed out, or all courses have ended.
    """
    known = DosePlan.objects.filter(prescription_id=str(prescription.pk), is_active=True).first()
    if known is not None:
        return known
    zone = prescription.facility.time_zone
    courses = running_courses(prescription, zone, today_in(prescription.facility, now))
    due = next_dose(courses, now, zone)
    if due is None:
        raise NothingToRemindError
    return DosePlan.objects.create(
        patient_id=prescription.patient_id, facility=prescription.facility, prescription_id=str(prescription.pk),
        lines=[DoseLine(**vars(course)) for course in courses], next_due_at=due, started_at=now,
        started_by=str(by.user.pk) if by.user else "ussd",
    )  # fmt: skip


@recorded
def stop_doses(*, plan: DosePlan, why: str, by: Actor, now: datetime) -> None:
    """End dose reminders."""
    rows = DosePlan.objects.filter(pk=plan.pk, is_active=True)
    rows.update(is_active=False, stopped_at=now, stopped_by=why, next_due_at=None)


@recorded
def remind_of_doses(*, plan_ids: Sequence[Any], by: Actor, now: datetime) -> list[Message]:
    """Write the reminders of the doses that are due, and note when each plan's next one is.

    A dose that is more than half an hour past is left out: a late reminder invites a double dose.
    """
    plans = list(due_plans(plan_ids, now))
    stopped = ended_prescriptions(plan.prescription_id for plan in plans)
    wanted = [
        want
        for plan in plans
        if (want := _next_of_plan(plan, plan.prescription_id in stopped, now)) is not None
    ]
    return enqueue_all(wanted=wanted, by=by, now=now)


def _next_of_plan(plan: DosePlan, is_stopped: bool, now: datetime) -> Wanted | None:  # noqa: FBT001
    due, zone = plan.next_due_at or now, plan.facility.time_zone
    rows = DosePlan.objects.filter(pk=plan.pk, is_active=True, next_due_at=due)
    if is_stopped:
        rows.update(is_active=False, stopped_at=now, stopped_by="prescription", next_due_at=None)
        return None
    courses = [Course(c.times, c.per_days, c.first_date, c.last_date) for c in plan.lines]
    following = next_dose(courses, max(due, now - TOO_LATE), zone)
    claim(rows, next_due_at=following, is_active=following is not None)
    if now - due > TOO_LATE:
        return None
    return wanted_by(
        plan.patient, kind="medicine-reminder", cause=f"doses:{plan.pk}", due_at=due,
        expires_at=due + timedelta(minutes=45), facility=plan.facility,
        values={"time": f"{due.astimezone(ZoneInfo(zone)):%H:%M}"},
    )  # fmt: skip
