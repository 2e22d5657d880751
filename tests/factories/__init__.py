"""One factory for each model, able to build it at a status; and the cast of named staff."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.actions import grant_role
from accounts.models import Currency, Facility, FacilityKind, User
from accounts.permissions import SYSTEM, Actor
from accounts.queries import actor_for
from appointments.models import Appointment, Doctor, WorkingHours
from consultations.actions import finish, save_consultation
from consultations.models import Consultation
from patients import actions as patients
from patients.models import Patient
from pharmacy import actions as pharmacy
from pharmacy.models import Prescription

PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
_numbers = itertools.count(1)


def make_facility(
    name: str = "Clinique A", kind: str = FacilityKind.CLINIC, **values: Any
) -> Facility:
    """Return a stored facility."""
    return Facility.objects.create(
        name=name, kind=kind, **{"city": "Yaoundé", "district": "Biyem-Assi", **values}
    )


def make_user(username: str = "", **values: Any) -> User:
    """Return a stored user whose password is PASSWORD."""
    user = User(username=username or f"user{next(_numbers)}", **values)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_staff(role: str, facility: Facility, username: str = "", **values: Any) -> Actor:
    """Return somebody at work in `facility` with one role."""
    user = make_user(
        username or f"{role}{next(_numbers)}",
        first_name=role.title(),
        last_name=facility.name,
        **values,
    )
    grant_role(user=user, facility=facility, role=role, by=SYSTEM, now=NOW)
    return actor_for(user, facility)


def make_doctor(facility: Facility, username: str = "") -> tuple[Actor, Doctor]:
    """Return a doctor at work, with a profile that consults every day from 8 to 17 h."""
    actor = make_staff("doctor", facility, username)
    assert actor.user is not None
    hours = [WorkingHours(weekday=day, start="08:00", end="17:00") for day in range(7)]
    profile = Doctor.objects.create(
        user=actor.user,
        facility=facility,
        speciality="Médecine générale",
        licence_number="CM-1",
        schedule=hours,
    )
    return actor, profile


def make_patient(by: Actor, **identity: Any) -> Patient:
    """Return a patient registered in the actor's facility. `conditions`, `allergies` and `weight_kg` may be given."""
    conditions = identity.pop("conditions", ())
    allergies = identity.pop("allergies", ())
    weight_kg = identity.pop("weight_kg", None)
    now = identity.pop("now", None) or timezone.now()
    values = {
        "given_name": "Marthe",
        "family_name": f"Ngo{next(_numbers)}",
        "sex": "F",
        "birth_date": date(1966, 3, 12),
        **identity,
    }
    patient = patients.register(identity=values, by=by, now=now)
    for code, text in conditions:
        patients.add_condition(patient=patient, code=code, text=text, by=by, now=now)
    for substance in allergies:
        patients.add_allergy(patient=patient, substance=substance, by=by, now=now)
    if weight_kg is not None:
        patients.observe(
            patient=patient, values={"weight_kg": int(weight_kg * 1000)}, by=by, now=now
        )
    return Patient.objects.get(pk=patient.pk)


def make_consultation(
    patient: Patient, by: Actor, *, status: str = "in-progress", **texts: str
) -> Consultation:
    """Return a consultation at a status."""
    now = timezone.now()
    row = save_consultation(
        patient=patient,
        texts={"reason": "fièvre", **texts},
        diagnoses=[("R50", "fièvre")],
        by=by,
        now=now,
    )
    return finish(consultation=row, by=by, now=now) if status == "finished" else row


GLUCOSE = {
    "medicine": "glucose 5 %",
    "dose": "500",
    "unit": "mL",
    "route": "iv",
    "days": 1,
    "quantity": 2,
}
PARACETAMOL = {
    "medicine": "paracétamol",
    "dose": "500",
    "unit": "mg",
    "times": 3,
    "days": 3,
    "quantity": 9,
}
WARFARIN = {"medicine": "warfarine", "dose": "5", "unit": "mg", "days": 30, "quantity": 30}
IBUPROFEN = {
    "medicine": "ibuprofène",
    "dose": "400",
    "unit": "mg",
    "times": 3,
    "days": 5,
    "quantity": 15,
}
UNKNOWN = {"medicine": "zorglubine", "dose": "1", "unit": "mg", "quantity": 5}


