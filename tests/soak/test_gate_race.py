"""The check is never older than the record: an allergy noted at the very moment a medicine is handed out.

And a second click, a second pharmacist and a replayed form together never hand out more than was ordered.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from django.db import connection
from django.utils import timezone

from clinic.db import StaleDocumentError
from patients.actions import add_allergy
from patients.models import Patient
from pharmacy import actions
from pharmacy.models import Dispensing, Prescription, SafetyCheck
from tests.factories import make_patient, make_prescription

pytestmark = pytest.mark.soak

AMOXICILLIN = {
    "medicine": "amoxicilline",
    "dose": "500",
    "unit": "mg",
    "times": 3,
    "days": 5,
    "quantity": 15,
}
ROUNDS = 150


def closing(function):
    try:
        return function()
    finally:
        connection.close()


def test_no_medicine_leaves_on_a_check_older_than_the_record(cast):
    chance = random.Random(7)
    released = 0
    for _ in range(ROUNDS):
        patient = make_patient(cast.doctor, weight_kg=70)
        prescription = make_prescription(patient, cast.doctor, AMOXICILLIN)
        handover = actions.Handover(line_id=prescription.lines[0].line_id, quantity=15)
        waits = chance.random() * 0.02, chance.random() * 0.02

        def hand_out(prescription=prescription, handover=handover, wait=waits[0]):
            sleep(wait)
            try:
                return actions.dispense(
                    prescription=prescription,
                    handover=handover,
                    by=cast.pharmacist,
                    now=timezone.now(),
                )
            except (actions.NotDispensableError, StaleDocumentError):
                return None

        def note(patient=patient, wait=waits[1]):
            sleep(wait)
            return add_allergy(
                patient=patient, substance="pénicilline", by=cast.doctor, now=timezone.now()
            )

        with ThreadPoolExecutor(2) as pool:
            left, noted = pool.submit(closing, hand_out), pool.submit(closing, note)
            dispensing, changed = left.result(), noted.result()
        if dispensing is not None:
            released += 1
            check = SafetyCheck.objects.get(pk=dispensing.check_id)
            assert check.patient_rev < changed.rev, (
                "released although the allergy stood in the record"
            )
            assert [found for found in check.findings if found.severity == "contraindicated"] == []
        assert len(Patient.objects.get(pk=patient.pk).history.active_allergies) == 1
    assert 0 < released < ROUNDS, f"{released} of {ROUNDS}: the race was not run both ways"


def test_together_they_never_hand_out_more_than_was_ordered(cast):
    for _ in range(25):
        patient = make_patient(cast.doctor, weight_kg=70)
        prescription = make_prescription(patient, cast.doctor, AMOXICILLIN)
        line = prescription.lines[0].line_id

        def attempt(number, prescription=prescription, line=line):
            handover = actions.Handover(
                line_id=line, quantity=4, form_id=f"{prescription.pk}"[:20] + f"{number % 5:04d}"
            )
            try:
                return actions.dispense(
                    prescription=prescription,
                    handover=handover,
                    by=cast.pharmacist,
                    now=timezone.now(),
                )
            except (actions.NotDispensableError, StaleDocumentError):
                return None

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: closing(lambda: attempt(number)), range(10)))
        left = sum(
            row.quantity for row in Dispensing.objects.filter(prescription_id=str(prescription.pk))
        )
        assert (
            left == Prescription.objects.get(pk=prescription.pk).lines[0].quantity_dispensed <= 15
        )
        assert left == 12, "three forms of four units fit into fifteen"
