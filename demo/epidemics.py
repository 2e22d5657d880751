"""Half a year of consultations, so that the health authority's pages have something to show."""

import random
from datetime import datetime, timedelta

from accounts.models import Facility, User
from accounts.permissions import SYSTEM
from consultations.models import Consultation, ConsultationStatus, Diagnosis
from patients.models import Patient
from surveillance import actions as surveillance

WEEKS = 26
# code, words, persons a week in a quiet time
USUAL = (
    ("B54", "paludisme", 9), ("J06", "rhinopharyngite", 6), ("A09", "diarrhée", 4), ("I10", "HTA", 5),
    ("K29", "gastrite", 2), ("L30", "eczéma", 1),
)  # fmt: skip
SEASON = (2, 3, 5, 8, 11, 9)  # more malaria, in the weeks before the last one


def load_epidemics(places: dict[str, Facility], doctor: User, now: datetime) -> None:
    """Write past consultations of the demo's patients in bulk, then count and publish them.

    Args:
        places: the demo's facilities by key.
        doctor: who signed them.
        now: what "today" is; they lie in the weeks before it.
    """
    chance = random.Random(1853)  # noqa: S311 (the demo is the same each time)
    rows: list[Consultation] = []
    for key, share in (("espoir", 1.0), ("lac", 0.5)):
        known = Patient.objects.filter(facility_ids=str(places[key].pk), registered_at__lt=now)
        people = list(known.order_by("record_number")[:400])
        for weeks_ago in range(WEEKS, 0, -1):
            rows += _week(places[key], people, doctor, now, weeks_ago, share, chance)
    Consultation.objects.bulk_create(rows)
    surveillance.rebuild(by=SYSTEM, now=now)
    surveillance.publish_due(by=SYSTEM, now=now)


def _week(
    place: Facility, people: list[Patient], doctor: User, now: datetime, weeks_ago: int, share: float,
    chance: random.Random,
) -> list[Consultation]:  # fmt: skip
    rows = []
    for code, words, usual in USUAL:
        more = SEASON[-weeks_ago] if code == "B54" and weeks_ago <= len(SEASON) else 0
        count = round(share * max(usual + more + chance.choice((-1, 0, 0, 1)), 0))
        for patient in chance.sample(people, min(count, len(people))):
            at = now - timedelta(weeks=weeks_ago, hours=chance.randrange(72), minutes=chance.randrange(60))  # fmt: skip
            rows.append(_signed(place, patient, doctor, at, code, words))
    return rows


def _signed(
    place: Facility, patient: Patient, doctor: User, at: datetime, code: str, words: str
) -> Consultation:
    return Consultation(
        patient=patient, facility=place, doctor_user_id=str(doctor.pk), doctor_name=str(doctor), started_at=at,
        finished_at=at + timedelta(minutes=20), status=ConsultationStatus.FINISHED, reason=words,
        diagnoses=[Diagnosis(code=code, text=words)],
    )  # fmt: skip
