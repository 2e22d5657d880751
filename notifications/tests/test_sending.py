"""Messages from the queue to the gateway over real HTTP, whatever the gateway does."""

import threading
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from accounts.permissions import SYSTEM
from notifications import actions, sending, tasks
from notifications.models import DeliveryReport, Gateway, Message, OptOut
from notifications.queries import is_stopped
from notifications.queue import enqueue, withdraw
from notifications.rules import Outcome, Verdict
from tests.factories import make_patient

ID = "abc"


def ask(cast, phone="+237699000111", kind="prescription-ready", cause="test:1", **values):
    patient = make_patient(cast.receptionist, phone=phone, **values)
    return enqueue(
        kind=kind, patient=patient, cause=cause, by=cast.receptionist, now=timezone.now(),
    )  # fmt: skip


def again(message):
    return Message.objects.get(pk=message.pk)


def claim(*rows, token=ID, now=None):
    ids = [row.pk for row in rows]
    return actions.claim_for_sending(ids=ids, token=token, by=SYSTEM, now=now or timezone.now())


def test_a_message_is_sent_once_after_the_commit(cast, gateway):
    message = ask(cast)
    row = again(message)
    assert (row.status, row.attempts, row.cost, row.parts) == ("submitted", 1, "XAF 15.0000", 1)
    (sms,) = gateway.accepted()
    assert (sms["number"], sms["text"], sms["id"]) == (
        "+237699000111",
        "Marthe, votre ordonnance est préparée. Vous pouvez passer, A.",
        row.gateway_id,
    )
    tasks.send_due()
    tasks.sweep()
    assert len(gateway.accepted()) == 1


def test_the_same_cause_kind_and_time_is_one_message(cast, gateway):
    patient = make_patient(cast.receptionist, phone="+237699000111")
    due = timezone.now() + timedelta(hours=1)
    values = {
        "kind": "prescription-ready",
        "patient": patient,
        "by": cast.receptionist,
        "now": timezone.now(),
    }
    first = enqueue(cause="a:1", due_at=due, **values)
    assert enqueue(cause="a:1", due_at=due, **values).pk == first.pk
    assert enqueue(cause="a:1", due_at=due + timedelta(hours=1), **values).pk != first.pk
    assert enqueue(cause="a:2", due_at=due, **values).pk != first.pk
    assert gateway.accepted() == []


@pytest.mark.parametrize(
    ("phone", "values", "reason"),
    [
        ("", {}, "no-phone"),
        ("+237699000222", {"accepts_messages": False}, "opted-out"),
        ("+237699000333", {}, "opted-out"),
    ],
)
def test_who_cannot_or_will_not_be_reached_stops_only_their_own_message(
    cast, gateway, phone, values, reason
):
    OptOut.objects.create(phone="+237699000333", since=timezone.now(), origin="sms")
    silent = ask(cast, phone, **values)
    other = ask(cast, cause="test:2")
    assert (again(silent).status, again(silent).status_reason) == ("suppressed", reason)
    assert again(other).status == "submitted"
    assert len(gateway.accepted()) == 1


@pytest.mark.parametrize(
    ("ending", "status", "reason"),
    [
        ("403", "failed", "invalid-phone"), ("404", "failed", "unsupported-number"), ("406", "failed", "blacklisted"),
        ("407", "failed", "no-route"), ("409", "failed", "do-not-disturb"), ("500", "queued", "gateway-500"),
        ("501", "queued", "gateway-501"), ("502", "queued", "rejected-by-gateway"), ("401", "queued", "risk-hold"),
        ("604", "queued", "http-503"), ("601", "unknown", "connection-lost"), ("605", "unknown", "http-500"),
        ("606", "submitted", ""),
    ],
)  # fmt: skip
def test_each_answer_leaves_the_message_in_its_state(cast, gateway, ending, status, reason):
    row = again(ask(cast, f"+237699900{ending}"))
    assert (row.status, row.status_reason) == (status, reason)
    if status == "queued":
        assert row.next_try_at > timezone.now() + timedelta(seconds=25)
        assert row.attempts == 1


def test_a_timeout_is_unknown_and_never_sent_again(cast, gateway, monkeypatch):
    monkeypatch.setattr("notifications.gateway.TIMEOUT", (1, 0.4))
    row = again(ask(cast, "+237699900602"))
    assert (row.status, row.status_reason) == ("unknown", "timeout")
    for _ in range(3):
        tasks.send_due()
        tasks.sweep()
    assert len(gateway.accepted()) == 1


