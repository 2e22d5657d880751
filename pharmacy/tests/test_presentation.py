"""How a check is shown: a line is 'checked' only when nothing that concerns it is missing."""

from django.utils import timezone

from patients.models import Patient
from pharmacy.presentation import present_check, subject_of
from pharmacy.queries import lines_today, merged
from tests.factories import PARACETAMOL, make_patient, make_prescription

METFORMIN = {**PARACETAMOL, "medicine": "Glucophage", "dose": "850", "times": 2, "days": 30}
DIGOXIN = {
    **PARACETAMOL,
    "medicine": "digoxine",
    "dose": "250",
    "unit": "µg",
    "times": 1,
    "days": 30,
}


def shown_today(patient, prescription):
    fresh = Patient.objects.get(pk=patient.pk)
    today = lines_today(prescription, fresh, timezone.now())
    return present_check(merged(today), prescription.lines, fresh)


def test_a_line_that_waits_for_a_figure_is_not_called_clear(cast):
    patient = make_patient(cast.doctor, conditions=[("N18", "insuffisance rénale")], weight_kg=60)
    shown = shown_today(
        patient, make_prescription(patient, cast.doctor, METFORMIN, PARACETAMOL, DIGOXIN)
    )
    worst = {line.line.medicine: line.worst for line in shown.lines}
    assert worst["Glucophage"] != "clear"
    assert worst["paracétamol"] == "clear"


def test_a_figure_that_several_lines_wait_for_is_said_once_with_all_their_medicines(cast):
    patient = make_patient(cast.doctor, conditions=[("N18", "insuffisance rénale")], weight_kg=60)
    shown = shown_today(patient, make_prescription(patient, cast.doctor, METFORMIN, DIGOXIN))
    notes = [note for note in shown.general if note.about == "egfr_ml_min"]
    assert len(notes) == 1
    assert "metformin" in notes[0].why_en
    assert "digoxin" in notes[0].why_en
    assert subject_of(notes[0]) == "débit de filtration glomérulaire"


def test_an_allergy_that_nobody_understands_leaves_no_line_clear(cast):
    patient = make_patient(cast.doctor, allergies=["la gélule bleue du marché"], weight_kg=60)
    shown = shown_today(patient, make_prescription(patient, cast.doctor, PARACETAMOL))
    assert [line.worst for line in shown.lines] == ["incomplete"]
