"""Measured or stated facts with their time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.permissions import Actor
from clinic.recording import recorded
from patients.actions.saving import keep, noted, read_again
from patients.models import (
    MeasurementStatus,
    Observation,
    Patient,
)
from patients.permissions import may_withdraw_measurement
from patients.rules import may_end_measurement


@recorded
def observe(
    *, patient: Patient, values: Mapping[str, int | str | tuple[str, int | None]], by: Actor, now: datetime,
    taken_at: datetime | None = None, consultation_id: str = "", set_id: str = "",
) -> list[Observation]:  # fmt: skip
    """Append measured or stated facts.

    Args:
        values: by name; an integer in thousandths of the unit, a text, or both as a pair
            (`{"weight_kg": 62500, "pregnancy": ("yes", 24000)}`).
        set_id: id of the form that was filled: the same set sent twice is stored once.
    """
    if set_id and (known := list(Observation.objects.filter(patient=patient, set_id=set_id))):
        return known
    fresh = read_again(patient.pk)
    rows = [
        _observation(fresh, name, value, by, now, taken_at, consultation_id, set_id)
        for name, value in values.items()
    ]
    for row in rows:
        row.save(force_insert=True)
    keep(fresh, now)
    return rows


@recorded
def withdraw_measurements(
    *, patient: Patient, ids: Iterable[Any], reason: str, by: Actor, now: datetime
) -> list[Observation]:
    """Mark measurements as entered in error; what was measured before counts again for every check.

    One that is marked already stays as it is.

    Raises:
        PermissionDenied: for a measurement that somebody else entered, without the right to withdraw facts.
    """
    fresh = read_again(patient.pk)
    rows = list(Observation.objects.filter(patient=fresh, pk__in=list(ids)))
    standing = [
        row for row in rows if may_end_measurement(row.status, MeasurementStatus.ENTERED_IN_ERROR)
    ]
    if not all(may_withdraw_measurement(by, row) for row in standing):
        raise PermissionDenied("withdraw_facts")
    for row in standing:
        row.status = MeasurementStatus.ENTERED_IN_ERROR
        row.ended_reason, row.ended_at, row.ended_by_name = reason.strip(), now, str(by.user or "")
        row.save()
    if standing:
        keep(fresh, now)
    return rows


def _observation(
    patient: Patient, name: str, value: Any, by: Actor, now: datetime, taken_at: datetime | None,
    consultation_id: str, set_id: str,
) -> Observation:  # fmt: skip
    text, number = (
        value
        if isinstance(value, tuple)
        else ("", value)
        if isinstance(value, int)
        else (value, None)
    )
    who = noted(by, now)
    return Observation(
        patient=patient, name=name, value=number, value_text=text, taken_at=taken_at or now,
        noted_by=who["noted_by"], noted_by_name=who["noted_by_name"], facility_id=str(by.facility_id),
        consultation_id=consultation_id, set_id=set_id,
    )  # fmt: skip