def test_no_connection_at_all_is_tried_again(cast, settings, gateway):
    settings.AFRICASTALKING = {**gateway.settings, "url": "http://127.0.0.1:9"}
    row = again(ask(cast))
    assert (row.status, row.status_reason) == ("queued", "no-connection")
    settings.AFRICASTALKING = gateway.settings
    Message.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
    tasks.sweep()
    assert again(row).status == "submitted"
    assert again(row).attempts == 2


def test_tries_end(cast, gateway):
    row = ask(cast, "+237699900501")
    for _ in range(10):
        Message.objects.filter(pk=row.pk).update(next_try_at=None)
        tasks.send_due()
    assert (again(row).status, again(row).attempts) == ("failed", 6)


def test_out_of_balance_stops_the_queue_until_it_is_filled(cast, gateway):
    gateway.control("balance", balance=0)
    first = ask(cast)
    assert (again(first).status, again(first).attempts) == ("queued", 0)
    second = ask(cast, cause="test:2")
    assert again(second).status == "queued"
    assert gateway.look("state")["attempts"] == 1, "the second did not even try"
    assert Gateway.objects.get().reason == "out-of-balance"
    assert is_stopped(), "every page of who may send messages says so"
    tasks.sweep()
    assert gateway.look("state")["attempts"] == 1
    gateway.control("balance", balance=1000)
    actions.resume(by=SYSTEM, now=timezone.now())
    assert not is_stopped()
    tasks.sweep()
    assert {again(first).status, again(second).status} == {"submitted"}


@pytest.mark.parametrize("trouble", ["key", "sender"])
def test_a_wrong_account_stops_the_queue_too(cast, gateway, settings, trouble):
    if trouble == "key":
        settings.AFRICASTALKING = {**gateway.settings, "api_key": "wrong"}
    row = again(ask(cast, "+237699900603" if trouble == "sender" else "+237699000111"))
    assert (row.status, row.attempts) == ("queued", 0)
    assert Gateway.objects.get().reason == ("bad-key" if trouble == "key" else "invalid-sender")


def test_a_pause_ends_by_itself(cast, gateway):
    gateway.control("balance", balance=0)
    row = ask(cast)
    gateway.control("balance", balance=1000)
    Gateway.objects.update(paused_until=timezone.now() - timedelta(seconds=1))
    tasks.sweep()
    assert again(row).status == "submitted"


def test_without_an_account_messages_wait(cast):
    row = ask(cast)
    tasks.sweep()
    assert again(row).status == "queued"


