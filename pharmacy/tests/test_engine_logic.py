"""The operators answer as the golden cases say, and a changed operator is noticed."""

import pytest

from pharmacy.safety import logic
from pharmacy.safety.golden import golden, wrong_answers
from pharmacy.safety.mutate import operator_survivors


def test_every_golden_case_is_answered_as_written():
    assert list(wrong_answers()) == []


def test_every_operator_has_a_case_for_each_answer_it_can_give():
    answers = {}
    for case in golden()[1]:
        answers.setdefault(case["expr"][0], set()).add(case["truth"])
    assert set(answers) == set(logic.OPERATORS)
    for name, given in answers.items():
        decided = {True, False} <= given
        assert decided, name
        assert (None in given) == (name not in ("may", "other", "none", "route")), name


def test_every_changed_operator_is_noticed_by_the_golden_cases_alone():
    survivors = [change for change, noticed in operator_survivors([]) if not noticed]
    assert survivors == []


def test_an_operator_nobody_declared_is_an_error():
    context, _ = golden()
    with pytest.raises(KeyError):
        logic.evaluate(["maybe"], context, None, [], [])
