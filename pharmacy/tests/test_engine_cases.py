"""The case format in, the answer format out; a line that cannot be read is never silent."""

import io
import json

import pytest
from django.core.management import call_command

from pharmacy.safety import cases, load

from .engine_small import small

CASE = {
    "id": "one",
    "patient": {"age_years": 50, "sex": "M", "weight_kg": 70, "conditions": ["E11"]},
    "current": [],
    "order": [
        {"drug": "glucose", "route": "iv", "dose_mg": None, "per_day": 1, "dose_text": "500 mL"}
    ],
}


def answered(*lines):
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return [json.loads(answer) for answer in cases.answers(small(), texts)]


def test_an_answer_has_the_words_of_the_format():
    (answer,) = answered(CASE)
    assert answer["id"] == "one"
    assert set(answer["alerts"][0]) == {
        "severity", "kind", "about", "rule", "message_fr", "message_en", "source",
    }  # fmt: skip
    assert answer["alerts"][0]["about"] == ["glucose", "E11"]
    assert answer["not_checked"] == []


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "3",
        '"text"',
        '{"id": "x"}',
        '{"id": "x", "order": [{"drug": "glucose", "per_day": "often"}]}',
    ],
)
def test_a_malformed_line_is_answered_as_not_checked(line):
    answers = answered(CASE, line, CASE)
    assert [bool(answer["alerts"]) for answer in answers] == [True, False, True]
    assert len(answers[1]["not_checked"]) == 1


def test_an_empty_line_is_no_case():
    assert len(answered(CASE, "", "  \n")) == 1


def test_codes_and_texts_are_paired_only_when_as_many():
    facts = {"conditions": ["I10"], "conditions_text": ["zzz"]}
    assert [(one.code, one.text) for one in cases.conditions_of(facts)] == [("I10", "zzz")]
    facts = {"conditions": ["I10"], "conditions_text": ["zzz", "HTA"]}
    assert [(one.code, one.text) for one in cases.conditions_of(facts)] == [
        ("I10", ""), (None, "zzz"), (None, "HTA"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({"age_years": 12}, 4383),
        ({"age_months": 144}, 4383),
        ({"age_days": 20}, 20),
        ({"age_years": 0.5}, 182),
        ({}, None),
    ],
)
def test_ages_in_years_and_months_agree(facts, days):
    assert cases.age_of(facts) == days


def test_pregnancy_absent_is_not_pregnant_and_lactation_has_the_childs_age():
    assert cases.patient_of({"sex": "F"}).pregnancy == "no"
    mother = cases.patient_of({"sex": "F", "lactating": True, "postpartum_weeks": 7})
    assert (mother.lactation, mother.infant_age_days) == ("yes", 49)


def test_without_knowledge_every_case_is_not_checked():
    (answer,) = [json.loads(text) for text in cases.answers(None, [json.dumps(CASE)])]
    assert answer["not_checked"]


def test_the_command_answers_standard_input_in_order(monkeypatch, capsys):
    second = CASE | {"id": "two", "patient": {"age_years": 50, "sex": "M"}}
    text = f"{json.dumps(CASE)}\n{json.dumps(second)}\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    call_command("check_orders")
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["id"] for answer in answers] == ["one", "two"]
    assert answers[0]["alerts"][0]["about"][:1] == ["glucose"]
    assert answers[1]["alerts"] == []


def test_an_answer_names_the_product_that_was_ordered():
    case = {
        "id": "m",
        "patient": {"age_years": 25, "sex": "F", "pregnant_weeks": 12},
        "order": [{"drug": "ROR", "route": "sc"}],
    }
    (said,) = (json.loads(line) for line in cases.answers(load(), [json.dumps(case)]))
    about = next(alert["about"] for alert in said["alerts"] if alert["kind"] == "pregnancy")
    product = "measles vaccine/mumps vaccine/rubella vaccine"
    assert about == ["measles vaccine", "pregnancy", "measles mumps rubella vaccine", product]
