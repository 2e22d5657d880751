"""USSD sessions as the network drives them: text accumulates, hops come twice, sessions are cut off."""

from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.permissions import SYSTEM
from appointments.models import Appointment
from notifications.alphabet import to_ascii
from notifications.models import Message
from patients.models import Patient
from phone import actions
from phone.models import DeskItem, DosePlan
from phone.screens import frame
from tests.factories import PARACETAMOL, make_appointment, make_patient, make_prescription

PHONE = "+237699000111"


@pytest.fixture
def patient(cast):
    return make_patient(cast.receptionist, phone=PHONE, given_name="Marthe")


@pytest.fixture
def booked(cast, patient):
    return make_appointment(patient, cast.profile)


def local_date(row):
    return f"{row.start.astimezone(ZoneInfo(row.facility.time_zone)):%d/%m/%Y}"


def again(row):
    return type(row).objects.get(pk=row.pk)


@pytest.mark.no_servers
def test_every_text_stands_in_three_languages_and_fits():
    samples = {
        "name": "Marie-Antoinette-Cla",
        "date": "14/03/2026",
        "time": "08:30",
        "place": "P" * 24,
        "lines": "",
        "amount": "99999999 XAF",
        "operator": "Orange Money",
        "reference": "F2026-000123",
        "dial": "*384*237#",
    }
    for name, texts in frame._texts().items():
        assert set(texts) in ({"any"}, {"fr", "en", "pcm"}), name
        fields = [{f for _, f, _, _ in Formatter().parse(text) if f} for text in texts.values()]
        assert all(found == fields[0] for found in fields), name
        for text in texts.values():
            assert len(to_ascii(text.format(**samples))) <= 160, (name, text)
            assert "?" not in to_ascii(text).replace("?", "", text.count("?")), name


@pytest.mark.parametrize(
    ("choice", "menu", "thanks"),
    [
        ("1", "Mon rendez-vous", "est confirme"),
        ("2", "My appointment", "is confirmed"),
        ("3", "My dose for today", "don confirm"),
    ],
)
def test_an_appointment_is_seen_and_confirmed_in_each_language(dial, booked, choice, menu, thanks):
    session = dial()
    assert menu in session.type(choice)
    assert "Marthe" in session.screen
    assert local_date(booked) in session.type("1")
    assert thanks in session.type("1")
    assert session.ended
    assert again(booked).confirmed_at is not None


def test_asking_to_cancel_or_move_reaches_the_desk(dial, booked):
    assert "annuler" in dial().type("1", "1", "2")
    assert again(booked).cancellation_asked_at is not None
    dial().type("1", "1", "3")
    assert sorted(DeskItem.objects.values_list("kind", flat=True)) == ["cancel", "move"]
    assert again(booked).status == "booked"


def test_call_me_back_once_a_day(dial, patient):
    for _ in range(2):
        assert "rappellera" in dial().type("1", "4", "2")
    assert DeskItem.objects.get().kind == "call-back"


def test_an_unknown_number_learns_how_to_register_and_nothing_about_anyone(dial, booked):
    session = dial("+237677123456")
    assert "Marthe" not in session.type("1")
    assert session.ended
    assert "enregistre" in session.screen


def test_the_same_hop_gets_the_same_screen_and_acts_once(dial, booked):
    session = dial()
    session.type("1", "1", "2")
    asked = again(booked)
    assert session.hop() == session.screen
    assert again(booked).rev == asked.rev
    assert DeskItem.objects.count() == 1


def test_zero_goes_back_and_nonsense_stays(dial, booked):
    session = dial()
    menu = session.type("1")
    assert session.type("9") == menu
    assert session.type("1") != menu
    assert session.type("0") == menu
    assert "Francais" in session.type("0")


