"""What the gateway calls: only with the secret, once, well formed, and quickly."""

import statistics
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.permissions import SYSTEM
from appointments.models import Appointment
from notifications.models import DeliveryReport, Message, OptOut
from notifications.queue import enqueue
from phone import actions, tasks
from phone.models import DeskItem, IncomingMessage
from tests.factories import make_appointment, make_patient

PHONE = "+237699000111"


@pytest.fixture
def patient(cast):
    return make_patient(cast.receptionist, phone=PHONE, given_name="Marthe")


@pytest.fixture
def booked(cast, patient):
    return make_appointment(patient, cast.profile)


def write(call_back, text, number="1", phone=PHONE):
    response = call_back(
        "incoming", id=f"in-{number}", from_=phone, to="8080", text=text, date="2026-03-04T08:34:18.445Z", linkId=""
    )  # fmt: skip
    assert response.status_code == 200
    return IncomingMessage.objects.get(gateway_id=f"in-{number}")


def again(row):
    return type(row).objects.get(pk=row.pk)


def kinds():
    return sorted(Message.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("name", ["delivery", "incoming", "optout", "ussd", "ussd-end"])
def test_without_the_secret_there_is_nothing_here(cast, call_back, name):
    fields = {
        "id": "ATXid_1",
        "from_": PHONE,
        "phoneNumber": PHONE,
        "status": "Success",
        "text": "STOP",
    }
    assert call_back(name, secret="guessed", sessionId="ATUid_1", **fields).status_code == 404
    assert not IncomingMessage.objects.exists()
    assert not DeliveryReport.objects.exists()
    assert not OptOut.objects.exists()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("delivery", {"id": "x" * 200, "status": "Success", "phoneNumber": PHONE}),
        ("delivery", {"id": "ATXid_1", "status": "Hacked", "phoneNumber": PHONE}),
        ("delivery", {"id": "ATXid_1", "status": "Success", "phoneNumber": "12"}),
        ("delivery", {"id": "ATXid_1", "status": "Success"}),
        ("incoming", {"id": "", "from_": PHONE, "text": "1"}),
        ("incoming", {"id": "in-1", "from_": "CARNET", "text": "1"}),
        ("incoming", {"id": "in-1", "from_": PHONE, "text": "1" * 9000}),
        ("optout", {"phoneNumber": "tout le monde"}),
        ("ussd", {"sessionId": "", "phoneNumber": PHONE, "text": ""}),
    ],
)
def test_what_is_malformed_changes_nothing(cast, call_back, name, fields):
    assert call_back(name, **fields).status_code == 400
    assert not IncomingMessage.objects.exists()
    assert not DeliveryReport.objects.exists()
    assert not OptOut.objects.exists()


def test_json_is_taken_too_and_broken_json_is_not(cast, client, settings):
    address = f"/phone/{settings.PHONE_CALLBACK_SECRET}/delivery/"
    good = '{"id": "ATXid_9", "status": "Success", "phoneNumber": "+237699000111"}'
    assert client.post(address, good, content_type="application/json").status_code == 200
    for bad in ("{", "[1]", '"x"', "null"):
        assert client.post(address, bad, content_type="application/json").status_code == 400
    assert client.get(address).status_code == 405
    assert DeliveryReport.objects.count() == 1


def test_each_answers_within_200_ms(cast, call_back, patient, booked):
    """On a shared machine the clock of one call says little: the middle one of twenty, and each one's processor."""
    call_back("delivery", id="warm", status="Success", phoneNumber=PHONE)
    clocks, processor = [], []
    for number in range(20):
        began, worked = time.monotonic(), time.thread_time()
        call_back("delivery", id=f"ATXid_{number}", status="Success", phoneNumber=PHONE)
        clocks.append(time.monotonic() - began)
        processor.append(time.thread_time() - worked)
    assert statistics.median(clocks) < 0.2
    assert max(processor) < 0.1


def test_a_report_finds_its_message_and_a_replay_changes_nothing(cast, call_back, gateway, patient):
    gateway.control("hold-reports", hold=True)
    row = again(
        enqueue(kind="prescription-ready", patient=patient, cause="t:1", by=SYSTEM, now=timezone.now())
    )  # fmt: skip
    fields = {"id": row.gateway_id, "phoneNumber": PHONE, "networkCode": "62401"}
    for status in ("Success", "Success", "Submitted", "Failed"):
        assert call_back("delivery", status=status, **fields).status_code == 200
    assert again(row).status == "delivered"
    assert DeliveryReport.objects.count() == 3


def test_one_confirms_the_appointment_and_says_so(cast, call_back, booked):
    row = write(call_back, "1")
    assert row.outcome == "confirmed"
    assert again(booked).confirmed_at is not None
    assert kinds() == ["reply-confirmed"]
    assert again(booked).status == "booked"


