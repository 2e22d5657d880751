"""How a check is shown: a line is 'checked' only when nothing that concerns it is missing."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from patients.models import Patient
from pharmacy.models import Prescription
from pharmacy.presentation import present_check, subject_of
from pharmacy.queries import lines_today, merged
from tests.factories import PARACETAMOL, make_consultation, make_patient, make_prescription

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


@pytest.mark.parametrize(("language", "name"), [("fr", "méthotrexate"), ("en", "methotrexate")])
def test_a_dose_that_nobody_can_read_is_named_in_the_language_of_the_page(cast, language, name):
    patient = make_patient(cast.doctor, weight_kg=60)
    blotted = {"medicine": "méthotrexate", "dose_text": "?5 mg", "per_days": 7, "quantity": 4}
    shown = shown_today(patient, make_prescription(patient, cast.doctor, blotted))
    notes = [note for line in shown.lines for note in line.not_checked if note.kind == "dose"]
    with translation.override(language):
        assert [subject_of(note) for note in notes] == [name]


def test_an_allergy_that_nobody_understands_leaves_no_line_clear(cast):
    patient = make_patient(cast.doctor, allergies=["la gélule bleue du marché"], weight_kg=60)
    shown = shown_today(patient, make_prescription(patient, cast.doctor, PARACETAMOL))
    assert [line.worst for line in shown.lines] == ["incomplete"]


def filled(**line):
    names = {f"lines-0-{name}": str(value) for name, value in line.items()}
    rest = {"lines-0-times": "1", "lines-0-per_days": "1", "lines-0-route": "iv"}
    return {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", **rest, **names}


def test_another_danger_than_the_one_that_was_read_interrupts_again(cast, client):
    patient = make_patient(
        cast.doctor, conditions=[("E11", "")], allergies=["pénicilline"], weight_kg=70
    )
    consultation = make_consultation(patient, cast.doctor)
    client.force_login(cast.doctor.user)
    address = reverse("prescribe", args=[consultation.pk])
    first = client.post(address, filled(medicine="glucose 5 %", dose=500, unit="mL"))
    assert first.status_code == 409
    seen = {"seen": first.context["seen"]}
    other = filled(medicine="ampicilline", dose=1, unit="g") | seen
    again = client.post(address, other)
    assert again.status_code == 409
    assert client.post(address, other | {"seen": again.context["seen"]}).status_code == 302


def test_a_medicine_meets_the_record_before_its_dose_is_written(cast, client):
    patient = make_patient(cast.doctor, conditions=[("E11", "")], weight_kg=70)
    client.force_login(cast.doctor.user)
    answer = client.post(
        reverse("prescription-check", args=[patient.pk]), filled(medicine="glucose 5 %")
    )
    assert "Contre-indiqué" in answer.content.decode()


def test_pages_tell_the_time_of_the_place_where_one_works(cast, client):
    patient = make_patient(cast.doctor, weight_kg=70)
    prescription = make_prescription(patient, cast.doctor)
    Prescription.objects.filter(pk=prescription.pk).update(
        authored_at=datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    )
    client.force_login(cast.doctor.user)
    page = client.get(reverse("prescription", args=[prescription.pk])).content.decode()
    assert "05/03/2026 00:30" in page  # Yaoundé is an hour ahead


def test_a_line_just_added_is_not_called_wrong_before_anything_stands_in_it(cast, client):
    patient = make_patient(cast.doctor, weight_kg=70)
    consultation = make_consultation(patient, cast.doctor)
    client.force_login(cast.doctor.user)
    typed = filled(medicine="paracétamol", dose=500, unit="mg") | {"more": "1"}
    answer = client.post(reverse("prescribe", args=[consultation.pk]), typed)
    added = answer.context["lines"].forms[1]
    assert (added.errors, added["route"].value()) == ({}, "oral")
    assert answer.context["lines"].forms[0]["medicine"].value() == "paracétamol"
