"""The knowledge says what the second author wrote (pharmacy/second)."""

from functools import lru_cache

import pytest

from pharmacy.safety.compile import compile_knowledge
from pharmacy.safety.frozen import cases_beside
from pharmacy.safety.knowledge import Knowledge
from pharmacy.safety.second import (
    agreement,
    dose_differences,
    flat,
    rule_cases,
    rule_differences,
    second_knowledge,
)
from pharmacy.safety.second_doses import dose_cases, figures

# figures that no order can tell from another of the same medicine
ALWAYS_BEHIND_ANOTHER = 16


@lru_cache(maxsize=1)
def everything():
    index, sources = compile_knowledge()
    second, read = second_knowledge(sources)
    knowledge = Knowledge(index)
    return knowledge, second, read, cases_beside(sources, knowledge)


@lru_cache(maxsize=1)
def cases():
    return list(dose_cases(everything()[1]))


def test_the_second_authors_files_are_understood():
    assert everything()[2].problems == []


def test_every_dose_figure_is_judged_by_an_order_at_it_and_one_above():
    assert len(cases()) == len(list(figures(everything()[1]))) > 1700
    assert sum(not made for _, made in cases()) <= ALWAYS_BEHIND_ANOTHER


def test_no_dose_differs_from_the_second_authors():
    assert list(dose_differences(everything()[0], flat(cases()))) == []


@pytest.mark.parametrize(("times", "parts"), [(3, 2), (2, 3)])
def test_a_changed_dose_would_be_a_difference(times, parts):
    knowledge = everything()[0]
    index = {**knowledge.index, "doses": [with_day(one, times, parts) for one in knowledge.doses]}
    own = [written for written in flat(cases()) if "dose.paracetamol[0]" in written.figure]
    different = {name for name, _ in dose_differences(Knowledge(index), own)}
    assert any("max_day" in name for name in different)


def with_day(entry, times, parts):
    """The entry with its daily limits changed, if it is paracetamol's."""
    if entry["id"] != "dose.paracetamol":
        return entry
    limits = [
        {**limit, "max_day": [limit["max_day"][0], limit["max_day"][1] * times // parts]}
        if "max_day" in limit
        else limit
        for limit in entry["limits"]
    ]
    return {**entry, "limits": limits}


@lru_cache(maxsize=1)
def graded():
    _, second, _, beside = everything()
    return list(rule_cases(second, beside))


def test_every_rule_written_twice_has_a_case():
    assert {case["rule"] for case in graded()} == {rule["id"] for rule in everything()[1].rules}
    assert len(everything()[1].rules) > 2000


def test_no_severity_or_bound_differs_from_the_second_authors():
    assert list(rule_differences(everything()[0], graded())) == []


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("condition.glucose.diabetes", {"severity": "major"}),
        (
            "age.tetracyclines.under-8-years.not-doxycycline",
            {"expr": ["range", "age_days", None, 1461]},
        ),
        ("condition.glucose.diabetes", {"unless": None}),
    ],
)
def test_a_changed_rule_would_be_a_difference(rule, change):
    knowledge = everything()[0]
    rules = [{**one, **change} if one["id"] == rule else one for one in knowledge.rules]
    changed = Knowledge({**knowledge.index, "rules": rules})
    own = [case for case in graded() if case["rule"] == rule]
    assert own
    assert rule in {name for name, _ in rule_differences(changed, own)}


def test_the_agreement_is_counted_on_what_stood_there_before():
    found = agreement()
    count, alike, kappa = found["severity"]
    assert 0 < alike < count
    assert 0 < kappa < 1
    assert 0 < found["dose figure"][1] < found["dose figure"][0]
