"""Counting what changed gives the same as counting everything; publishing happens once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from accounts.permissions import SYSTEM
from consultations.actions import finish, mark_as_error, save_consultation
from surveillance import actions
from surveillance.models import FacilityWeek, PublishedTable, PublishedWeek
from surveillance.queries.published import Question, answer
from tests.factories import GLUCOSE, make_patient, make_prescription

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 2026-W10


def consult(patient, doctor, now, *codes):
    row = save_consultation(
        patient=patient, texts={"reason": "fièvre"}, diagnoses=[(code, code) for code in codes], by=doctor, now=now
    )  # fmt: skip
    return finish(consultation=row, by=doctor, now=now)


@pytest.fixture
def patients(cast):
    return [make_patient(cast.doctor, family_name=f"Ayissi{n}") for n in range(7)]


def stored():
    rows = FacilityWeek.objects.order_by("facility_id", "week")
    return [
        (r.facility_id, r.week, r.district, r.counts, r.events, r.consultations, r.late)
        for r in rows
    ]


def groups(week):
    counts = FacilityWeek.objects.get(week=week).counts
    return {group: count for group, _, _, count in counts}


def test_what_changed_is_counted_and_a_rebuild_gives_the_same(cast, patients):
    assert actions.refresh(by=SYSTEM, now=MONDAY) == 0
    for patient in patients:
        consult(patient, cast.doctor, MONDAY, "B54")
    wrong = consult(patients[0], cast.doctor, MONDAY + timedelta(days=8), "A00")
    # What is in the record changed now, by the clock of the machine, not when it is dated.
    now = datetime.now(UTC)
    assert actions.refresh(by=SYSTEM, now=now) == 2
    assert groups("2026-W10") == {"malaria": 7}
    assert groups("2026-W11") == {"cholera": 1}
    mark_as_error(consultation=wrong, reason="autre patient", by=cast.doctor, now=now)
    make_prescription(patients[1], cast.doctor, GLUCOSE)
    assert actions.refresh(by=SYSTEM, now=now) >= 1
    assert not FacilityWeek.objects.filter(week="2026-W11").exists()
    before = stored()
    assert before[-1][4]["prescribed"] == 1
    FacilityWeek.objects.filter(week="2026-W10").update(counts=[["malaria", "0", "F", 99]])
    FacilityWeek.objects.create(
        facility_id=str(cast.clinic.pk),
        week="2026-W09",
        country="CM",
        district="x",
        consultations=3,
    )
    actions.rebuild(by=SYSTEM, now=now)
    assert stored() == before


def test_a_person_counts_once_in_a_week_and_group(cast, patients):
    for day in range(3):
        consult(patients[0], cast.doctor, MONDAY + timedelta(days=day), "B54", "B50.9", "E11")
    actions.rebuild(by=SYSTEM, now=MONDAY)
    assert groups("2026-W10") == {"malaria": 1, "diabetes": 1}
    assert FacilityWeek.objects.get().consultations == 3


def test_an_unsigned_consultation_is_not_counted(cast, patients):
    save_consultation(
        patient=patients[0], texts={"reason": "x"}, diagnoses=[("B54", "x")], by=cast.doctor, now=MONDAY
    )  # fmt: skip
    actions.rebuild(by=SYSTEM, now=MONDAY)
    assert not FacilityWeek.objects.exists()


def test_the_week_is_that_of_the_clocks_in_the_facility(cast, patients):
    sunday_night_utc = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # half past midnight in Douala
    consult(patients[0], cast.doctor, sunday_night_utc, "B54")
    actions.rebuild(by=SYSTEM, now=MONDAY)
    assert FacilityWeek.objects.get().week == "2026-W10"


def test_a_week_is_published_once_it_is_settled_and_never_again(cast, patients):
    for patient in patients:
        consult(patient, cast.doctor, MONDAY, "B54")
    for patient in patients[:4]:
        consult(patient, cast.doctor, MONDAY, "B05")
    actions.rebuild(by=SYSTEM, now=MONDAY)
    over = datetime(2026, 3, 9, tzinfo=UTC)
    assert actions.publish_due(by=SYSTEM, now=over + timedelta(hours=47)) == 0
    assert actions.publish_due(by=SYSTEM, now=over + timedelta(hours=49)) >= 1
    asked = Question("CM", "2026-W10", "2026-W10", ("week", "diagnosis"))
    shown = {row.keys["diagnosis"]: row.count for row in answer(asked)}
    assert shown == {"malaria": 7, "measles": None}
    late = make_patient(cast.doctor)
    consult(late, cast.doctor, MONDAY, "B54")
    consult(late, cast.doctor, MONDAY, "B05")
    actions.rebuild(by=SYSTEM, now=MONDAY)
    assert actions.publish_due(by=SYSTEM, now=over + timedelta(days=3)) == 0
    assert {row.keys["diagnosis"]: row.count for row in answer(asked)} == shown
    actions.revise_week(country="CM", week="2026-W10", by=SYSTEM, now=over + timedelta(days=4))
    revised = {row.keys["diagnosis"]: row.count for row in answer(asked)}
    assert revised == {"malaria": 8, "measles": 5}
    assert PublishedWeek.objects.get(week="2026-W10").revised_at


def test_nothing_of_a_person_stands_in_what_is_published(cast, patients):
    for patient in patients:
        consult(patient, cast.doctor, MONDAY, "B54")
    actions.rebuild(by=SYSTEM, now=MONDAY)
    actions.publish_due(by=SYSTEM, now=MONDAY + timedelta(days=20))
    text = str(list(PublishedTable.objects.values())) + str(list(FacilityWeek.objects.values()))
    assert "malaria" in text
    for patient in patients:
        assert str(patient.pk) not in text
        assert patient.family_name not in text


def test_the_threshold_cannot_be_set_below_five():
    assert settings.STATISTICS["threshold"] >= 5