def test_a_household_is_asked_for_the_person_by_first_name_only(cast, dial, patient):
    for name in ("Grâce", "Luc", "Luc", "Zita"):
        make_patient(cast.receptionist, phone=PHONE, given_name=name, family_name="Secret")
    session = dial()
    first = session.type("1")
    assert first.splitlines() == [
        "Pour qui ?",
        "1 Grace",
        "2 Luc 1",
        "3 Luc 2",
        "4 Autres",
        "0 Retour",
    ]
    assert session.type("4").splitlines() == ["Pour qui ?", "1 Marthe", "2 Zita", "0 Retour"]
    assert session.type("2").startswith("Zita")
    assert "Secret" not in session.screen


def test_a_pin_comes_from_a_code_by_sms_when_there_is_none(dial, patient):
    session = dial()
    assert "pas encore" in session.type("1", "2")
    assert "SMS" in session.type("1")
    message = Message.objects.get(kind="pin-code")
    code = message.values["code"]
    assert "vieux" in session.type("000000" if code != "000000" else "111111")
    assert "Choisissez" in session.type(code)
    assert "Choisissez" in session.type("1234")
    assert "encore" in session.type("2580")
    assert "different" in session.type("2581")
    session.type("2580")
    assert "enregistre" in session.type("2580")
    assert session.ended
    assert again(patient).pin_hash not in ("", "2580")
    assert "Aucune prise" in dial().type("1", "2", "2580")


def test_who_has_a_pin_gets_no_code(dial, patient):
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    actions.send_code(patient=again(patient), by=SYSTEM, now=timezone.now())
    assert not Message.objects.exists()


def test_five_errors_lock_until_the_desk_opens(cast, dial, patient):
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    session = dial()
    session.type("1", "2")
    for _ in range(4):
        assert "faux" in session.type("9999")
    assert "bloque" in session.type("9999")
    assert session.ended
    assert "bloque" in dial().type("1", "2")
    assert not actions.check_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    actions.set_pin(patient=patient, pin="1379", by=cast.receptionist, now=timezone.now())
    assert "Aucune prise" in dial().type("1", "2", "1379")


def test_a_right_pin_forgets_the_errors(dial, patient):
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    for _ in range(3):
        dial().type("1", "2", "1111", "0", "2", "2580")
    assert Patient.objects.get(pk=patient.pk).pin_failures == 0


def hand_out(cast, patient, *lines):
    prescription = make_prescription(patient, cast.doctor, *lines, pharmacy_id=cast.clinic.pk)
    Patient.objects.filter(pk=patient.pk).update(pharmacy_id="")
    for line in prescription.lines:
        line.last_dispensed_at = timezone.now()
        line.status = "completed"
    prescription.status = "completed"
    prescription.save()
    return prescription


def test_todays_doses_stand_behind_the_pin(cast, dial, patient):
    hand_out(cast, patient, {**PARACETAMOL, "times": 4})
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    session = dial()
    assert "PIN" in session.type("1", "2")
    assert "08:00 paracetamol 500 mg" in session.type("2580")
    assert "20:00 paracetamol" in session.type("1")


def test_a_session_cut_off_is_resumed_without_its_pin(cast, dial, patient, call_back):
    hand_out(cast, patient, {**PARACETAMOL, "times": 1})
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    first = dial()
    assert "paracetamol" in first.type("2", "2", "2580")
    call_back("ussd-end", sessionId=first.session, phoneNumber=PHONE, status="Incomplete")
    resumed = dial()
    assert "Your PIN" in resumed.screen
    assert "paracetamol" in resumed.type("2580")
    call_back("ussd-end", sessionId=resumed.session, phoneNumber=PHONE, status="Success")
    assert "Francais" in dial().screen


def test_a_session_belongs_to_its_phone(dial, booked, call_back):
    session = dial()
    session.type("1")
    other = call_back("ussd", sessionId=session.session, phoneNumber="+237677123456", text="1*1")
    assert other.content.startswith(b"END ")
    assert b"Rendez" not in other.content