def test_the_same_sms_twice_is_answered_once(cast, call_back, booked):
    for _ in range(3):
        write(call_back, "2")
    tasks.handle_incoming(str(IncomingMessage.objects.get().pk))
    assert IncomingMessage.objects.count() == DeskItem.objects.count() == 1
    assert kinds() == ["reply-cancel-asked"]


def test_two_asks_to_cancel_and_a_person_decides(cast, call_back, booked):
    write(call_back, "Non")
    fresh = again(booked)
    assert (fresh.status, fresh.confirmed_at) == ("booked", None)
    assert fresh.cancellation_asked_at is not None
    (item,) = DeskItem.objects.all()
    assert (item.kind, item.facility_id, item.patient_id) == (
        "cancel",
        str(cast.clinic.pk),
        booked.patient_id,
    )
    write(call_back, "oui", "2")
    assert again(booked).cancellation_asked_at is None


def test_anything_else_reaches_the_desk_with_one_helpful_line_a_day(cast, call_back, booked):
    for number, text in enumerate(("Est-ce que je dois être à jeun ?", "Allô ?", "merci")):
        assert write(call_back, text, str(number)).outcome == "passed-on"
    assert kinds() == ["reply-help"]
    assert DeskItem.objects.order_by("asked_at")[0].text.startswith("Est-ce")
    assert DeskItem.objects.count() == 3
    assert again(booked).confirmed_at is None


def test_an_unknown_number_learns_how_to_register_and_nothing_else(cast, call_back, booked):
    assert write(call_back, "1", phone="+237677123456").outcome == "unknown-number"
    (message,) = Message.objects.all()
    assert (message.kind, message.patient_id, message.phone) == (
        "reply-unknown",
        "",
        "+237677123456",
    )
    assert again(booked).confirmed_at is None


def test_stop_ends_every_message_to_the_phone_and_start_brings_them_back(
    cast, call_back, patient, booked
):
    waiting = enqueue(
        kind="free", patient=patient, cause="t:1", by=SYSTEM, now=timezone.now(), values={"text": "x"},
        due_at=timezone.now() + timedelta(hours=3),
    )  # fmt: skip
    write(call_back, "STOP")
    assert again(waiting).status == "suppressed"
    refused = enqueue(
        kind="payment-receipt", patient=patient, cause="t:2", by=SYSTEM, now=timezone.now()
    )
    assert (refused.status, refused.status_reason) == ("suppressed", "opted-out")
    write(call_back, "START", "2")
    accepted = enqueue(
        kind="payment-receipt", patient=patient, cause="t:3", by=SYSTEM, now=timezone.now()
    )
    assert accepted.status == "queued"


def test_an_opt_out_notice_of_the_gateway_counts(cast, call_back):
    for _ in range(2):
        assert call_back("optout", senderId="CARNET", phoneNumber=PHONE).status_code == 200
    assert OptOut.objects.get().phone == PHONE


def test_a_household_is_not_guessed_but_the_newest_message_decides(
    cast, call_back, patient, booked
):
    child = make_patient(cast.receptionist, phone=PHONE, given_name="Grâce")
    other = make_appointment(child, cast.profile)
    assert write(call_back, "1").outcome == "passed-on"
    assert (again(booked).confirmed_at, again(other).confirmed_at) == (None, None)
    message = enqueue(
        kind="appointment-booked", patient=child, cause=f"appointment:{other.pk}", by=SYSTEM, now=timezone.now(),
        values={"date": "x", "time": "y"},
    )  # fmt: skip
    Message.objects.filter(pk=message.pk).update(claimed_at=timezone.now())
    assert write(call_back, "1", "2").outcome == "confirmed"
    assert again(booked).confirmed_at is None
    assert again(other).confirmed_at is not None


def test_an_appointment_that_is_over_or_cancelled_is_not_confirmed(cast, call_back, booked):
    Appointment.objects.filter(pk=booked.pk).update(status="cancelled")
    assert write(call_back, "1").outcome == "passed-on"
    assert not actions.confirm(appointment=booked, by=SYSTEM, now=timezone.now())
    assert not actions.ask_to_cancel(appointment=booked, by=SYSTEM, now=timezone.now())


def test_an_sms_whose_worker_was_lost_is_seen_to_by_the_plan(cast, call_back, booked, monkeypatch):
    monkeypatch.setattr(tasks.handle_incoming, "apply_async", lambda *args, **kwargs: None)
    row = write(call_back, "1")
    assert again(row).handled_at is None
    monkeypatch.undo()
    IncomingMessage.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    tasks.plan()
    assert again(row).outcome == "confirmed"
