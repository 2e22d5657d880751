"""The demo clinic: the same each time, lifelike, and of nobody.

It writes through the same actions as the pages where care is concerned, and in bulk where only the number of
patients matters.
"""

import hashlib
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bson import ObjectId

from accounts.actions import grant_role
from accounts.models import Currency, Facility, FacilityKind, User
from accounts.permissions import SYSTEM, Actor
from accounts.queries import actor_for
from appointments import actions as appointments
from appointments.models import Doctor, WorkingHours
from appointments.queries import free_slots_of
from consultations.actions import finish, save_consultation
from consultations.models import Laboratory
from demo import names
from demo.billing import set_prices, take_money
from demo.epidemics import load_epidemics
from demo.phones import load_phones
from patients import actions as patients
from patients.models import Allergy, AllergyAnswer, Condition, History, Observation, Patient
from patients.rules import search_keys, stored_keys
from pharmacy import actions as pharmacy
from pharmacy.models import Pharmacy, Prescription

PASSWORD = "carnet-demo"  # noqa: S105 (the demo's, printed on its sign-in page)
BATCH = 1000

STAFF = (
    # username, given name, family name, role, facilities
    ("receptionist", "Clarisse", "Etoundi", "receptionist", ("espoir",)),
    ("nurse", "Salamatou", "Bouba", "nurse", ("espoir",)),
    ("doctor", "Jeanne", "Mvondo", "doctor", ("espoir", "lac")),
    ("doctor2", "Hervé", "Kamga", "doctor", ("espoir",)),
    ("doctor3", "Odile", "Nkoulou", "doctor", ("lac",)),
    ("pharmacist", "Thomas", "Fotso", "pharmacist", ("espoir", "soleil")),
    ("pharmacist2", "Viviane", "Ngono", "pharmacist", ("soleil",)),
    ("pharmacist3", "Luc", "Wamba", "pharmacist", ("gare",)),
    ("laboratory", "Blaise", "Simo", "laboratory", ("labo",)),
    ("admin", "Martin", "Olinga", "administrator", ("espoir", "lac", "soleil", "gare", "labo")),
    ("authority", "Solange", "Ekani", "authority", ("delegation",)),
    ("receptionist2", "Prisca", "Toko", "receptionist", ("lac",)),
    ("kenya", "Faith", "Wanjiku", "doctor", ("nyota",)),
    ("kenya-desk", "Brian", "Otieno", "receptionist", ("nyota",)),
)


def demo_id(*parts: object) -> ObjectId:
    """Return an id that looks random and is the same each time."""
    return ObjectId(hashlib.sha256(repr(("demo", *parts)).encode()).digest()[:12])


def load(*, size: int, now: datetime) -> dict[str, int]:
    """Load the demo clinic into an empty database.

    Args:
        size: how many patients.
        now: what "today" is for appointments and ages.

    Returns:
        How many patients and prescriptions there are. Nothing is changed when there are patients already.
    """
    if Patient.objects.exists():
        return {"patients": 0, "prescriptions": 0}
    places = _facilities()
    staff = _staff(places, now)
    _profiles(places, staff)
    _patients(places, size, now)
    set_prices(places, staff, now)
    _care(places, staff, now)
    take_money(places, staff, now)
    load_phones(places, now)
    load_epidemics(places, staff["doctor2"], now)
    return {"patients": Patient.objects.count(), "prescriptions": Prescription.objects.count()}


def _facilities() -> dict[str, Facility]:
    kind = FacilityKind
    rows = {
        "espoir": Facility(
            name="Clinique de l’Espoir",
            kind=kind.CLINIC,
            city="Yaoundé",
            region="Centre",
            district="Biyem-Assi",
            address="Carrefour Biyem-Assi",
            phone="+237222310000",
            sms_name="Espoir",
        ),
        "lac": Facility(
            name="Centre médical du Lac",
            kind=kind.CLINIC,
            city="Yaoundé",
            region="Centre",
            district="Efoulan",
            address="Quartier du Lac",
            phone="+237222310001",
            sms_name="CM du Lac",
        ),
        "soleil": Facility(
            name="Pharmacie du Soleil",
            kind=kind.PHARMACY,
            city="Yaoundé",
            region="Centre",
            district="Biyem-Assi",
            address="Rond-point Express",
            phone="+237222310002",
            sms_name="Soleil",
        ),
        "gare": Facility(
            name="Pharmacie de la Gare",
            kind=kind.PHARMACY,
            city="Douala",
            region="Littoral",
            district="Deido",
            address="Bessengué",
            phone="+237233400000",
            sms_name="La Gare",
        ),
        "labo": Facility(
            name="Laboratoire Mfoundi",
            kind=kind.LABORATORY,
            city="Yaoundé",
            region="Centre",
            district="Biyem-Assi",
            phone="+237222310003",
            sms_name="Mfoundi",
        ),
        "nyota": Facility(
            name="Nyota Medical Centre",
            kind=kind.CLINIC,
            city="Kisumu",
            region="Kisumu",
            district="Kisumu Central",
            country="KE",
            currency=Currency.KES,
            time_zone="Africa/Nairobi",
            phone="+254572020000",
            sms_name="Nyota",
        ),
        "delegation": Facility(
            name="Délégation régionale de la santé du Centre",
            kind=kind.AUTHORITY,
            city="Yaoundé",
            region="Centre",
            sms_name="DRSP Centre",
        ),
    }
    for key, row in rows.items():
        row.id = demo_id("facility", key)
        row.save(force_insert=True)
    return rows