def test_what_was_typed_is_not_kept(cast, dial, patient):
    actions.set_pin(patient=patient, pin="258013", by=SYSTEM, now=timezone.now())
    session = dial()
    session.type("1", "2", "258013")
    assert "258013" not in str(cache.get(f"ussd:{session.session}"))


def test_nothing_to_pay_and_no_appointment_say_so(dial, patient):
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    session = dial()
    assert "Rien a payer" in session.type("1", "3", "2580")
    assert "Aucun rendez-vous" in session.type("0", "1")
    assert "rappellera" in session.type("1")


def test_an_appointment_cancelled_meanwhile_is_said_to_have_changed(dial, booked):
    session = dial()
    session.type("1", "1")
    Appointment.objects.filter(pk=booked.pk).update(status="cancelled")
    assert "Aucun rendez-vous" in session.type("9")


def test_a_dialled_path_goes_straight_there(dial, booked):
    session = dial()
    session.text = "1*1"
    session.session += "x"
    assert local_date(booked) in session.hop()


def test_without_redis_the_menu_says_so(dial, booked, monkeypatch):
    from redis.exceptions import ConnectionError as NoRedisError

    session = dial()

    def refuse(*args, **kwargs):
        raise NoRedisError("gone")

    monkeypatch.setattr(cache, "add", refuse)
    session.type("1")
    assert session.ended
    assert "indisponible" in session.screen


def test_a_phone_that_changes_hands_in_the_middle_learns_nothing_more(dial, patient):
    session = dial()
    session.type("1")
    Patient.objects.filter(pk=patient.pk).update(phone="+237677000000", search_keys=[])
    assert "enregistre" in session.type("9")
    assert session.ended
    assert "Marthe" not in session.screen


def test_a_hop_takes_little_of_the_processor(cast, dial, booked, patient):
    """The network gives ten seconds, the issue one: what a hop computes must be far below, on any machine."""
    for n in range(6):
        make_patient(cast.receptionist, phone=PHONE, given_name=f"Luc {n}")
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    dial().type("1", "4", "4", "1")
    session = dial("+237699000111")
    session.type("0", "4", "4", "1", "1", "0", "2", "2580", "0", "3", "2580")
    assert session.slowest < 0.3


def test_reminders_of_doses_are_started_and_stopped_from_the_menu(cast, dial, patient):
    hand_out(cast, patient, {**PARACETAMOL, "times": 3, "days": 5})
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    session = dial()
    assert "2 Rappels par SMS" in session.type("1", "2", "2580")
    assert "sans nom de medicament" in session.type("2")
    assert session.ended
    assert session.hop() == session.screen
    plan = DosePlan.objects.get()
    assert (plan.is_active, plan.started_by) == (True, "ussd")
    session = dial()
    assert "3 Plus de rappels" in session.type("1", "2", "2580")
    assert "continue" in session.type("3")
    assert (again(plan).is_active, again(plan).stopped_by) == (False, "ussd")


def test_who_wants_no_sms_gets_no_reminders(cast, dial, patient):
    hand_out(cast, patient, {**PARACETAMOL, "times": 3, "days": 5})
    Patient.objects.filter(pk=patient.pk).update(accepts_messages=False)
    actions.set_pin(patient=patient, pin="2580", by=SYSTEM, now=timezone.now())
    assert "ne pas recevoir" in dial().type("1", "2", "2580", "2")
    assert not DosePlan.objects.exists()


def test_the_longest_screen_of_doses_fits(cast, dial, patient):
    names = ("amoxicilline acide clavulanique", "hydrochlorothiazide")
    rows = [f"08:00 {name[:18]} {'x' * 10}" for name in (*names, "m" * 18)]
    for language in ("fr", "en", "pcm"):
        lines = [*rows, frame.phrase("next-page", language)]
        for last in ("start-reminders", "stop-reminders"):
            shown = [*lines, frame.phrase(last, language), frame.phrase("back", language)]
            text = frame.phrase("doses", language, lines="\n".join(shown))
            assert len(to_ascii(text)) <= 160, (language, len(text))
