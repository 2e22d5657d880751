"""Every case that stands beside a rule or a dose limit, judged by that rule's id."""

from functools import lru_cache

import pytest

from pharmacy.safety import selftest
from pharmacy.safety.checks import Missing
from pharmacy.safety.compile import compile_knowledge
from pharmacy.safety.engine import raw_findings
from pharmacy.safety.knowledge import Knowledge
from pharmacy.safety.model import RANK
from pharmacy.safety.trial import context_of, found_by

from .engine_small import RULES, compile_small


@lru_cache(maxsize=1)
def everything():
    index, sources = compile_knowledge()
    knowledge = Knowledge(index)
    return knowledge, tuple(selftest.examples(sources, knowledge))


def by_file():
    files = {}
    for example in everything()[1]:
        files.setdefault(example.file, []).append(example)
    return sorted(files.items())


@pytest.mark.parametrize(("file", "examples"), by_file(), ids=[file for file, _ in by_file()])
def test_the_cases_of_a_file_hold(file, examples):
    knowledge = everything()[0]
    wrong = [
        f"{example.name}: {said}"
        for example in examples
        if (said := selftest.judge(knowledge, example)) is not None
    ]
    assert wrong == []


def test_every_rule_and_dose_entry_has_a_case_each_way():
    knowledge, examples = everything()
    ids = {rule["id"] for rule in (*knowledge.rules, *knowledge.doses)}
    assert {example.rule for example in examples if example.must_fire} == ids
    assert {example.rule for example in examples if not example.must_fire} == ids


def test_a_case_that_does_not_fire_is_reported():
    index, sources = compile_small()
    knowledge = Knowledge(index)
    wrong = {
        example.rule
        for example in selftest.examples(sources, knowledge)
        if example.must_fire and selftest.judge(knowledge, example)
    }
    assert wrong == {rule[0] for rule in RULES}  # their cases order plain glucose


def test_the_dose_cases_of_the_small_knowledge_hold():
    index, sources = compile_small()
    knowledge = Knowledge(index)
    doses = [one for one in selftest.examples(sources, knowledge) if one.rule.startswith("dose.")]
    assert len(doses) == 10
    assert [one.name for one in doses if selftest.judge(knowledge, one)] == []


def test_the_default_patient_is_replaced_key_by_key():
    case = selftest.case_of({"drug": "x", "patient": {"age_months": 3}})
    assert case["patient"] == {"sex": "M", "weight_kg": 70, "age_months": 3}
    assert (
        selftest.case_of({"drug": "x", "patient": {"pregnant_weeks": 8}})["patient"]["sex"] == "F"
    )


@lru_cache(maxsize=1)
def offered():
    """(rule, alternative, its order for the patient of the rule's first case) of every alternative."""
    knowledge, examples = everything()
    first = {}
    for example in examples:
        if example.must_fire:
            first.setdefault(example.rule, selftest.case_of(example.case))
    found = []
    for rule in knowledge.rules:
        for name in rule["instead"]:
            case = first[rule["id"]]
            line = {"drug": name, "route": case["order"][0].get("route", "oral"), "per_day": 1}
            found.append((rule, name, {**case, "order": [line]}))
    return found


def test_every_alternative_passes_for_a_patient_of_whom_nothing_is_recorded():
    knowledge = everything()[0]
    barred = {}
    for rule, name, case in offered():
        alone = {"patient": selftest.DEFAULT_PATIENT, "order": case["order"]}
        raws = raw_findings(context_of(knowledge, alone), Missing())
        said = [raw.rule for raw in raws if RANK[raw.severity] >= RANK["major"]]
        if said:
            barred[rule["id"], name] = said
    assert barred == {}
    assert len(offered()) > 800


def test_no_alternative_meets_the_very_rule_that_offers_it():
    knowledge = everything()[0]
    assert [
        (rule["id"], name)
        for rule, name, case in offered()
        if found_by(context_of(knowledge, case), rule)
    ] == []
