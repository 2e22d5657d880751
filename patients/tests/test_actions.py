"""Nothing that was noted is lost: not by a second click, a conflict or two people at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.utils import timezone

from clinic.db import StaleDocumentError, random_id
from patients import actions
from patients.models import Observation, Patient
from patients.permissions import NotRelatedError, Sight, open_patient
from patients.queries import (
    OBSERVATIONS_AT_ONCE,
    find_elsewhere,
    find_patients,
    likely_duplicates,
    newest_observations,
    pregnancy_of,
    usable_weight,
)
from tests.factories import make_patient

IDENTITY = {
    "given_name": "Édith",
    "family_name": "Nguéma",
    "sex": "F",
    "birth_date": timezone.now().date(),
    "phone": "+237699123456",
}


def test_the_same_registration_twice_is_stored_once(cast):
    new_id = random_id()
    for _ in range(2):
        actions.register(
            identity=IDENTITY, by=cast.receptionist, now=timezone.now(), patient_id=new_id
        )
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    "typed", ["ngu", "Édith NGUEMA", "edi ngue", "6991", "+237 699 12 34 56", "ngema"]
)
def test_a_patient_is_found_as_people_type(cast, typed):
    patient = actions.register(identity=IDENTITY, by=cast.receptionist, now=timezone.now())
    assert find_patients(by=cast.receptionist, text=typed) == [patient]
    assert find_patients(by=cast.other_receptionist, text=typed) == []


def test_elsewhere_only_a_clinician_finds_and_only_by_the_whole_number(cast):
    patient = actions.register(identity=IDENTITY, by=cast.receptionist, now=timezone.now())
    assert find_elsewhere(by=cast.other_doctor, text=patient.record_number) == patient
    assert find_elsewhere(by=cast.other_doctor, text="Nguéma") is None
    assert find_elsewhere(by=cast.other_doctor, text="6991") is None
    assert find_elsewhere(by=cast.other_receptionist, text=patient.record_number) is None


def test_a_likely_duplicate_is_shown_with_its_reason(cast):
    known = make_patient(cast.receptionist, given_name="Jean Paul", family_name="Mbarga", sex="M")
    from dataclasses import replace

    found = likely_duplicates(
        by=cast.receptionist,
        identity=replace(known.identity, given_name="Mbarga", family_name="Jean-Paul"),
    )
    assert [pair.patient for pair in found] == [known]
    assert "same-names-other-order" in found[0].likeness.reasons


def test_two_allergies_noted_at_once_are_both_kept(cast):
    patient = make_patient(cast.doctor)

    def note(substance):
        try:
            actions.add_allergy(
                patient=patient, substance=substance, by=cast.doctor, now=timezone.now()
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(note, ["pénicilline", "aspirine", "quinine", "sulfamides", "latex", "iode"]))
    assert len(Patient.objects.get(pk=patient.pk).history.active_allergies) == 6


def test_none_known_never_hides_an_allergy(cast):
    patient = make_patient(cast.doctor, allergies=["pénicilline"])
    actions.answer_no_known_allergy(patient=patient, by=cast.nurse, now=timezone.now())
    assert Patient.objects.get(pk=patient.pk).history.allergy_answer == "recorded"


def test_not_asked_is_distinct_from_none_known(cast):
    patient = make_patient(cast.doctor)
    assert patient.history.allergy_answer == "not-asked"
    assert (
        actions.answer_no_known_allergy(
            patient=patient, by=cast.nurse, now=timezone.now()
        ).history.allergy_answer
        == "none-known"
    )


def test_a_stale_form_changes_nothing(cast):
    patient = make_patient(cast.receptionist)
    actions.change_identity(
        patient=patient,
        identity={"city": "Douala"},
        rev=patient.rev,
        by=cast.receptionist,
        now=timezone.now(),
    )
    with pytest.raises(StaleDocumentError):
        actions.change_identity(
            patient=patient,
            identity={"city": "Kribi"},
            rev=patient.rev,
            by=cast.nurse,
            now=timezone.now(),
        )
    assert Patient.objects.get(pk=patient.pk).city == "Douala"


def test_only_a_clinician_withdraws_and_only_with_a_reason(cast):
    patient = make_patient(cast.doctor, allergies=["pénicilline"])
    fact = patient.history.allergies[0].fact_id
    for actor, reason in (
        (cast.receptionist, "erreur"),
        (cast.nurse, "erreur"),
        (cast.doctor, "  "),
    ):
        with pytest.raises(PermissionDenied):
            actions.withdraw_allergy(
                patient=patient, fact_id=fact, reason=reason, by=actor, now=timezone.now()
            )
    gone = actions.withdraw_allergy(
        patient=patient, fact_id=fact, reason="test négatif", by=cast.doctor, now=timezone.now()
    )
    assert (gone.history.active_allergies, gone.history.withdrawn_allergies[0].ended_reason) == (
        [],
        "test négatif",
    )


def test_the_newest_valid_measurement_counts(cast):
    patient = make_patient(cast.doctor, weight_kg=60)
    actions.observe(
        patient=patient, values={"weight_kg": 61_500}, by=cast.nurse, now=timezone.now()
    )
    wrong = newest_observations(patient)["weight_kg"]
    rev = Patient.objects.get(pk=patient.pk).rev
    for reason in ("balance mal lue", "encore"):
        actions.withdraw_measurements(
            patient=patient, ids=[wrong.pk], reason=reason, by=cast.nurse, now=timezone.now()
        )
    wrong.refresh_from_db()
    assert (wrong.status, wrong.ended_reason) == ("entered-in-error", "balance mal lue")
    assert wrong.ended_by_name == str(cast.nurse.user)
    assert newest_observations(patient)["weight_kg"].value == 60_000
    assert Patient.objects.get(pk=patient.pk).rev == rev + 1, "a running check starts again"


def test_a_nurse_withdraws_no_measurement_of_somebody_else_and_nobody_one_of_another_patient(cast):
    patient, other = (
        make_patient(cast.doctor, weight_kg=60),
        make_patient(cast.doctor, weight_kg=70),
    )
    row = Observation.objects.get(patient=patient)
    gone = {"ids": [row.pk], "reason": "balance", "now": timezone.now()}
    with pytest.raises(PermissionDenied):
        actions.withdraw_measurements(patient=patient, by=cast.nurse, **gone)
    assert actions.withdraw_measurements(patient=other, by=cast.doctor, **gone) == []
    row.refresh_from_db()
    assert row.status == "final"


def test_an_older_fact_is_not_forgotten_behind_many_vital_signs(cast):
    patient = make_patient(cast.doctor, sex="F")
    now = timezone.now()
    actions.observe(
        patient=patient,
        values={"pregnancy": ("yes", 20_000)},
        by=cast.nurse,
        now=now - timedelta(days=14),
    )
    Observation.objects.bulk_create(
        Observation(
            patient=patient,
            name="pulse_per_min",
            value=80_000,
            status="final",
            taken_at=now - timedelta(minutes=minutes),
            noted_by=str(cast.nurse.user.pk),
            noted_by_name="Nurse",
            facility_id=str(cast.nurse.facility_id),
        )
        for minutes in range(OBSERVATIONS_AT_ONCE + 5)
    )
    assert pregnancy_of(patient, newest_observations(patient), now).pregnant == "yes"


@pytest.mark.parametrize(
    ("years", "days", "usable"),
    [
        (0.5, 30, True), (0.5, 31, False), (3, 90, True), (3, 91, False), (9, 180, True), (9, 181, False),
        (15, 365, True), (15, 366, False), (40, 2000, True),
    ],
)  # fmt: skip
def test_a_childs_weight_counts_for_a_while_only(cast, years, days, usable):
    now = timezone.now()
    patient = make_patient(cast.doctor, birth_date=(now - timedelta(days=years * 365.25)).date())
    actions.observe(
        patient=patient, values={"weight_kg": 6_000}, by=cast.nurse, now=now - timedelta(days=days)
    )
    found = usable_weight(newest_observations(patient), patient, now)
    assert (found is not None) is usable


def test_the_same_set_of_measurements_twice_is_stored_once(cast):
    patient = make_patient(cast.doctor)
    for _ in range(2):
        actions.observe(
            patient=patient,
            values={"weight_kg": 61_500},
            by=cast.nurse,
            now=timezone.now(),
            set_id="s" * 24,
        )
    assert Observation.objects.count() == 1


@pytest.mark.parametrize(
    ("days", "expected"), [(0, ("yes", 20)), (21, ("yes", 23)), (190, ("unknown", None))]
)
def test_weeks_of_pregnancy_count_on(cast, days, expected):
    patient = make_patient(cast.doctor)
    now = timezone.now()
    actions.observe(
        patient=patient,
        values={"pregnancy": ("yes", 20_000)},
        by=cast.nurse,
        now=now - timedelta(days=days),
    )
    found = pregnancy_of(patient, newest_observations(patient), now)
    assert (found.pregnant, found.weeks) == expected


def test_who_may_open_a_record(cast):
    patient = make_patient(cast.receptionist)
    assert open_patient(cast.doctor, patient.pk) == patient
    assert open_patient(cast.receptionist, patient.pk, Sight.IDENTITY) == patient
    for actor, error in (
        (cast.receptionist, Http404), (cast.pharmacist, Http404), (cast.authority, Http404), (cast.admin, Http404),
        (cast.stranger, Http404), (cast.other_receptionist, Http404), (cast.other_doctor, NotRelatedError),
    ):  # fmt: skip
        with pytest.raises(error):
            open_patient(actor, patient.pk)


def test_every_patient_handed_out_is_noted_as_seen(cast):
    patient = make_patient(cast.receptionist)
    cast.doctor.seen.clear()
    open_patient(cast.doctor, patient.pk)
    assert ("patients", str(patient.pk)) in cast.doctor.seen
