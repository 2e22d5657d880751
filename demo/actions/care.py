"""The story of the README: registered, consulted, prescribed and handed out by the actions of the pages."""

from datetime import UTC, date, datetime
from typing import Any

from accounts.models import Facility, User
from accounts.permissions import Actor
from accounts.queries import actor_for
from appointments import actions as appointments
from appointments.models import Doctor
from appointments.queries import free_slots_of
from consultations.actions import finish, save_consultation
from demo import names
from demo.actions.ids import demo_id
from patients import actions as patients
from patients.models import Patient
from pharmacy import actions as pharmacy
from pharmacy.models import Prescription


def give_care(places: dict[str, Facility], staff: dict[str, User], now: datetime) -> None:
    """Fill today's list, and write what the README tells of."""
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
            reason=_reason(patient, number, now),
        )
        if number % 6 == 0:
            appointments.mark(appointment=row, status="arrived", by=desk, now=now)
        if number % 11 == 5:
            appointments.cancel(appointment=row, reason="empêchement", by=desk, now=now)
    for patient in waiting[:3]:
        appointments.walk_in(patient=patient, by=desk, now=now, reason="fièvre")


def _reason(patient: Patient, number: int, now: datetime) -> str:
    """Choose a reason that somebody of this sex and age may come for."""
    years = patient.age_years(now.date())
    fitting = [
        reason
        for reason, sexes, least, below in names.REASONS
        if patient.sex in sexes and least <= years < below
    ]
    return fitting[number % len(fitting)]


def _prescriptions(
    doctor: Actor, pharmacist: Actor, story: dict[str, Patient], now: datetime
) -> None:
    line = pharmacy.LineOrder
    glucose = line(medicine="glucose 5 %", dose="500", unit="mL", route="iv", days=1, quantity=1)
    metformin = line(medicine="Glucophage", dose="850", unit="mg", times=2, days=30, quantity=60)
    orders: tuple[tuple[str, str, str, str, tuple[Any, ...]], ...] = (
        ("diabetic", "E11", "diabète de type 2", "asthénie", (glucose, metformin)),
        (
            "allergic",
            "J03",
            "angine",
            "mal de gorge",
            (line(medicine="Augmentin", dose="1", unit="g", times=3, days=7, quantity=21),),
        ),
        (
            "anticoagulated",
            "M54.5",
            "lombalgie basse",
            "mal de dos",
            (
                line(medicine="Sintrom", dose="4", unit="mg", days=30, quantity=30),
                line(medicine="ibuprofène", dose="400", unit="mg", times=3, days=5, quantity=15),
            ),
        ),
        (
            "child",
            "B54",
            "paludisme",
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
            "pregnant",
            "Z34",
            "suivi de grossesse",
            "consultation prénatale",
            (line(medicine="fer + acide folique", dose_text="1 comprimé", days=30, quantity=30),),
        ),
        (
            "well",
            "J06",
            "infection des voies respiratoires",
            "rhume",
            (line(medicine="paracétamol", dose="1", unit="g", times=3, days=3, quantity=9),),
        ),
    )
    for key, code, diagnosis, reason, lines in orders:
        texts = {
            "reason": reason,
            "examination": "État général conservé.",
            "plan": "Traitement et contrôle.",
        }
        consultation = save_consultation(
            patient=story[key], texts=texts, diagnoses=[(code, diagnosis)], by=doctor, now=now
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
        if key == "pregnant":
            pharmacy.cancel(
                prescription=written, reason="la patiente en a encore", by=doctor, now=now
            )


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