def _staff(places: dict[str, Facility], now: datetime) -> dict[str, User]:
    staff: dict[str, User] = {}
    template = User()
    template.set_password(PASSWORD)
    for username, given, family, role, where in STAFF:
        user = User(
            id=demo_id("user", username),
            username=username,
            first_name=given,
            last_name=family,
            password=template.password,
            is_staff=role == "administrator",
            is_superuser=role == "administrator",
            email=f"{username}@example.org",
            language="en" if username.startswith("kenya") else "fr",
            last_facility_id=str(places[where[0]].pk),
        )
        user.save(force_insert=True)
        for key in where:
            grant_role(user=user, facility=places[key], role=role, by=SYSTEM, now=now)
        staff[username] = user
    return staff


def _profiles(places: dict[str, Facility], staff: dict[str, User]) -> None:
    mornings = [WorkingHours(weekday=day, start="08:00", end="12:40") for day in range(7)]
    afternoons = [WorkingHours(weekday=day, start="14:00", end="17:00") for day in range(5)]
    doctors = (
        ("doctor", "espoir", "Médecine générale", "CM-1042"), ("doctor2", "espoir", "Pédiatrie", "CM-2210"),
        ("doctor", "lac", "Médecine générale", "CM-1042"), ("doctor3", "lac", "Gynécologie", "CM-0876"),
        ("kenya", "nyota", "General practice", "KE-5512"),
    )  # fmt: skip
    for username, place, speciality, licence in doctors:
        Doctor.objects.create(
            id=demo_id("doctor", username, place), user=staff[username], facility=places[place], speciality=speciality,
            licence_number=licence, schedule=mornings + afternoons,
        )  # fmt: skip
    for key in ("espoir", "soleil", "gare"):
        Pharmacy.objects.create(
            id=demo_id("pharmacy", key),
            facility=places[key],
            licence_number=f"PH-{key[:3].upper()}-01",
        )
    Laboratory.objects.create(
        id=demo_id("laboratory"), facility=places["labo"], licence_number="LB-011"
    )


def _patients(places: dict[str, Facility], size: int, now: datetime) -> None:
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


def _care(places: dict[str, Facility], staff: dict[str, User], now: datetime) -> None:
    doctor = actor_for(staff["doctor"], places["espoir"])
    desk = actor_for(staff["receptionist"], places["espoir"])
    pharmacist = actor_for(staff["pharmacist"], places["espoir"])
    story = _story(doctor, desk, now)
    _appointments(desk, places["espoir"], now)
    _prescriptions(doctor, pharmacist, story, now)


def _story(doctor: Actor, desk: Actor, now: datetime) -> dict[str, Patient]:
    """Register the people that the README's story is about."""
    made: dict[str, Patient] = {}
    people = (
        (
            "diabetic",
            "Ngo Bassong",
            "Marthe",
            "F",
            date(1966, 3, 12),
            "+237699000001",
            (("E11", "diabète de type 2"), ("I10", "HTA")),
            (),
        ),
        (
            "allergic",
            "Kamdem",
            "Jean-Paul",
            "M",
            date(1988, 7, 4),
            "+237677000002",
            (),
            ("pénicilline",),
        ),
        ("pregnant", "Abena", "Solange", "F", date(1996, 1, 23), "+237655000003", (), ()),
        (
            "anticoagulated",
            "Talla",
            "Joseph",
            "M",
            date(1951, 10, 2),
            "+237699000004",
            (("I48", "fibrillation auriculaire"),),
            (),
        ),
        ("child", "Fouda", "Grâce", "F", date(now.year - 4, 5, 5), "+237699000001", (), ()),
        ("well", "Essomba", "Luc", "M", date(1991, 11, 30), "+237677000006", (), ()),
    )
    for key, family, given, sex, born, phone, conditions, allergies in people:
        identity = {
            "family_name": family,
            "given_name": given,
            "sex": sex,
            "birth_date": born,
            "phone": phone,
            "city": "Yaoundé",
            "district": "Biyem-Assi",
        }
        patient = patients.register(
            identity=identity, by=desk, now=now, patient_id=demo_id("story", key)
        )
        for code, text in conditions:
            patients.add_condition(patient=patient, code=code, text=text, by=doctor, now=now)
        for substance in allergies:
            patients.add_allergy(
                patient=patient, substance=substance, reaction="œdème du visage", by=doctor, now=now
            )
        if not allergies:
            patients.answer_no_known_allergy(patient=patient, by=doctor, now=now)
        made[key] = Patient.objects.get(pk=patient.pk)
    weights = {
        "diabetic": 78_000,
        "allergic": 71_000,
        "pregnant": 64_000,
        "anticoagulated": 69_000,
        "child": 15_500,
        "well": 74_000,
    }
    for key, grams in weights.items():
        values: dict[str, Any] = {"weight_kg": grams}
        if key == "pregnant":
            values |= {"pregnancy": ("yes", 26_000), "breastfeeding": "no"}
        patients.observe(patient=made[key], values=values, by=doctor, now=now)
    return made