def order(**values: Any) -> pharmacy.LineOrder:
    """Return a line as a doctor writes it; paracetamol unless said otherwise."""
    return pharmacy.LineOrder(**{**PARACETAMOL, **values})


def make_prescription(
    patient: Patient, by: Actor, *lines: dict[str, Any], pharmacy_id: Any = ""
) -> Prescription:
    """Return a prescription; its status follows from the lines and the patient."""
    orders = [pharmacy.LineOrder(**line) for line in (lines or (PARACETAMOL,))]
    return pharmacy.prescribe(
        patient=patient, lines=orders, by=by, now=timezone.now(), pharmacy_id=str(pharmacy_id or "")
    )


def make_appointment(
    patient: Patient, doctor: Doctor, *, status: str = "booked", start: datetime | None = None
) -> Appointment:
    """Return an appointment at a status."""
    at = start or timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(
        days=1, hours=next(_numbers) % 8
    )
    return Appointment.objects.create(
        patient=patient,
        doctor=doctor,
        facility=doctor.facility,
        start=at,
        local_date=at.date().isoformat(),
        status=status,
        holds_slot=status in ("booked", "arrived", "fulfilled"),
        created_at=timezone.now(),
    )


@dataclass
class Cast:
    """Named staff: two clinics, two pharmacies; `stranger` has an account and no role anywhere."""

    clinic: Facility
    other_clinic: Facility
    drugstore: Facility
    other_drugstore: Facility
    receptionist: Actor
    nurse: Actor
    doctor: Actor
    colleague: Actor
    pharmacist: Actor
    laboratory: Actor
    admin: Actor
    authority: Actor
    other_doctor: Actor
    other_receptionist: Actor
    other_pharmacist: Actor
    stranger: Actor
    profile: Doctor
    extras: dict[str, Any] = field(default_factory=dict)

    def everyone(self) -> dict[str, Actor]:
        """Return the staff by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Actor)}


def make_cast() -> Cast:
    """Return the cast, stored."""
    clinic, other = (
        make_facility("Clinique A", sms_name="A"),
        make_facility("Clinique B", sms_name="B"),
    )
    drugstore = make_facility("Pharmacie A", FacilityKind.PHARMACY)
    other_drugstore = make_facility("Pharmacie B", FacilityKind.PHARMACY)
    doctor, profile = make_doctor(clinic, "doctor")
    stranger = make_user("stranger", first_name="Nobody", last_name="Here")
    return Cast(
        clinic=clinic,
        other_clinic=other,
        drugstore=drugstore,
        other_drugstore=other_drugstore,
        receptionist=make_staff("receptionist", clinic, "receptionist"),
        nurse=make_staff("nurse", clinic, "nurse"),
        doctor=doctor,
        colleague=make_doctor(clinic, "colleague")[0],
        pharmacist=make_staff("pharmacist", clinic, "pharmacist"),
        laboratory=make_staff(
            "laboratory", make_facility("Labo", FacilityKind.LABORATORY), "laboratory"
        ),
        admin=make_staff("administrator", clinic, "admin", is_staff=True),
        authority=make_staff(
            "authority", make_facility("Délégation", FacilityKind.AUTHORITY), "authority"
        ),
        other_doctor=make_doctor(other, "other_doctor")[0],
        other_receptionist=make_staff("receptionist", other, "other_receptionist"),
        other_pharmacist=make_staff("pharmacist", other_drugstore, "other_pharmacist"),
        stranger=Actor(user=stranger, facility=None),
        profile=profile,
    )


KENYA = {"currency": Currency.KES, "country": "KE", "time_zone": "Africa/Nairobi"}
