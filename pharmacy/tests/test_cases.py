"""Every case of pharmacy/cases is answered as its author expects, at the figures the engine must hold.

The cases are written from the sources, not from the rules; what is wrong in one is corrected there or in the knowledge.
"""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pharmacy.safety.cases import answer, check_case
from pharmacy.safety.knowledge import load
from pharmacy.safety.model import RANK

FOLDER = Path(__file__).resolve().parent.parent / "cases"
HARMFUL = (
    "allergy_direct", "allergy_class", "condition", "interaction", "duplicate", "pregnancy",
    "lactation", "age", "dose_max", "renal", "hepatic", "g6pd", "lab", "whole_harm",
)  # fmt: skip
HARMLESS = (
    "safe_allergy", "safe_condition", "safe_interaction", "safe_duplicate", "safe_pregnancy",
    "safe_lactation", "safe_age", "safe_dose", "safe_renal", "safe_hepatic", "safe_g6pd",
    "safe_lab", "safe_route", "safe_whole", "safe_clinic",
)  # fmt: skip
UNANSWERABLE = "unanswerable"
LEAST = {"whole_harm": 60, "safe_whole": 60, "safe_clinic": 300, UNANSWERABLE: 80}
LEAST_HARMFUL, LEAST_HARMLESS = 30, 25
SALT = re.compile(
    r" (?:sodium|potassium|hydrochloride|sulfate|phosphate|maleate|acetate|bromide|disoproxil)\b"
)
PLAIN = {
    "renal": ("N17", "N18", "N19"),
    "hepatic": tuple(f"K{n}" for n in range(70, 78)) + tuple(f"B{n}" for n in range(15, 20)),
    "g6pd": ("D55",),
    "pregnancy": ("O", "Z33", "Z34"),
    "lactation": ("Z39",),
    "allergy": (),
    "lab": (),
    "dose": (),
    "age": (),
}


@cache
def answered():
    """[(case, its answer)] of every file."""
    knowledge = load()
    return [
        (case, answer(case["id"], check_case(knowledge, case)))
        for path in sorted(FOLDER.glob("*.jsonl"))
        for case in map(json.loads, path.read_text(encoding="utf8").splitlines())
    ]


def substances(word):
    """The substances a word names, each with and without its salt."""
    parts = {part.strip() for part in word.lower().split("/")}
    return parts | {SALT.sub("", part) for part in parts}


def names_trigger(expected, about):
    """Whether the words of an alert say what the medicine meets."""
    kind, words = expected.lower().partition(":")[0], [word.lower() for word in about]
    if kind in PLAIN:
        same = any(word == kind or word.startswith((f"{kind}:", "egfr")) for word in words)
        return same or any(word.upper().startswith(PLAIN[kind]) for word in words if PLAIN[kind])
    if re.fullmatch(r"[A-Z]\d\d(\.\d+)?", expected):
        codes = any(word.upper().startswith(expected[:3]) for word in words)
        return (
            codes
            or any(kind in words for kind, icd in PLAIN.items() if icd and expected.startswith(icd))
            or (expected[:3] in ("E10", "E11", "E14", "O24") and "diabetes" in words)
        )
    return any(substances(expected) & substances(word) for word in words)


def finds(case, found):
    """The alerts for the right reason at sufficient severity."""
    drug, *reasons = case["expect"]["about"] + case["expect"].get("about_also", [])
    return [
        alert
        for alert in found["alerts"]
        if RANK[alert["severity"]] >= RANK[case["expect"]["min_severity"]]
        and any(substances(drug) & substances(word) for word in alert["about"])
        and any(names_trigger(reason, alert["about"]) for reason in reasons)
    ]


def of(category):
    return [(case, found) for case, found in answered() if case["category"] == category]


def reaching(pairs, severity):
    return [
        case["id"]
        for case, found in pairs
        if any(RANK[alert["severity"]] >= RANK[severity] for alert in found["alerts"])
    ]


def test_every_category_has_enough_cases_and_no_other_stands_there():
    counted = Counter(case["category"] for case, _ in answered())
    assert set(counted) == {*HARMFUL, *HARMLESS, UNANSWERABLE}
    for category, count in counted.items():
        usual = LEAST_HARMFUL if category in HARMFUL else LEAST_HARMLESS
        assert count >= LEAST.get(category, usual), category
    assert sum(counted[name] for name in HARMLESS) >= sum(counted[name] for name in HARMFUL) * 0.9


def test_every_case_has_an_id_of_its_own_and_says_why():
    ids = Counter(case["id"] for case, _ in answered())
    assert [name for name, count in ids.items() if count > 1] == []
    assert [case["id"] for case, _ in answered() if not case["rationale"]] == []


@pytest.mark.parametrize("category", HARMFUL)
def test_every_danger_is_found_for_the_right_reason_at_its_severity(category):
    assert [case["id"] for case, found in of(category) if not finds(case, found)] == []


@pytest.mark.parametrize("category", HARMFUL)
def test_few_dangers_are_called_graver_than_they_are(category):
    severe = [
        case["id"]
        for case, found in of(category)
        if any(
            RANK[alert["severity"]] >= RANK[case["expect"]["min_severity"]] + 2
            for alert in finds(case, found)
        )
    ]
    assert len(severe) <= 0.05 * len(of(category)), severe


@pytest.mark.parametrize("category", HARMLESS)
def test_no_harmless_order_is_interrupted(category):
    assert reaching(of(category), "major") == []


def test_harmless_orders_are_seldom_noisy_and_hardly_ever_left_not_checked():
    harmless = [pair for category in HARMLESS for pair in of(category)]
    assert len(reaching(harmless, "moderate")) <= 0.05 * len(harmless)
    left = [case["id"] for case, found in harmless if found["not_checked"]]
    assert len(left) <= 0.01 * len(harmless), left


def test_an_order_that_cannot_be_answered_always_says_so():
    assert [case["id"] for case, found in of(UNANSWERABLE) if not found["not_checked"]] == []


def test_an_answer_without_alerts_would_fail():
    """The tests above see a broken rule: no danger counts as found when nothing is said."""
    silent = {"alerts": []}
    dangers = [case for category in HARMFUL for case, _ in of(category)]
    assert not any(finds(case, silent) for case in dangers)
