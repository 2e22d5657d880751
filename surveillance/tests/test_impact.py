"""Carnet's own effect: dangerous lines and alerts, how fast records open, who works, what patients say."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import SYSTEM
from consultations.models import Consultation
from notifications.actions import opt_out
from notifications.models import Message
from patients.models import Patient
from pharmacy import actions as pharmacy
from phone.actions import handle_incoming, take_incoming
from phone.models import IncomingMessage
from surveillance import actions
from surveillance.models import ImpactWeek, OpeningWeek, Opinion, OpinionWeek
from surveillance.queries.impact import measured, opinions
from surveillance.rules.impact import (
    Check,
    Found,
    Impact,
    Line,
    Version,
    count_counter,
    count_given_up,
    count_order,
)
from surveillance.rules.survey import mark_of
from surveillance.rules.timing import BOUNDS, BUCKETS, bucket_of, quantile
from surveillance.rules.weeks import week_of
from tests.factories import GLUCOSE, make_consultation, make_patient, make_prescription, order

STOP, MAJOR, MILD = (("r.stop", "contraindicated"), ("r.major", "major"), ("r.mild", "moderate"))


def check(*found, role="doctor"):
    return Check(role, tuple(Found(rule, severity, line) for (rule, severity), line in found))


def counted(*versions):
    impact = Impact()
    count_order(versions, impact)
    return impact


# -- rules


def test_a_clean_line_is_prescribed_and_nothing_else():
    impact = counted(Version({"a": Line("active")}, check()))
    assert (impact.prescribed, impact.stopped, dict(impact.tallies)) == (1, 0, {})


def test_a_line_that_the_next_version_lacks_was_changed():
    first = Version({"a": Line("on-hold"), "b": Line("active")}, check((STOP, "a")))
    second = Version({"c": Line("active"), "b": Line("active")}, check())
    impact = counted(first, second)
    assert impact.prescribed == 3  # the line that is kept counts once
    assert impact.outcomes == Counter(changed=1)
    tally = impact.tallies["r.stop", "doctor"]
    assert (tally.fired, tally.stopped, tally.heeded, tally.overridden) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("line", "outcome", "heeded", "overridden"),
    [
        (Line("on-hold"), "open", 0, 0),
        (Line("draft"), "open", 0, 0),
        (Line("cancelled"), "changed", 1, 0),
        (Line("active", frozenset({"r.major"})), "kept", 0, 1),
        (Line("active", frozenset({"another"})), "open", 0, 0),
    ],
)
def test_what_became_of_a_stopped_line(line, outcome, heeded, overridden):
    impact = counted(Version({"a": line}, check((MAJOR, "a"))))
    assert impact.outcomes == Counter({outcome: 1})
    tally = impact.tallies["r.major", "doctor"]
    assert (tally.heeded, tally.overridden) == (heeded, overridden)


def test_a_moderate_finding_is_fired_and_stops_nothing():
    impact = counted(Version({"a": Line("active")}, check((MILD, "a"))))
    assert impact.stopped == 0
    assert impact.tallies["r.mild", "doctor"].fired == 1
    assert impact.tallies["r.mild", "doctor"].stopped == 0


def test_a_line_changed_on_the_form_was_stopped_and_changed():
    stored = Version({"new": Line("active")}, check(), form=check((STOP, "old")))
    impact = counted(stored)
    assert (impact.prescribed, impact.outcomes) == (2, Counter(changed=1))
    same = Version({"a": Line("active")}, check(), form=check((STOP, "a")))
    impact = counted(same)
    assert (impact.prescribed, impact.outcomes) == (1, Counter(changed=1))


def test_a_form_sent_on_unchanged_counts_once():
    held = Version({"new": Line("on-hold")}, check((STOP, "new")), form=check((STOP, "old")))
    impact = counted(held)
    assert (impact.prescribed, impact.outcomes) == (1, Counter(open=1))


def test_a_form_given_up_is_counted_apart():
    impact = Impact()
    count_given_up(check((STOP, "a"), (MILD, "b")), impact)
    assert (impact.prescribed, impact.outcomes) == (1, Counter(abandoned=1))
    assert impact.tallies["r.stop", "doctor"].heeded == 1


def test_the_counter_counts_a_line_once_however_often_it_is_tried():
    impact, found = Impact(), check((MAJOR, "a"), role="pharmacist")
    count_counter([("p", "a", False, found), ("p", "a", False, found)], impact)
    assert vars(impact.tallies["r.major", "pharmacist"])["heeded"] == 1
    impact = Impact()
    count_counter([("p", "a", False, found), ("p", "a", True, found)], impact)
    tally = impact.tallies["r.major", "pharmacist"]
    assert (tally.fired, tally.heeded, tally.overridden) == (1, 0, 1)


def test_quantiles_lie_in_the_bucket_of_the_true_ones():
    values = sorted((7 * n * n) % 900 + 1 for n in range(500))
    counts = [0] * BUCKETS
    for value in values:
        counts[bucket_of(value)] += 1
    for share in (0.5, 0.95):
        true = values[int(share * len(values)) - 1]
        assert bucket_of(quantile(counts, share)) in (
            bucket_of(true) - 1,
            bucket_of(true),
            bucket_of(true) + 1,
        )
    assert quantile([0] * BUCKETS, 0.5) is None
    assert quantile([*[0] * len(BOUNDS), 3], 0.5) == BOUNDS[-1]


@pytest.mark.parametrize(
    ("text", "mark"),
    [(" 9 ", 9), ("6.", 6), ("1", None), ("2", None), ("9 merci", None), ("5", None)],
)
def test_a_mark_is_a_digit_that_answers_nothing_else(text, mark):
    assert mark_of(text) == mark


# -- counted from what is stored


def measure():
    return actions.measure(by=SYSTEM, now=timezone.now())


def test_amended_held_and_reasoned_lines_are_measured(cast):
    now = timezone.now()
    patient = make_patient(cast.doctor, conditions=[("E11", "diabète")], weight_kg=70)
    held = make_prescription(patient, cast.doctor, GLUCOSE)
    pharmacy.amend(prescription=held, lines=[order()], reason="diabète", by=cast.doctor, now=now)
    make_prescription(patient, cast.doctor, GLUCOSE)
    measure()
    row = ImpactWeek.objects.get(facility_id=str(cast.clinic.pk), week=week_of(now.date()))
    assert row.prescribed == 3
    assert row.outcomes == {"changed": 1, "open": 1}
    fired = {rule: (role, numbers) for rule, role, _, *numbers in row.rules if "contra" in _}
    assert next(iter(fired.values())) == ("doctor", [2, 2, 1, 0])
    again = measure()
    assert again == 1
    assert ImpactWeek.objects.filter(facility_id=str(cast.clinic.pk), prescribed__gt=0).count() == 1


def test_what_is_changed_later_is_counted_in_the_week_it_was_written(cast):
    written = timezone.now() - timedelta(days=15)
    patient = make_patient(cast.doctor, conditions=[("E11", "diabète")], weight_kg=70)
    held = pharmacy.prescribe(
        patient=patient, lines=[order(**GLUCOSE)], by=cast.doctor, now=written
    )
    measure()
    week = ImpactWeek.objects.filter(facility_id=str(cast.clinic.pk), week=week_of(written.date()))
    assert week.get().outcomes == {"open": 1}
    pharmacy.amend(
        prescription=held, lines=[order()], reason="diabète", by=cast.doctor, now=timezone.now()
    )
    measure()
    assert week.get().outcomes == {"changed": 1}
    assert measured(cast.admin, [week_of(written.date())]).whole.per_thousand == 500


def test_an_authority_sees_the_country_and_an_administrator_their_own_place(cast):
    week = week_of(timezone.now().date())
    for place, country, lines in ((cast.clinic, "CM", 10), (cast.other_clinic, "CM", 30)):
        ImpactWeek.objects.create(
            facility_id=str(place.pk), week=week, country=country, prescribed=lines,
            rules=[["r", "doctor", "major", 4, 4, 1, 3]],
        )  # fmt: skip
    ImpactWeek.objects.create(facility_id="0" * 24, week=week, country="KE", prescribed=1000)
    assert measured(cast.admin, [week]).whole.prescribed == 10
    found = measured(cast.authority, [week])
    assert found.whole.prescribed == 40
    assert dict(found.rules)["r"].fired == 8


def test_opening_a_record_is_timed_and_names_nobody(cast, client):
    cache.clear()
    patient = make_patient(cast.doctor)
    client.force_login(cast.doctor.user)
    assert client.get(reverse("patient", args=[patient.pk])).status_code == 200
    assert client.get(reverse("patient", args=["f" * 24])).status_code in (302, 403, 404)
    assert actions.keep_openings(by=SYSTEM, now=timezone.now()) == 1
    assert actions.keep_openings(by=SYSTEM, now=timezone.now()) == 0
    row = OpeningWeek.objects.get()
    assert (row.what, sum(row.counts)) == ("page", 1)
    client.get(reverse("patient", args=[patient.pk]))
    actions.keep_openings(by=SYSTEM, now=timezone.now())
    assert sum(OpeningWeek.objects.get().counts) == 2


def test_who_worked_is_counted_and_not_named(cast, client):
    client.force_login(cast.doctor.user)
    client.get(reverse("patient", args=[make_patient(cast.doctor).pk]))
    measure()
    row = ImpactWeek.objects.get(
        facility_id=str(cast.clinic.pk), week=week_of(timezone.now().date())
    )
    assert row.staff == 1


# -- the question after a visit


@pytest.fixture
def visited(cast, settings):
    settings.SURVEY = {"percent": 100, "weeks": 12}
    patient = make_patient(cast.receptionist, phone="+237699555001")
    return visit(patient, cast)


def visit(patient, cast, hours=5):
    row = make_consultation(patient, cast.doctor)
    ended = timezone.now() - timedelta(hours=hours)
    Consultation.objects.filter(pk=row.pk).update(
        status="finished", finished_at=ended, changed_at=ended
    )
    return Consultation.objects.get(pk=row.pk)


def ask():
    return actions.ask_for_opinions(by=SYSTEM, now=timezone.now())


def send(text, phone="+237699555001", number=1):
    row = take_incoming(
        gateway_id=f"g-{number}", phone=phone, text=text, by=SYSTEM, now=timezone.now()
    )
    handle_incoming(message_id=row.pk, by=SYSTEM, now=timezone.now())
    return IncomingMessage.objects.get(pk=row.pk)


def test_a_visit_is_asked_about_once(visited):
    assert (ask(), ask()) == (1, 0)
    message = Message.objects.get(kind="visit-opinion")
    assert "9" in message.text
    assert OpinionWeek.objects.get().asked == 1


def test_nobody_is_asked_twice_in_twelve_weeks_nor_anybody_on_their_phone(visited, cast):
    assert ask() == 1
    visit(visited.patient, cast)
    visit(make_patient(cast.receptionist, phone="+237699555001"), cast)
    assert ask() == 0
    Opinion.objects.update(asked_at=timezone.now() - timedelta(weeks=12, hours=1))
    assert ask() == 1


@pytest.mark.parametrize("hours", [1, 27])
def test_too_early_and_too_late_visits_are_left_alone(cast, settings, hours):
    settings.SURVEY = {"percent": 100, "weeks": 12}
    visit(make_patient(cast.receptionist, phone="+237699555002"), cast, hours)
    assert ask() == 0


def test_who_said_stop_is_not_asked(visited, cast):
    opt_out(phone="+237699555001", origin="sms", by=SYSTEM, now=timezone.now())
    assert ask() == 0
    assert Opinion.objects.count() == 0
    Patient.objects.update(accepts_messages=False)
    assert ask() == 0


def test_a_mark_is_counted_once_and_kept_with_nobody(visited, cast):
    ask()
    row = send("9")
    assert (row.outcome, row.text) == ("opinion", "")
    assert OpinionWeek.objects.get().marks == [1, 0, 0, 0]
    assert Opinion.objects.get().answered_at is not None
    assert not [field.name for field in Opinion._meta.fields if "mark" in field.name]
    assert send("6", number=2).outcome == "passed-on"
    assert OpinionWeek.objects.get().marks == [1, 0, 0, 0]


def test_a_mark_without_a_question_goes_to_the_desk(cast):
    make_patient(cast.receptionist, phone="+237699555001")
    assert send("9").outcome == "passed-on"


def test_the_question_is_answered_by_ussd_too(visited):
    from phone.ussd import hop

    ask()
    texts = ["", "1", "1*4", "1*4*3", "1*4*3*8"]
    screens = [
        hop(session_id="ATUid_opinion", phone="+237699555001", text=t, now=timezone.now())
        for t in texts
    ]
    assert "3 Mon avis" in screens[2]
    assert "9 Tres" in screens[3]
    assert screens[4].startswith("END Merci")
    assert OpinionWeek.objects.get().marks == [0, 1, 0, 0]


def test_few_answers_are_not_shown(cast, client):
    client.force_login(cast.admin.user)
    week = week_of(timezone.now().date())
    row = OpinionWeek.objects.create(
        facility_id=str(cast.clinic.pk), week=week, country="CM", asked=20, marks=[2, 1, 1, 0]
    )
    text = client.get(reverse("impact")).content.decode()
    assert "Moins de 5 réponses" in text
    assert "très content" not in text
    row.marks = [6, 2, 1, 1]
    row.save()
    text = client.get(reverse("impact")).content.decode()
    assert opinions(cast.admin, [week]).good_percent == 80
    assert "80 %" in text


def test_the_page_says_what_it_measures_and_hides_rules_that_fired_rarely(cast, client):
    week = week_of(timezone.now().date())
    ImpactWeek.objects.create(
        facility_id=str(cast.clinic.pk), week=week, country="CM", prescribed=400, outcomes={"changed": 5, "kept": 2},
        rules=[
            ["duplicate.ingredient", "doctor", "major", 9, 9, 5, 2],
            ["rare.rule", "pharmacist", "major", 4, 4, 3, 1],
        ],
    )  # fmt: skip
    client.force_login(cast.admin.user)
    text = client.get(reverse("impact")).content.decode()
    assert "<strong>12,5</strong>" in text
    assert "Définition" in text
    assert text.count(">moins de 5<") == 2
    english = Client(headers={"Accept-Language": "en"})
    english.force_login(cast.authority.user)
    assert english.get(reverse("impact")).status_code == 200
