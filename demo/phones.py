"""Ten weeks of messages of the demo clinic, and what patients answered this morning."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Facility
from accounts.permissions import SYSTEM
from appointments.models import Appointment
from notifications.models import Message
from notifications.texts import fill, standard_text
from patients.models import Patient
from phone.actions import ask_call_back, ask_to_cancel, confirm

ENDS = (("delivered", ""), ("delivered", ""), ("delivered", ""), ("delivered", ""), ("submitted", ""),
        ("failed", "DeliveryFailure"), ("unknown", "timeout"))  # fmt: skip


def load_phones(places: dict[str, Facility], now: datetime) -> None:
    """Write the messages of the last weeks in bulk, and today's answers through the actions."""
    place = places["espoir"]
    chance = random.Random(7)  # noqa: S311 (the demo is the same each time)
    people = [
        p for p in Patient.objects.of_facility(place.pk).order_by("record_number")[:60] if p.phone
    ]
    rows = [
        _message(place, people[n % len(people)], n, now - timedelta(hours=6 + n * 9), chance)
        for n in range(180)
    ]
    Message.objects.bulk_create(rows)
    booked = Appointment.objects.filter(facility=place, status="booked", start__gt=now).order_by(
        "start"
    )
    for number, row in enumerate(booked.select_related("patient")[:6]):
        step: Any = ask_to_cancel if number == 3 else confirm
        step(appointment=row, by=SYSTEM, now=now)
    for patient in people[:2]:
        ask_call_back(patient=patient, by=SYSTEM, now=now)


def _message(
    place: Facility, patient: Patient, number: int, at: datetime, chance: random.Random
) -> Message:
    status, reason = chance.choice(ENDS)
    kind = chance.choice(
        ("appointment-reminder-48h", "appointment-reminder-3h", "prescription-ready")
    )
    visit = at + timedelta(days=2)
    values = {"name": patient.given_name.split(" ")[0], "place": place.sms_name}
    values |= {"date": f"{visit:%d/%m/%Y}", "time": "09:20"}
    return Message(
        key=f"demo:{number}", kind=kind, cause=f"demo:{number}", patient_id=str(patient.pk), facility_id=str(place.pk),
        phone=patient.phone, language=patient.language, values=values,
        text=fill(standard_text(kind, patient.language), values), status=status, status_reason=reason, due_at=at,
        created_at=at, attempts=1, claimed_at=at, submitted_at=at, gateway_id=f"demo-{number}", cost="XAF 15.0000",
        cost_amount=Decimal(15),
    )  # fmt: skip
