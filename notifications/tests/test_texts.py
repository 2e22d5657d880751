"""Every text is read: no disease, no medicine, every placeholder known, short, in the GSM alphabet."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from accounts.permissions import SYSTEM, Actor
from notifications.alphabet import is_gsm, size
from notifications.queue import enqueue
from notifications.rules import revealing_word
from notifications.texts import KINDS, LANGUAGES, SAMPLE, fill, placeholders
from pharmacy.queries import knowledge
from tests.factories import make_patient

FRENCH_WORDS = {"pas"}  # in capitals an abbreviation of aminosalicylic acid
EVERY = [(kind, language) for kind in KINDS for language in LANGUAGES]


@pytest.mark.no_servers
@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_each_text_is_short_and_has_only_known_placeholders(kind, language):
    text = KINDS[kind].texts[language]
    assert placeholders(text) <= set(KINDS[kind].placeholders)
    filled = fill(text, SAMPLE)
    assert is_gsm(filled)
    assert size(filled).parts == 1, f"{size(filled).units}: {filled}"
    assert "{" not in filled


@pytest.mark.no_servers
@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_no_text_tells_a_disease(kind, language):
    assert revealing_word(KINDS[kind].texts[language]) == ""


@pytest.mark.no_servers
def test_no_text_names_a_medicine():
    loaded = knowledge()
    assert loaded is not None
    assert loaded.find_medicine("paracétamol").kind == "exact"
    for kind, language in EVERY:
        for word in re.findall(r"\w{3,}", KINDS[kind].texts[language]):
            found = loaded.find_medicine(word).kind == "exact"
            assert not found or word in FRENCH_WORDS, (kind, language, word)


def test_the_name_of_a_clinic_that_tells_a_disease_stays_out(cast):
    cast.clinic.name, cast.clinic.sms_name = "Centre VIH de Yaoundé", ""
    by = Actor(user=cast.receptionist.user, facility=cast.clinic)
    patient = make_patient(cast.receptionist, phone="+237699000111", language="en")
    message = enqueue(
        kind="appointment-booked", patient=patient, cause="t:1", by=by, now=datetime(2026, 3, 4, 9, tzinfo=UTC),
        values={"date": "05/03/2026", "time": "10:00", "place": cast.clinic.name},
    )  # fmt: skip
    assert "VIH" not in message.text
    assert message.text == (
        "Marthe, your appointment is on 05/03/2026 at 10:00, your clinic. Reply 1 to confirm, 2 to cancel."
    )


@pytest.mark.no_servers
def test_what_is_filled_in_cannot_change_the_text():
    assert (
        fill("{name}: {text}", {"name": "{date}", "text": "a\n\nb {place}"})
        == "{date}: a b {place}"
    )
    assert fill("{name}!", {"name": "N" * 80}) == "N" * 20 + "!"


def held(kind, hour, cast):
    patient = SimpleNamespace(
        pk="0" * 24, phone="+237699000111", language="fr", accepts_messages=True, given_name="Ada"
    )
    now = datetime(2026, 3, 4, hour, 30, tzinfo=UTC)
    message = enqueue(
        kind=kind, patient=patient, cause=f"t:{hour}", by=SYSTEM, now=now, facility=cast.clinic
    )
    return message.due_at != now


@pytest.mark.parametrize(
    ("kind", "hour", "is_held"),
    [
        ("appointment-missed", 19, False),
        ("appointment-missed", 20, True),  # 21:30 in Douala
        ("appointment-missed", 5, True),  # 6:30
        ("appointment-missed", 6, False),  # 7:30
        ("payment-receipt", 20, False),
        ("pin-code", 23, False),
    ],
)
def test_quiet_hours_hold_back_what_nobody_waits_for(kind, hour, is_held, cast):
    assert held(kind, hour, cast) == is_held