def _appointments(desk: Actor, facility: Facility, now: datetime) -> None:
    doctors = list(Doctor.objects.filter(facility=facility).order_by("licence_number"))
    waiting = list(Patient.objects.of_facility(facility.pk).order_by("record_number")[:24])
    start_of_day = datetime(now.year, now.month, now.day, 5, tzinfo=UTC)
    for number, patient in enumerate(waiting):
        doctor = doctors[number % len(doctors)]
        slots = free_slots_of(doctor, now.date(), start_of_day)
        if not slots:
            break
        row = appointments.book(
            patient=patient,
            doctor=doctor,
            start=slots[number % len(slots)],
            by=desk,
            now=start_of_day,
            reason=names.REASONS[number % len(names.REASONS)],
        )
        if number % 6 == 0:
            appointments.mark(appointment=row, status="arrived", by=desk, now=now)
        if number % 11 == 5:
            appointments.cancel(appointment=row, reason="empêchement", by=desk, now=now)
    for patient in waiting[:3]:
        appointments.walk_in(patient=patient, by=desk, now=now, reason="fièvre")


def _prescriptions(
    doctor: Actor, pharmacist: Actor, story: dict[str, Patient], now: datetime
) -> None:
    line = pharmacy.LineOrder
    glucose = line(medicine="glucose 5 %", dose="500", unit="mL", route="iv", days=1, quantity=1)
    metformin = line(medicine="Glucophage", dose="850", unit="mg", times=2, days=30, quantity=60)
    orders: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
        ("diabetic", "E11", "asthénie", (glucose, metformin)),
        (
            "allergic",
            "J02",
            "angine",
            (line(medicine="Augmentin", dose="1", unit="g", times=3, days=7, quantity=21),),
        ),
        (
            "anticoagulated",
            "M54.5",
            "lombalgie",
            (
                line(medicine="Sintrom", dose="4", unit="mg", days=30, quantity=30),
                line(medicine="ibuprofène", dose="400", unit="mg", times=3, days=5, quantity=15),
            ),
        ),
        (
            "child",
            "B54",
            "fièvre",
            (
                line(
                    medicine="Coartem",
                    dose_text="1 comprimé 20/120 mg",
                    times=2,
                    days=3,
                    quantity=6,
                ),
                line(medicine="paracétamol", dose="250", unit="mg", times=4, days=3, quantity=12),
            ),
        ),
        (
            "well",
            "J06",
            "rhume",
            (line(medicine="paracétamol", dose="1", unit="g", times=3, days=3, quantity=9),),
        ),
    )
    for key, code, reason, lines in orders:
        texts = {
            "reason": reason,
            "examination": "État général conservé.",
            "plan": "Traitement et contrôle.",
        }
        consultation = save_consultation(
            patient=story[key], texts=texts, diagnoses=[(code, reason)], by=doctor, now=now
        )
        finish(consultation=consultation, by=doctor, now=now)
        written = pharmacy.prescribe(
            patient=story[key],
            lines=lines,
            by=doctor,
            now=now,
            consultation_id=str(consultation.pk),
        )
        if key == "well":
            _hand_out(written, pharmacist, now)


def _hand_out(prescription: Prescription, pharmacist: Actor, now: datetime) -> None:
    for line in prescription.lines:
        try:
            pharmacy.dispense(
                prescription=prescription,
                handover=pharmacy.Handover(line_id=line.line_id, quantity=line.quantity),
                by=pharmacist,
                now=now,
            )
        except pharmacy.NotDispensableError:
            continue