def test_two_workers_send_it_once(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    rows = [ask(cast, cause=f"test:{n}") for n in range(10)]
    settings.AFRICASTALKING = gateway.settings

    def work():
        for _ in rows:
            tasks.send_due()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(gateway.accepted()) == 10
    assert {again(row).status for row in rows} == {"submitted"}


def test_a_worker_killed_in_the_middle_leaves_an_unknown_that_is_not_sent_again(
    cast, gateway, settings
):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    row = ask(cast)
    settings.AFRICASTALKING = gateway.settings
    before = timezone.now() - timedelta(minutes=4)
    Message.objects.update(due_at=before)
    (claimed,) = claim(row, now=before)
    assert claimed.status == "sending"
    tasks.send_due()
    assert gateway.accepted() == []
    tasks.sweep()
    assert (again(row).status, again(row).status_reason) == ("unknown", "worker-lost")
    tasks.sweep()
    assert gateway.accepted() == []
    # ... and the worker was only slow after all: its answer still counts.
    outcome = Outcome(Verdict.ACCEPTED, "", "ATXid_late", "XAF 15.0000")
    actions.settle(results=[(claimed, outcome)], by=SYSTEM, now=timezone.now())
    assert (again(row).status, again(row).gateway_id) == ("submitted", "ATXid_late")


def test_the_claim_whose_answer_was_lost_is_known_by_its_token(cast):
    row = ask(cast)
    now = timezone.now()
    assert claim(row, now=now)
    assert claim(row, token="b", now=now) == []
    assert claim(row, now=now)[0].attempts == 1


def test_what_is_too_late_expires_and_what_is_withdrawn_is_not_sent(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    late, withdrawn = ask(cast), ask(cast, cause="test:2")
    Message.objects.filter(pk=late.pk).update(expires_at=timezone.now())
    assert withdraw(cause="test:2", by=SYSTEM, now=timezone.now()) == 1
    settings.AFRICASTALKING = gateway.settings
    tasks.send_due()
    tasks.sweep()
    assert (again(late).status, again(withdrawn).status) == ("expired", "suppressed")
    assert gateway.accepted() == []


def test_an_opt_out_between_writing_and_sending_counts(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    row = ask(cast)
    settings.AFRICASTALKING = gateway.settings
    actions.opt_out(phone=row.phone, origin="sms", by=SYSTEM, now=timezone.now())
    tasks.send_due()
    assert (again(row).status, gateway.accepted()) == ("suppressed", [])


def test_a_blacklisted_phone_is_not_asked_again(cast, gateway):
    ask(cast, "+237699900406")
    assert OptOut.objects.get().origin == "gateway"
    assert again(ask(cast, "+237699900406", cause="test:2")).status == "suppressed"
    assert gateway.look("state")["attempts"] == 1


def report(row, status, *, gateway_id=None, phone=None):
    return actions.take_report(
        gateway_id=gateway_id or row.gateway_id, phone=phone or row.phone, status=status, reason="", network="62401",
        by=SYSTEM, now=timezone.now(),
    )  # fmt: skip


def test_reports_move_it_forward_and_never_back(cast, gateway):
    gateway.control("hold-reports", hold=True)
    row = again(ask(cast))
    report(row, "Success")
    assert again(row).status == "delivered"
    for status in ("Submitted", "Failed", "Sent", "Nonsense"):
        report(row, status)
    assert again(row).status == "delivered"
    assert report(row, "Success") is None
    assert DeliveryReport.objects.filter(applied_at=None).count() == 0


def test_a_report_for_another_phone_changes_nothing(cast, gateway):
    row = again(ask(cast))
    report(row, "Failed", phone="+237677777777")
    assert again(row).status == "submitted"


def test_a_report_before_the_answer_waits_for_it(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    row = ask(cast)
    (message,) = claim(row)
    report(row, "Success", gateway_id="ATXid_early")
    assert again(row).status == "sending"
    outcome = Outcome(Verdict.ACCEPTED, "", "ATXid_early", "XAF 15.0000")
    actions.settle(results=[(message, outcome)], by=SYSTEM, now=timezone.now())
    assert again(row).status == "delivered"


def test_the_report_tells_what_became_of_an_unknown(cast, gateway):
    row = again(ask(cast, "+237699900601"))
    assert (row.status, row.gateway_id) == ("unknown", "")
    taken = gateway.accepted()[0]["id"]
    report(row, "Success", gateway_id=taken)
    assert (again(row).status, again(row).gateway_id) == ("delivered", taken)


def test_two_unknowns_to_one_phone_are_not_guessed(cast, gateway):
    first, second = (
        again(ask(cast, "+237699900601")),
        again(ask(cast, "+237699900601", cause="t:2")),
    )
    report(first, "Success", gateway_id=gateway.accepted()[1]["id"])
    assert {again(first).status, again(second).status} == {"unknown"}
    assert DeliveryReport.objects.filter(applied_at=None).count() == 1


def test_a_message_without_any_report_ends_as_unknown(cast, gateway):
    row = ask(cast)
    Message.objects.update(submitted_at=timezone.now() - timedelta(hours=73))
    tasks.sweep()
    assert (again(row).status, again(row).status_reason) == ("unknown", "no-report")


def test_only_what_cannot_have_arrived_is_sent_again(cast, gateway):
    failed, unknown = (
        again(ask(cast, "+237699900403")),
        again(ask(cast, "+237699900601", cause="t:2")),
    )
    new = actions.resend(message=failed, by=cast.receptionist, now=timezone.now())
    assert again(new).text == failed.text
    for row in (failed, unknown, again(ask(cast, cause="t:3"))):
        with pytest.raises(actions.NotResendableError):
            actions.resend(message=row, by=cast.receptionist, now=timezone.now())


def test_a_broker_that_is_away_fails_nobody(cast, gateway, settings, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no broker")

    monkeypatch.setattr(tasks.send_due, "apply_async", refuse)
    row = ask(cast)
    assert again(row).status == "queued"
    monkeypatch.undo()
    settings.AFRICASTALKING = gateway.settings
    tasks.sweep()
    assert again(row).status == "submitted"


def test_what_was_held_up_into_the_night_waits_for_the_morning(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    row = ask(cast, kind="appointment-missed")
    night = datetime(2027, 1, 5, 23, 0, tzinfo=ZoneInfo("Africa/Douala"))
    Message.objects.update(due_at=night, expires_at=night + timedelta(days=1))
    assert claim(row, now=night) == []
    assert again(row).next_try_at == datetime(2027, 1, 6, 7, 0, tzinfo=ZoneInfo("Africa/Douala"))
    morning = again(row).next_try_at
    assert claim(row, now=morning)


def test_many_are_on_their_way_at_once_and_each_goes_once(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    rows = [ask(cast, f"+2376990003{n:02d}", cause=f"test:{n}") for n in range(40)]
    settings.AFRICASTALKING, settings.SMS_LINES = gateway.settings, 8
    gateway.control("faults", slow=1.0, slow_seconds=0.25)
    began = time.monotonic()
    tasks.send_due()
    assert time.monotonic() - began < 40 * 0.25 / 2, "one after the other"
    assert sorted(sms["number"] for sms in gateway.accepted()) == sorted(row.phone for row in rows)
    assert {again(row).status for row in rows} == {"submitted"}
    assert {again(row).attempts for row in rows} == {1}


def test_no_more_is_claimed_than_is_on_its_way(cast, gateway, settings, monkeypatch):
    """A worker killed at any moment leaves no message in doubt but those it had handed over."""
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    for n in range(20):
        ask(cast, f"+2376990003{n:02d}", cause=f"test:{n}")
    settings.AFRICASTALKING, settings.SMS_LINES = gateway.settings, 4
    most = []

    def send(phone, text):
        most.append(Message.objects.filter(status="sending").count())
        connection.close()
        return Outcome(Verdict.ACCEPTED, "", f"ATXid_{phone}", "XAF 15.0000")

    monkeypatch.setattr("notifications.gateway.send", send)
    tasks.send_due()
    assert len(most) == 20
    assert max(most) <= 4


def test_when_the_money_ends_in_the_middle_the_rest_waits(cast, gateway, settings):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    rows = [ask(cast, f"+2376990003{n:02d}", cause=f"test:{n}") for n in range(30)]
    settings.AFRICASTALKING, settings.SMS_LINES = gateway.settings, 4
    gateway.control("balance", balance=15 * 10)
    tasks.send_due()
    accepted = len(gateway.accepted())
    assert 10 <= accepted <= 14
    assert gateway.look("state")["attempts"] <= accepted + 8
    assert {again(row).status for row in rows} == {"submitted", "queued"}
    gateway.control("balance", balance=1000)
    actions.resume(by=SYSTEM, now=timezone.now())
    tasks.sweep()
    assert sorted(sms["number"] for sms in gateway.accepted()) == sorted(row.phone for row in rows)


def test_a_slice_ends_and_the_next_turn_goes_on(cast, gateway, settings, monkeypatch):
    settings.AFRICASTALKING = {**gateway.settings, "api_key": ""}
    rows = [ask(cast, f"+2376990003{n:02d}", cause=f"test:{n}") for n in range(12)]
    settings.AFRICASTALKING, settings.SMS_LINES = gateway.settings, 2
    gateway.control("faults", slow=1.0, slow_seconds=0.1)
    assert sending.hand_over(0.15)
    left = Message.objects.filter(status="queued").count()
    assert 0 < left < 12
    tasks.send_due()
    assert {again(row).status for row in rows} == {"submitted"}
    assert len(gateway.accepted()) == 12


def test_whoever_raises_leaves_an_unknown(cast, settings, gateway, monkeypatch):
    def send(phone, text):
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr("notifications.gateway.send", send)
    row = again(ask(cast))
    assert (row.status, row.status_reason) == ("unknown", "no-answer")


def test_one_waking_is_enough_and_none_is_lost(cast, gateway, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks.send_due, "apply_async", lambda **_: woken.append(1))
    for n in range(5):
        ask(cast, cause=f"test:{n}")
    assert woken == [1]
    tasks.send_due()
    ask(cast, cause="test:6")
    assert woken == [1, 1]


@pytest.mark.no_servers
def test_a_flood_of_reports_holds_up_nothing_that_a_person_waits_for(monkeypatch):
    asked = []
    for task in (tasks.apply_report, tasks.send_due):
        monkeypatch.setattr(
            task, "apply_async", lambda *_, **kw: asked.append(kw.get("priority", 0))
        )
    monkeypatch.setattr(tasks.cache, "add", lambda *_: True)
    tasks.start_report("0" * 24)
    tasks.wake()
    assert asked[0] > asked[1]
