"""The gate: what is contraindicated leaves by no route, what could not be checked needs a judgement."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.utils import timezone
from pymongo.errors import PyMongoError, WriteError

from accounts.queries import actor_for
from clinic.db import collection
from consultations.actions import save_consultation
from patients import actions as patients
from patients.models import Patient
from pharmacy import actions
from pharmacy.models import Dispensing, Prescription, SafetyCheck
from pharmacy.presentation import fact_words
from tests.factories import (
    GLUCOSE,
    IBUPROFEN,
    PARACETAMOL,
    UNKNOWN,
    WARFARIN,
    make_patient,
    make_prescription,
    order,
)


def hand_out(prescription, by, line=0, **values):
    handover = actions.Handover(
        **{"line_id": prescription.lines[line].line_id, "quantity": 1, **values}
    )
    return actions.dispense(prescription=prescription, handover=handover, by=by, now=timezone.now())


@pytest.fixture
def diabetic(cast):
    return make_patient(cast.doctor, conditions=[("E11", "diabète de type 2")], weight_kg=78)


def test_glucose_for_a_diabetic_is_stored_on_hold_and_refused(cast, diabetic):
    prescription = make_prescription(diabetic, cast.doctor, GLUCOSE, PARACETAMOL)
    assert [line.status for line in prescription.lines] == ["on-hold", "active"]
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert (
        "contraindicated" in refused.value.decision.blocks
        or "status-on-hold" in refused.value.decision.blocks
    )
    assert Dispensing.objects.count() == 0
    assert SafetyCheck.objects.filter(moment="dispense", outcome="refused").count() == 1


def test_the_clean_line_beside_it_stays_dispensable(cast, diabetic):
    prescription = make_prescription(diabetic, cast.doctor, GLUCOSE, PARACETAMOL)
    assert hand_out(prescription, cast.pharmacist, line=1, quantity=9).verdict == "clear"
    assert Prescription.objects.get(pk=prescription.pk).lines[1].status == "completed"


@pytest.mark.parametrize(
    "values",
    [
        {"judgement": ("verified-in-reference", "vu")},
        {"alone_reason": "seul de garde"},
        {"substitute": "sérum glucosé 5 %"},
        {"quantity": 2},
        {"payment_skipped_reason": "urgence vitale"},
    ],
)
def test_no_word_beside_it_lets_a_contraindicated_line_out(cast, diabetic, values):
    prescription = make_prescription(diabetic, cast.doctor, GLUCOSE)
    with pytest.raises(actions.NotDispensableError):
        hand_out(prescription, cast.pharmacist, **values)
    assert Dispensing.objects.count() == 0


def test_a_line_clear_when_signed_is_refused_when_the_record_has_changed(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor, GLUCOSE)
    assert prescription.lines[0].status == "active"
    patients.add_condition(
        patient=patient, code="E11", text="diabète", by=cast.doctor, now=timezone.now()
    )
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert "contraindicated" in refused.value.decision.blocks


def test_documented_hypoglycaemia_lifts_it(cast, diabetic):
    patients.observe(
        patient=diabetic, values={"glucose_mmol_l": 2400}, by=cast.doctor, now=timezone.now()
    )
    prescription = make_prescription(diabetic, cast.doctor, GLUCOSE)
    assert prescription.lines[0].status == "active"


def test_the_doctor_amends_and_the_new_version_is_dispensed(cast, diabetic):
    old = make_prescription(diabetic, cast.doctor, GLUCOSE, PARACETAMOL)
    hand_out(old, cast.pharmacist, line=1, quantity=4)
    old = Prescription.objects.get(pk=old.pk)
    kept = order(keeps=old.lines[1].line_id)
    saline = order(
        medicine="chlorure de sodium 0,9 %",
        dose="500",
        unit="mL",
        route="iv",
        times=1,
        days=1,
        quantity=2,
    )
    new = actions.amend(
        prescription=old, lines=[saline, kept], reason="diabète", by=cast.doctor, now=timezone.now()
    )
    assert (new.version, new.lines[0].status, new.lines[1].quantity_dispensed) == (2, "active", 4)
    assert Prescription.objects.get(pk=old.pk).status == "stopped"
    with pytest.raises(actions.NotDispensableError):
        hand_out(old, cast.pharmacist, line=1)
    assert hand_out(new, cast.pharmacist, line=0, quantity=2)


def test_a_repeat_is_checked_on_the_day(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    first = make_prescription(patient, cast.doctor, GLUCOSE)
    patients.add_condition(
        patient=patient, code="E11", text="diabète", by=cast.doctor, now=timezone.now()
    )
    assert (
        actions.repeat(prescription=first, by=cast.doctor, now=timezone.now()).lines[0].status
        == "on-hold"
    )


def test_a_major_finding_waits_for_the_doctors_reason_and_a_second_person(cast):
    patient = make_patient(
        cast.doctor, conditions=[("I48", "fibrillation auriculaire")], weight_kg=70
    )
    make_prescription(patient, cast.doctor, WARFARIN)
    prescription = make_prescription(patient, cast.doctor, IBUPROFEN)
    line = prescription.lines[0]
    assert line.status == "draft"
    prescription = actions.give_reason(
        prescription=prescription,
        line_id=line.line_id,
        code="no-alternative",
        text="court",
        by=cast.doctor,
        now=timezone.now(),
    )
    assert prescription.lines[0].status == "active"
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert refused.value.decision.blocks == ("confirmation-needed",)
    with pytest.raises(actions.NotDispensableError):
        hand_out(prescription, cast.pharmacist, confirmed_by=cast.pharmacist.user)
    assert hand_out(prescription, cast.pharmacist, confirmed_by=cast.nurse.user).verdict == "alert"


def test_an_unknown_medicine_is_not_checked_and_needs_a_judgement(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor, UNKNOWN)
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert refused.value.decision.blocks == ("not-checked",)
    released = hand_out(
        prescription, cast.pharmacist, judgement=("verified-in-reference", "Vidal 2026")
    )
    assert (released.verdict, released.judgement.text) == ("not-checked", "Vidal 2026")


def test_a_judgement_covers_what_was_judged_and_no_later_doubt(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor, UNKNOWN)
    judgement = ("verified-in-reference", "Vidal 2026")
    hand_out(prescription, cast.pharmacist, judgement=judgement)
    hand_out(prescription, cast.pharmacist)
    patients.add_allergy(
        patient=Patient.objects.get(pk=patient.pk),
        substance="la gélule bleue du marché",
        by=cast.doctor,
        now=timezone.now(),
    )
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert refused.value.decision.blocks == ("not-checked",)
    with pytest.raises(actions.NotDispensableError):
        hand_out(prescription, cast.pharmacist, judgement=judgement, judged=("medicine:autre",))
    released = hand_out(prescription, cast.pharmacist, judgement=judgement)
    assert len(released.judgement.subjects) == 2


def test_without_knowledge_nothing_is_clear(cast, monkeypatch):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    monkeypatch.setattr("pharmacy.queries.knowledge", lambda: None)
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert "not-checked" in refused.value.decision.blocks


def test_the_same_form_twice_dispenses_once(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    first = hand_out(prescription, cast.pharmacist, form_id="f" * 24, quantity=3)
    assert hand_out(prescription, cast.pharmacist, form_id="f" * 24, quantity=3).pk == first.pk
    assert Prescription.objects.get(pk=prescription.pk).lines[0].quantity_dispensed == 3


def test_no_more_than_was_ordered_leaves(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    hand_out(prescription, cast.pharmacist, quantity=8)
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist, quantity=2)
    assert refused.value.decision.blocks == ("quantity",)


def test_another_ingredient_is_no_substitution(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    assert (
        hand_out(prescription, cast.pharmacist, substitute="Doliprane").substituted_for
        == "paracétamol"
    )
    with pytest.raises(actions.NotDispensableError):
        hand_out(prescription, cast.pharmacist, substitute="ibuprofène")


def test_only_the_pharmacy_it_is_addressed_to_dispenses(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    for actor in (cast.other_pharmacist, cast.doctor, cast.admin, cast.receptionist):
        with pytest.raises(PermissionDenied):
            hand_out(prescription, actor)


def test_the_database_itself_refuses_a_dispensing_without_its_check(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    good = hand_out(prescription, cast.pharmacist)
    for missing in ("check_id", "verdict", "knowledge_version"):
        row = dict(collection(Dispensing).find_one({"_id": good.pk}))
        del row["_id"], row[missing]
        row["form_id"] = missing
        with pytest.raises(WriteError):
            collection(Dispensing).insert_one(row)
    with pytest.raises((DatabaseError, PyMongoError)):
        Dispensing(
            prescription_id=str(prescription.pk), line_id="x" * 24, patient=patient, pharmacy_id="p", medicine="m",
            quantity=1, at=timezone.now(), by="b", by_name="b", check_id="", verdict="clear", knowledge_version="none",
        ).save(force_insert=True)  # fmt: skip


def test_withdrawing_an_allergy_is_a_clinicians_and_lifts_the_line_only_by_amendment(cast):
    patient = make_patient(cast.doctor, allergies=["amoxicilline"], weight_kg=70)
    prescription = make_prescription(
        patient,
        cast.doctor,
        {
            "medicine": "Clamoxyl",
            "dose": "500",
            "unit": "mg",
            "times": 3,
            "days": 5,
            "quantity": 15,
        },
    )
    assert prescription.lines[0].status == "on-hold"
    fact = Patient.objects.get(pk=patient.pk).history.active_allergies[0]
    with pytest.raises(PermissionDenied):
        patients.withdraw_allergy(
            patient=patient,
            fact_id=fact.fact_id,
            reason="erreur",
            by=cast.receptionist,
            now=timezone.now(),
        )
    patients.withdraw_allergy(
        patient=patient,
        fact_id=fact.fact_id,
        reason="test négatif",
        by=cast.doctor,
        now=timezone.now(),
    )
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert refused.value.decision.blocks == ("status-on-hold",)


def test_an_emergency_access_ends(cast):
    from patients.permissions import NotRelatedError, open_patient

    patient = make_patient(cast.doctor)
    with pytest.raises(NotRelatedError):
        open_patient(cast.other_doctor, patient.pk)
    patients.break_the_glass(
        patient_id=patient.pk,
        reason="inconscient aux urgences",
        by=cast.other_doctor,
        now=timezone.now(),
    )
    assert open_patient(actor_for(cast.other_doctor.user, cast.other_clinic), patient.pk) == patient
    from patients.models import EmergencyAccess

    EmergencyAccess.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(NotRelatedError):
        open_patient(cast.other_doctor, patient.pk)


SIMVASTATIN = {"medicine": "simvastatine", "dose": "20", "unit": "mg", "days": 30, "quantity": 30}
CLARITHROMYCIN = {
    "medicine": "clarithromycine",
    "dose": "500",
    "unit": "mg",
    "times": 2,
    "days": 7,
    "quantity": 14,
}


@pytest.mark.parametrize("first", [0, 1])
def test_two_lines_that_must_not_meet_never_both_leave(cast, first):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor, SIMVASTATIN, CLARITHROMYCIN)
    held = [line.status for line in prescription.lines]
    assert "on-hold" in held
    released = 0
    for index in (first, 1 - first):
        try:
            hand_out(prescription, cast.pharmacist, line=index)
            released += 1
        except actions.NotDispensableError:
            continue
    assert released <= 1


@pytest.mark.parametrize(
    ("left", "later"), [(SIMVASTATIN, CLARITHROMYCIN), (CLARITHROMYCIN, SIMVASTATIN)]
)
def test_what_left_already_is_company_whatever_order_they_come_in(cast, left, later, monkeypatch):
    """The knowledge learns of a danger after the first line has left: the second is refused."""
    from dataclasses import replace

    from pharmacy import queries

    patient = make_patient(cast.doctor, weight_kg=70)
    real = queries.safety.check
    monkeypatch.setattr(
        queries.safety, "check", lambda *a, **k: replace(real(*a, **k), findings=())
    )
    prescription = make_prescription(patient, cast.doctor, left, later)
    assert [line.status for line in prescription.lines] == ["active", "active"]
    hand_out(prescription, cast.pharmacist, line=0, quantity=prescription.lines[0].quantity)
    monkeypatch.setattr(queries.safety, "check", real)
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist, line=1)
    assert "contraindicated" in refused.value.decision.blocks


def test_a_reason_beside_one_line_covers_the_pair(cast):
    patient = make_patient(
        cast.doctor, conditions=[("I48", "fibrillation auriculaire")], weight_kg=70
    )
    reason = {"override_code": "no-alternative", "override_text": "court"}
    prescription = make_prescription(
        patient, cast.doctor, {**WARFARIN, **reason}, {**IBUPROFEN, **reason}
    )
    assert [line.status for line in prescription.lines] == ["active", "active"]
    for index in (0, 1):
        assert hand_out(prescription, cast.pharmacist, line=index, confirmed_by=cast.nurse.user)


def test_a_diagnosis_that_is_not_signed_yet_counts(cast):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor, GLUCOSE)
    assert prescription.lines[0].status == "active"
    written = save_consultation(
        patient=patient, texts={"reason": "soif"}, diagnoses=[("E11", "diabète de type 2")],
        by=cast.doctor, now=timezone.now(),
    )  # fmt: skip
    assert make_prescription(patient, cast.doctor, GLUCOSE).lines[0].status == "on-hold"
    with pytest.raises(actions.NotDispensableError) as refused:
        hand_out(prescription, cast.pharmacist)
    assert "contraindicated" in refused.value.decision.blocks
    words = fact_words(patient, prescription.lines, refused.value.check.findings)
    assert any("diabète de type 2 E11" in text for text in words.values())
    save_consultation(
        patient=patient, texts={"reason": "soif"}, diagnoses=[], by=cast.doctor, now=timezone.now(),
        consultation=written,
    )  # fmt: skip
    assert hand_out(prescription, cast.pharmacist).verdict == "clear"
