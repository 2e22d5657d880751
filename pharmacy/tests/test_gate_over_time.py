"""The gate over time: what left stays known, and a reason covers the danger it was given for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from patients import actions as patients
from pharmacy import actions, forms
from pharmacy.models import Prescription
from pharmacy.permissions import pharmacy_named
from pharmacy.queries import current_lines, safety_patient
from tests.factories import (
    GLUCOSE,
    IBUPROFEN,
    PARACETAMOL,
    WARFARIN,
    make_patient,
    make_prescription,
)

REASON = {"override_code": "no-alternative", "override_text": "court"}
BLEEDING = "major-without-reason"


def hand_out(prescription, by, line=0, **values):
    handover = actions.Handover(
        **{"line_id": prescription.lines[line].line_id, "quantity": 1, **values}
    )
    dispensing = actions.dispense(
        prescription=prescription, handover=handover, by=by, now=timezone.now()
    )
    prescription.refresh_from_db()
    return dispensing


def blocks(prescription, by, line=0, **values):
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, by, line, **values)
    return refused.value.decision.blocks


def amend(prescription, by, *lines):
    orders = [actions.LineOrder(**line) for line in lines]
    return actions.amend(
        prescription=prescription, lines=orders, reason="autre", by=by, now=timezone.now()
    )


def taken(patient, days=0):
    return sorted(
        line.text for line in current_lines(patient, timezone.now() + timedelta(days=days))
    )


@pytest.fixture
def patient(cast):
    return make_patient(cast.doctor, weight_kg=70)


def test_a_reason_for_one_medicine_does_not_cover_another_of_its_class(cast, patient):
    make_prescription(patient, cast.doctor, IBUPROFEN)
    warfarin = make_prescription(patient, cast.doctor, {**WARFARIN, **REASON})
    assert warfarin.lines[0].status == "active"
    patients.add_medicine(
        patient=patient, medicine="diclofénac", by=cast.doctor, now=timezone.now()
    )
    assert blocks(warfarin, cast.pharmacist, alone_reason="seul") == (BLEEDING,)


def test_a_reason_for_a_dose_does_not_cover_a_further_line(cast, patient):
    dose = {**PARACETAMOL, "dose": "1000", "times": 5, **REASON}
    prescription = make_prescription(patient, cast.doctor, dose)
    assert prescription.lines[0].status == "active"
    patients.add_medicine(
        patient=patient, medicine="Doliprane", dose="1000", unit="mg", times=4, by=cast.doctor, now=timezone.now(),
    )  # fmt: skip
    assert BLEEDING in blocks(prescription, cast.pharmacist, alone_reason="seul")


def test_a_reason_carried_over_covers_what_it_was_given_for_and_stays_its_authors(cast, patient):
    make_prescription(patient, cast.doctor, IBUPROFEN)
    old = make_prescription(patient, cast.doctor, {**WARFARIN, **REASON}, PARACETAMOL)
    kept = {**WARFARIN, "keeps": old.lines[0].line_id}
    same = amend(old, cast.colleague, kept)
    assert (same.lines[0].status, same.lines[0].override.by_name) == (
        "active",
        str(cast.doctor.user),
    )
    patients.add_medicine(
        patient=patient, medicine="diclofénac", by=cast.doctor, now=timezone.now()
    )
    assert amend(same, cast.colleague, kept, PARACETAMOL).lines[0].status == "draft"


def test_what_left_stays_in_the_next_version_until_a_doctor_stops_it(cast, patient):
    old = make_prescription(patient, cast.doctor, WARFARIN)
    hand_out(old, cast.pharmacist, quantity=30)
    new = amend(old, cast.doctor, IBUPROFEN)
    assert [(line.medicine, line.status) for line in new.lines] == [
        ("ibuprofène", "draft"),
        ("warfarine", "completed"),
    ]
    assert BLEEDING in blocks(new, cast.pharmacist)
    stopped = actions.cancel(
        prescription=new, reason="arrêt de la warfarine", line_id=new.lines[1].line_id, by=cast.doctor,
        now=timezone.now(),
    )  # fmt: skip
    assert (stopped.lines[1].status, stopped.lines[1].quantity_dispensed) == ("cancelled", 30)
    assert taken(patient) == []


def test_what_left_in_part_is_still_taken_after_its_line_was_dropped(cast, patient):
    old = make_prescription(patient, cast.doctor, WARFARIN, PARACETAMOL)
    hand_out(old, cast.pharmacist, quantity=4)
    new = amend(old, cast.doctor, {**PARACETAMOL, "keeps": old.lines[1].line_id})
    dropped = new.lines[1]
    assert (dropped.medicine, dropped.status, dropped.quantity_left) == (
        "warfarine",
        "completed",
        0,
    )
    assert "warfarine" in taken(patient)
    kept = Prescription.objects.get(pk=old.pk).lines[0]
    assert (kept.status, kept.quantity, kept.quantity_dispensed) == ("stopped", 30, 4)


def test_a_medicine_that_was_replaced_is_taken_no_longer(cast, patient):
    old = make_prescription(patient, cast.doctor, WARFARIN)
    hand_out(old, cast.pharmacist, quantity=30)
    new = amend(old, cast.doctor, {**IBUPROFEN, "keeps": old.lines[0].line_id})
    assert [(line.medicine, line.status) for line in new.lines] == [("ibuprofène", "active")]
    assert taken(patient) == ["ibuprofène"]


def test_cancelling_the_whole_leaves_what_was_dispensed(cast, patient):
    prescription = make_prescription(patient, cast.doctor, WARFARIN, PARACETAMOL)
    hand_out(prescription, cast.pharmacist, quantity=30)
    actions.cancel(prescription=prescription, reason="parti", by=cast.doctor, now=timezone.now())
    assert taken(patient) == ["warfarine"]


def test_more_units_of_a_line_do_not_let_what_left_leave_again(cast, patient):
    old = make_prescription(patient, cast.doctor, PARACETAMOL)
    hand_out(old, cast.pharmacist, quantity=9)
    longer = {**PARACETAMOL, "days": 4, "quantity": 12, "keeps": old.lines[0].line_id}
    new = amend(old, cast.doctor, longer)
    assert (new.lines[0].quantity_dispensed, new.lines[0].quantity_left) == (9, 3)
    assert blocks(new, cast.pharmacist, quantity=4) == ("quantity",)


def test_an_old_prescription_that_leaves_today_is_taken_today(cast, patient):
    old = make_prescription(patient, cast.doctor, WARFARIN)
    long_ago = timezone.now() - timedelta(days=420)
    Prescription.objects.filter(pk=old.pk).update(authored_at=long_ago)
    hand_out(old, cast.pharmacist, quantity=30)
    assert make_prescription(patient, cast.doctor, IBUPROFEN).lines[0].status == "draft"


def test_without_planned_days_a_medicine_is_taken_as_long_as_its_units_last(cast, patient):
    open_ended = {**WARFARIN, "days": None, "quantity": 90}
    hand_out(make_prescription(patient, cast.doctor, open_ended), cast.pharmacist, quantity=90)
    assert [taken(patient, days) for days in (29, 60, 89, 91)] == [["warfarine"]] * 3 + [[]]


def test_a_depot_is_taken_until_its_next_dose(cast, patient):
    depot = {
        "medicine": "médroxyprogestérone", "dose": "150", "unit": "mg", "route": "im", "per_days": 84, "days": 1,
    }  # fmt: skip
    make_prescription(patient, cast.doctor, depot)
    assert [taken(patient, days) for days in (2, 83, 85)] == [["médroxyprogestérone"]] * 2 + [[]]


def test_a_line_id_sent_twice_hides_no_medicine(cast, patient):
    warfarin = make_prescription(patient, cast.doctor, WARFARIN)
    hand_out(warfarin, cast.pharmacist, quantity=30)
    taken_id = warfarin.lines[0].line_id
    copied = make_prescription(patient, cast.doctor, {**PARACETAMOL, "line_id": taken_id})
    assert "warfarine" in taken(patient)
    ibuprofen = {**IBUPROFEN, "line_id": taken_id, "keeps": copied.lines[0].line_id}
    assert make_prescription(patient, cast.doctor, ibuprofen).lines[0].status == "draft"


def test_two_lines_with_one_id_are_judged_apart(cast):
    diabetic = make_patient(cast.doctor, conditions=[("E11", "diabète")], weight_kg=70)
    same = {"line_id": "a" * 24}
    lines = make_prescription(
        diabetic, cast.doctor, {**PARACETAMOL, **same}, {**GLUCOSE, **same}
    ).lines
    assert [line.status for line in lines] == ["active", "on-hold"]
    assert lines[0].line_id != lines[1].line_id


def written(**values):
    line = {
        "medicine": "paracétamol", "dose": "500", "unit": "mg", "route": "oral", "times": "3", "per_days": "1",
    }  # fmt: skip
    return forms.LineForm({**line, **values})


@pytest.mark.parametrize("words", ["5 g par prise", "2 comprimés de 500 mg"])
def test_words_that_say_another_dose_than_the_figure_are_refused(words):
    assert "dose_text" in written(dose_text=words).errors


@pytest.mark.parametrize("words", ["1 comprimé", "0,5 g", "un comprimé de 500 mg le soir"])
def test_words_beside_the_figure_are_kept_and_both_are_shown(words):
    form = written(dose_text=words)
    assert form.is_valid()
    assert actions.line_of(form.order()).dose_label == f"500 mg ({words})"


def test_a_prescription_is_addressed_only_to_who_dispenses(cast):
    laboratory, authority = cast.laboratory.facility, cast.authority.facility
    assert [pharmacy_named(place.pk) for place in (laboratory, authority)] == [None, None]
    assert pharmacy_named(cast.drugstore.pk) == cast.drugstore
    assert pharmacy_named(cast.clinic.pk) == cast.clinic


def test_what_a_note_says_is_as_old_as_the_note(cast, patient):
    now = timezone.now()
    patients.add_condition(patient=patient, text="HTA, K+ 6,2", by=cast.doctor, now=now)
    patient.refresh_from_db()
    ages = [
        safety_patient(patient, now + timedelta(days=days)).conditions[0].noted_days
        for days in (0, 120)
    ]
    assert ages == [0, 120]


def test_words_said_again_count_from_the_day_they_were_said_again(cast, patient):
    start, later = timezone.now() - timedelta(days=400), timezone.now()
    for moment in (start, start, later):
        patients.add_condition(
            patient=patient, text="enceinte de 10 SA", by=cast.doctor, now=moment
        )
    patient.refresh_from_db()
    (fact,) = patient.history.conditions
    assert (fact.noted_at.date(), fact.last_said_at.date()) == (start.date(), later.date())
    assert safety_patient(patient, later).conditions[0].noted_days == 0
