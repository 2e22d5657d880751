"""States, answers, reports, quiet hours, alphabet: tables."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.alphabet import size, to_ascii, to_gsm
from notifications.models import MessageStatus
from notifications.rules import (
    TRANSITIONS,
    Verdict,
    after_quiet,
    before_quiet,
    comes_from,
    is_quiet,
    judge_answer,
    judge_report,
    may_change,
    may_retry,
    retry_at,
    revealing_word,
)

pytestmark = pytest.mark.no_servers


def test_every_status_stands_in_the_table():
    assert set(TRANSITIONS) == set(MessageStatus.values)
    assert {to for after in TRANSITIONS.values() for to in after} <= set(TRANSITIONS)


@pytest.mark.parametrize("final", ["delivered", "failed", "expired", "suppressed"])
def test_nothing_leaves_a_final_state(final):
    assert not any(may_change(final, to) for to in TRANSITIONS)


def test_what_may_have_arrived_is_never_queued_again():
    assert comes_from("queued") == ("sending",)
    assert comes_from("sending") == ("queued",)


def sent(code, message_id="ATXid_1", cost="XAF 15.0000"):
    row = {
        "statusCode": code,
        "number": "+237699",
        "status": "x",
        "cost": cost,
        "messageId": message_id,
    }
    return json.dumps({"SMSMessageData": {"Message": "m", "Recipients": [row]}})


def refused(message):
    return json.dumps({"SMSMessageData": {"Message": message, "Recipients": []}})


@pytest.mark.parametrize(
    ("status", "body", "verdict", "reason"),
    [
        (201, sent(100), Verdict.ACCEPTED, ""),
        (201, sent(101), Verdict.ACCEPTED, ""),
        (201, sent(102), Verdict.ACCEPTED, ""),
        (200, sent(101), Verdict.ACCEPTED, ""),
        (201, sent(401), Verdict.RETRY, "risk-hold"),
        (201, sent(402), Verdict.PAUSE, "invalid-sender"),
        (201, sent(403), Verdict.REFUSED, "invalid-phone"),
        (201, sent(404), Verdict.REFUSED, "unsupported-number"),
        (201, sent(405), Verdict.PAUSE, "out-of-balance"),
        (201, sent(406), Verdict.REFUSED, "blacklisted"),
        (201, sent(407), Verdict.REFUSED, "no-route"),
        (201, sent(409), Verdict.REFUSED, "do-not-disturb"),
        (201, sent(500), Verdict.RETRY, "gateway-500"),
        (201, sent(501), Verdict.RETRY, "gateway-501"),
        (201, sent(502), Verdict.RETRY, "rejected-by-gateway"),
        (201, sent(777), Verdict.REFUSED, "code-777"),
        (201, refused("InvalidSenderId"), Verdict.PAUSE, "invalid-sender"),
        (201, refused("InsufficientBalance"), Verdict.PAUSE, "out-of-balance"),
        (201, refused("Something new"), Verdict.REFUSED, "refused: Something new"),
        (401, "The supplied authentication is invalid", Verdict.PAUSE, "bad-key"),
        (400, "bad", Verdict.REFUSED, "http-400"),
        (429, "", Verdict.RETRY, "http-429"),
        (503, "", Verdict.RETRY, "http-503"),
        (500, "oops", Verdict.UNKNOWN, "http-500"),
        (502, "<html>", Verdict.UNKNOWN, "http-502"),
        (201, "<html>", Verdict.UNKNOWN, "unreadable-answer"),
        (201, "[]", Verdict.UNKNOWN, "unreadable-answer"),
        (201, '{"SMSMessageData": {"Recipients": [{"number": "x"}]}}', Verdict.UNKNOWN, "unreadable-answer"),
    ],
)  # fmt: skip
def test_each_answer_is_understood(status, body, verdict, reason):
    outcome = judge_answer(status, body)
    assert (outcome.verdict, outcome.reason) == (verdict, reason)


def test_the_id_none_is_no_id():
    assert judge_answer(201, sent(101, "None")).gateway_id == ""
    assert judge_answer(201, sent(101)).gateway_id == "ATXid_1"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Sent", "submitted"), ("Submitted", "submitted"), ("Buffered", "submitted"), ("Success", "delivered"),
        ("Rejected", "failed"), ("Failed", "failed"), ("AbsentSubscriber", "failed"), ("Absent Subscriber", "failed"),
        ("Expired", "expired"), ("success", "delivered"), ("Delivered?", None), ("", None),
    ],
)  # fmt: skip
def test_each_report_is_understood(word, state):
    assert judge_report(word) == state


def test_tries_are_bounded_and_spread():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    waits = [retry_at(n, now, 0) - now for n in range(1, 7)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert retry_at(1, now, 1.0) - now == timedelta(seconds=45)
    assert may_retry("gateway-500", 5)
    assert not may_retry("gateway-500", 6)
    assert may_retry("rejected-by-gateway", 1)
    assert not may_retry("rejected-by-gateway", 2)
    assert may_retry("no-connection", 1000)


def at(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "moment", "after", "before"),
    [
        # inside the day: nothing moves
        ("Africa/Douala", (2026, 3, 4, 7, 0), (2026, 3, 4, 7, 0), (2026, 3, 4, 7, 0)),
        ("Africa/Douala", (2026, 3, 4, 20, 59), (2026, 3, 4, 20, 59), (2026, 3, 4, 20, 59)),
        # at the limits
        ("Africa/Douala", (2026, 3, 4, 21, 0), (2026, 3, 5, 7, 0), (2026, 3, 4, 20, 0)),
        ("Africa/Douala", (2026, 3, 4, 6, 59), (2026, 3, 4, 7, 0), (2026, 3, 3, 20, 0)),
        # the turn of the year, both ways
        ("Africa/Douala", (2026, 12, 31, 23, 0), (2027, 1, 1, 7, 0), (2026, 12, 31, 20, 0)),
        ("Africa/Douala", (2027, 1, 1, 5, 0), (2027, 1, 1, 7, 0), (2026, 12, 31, 20, 0)),
        # Nairobi is two hours ahead of Douala
        ("Africa/Nairobi", (2026, 3, 4, 5, 30), (2026, 3, 4, 7, 0), (2026, 3, 3, 20, 0)),
        # clocks change in Paris (29 March, 25 October 2026): the wall clock decides
        ("Europe/Paris", (2026, 3, 28, 22, 0), (2026, 3, 29, 7, 0), (2026, 3, 28, 20, 0)),
        ("Europe/Paris", (2026, 10, 24, 23, 30), (2026, 10, 25, 7, 0), (2026, 10, 24, 20, 0)),
    ],
)  # fmt: skip
def test_nights_are_quiet_where_the_patient_is(zone, moment, after, before):
    given = at(zone, *moment).astimezone(UTC)
    assert after_quiet(given, zone) == at(zone, *after)
    assert before_quiet(given, zone) == at(zone, *before)
    assert is_quiet(given, zone) == (after != moment)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("été à là où", "été à là où"),
        ("reçu français", "recu francais"),
        ("fête, Noël, hôpital, œuf", "fete, Noel, hopital, oeuf"),
        ("À Évry", "A Évry"),
        ("« l’heure »\u00a0: 8\u202fh…", '" l\'heure " : 8 h...'),
        ("N° 5 – 6", "N 5 - 6"),
        ("€ [x]", "€ [x]"),
        ("ŋgɔ̀", "ngo"),
    ],
)
def test_only_what_is_outside_the_alphabet_changes(text, kept):
    assert to_gsm(text) == kept


@pytest.mark.parametrize(
    ("text", "parts", "is_gsm"),
    [
        ("a" * 160, 1, True), ("a" * 161, 2, True), ("a" * 306, 2, True), ("a" * 307, 3, True),
        ("é" * 160, 1, True), ("ê" * 70, 1, False), ("ê" * 71, 2, False), ("ê" * 134, 2, False), ("ê" * 135, 3, False),
        ("€" * 80, 1, True), ("€" * 81, 2, True),
        ("a" * 152 + "€" + "a" * 152, 3, True),  # the euro is not split
        ("😀" * 35, 1, False), ("😀" * 36, 2, False), ("", 1, True),
    ],
)  # fmt: skip
def test_parts_are_counted_as_they_are_charged(text, parts, is_gsm):
    found = size(text)
    assert (found.parts, found.is_gsm) == (parts, is_gsm)


def test_screens_are_plain_ascii():
    assert (
        to_ascii("Médicaments reçus à l’hôpital — œuf ★")
        == "Medicaments recus a l'hopital - oeuf ?"
    )


@pytest.mark.parametrize(
    "text", ["votre test VIH", "your HIV result", "séropositive", "diabète", "résultat tuberculose"]
)
def test_a_word_that_tells_a_disease_is_found(text):
    assert revealing_word(text)


def test_ordinary_words_are_not():
    assert revealing_word("Belle journée, votre résultat est prêt, appelez-nous.") == ""
