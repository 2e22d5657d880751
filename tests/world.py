"""One patient of clinic A with a little of everything, whose words must not be read by the wrong people."""

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from bson import ObjectId
from django.db import connection
from django.utils import timezone

from appointments.models import Appointment
from consultations.models import Consultation
from patients import actions as patients
from patients.models import Patient
from pharmacy import actions as pharmacy
from pharmacy.actions.knowledge import add_rule
from pharmacy.models import FacilityRule, Prescription
from tests.factories import PARACETAMOL, Cast, make_appointment, make_patient, make_prescription
from tests.money import make_money

# What nobody may read without a right: not one of these stands in a page that refuses.
IDENTIFYING = ("Zanguebar", "ZANGUEBAR", "699887766", "699 88 77 66")
CLINICAL = ("quinquina", "drépanocytose", "somnifère-du-village", "toux-secrète")
ADDED_RULE = {
    "drug": "AINS", "trigger": "age-below", "value": "2", "severity": "major",
    "message_fr": "{drug} avant deux ans.", "message_en": "{drug} before two years.",
}  # fmt: skip
PASSING = {"access_log", "django_session", "axes_accessattempt"}


@dataclass
class World:
    """What the addresses are about."""

    cast: Cast
    patient: Patient
    appointment: Appointment
    draft: Consultation
    prescription: Prescription
    free_slot: datetime
    facility_rule: FacilityRule
    money: dict[str, Any]

    @property
    def words(self) -> tuple[str, ...]:
        """Return all that is private here."""
        return (*IDENTIFYING, *CLINICAL, self.patient.record_number)


_MADE: dict[str, Any] = {}


def the_world(cast: Cast) -> World:
    """Return the world, stored; it is made once in a run and then put back as it was."""
    if not _MADE:
        _MADE["world"] = make_world(cast)
        _MADE["documents"] = stored()
    else:
        put_back(deepcopy(_MADE["documents"]))
    return replace(deepcopy(_MADE["world"]), cast=cast)


def make_world(cast: Cast) -> World:
    """Return the world, stored."""
    patient = make_patient(
        cast.receptionist, family_name="Zanguebar", given_name="Philomène", phone="+237699887766",
        birth_date=date(1990, 5, 15),
    )  # fmt: skip
    now = timezone.now()
    acts: dict[str, Any] = {"patient": patient, "by": cast.doctor, "now": now}
    patients.add_allergy(substance="quinquina", **acts)
    patients.add_condition(text="drépanocytose", **acts)
    patients.add_medicine(medicine="somnifère-du-village", **acts)
    patients.observe(values={"weight_kg": 60_000}, **acts)
    draft = Consultation.objects.create(
        patient=patient,
        facility=cast.clinic,
        doctor_user_id=str(cast.doctor.user.pk),
        doctor_name="Doctor",
        started_at=now,
        reason="toux-secrète",
    )
    prescription = make_prescription(patient, cast.doctor, PARACETAMOL, pharmacy_id=cast.clinic.pk)
    line = prescription.lines[0]
    assert line.status == "active", "the unknown medicine taken must not hold the line"
    pharmacy.ask_doctor(
        prescription=prescription,
        line_id=line.line_id,
        text="bien ?",
        by=cast.pharmacist,
        now=now,
    )
    tomorrow = (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    appointment = make_appointment(patient, cast.profile, start=tomorrow)
    return World(
        cast,
        Patient.objects.get(pk=patient.pk),
        appointment,
        draft,
        Prescription.objects.get(pk=prescription.pk),
        tomorrow + timedelta(days=1),
        add_rule(values=ADDED_RULE, reason="avis local", by=cast.admin, now=now),
        make_money(cast, patient, now),
    )


def stored() -> dict[str, list[Any]]:
    """Return every document, but for what reading may write."""
    return {
        name: list(connection.database[name].find().sort("_id"))
        for name in sorted(connection.database.list_collection_names())
        if name not in PASSING and not name.startswith("system.")
    }


def put_back(documents: dict[str, list[Any]]) -> None:
    """Make the collections that changed what they were."""
    for name, before in documents.items():
        target = connection.database[name]
        if list(target.find().sort("_id")) != before:
            target.delete_many({})
            if before:
                target.insert_many(before)


def missing_id() -> ObjectId:
    """Return an id that no document has."""
    return ObjectId("0" * 24)
