"""The knowledge says what the second author wrote (pharmacy/second)."""

from functools import lru_cache

import pytest

from pharmacy.safety.compile import compile_knowledge
from pharmacy.safety.knowledge import Knowledge
from pharmacy.safety.second import dose_differences, flat, second_knowledge
from pharmacy.safety.second_doses import dose_cases, figures

# figures that no order can tell from another of the same medicine
ALWAYS_BEHIND_ANOTHER = 16


@lru_cache(maxsize=1)
def everything():
    index, sources = compile_knowledge()
    second, read = second_knowledge(sources)
    return Knowledge(index), second, read


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
