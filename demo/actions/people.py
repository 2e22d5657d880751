"""The patients of the demo: in bulk, for only their number matters."""

import random
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Facility
from demo import names
from demo.actions.ids import demo_id
from patients.models import Allergy, AllergyAnswer, Condition, History, Observation, Patient
from patients.rules import search_keys, stored_keys

BATCH = 1000


def make_patients(places: dict[str, Facility], size: int, now: datetime) -> None:
    """Write patients of two clinics in Yaoundé and one in Kisumu, each with a history and a weight."""
    chance = random.Random(2024)  # noqa: S311 (the demo is the same each time)
    rows: list[Patient] = []
    weights: list[Observation] = []
    for number in range(size):
        patient = _patient(number, chance, places, now)
        rows.append(patient)
        weights.append(_weight(patient, chance, now))
        if len(rows) == BATCH or number == size - 1:
            Patient.objects.bulk_create(rows)
            Observation.objects.bulk_create(weights)
            rows, weights = [], []


def _patient(
    number: int, chance: random.Random, places: dict[str, Facility], now: datetime
) -> Patient:
    key = "nyota" if number % 12 == 11 else "lac" if number % 4 == 3 else "espoir"
    place = places[key]
    sex = chance.choice("FFFMM")
    family, given = _name(key, sex, chance)
    born = _birth_date(chance, now)
    phone = (
        f"+2547{chance.randrange(10**8):08d}"
        if key == "nyota"
        else f"+2376{chance.choice('5789')}{chance.randrange(10**7):07d}"
    )
    record_number = f"{place.city[:2].upper()}-{now:%y}-D{number:06d}"
    years = (now.date() - born).days // 365
    return Patient(
        id=demo_id("patient", number),
        record_number=record_number,
        given_name=given,
        family_name=family,
        sex=sex,
        birth_date=born,
        birth_date_is_estimated=chance.random() < 0.15,
        phone=phone if years >= 15 or chance.random() < 0.7 else "",
        city=place.city,
        district=place.district,
        address=chance.choice(names.QUARTERS) if key != "nyota" else "Milimani",
        language="en" if key == "nyota" else chance.choice(("fr", "fr", "fr", "en", "pcm")),
        history=_history(number, years, chance, now),
        facility_ids=[str(place.pk)],
        registered_at=now - timedelta(days=chance.randrange(1, 700)),
        registered_in=str(place.pk),
        updated_at=now - timedelta(hours=number % 5000 + 1),
        search_keys=stored_keys(
            search_keys(
                given_name=given, family_name=family, phones=[phone], record_number=record_number
            ),
            [str(place.pk)],
        ),
    )


def _name(key: str, sex: str, chance: random.Random) -> tuple[str, str]:
    if key == "nyota":
        return chance.choice(names.KENYA_FAMILY), chance.choice(names.KENYA_GIVEN[sex])
    given = chance.choice(names.WOMEN if sex == "F" else names.MEN)
    if chance.random() < 0.3:
        given += " " + chance.choice(names.WOMEN if sex == "F" else names.MEN)
    return chance.choice(names.FAMILY), given


def _birth_date(chance: random.Random, now: datetime) -> date:
    years = min(int(chance.triangular(0, 88, 18)), 95)
    return now.date() - timedelta(days=years * 365 + chance.randrange(365) + 1)


def _noted(now: datetime, days: int) -> dict[str, Any]:
    return {
        "noted_at": now - timedelta(days=days),
        "noted_by": str(demo_id("user", "doctor")),
        "noted_by_name": "Jeanne Mvondo",
    }


def _history(number: int, years: int, chance: random.Random, now: datetime) -> History:
    days = chance.randrange(10, 600)
    conditions = [
        Condition(
            fact_id=str(demo_id("condition", number, code)),
            code=code,
            text=text,
            **_noted(now, days),
        )
        for share, code, text, from_age in names.HISTORIES
        if years >= from_age and chance.random() * 100 < share
    ]
    allergies = [
        Allergy(
            fact_id=str(demo_id("allergy", number, text)),
            substance=text,
            reaction="éruption",
            **_noted(now, days),
        )
        for share, text in names.ALLERGIES
        if chance.random() * 100 < share
    ]
    answer = (
        AllergyAnswer.RECORDED
        if allergies
        else chance.choice(
            (AllergyAnswer.NONE_KNOWN, AllergyAnswer.NONE_KNOWN, AllergyAnswer.NOT_ASKED)
        )
    )
    blood = chance.choice(("", "O+", "O+", "A+", "B+", "AB+", "O-"))
    return History(
        conditions=conditions, allergies=allergies, allergy_answer=answer, blood_type=blood
    )


def _weight(patient: Patient, chance: random.Random, now: datetime) -> Observation:
    years = patient.age_years(now.date())
    grams = 3_500 + years * 2_700 if years < 15 else 45_000 + chance.randrange(45_000)
    return Observation(
        id=demo_id("weight", patient.pk),
        patient=patient,
        name="weight_kg",
        value=grams // 100 * 100,
        taken_at=now - timedelta(days=chance.randrange(1, 60)),
        noted_by=str(demo_id("user", "nurse")),
        noted_by_name="Salamatou Bouba",
        facility_id=patient.facility_ids[0],
    )
