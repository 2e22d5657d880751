"""Half a year of consultations, two outbreaks and their alerts, so that the health authority has something to see."""

import random
from datetime import datetime, timedelta

from accounts.models import Facility, User
from accounts.permissions import SYSTEM, Actor
from consultations.models import Consultation, ConsultationStatus, Diagnosis
from patients.models import Patient
from surveillance import actions as surveillance
from surveillance.models import Alert

WEEKS = 26
# illnesses of adults only: from which age
FROM_AGE = {"I10": 35, "K29": 18}
# code, words, persons a week in a quiet time
USUAL = (
    ("B54", "paludisme", 9), ("J06", "rhinopharyngite", 6), ("A09", "diarrhée", 4), ("I10", "HTA", 5),
    ("K29", "gastrite", 2), ("L30", "eczéma", 1),
)  # fmt: skip
SEASON = (2, 3, 5, 8, 11, 9)  # more malaria, in the weeks before the last one


# facility, where its patients are registered, share of the usual number
PLACES = (
    ("espoir", "espoir", 1.0), ("lac", "lac", 0.5), ("vert", "espoir", 0.7), ("djoungolo", "espoir", 1.3),
    ("deido", "espoir", 1.0),
)  # fmt: skip
# facility, code, words, persons in the weeks before now, oldest first
OUTBREAKS = (
    ("deido", "A00", "choléra", (1, 3, 6, 8)), ("djoungolo", "G00", "méningite", (1, 0, 3, 4)),
    ("espoir", "B05", "rougeole", (1, 2, 0, 2)), ("espoir", "B54", "paludisme", (0, 0, 5, 12)),
)  # fmt: skip
POPULATIONS = {
    "Biyem-Assi": 310_000, "Efoulan": 240_000, "Cité-Verte": 280_000, "Djoungolo": 95_000, "Deido": 370_000,
}  # fmt: skip
# What the stand-in of DHIS2 calls things; one name is wrong, so that its report has something to say.
DHIS2 = {
    ("data-set", ""): "IDSR_WEEKLY", ("place", "Biyem-Assi"): "CM_CE_BIYEM_ASSI",
    ("place", "Efoulan"): "CM_CE_EFOULAN", ("place", "Cité-Verte"): "CM_CE_CITE_VERTE",
    ("place", "Deido"): "CM_LT_DEIDO", ("element", "malaria"): "IDSR_MALARIA",
    ("element", "cholera"): "IDSR_CHOLERA", ("element", "meningitis"): "IDSR_MENINGITIS",
    ("element", "diarrhoea"): "IDSR_DIARRHOEA", ("element", "measles"): "IDSR_MEASLES",
    ("element", "yellow-fever"): "IDSR_FIEVRE_JAUNE",
}  # fmt: skip


def load_epidemics(
    places: dict[str, Facility], doctor: User, authority: Actor, now: datetime
) -> None:
    """Write past consultations of the demo's patients in bulk, then count, publish and judge them.

    Args:
        places: the demo's facilities by key.
        doctor: who signed them.
        authority: who names populations and follows the first alert up.
        now: what "today" is; they lie in the weeks before it.
    """
    chance = random.Random(1853)  # noqa: S311 (the demo is the same each time)
    rows: list[Consultation] = []
    for key, home, share in PLACES:
        people = _people(places[home], now)
        for weeks_ago in range(WEEKS, 0, -1):
            rows += _week(places[key], people, doctor, now, weeks_ago, share, chance)
    for key, code, words, counts in OUTBREAKS:
        people = _people(places["espoir"], now)
        for weeks_ago, count in zip(range(len(counts), 0, -1), counts, strict=True):
            rows += _cases(places[key], people, doctor, now, weeks_ago, code, words, count, chance)
    Consultation.objects.bulk_create(rows)
    for district, population in POPULATIONS.items():
        surveillance.set_population(
            country="CM", district=district, population=population, by=authority, now=now
        )
    surveillance.set_names(country="CM", names=DHIS2, by=authority, now=now)
    surveillance.rebuild(by=SYSTEM, now=now)
    surveillance.publish_due(by=SYSTEM, now=now)
    surveillance.watch(by=SYSTEM, now=now)
    _follow_up(authority, now)


def _people(place: Facility, now: datetime) -> list[Patient]:
    known = Patient.objects.filter(facility_ids=str(place.pk), registered_at__lt=now)
    return list(known.order_by("record_number")[:2000])


def _follow_up(authority: Actor, now: datetime) -> None:
    """Take note of the oldest alert of cholera, and say what was found out."""
    alert = Alert.objects.filter(group="cholera").order_by("week").first()
    if alert is None:
        return
    for status, note in (
        ("acknowledged", "Appelé le centre de Deido."),
        ("investigated", "Trois cas confirmés par culture, point d’eau fermé."),
    ):
        surveillance.follow_up(alert=alert, status=status, note=note, by=authority, now=now)


def _week(
    place: Facility, people: list[Patient], doctor: User, now: datetime, weeks_ago: int, share: float,
    chance: random.Random,
) -> list[Consultation]:  # fmt: skip
    rows = []
    for code, words, usual in USUAL:
        more = SEASON[-weeks_ago] if code == "B54" and weeks_ago <= len(SEASON) else 0
        count = round(share * max(usual + more + chance.choice((-1, 0, 0, 1)), 0))
        rows += _cases(place, people, doctor, now, weeks_ago, code, words, count, chance)
    return rows


def _cases(
    place: Facility, people: list[Patient], doctor: User, now: datetime, weeks_ago: int, code: str, words: str,
    count: int, chance: random.Random,
) -> list[Consultation]:  # fmt: skip
    rows = []
    least = FROM_AGE.get(code, 0)
    able = [patient for patient in people if patient.age_years(now.date()) >= least]
    for patient in chance.sample(able, min(count, len(able))):
        day = now - timedelta(weeks=weeks_ago, days=chance.randrange(3))
        at = day.replace(hour=chance.randrange(6, 15), minute=chance.randrange(60))
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
