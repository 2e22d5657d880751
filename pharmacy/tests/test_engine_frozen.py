"""What rules answered at their bounds when it was recorded is what they answer today."""

from pharmacy.safety.frozen import FROZEN, answers, changes, everything, record, thresholds
from pharmacy.safety.knowledge import Knowledge

from .engine_small import compile_small


def test_todays_answers_are_the_recorded_ones():
    assert changes(FROZEN.read_text(encoding="utf8"), record(*everything())) == []


def small_answers(rule_id, case):
    knowledge = Knowledge(compile_small()[0])
    return [line for line in answers(knowledge, {rule_id: [case]}) if line["rule"] == rule_id]


def test_a_bound_is_recorded_on_both_sides():
    case = {"patient": {"age_years": 5, "sex": "M"}, "order": [{"drug": "codeine"}]}
    lines = small_answers("age.codeine.child", case)
    ages = {line["patient"].get("age_days"): line["answer"] for line in lines[1:]}
    assert lines[0]["answer"] == "contraindicated"
    assert ages == {4382: "contraindicated", 4383: None}


def test_a_dose_limit_is_recorded_met_and_just_passed():
    case = {
        "patient": {"age_years": 40, "sex": "M", "weight_kg": 70},
        "order": [{"drug": "codeine"}],
    }
    lines = small_answers("dose.codeine", case)
    doses = [
        (line["order"][0].get("dose_mg"), line["order"][0].get("days"), line["answer"])
        for line in lines
    ]
    assert (11.0, None, None) in doses
    assert (11.001, None, "major") in doses
    assert (0.001, 3, None) in doses
    assert (0.001, 4, "major") in doses


def test_comparisons_are_found_inside_all_and_any():
    expr = ["all", ["fact", "x"], ["any", ["range", "a", 1, None], ["may", "b", None, 2]]]
    assert [one[1] for one in thresholds(expr)] == ["a", "b"]


def test_changes_name_what_is_gone_and_what_came():
    assert changes("a\nb\n", "b\nc\n") == ["- a", "+ c"]
