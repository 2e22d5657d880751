"""Quantities read as integers, and the operators that compare them."""

from fractions import Fraction

import pytest

from pharmacy.safety import Line
from pharmacy.safety.amounts import (
    Amount,
)
from pharmacy.safety.logic import within
from pharmacy.safety.units import UnreadableError, amount, bounds, dose_bounds, rate

from .engine_small import small


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500 mg", ("mass", 500_000)),
        ("0,5 g", ("mass", 500_000)),
        ("30 µg", ("mass", 30)),
        ("1 000 UI", ("iu", 1_000_000)),
        ("10 mL", ("volume", 10_000)),
        ("20 mmol", ("mmol", 20_000)),
        ("2 puffs", ("puff", 2_000)),
    ],
)
def test_an_amount_is_read_in_base_units(text, expected):
    assert amount(text) == expected


@pytest.mark.parametrize("text", ["beaucoup", "5", "5 zg"])
def test_an_amount_that_cannot_be_read_is_refused(text):
    with pytest.raises(UnreadableError):
        amount(text)


@pytest.mark.parametrize(
    ("text", "reader", "expected"),
    [
        ("<28d", "age", (None, 28)),
        (">=65y", "age", (23741, None)),
        ("3mo-12y", "age", (91, 4383)),
        ("<5kg", "weight", (None, 5000)),
        (">=5.5", "thousandths", (5500, None)),
        (">5.5", "thousandths", (5501, None)),
        ("<=5.5", "thousandths", (None, 5501)),
        ("15-30", "thousandths", (15000, 30000)),
        ("1-13", "weeks", (1, 14)),
        ("28-", "weeks", (28, None)),
    ],
)
def test_bounds_are_low_and_first_above(text, reader, expected):
    assert bounds(text, reader) == expected


def test_a_dose_threshold_says_basis_weight_and_unit():
    assert dose_bounds("> 0.2 mg/kg/day") == ("day", True, "mass", (201, None))
    assert dose_bounds(">=10 mg") == ("dose", False, "mass", (10_000, None))


@pytest.mark.parametrize(
    ("per_day", "expected"),
    [
        (3, (3, 1)),
        (1, (1, 1)),
        (0.5, (1, 2)),
        (0.143, (1, 7)),
        (0.14, (1, 7)),
        (0.286, (2, 7)),
        (0.33, (1, 3)),
        (1.5, (3, 2)),
        (0.0119, (1, 84)),
        (0, (1, 1)),
    ],
)
def test_a_rate_is_times_in_days(per_day, expected):
    assert rate(Fraction(str(per_day))) == expected


@pytest.mark.parametrize(
    ("lowest", "highest", "low", "high", "truth"),
    [
        (5, 5, None, 5, False),
        (4, 4, None, 5, True),
        (5, 5, 5, None, True),
        (4, 4, 5, None, False),
        (0, 10, 5, None, None),
        (6, 10, 5, None, True),
        (0, 4, 5, 9, False),
        (5, 8, 5, 9, True),
        (5, 9, 5, 9, None),
    ],
)
def test_a_figure_known_as_an_interval_may_leave_a_comparison_unknown(
    lowest, highest, low, high, truth
):
    assert within(lowest, highest, low, high) is truth


@pytest.mark.parametrize(
    ("dose_text", "unreadable"),
    [
        ("dose illisible", True),
        ("?", True),
        ("?5 mg, tache d'encre", True),
        ("à préciser", True),
        ("1 amp", False),
        ("500 mg si douleur", False),
        ("", False),
    ],
)
def test_a_dose_that_nobody_can_read_is_told_from_none(dose_text, unreadable):
    assert small().amounts.is_unreadable(Line("l", "paracetamol", "oral", None, dose_text)) is (
        unreadable
    )


def doses(text, dose_text="", dose_ug=None):
    line = Line("l", text, "oral", dose_ug, dose_text)
    return small().amounts.component_doses(line, small().find_medicine(text))


def mass(milligrams):
    return Amount("mass", milligrams * 1000, milligrams * 1000)


@pytest.mark.parametrize(
    ("text", "dose_text", "dose_ug", "expected"),
    [
        ("paracetamol", "", 500_000, {"paracetamol": mass(500)}),
        ("paracetamol", "500 mg", None, {"paracetamol": mass(500)}),
        ("paracetamol", "2 cp 500 mg", None, {"paracetamol": mass(1000)}),
        ("paracetamol", "5 mL (120 mg/5 mL)", None, {"paracetamol": mass(120)}),
        ("insuline", "10 UI", None, {"insulin": Amount("iu", 10_000, 10_000)}),
        ("insuline", "2,4 MUI", None, {"insulin": Amount("iu", 2_400_000_000, 2_400_000_000)}),
        (
            "insuline",
            "2.4 millions d'unités",
            None,
            {"insulin": Amount("iu", 2_400_000_000, 2_400_000_000)},
        ),
        ("paracetamol", "2 bouffées", None, {"paracetamol": Amount("puff", 2_000, 2_000)}),
        (
            "paracetamol",
            "2 bouffées de 250 microgrammes",
            None,
            {"paracetamol": Amount("mass", 500, 500)},
        ),
        ("paracetamol", "1 application", None, {"paracetamol": None}),
        (
            "codéine/paracétamol",
            "codeine 30 mg + paracetamol 500 mg",
            530_000,
            {"codeine": mass(30), "paracetamol": mass(500)},
        ),
        (
            "codéine/paracétamol",
            "paracetamol 500 mg + codeine 30 mg",
            530_000,
            {"codeine": mass(30), "paracetamol": mass(500)},
        ),
        (
            "paracetamol/codeine",
            "500/30 mg",
            None,
            {"paracetamol": mass(500), "codeine": mass(30)},
        ),
        (
            "codeine/paracetamol",
            "30 mg + 500 mg",
            None,
            {"codeine": mass(30), "paracetamol": mass(500)},
        ),
        ("TD", "300 mg + 50 mg", 300_000, {"tenofovir": mass(300), "dolutegravir": mass(50)}),
        ("TD", "50 mg + 300 mg", 300_000, {"tenofovir": mass(300), "dolutegravir": mass(50)}),
        (
            "Co-Renitec",
            "20 mg/12.5 mg",
            None,
            {
                "enalapril": Amount("mass", 12_500, 20_000),
                "hydrochlorothiazide": Amount("mass", 12_500, 20_000),
            },
        ),
        ("Augmentin", "", 1_000_000, {"amoxicillin": mass(800), "clavulanic acid": mass(200)}),
        (
            "Co-Renitec",
            "",
            32_500,
            {
                "enalapril": Amount("mass", 0, 32_500),
                "hydrochlorothiazide": Amount("mass", 0, 32_500),
            },
        ),
        ("Augmentin", "peu", None, {"amoxicillin": None, "clavulanic acid": None}),
        (
            "Augmentin",
            "1 sachet",
            None,
            {
                "amoxicillin": Amount("forms", 1000, 1000),
                "clavulanic acid": Amount("forms", 1000, 1000),
            },
        ),
        ("paracetamol", "2 comprimés", None, {"paracetamol": None}),
        ("paracetamol", "5.000 mg", None, {"paracetamol": None}),
        ("insuline", "5,000 UI", None, {"insulin": None}),
        ("paracetamol", "0,125 mg", None, {"paracetamol": Amount("mass", 125, 125)}),
        ("paracetamol", "1 g x 4", None, {"paracetamol": None}),
        ("paracetamol", "1 g * 4", None, {"paracetamol": None}),
        ("paracetamol", "au max 500 mg", None, {"paracetamol": mass(500)}),
        ("paracetamol", "deux comprimés de 1 g", None, {"paracetamol": None}),
        ("paracetamol", "5 g", 500_000, {"paracetamol": Amount("mass", 500_000, 5_000_000)}),
        ("paracetamol", "1 comprimé", 500_000, {"paracetamol": mass(500)}),
    ],
)
def test_a_dose_is_shared_among_the_components(text, dose_text, dose_ug, expected):
    assert doses(text, dose_text, dose_ug) == expected


@pytest.mark.parametrize(
    ("words", "dimension", "told"),
    [
        ("15 mL", "volume", 15_000),
        ("500 mg/400 UI", "iu", 400_000),
        ("500 mg/400 UI", "volume", None),
        ("100 UI + 200 UI", "iu", None),
        ("deux cuillères de 5 mL", "volume", None),
        ("", "volume", None),
    ],
)
def test_the_words_tell_a_dose_in_the_unit_of_a_limit(words, dimension, told):
    found = small().amounts.told_in(words, dimension)
    assert (None if found is None else found.low) == told


def test_elemental_iron_beside_its_salt_is_the_same_dose():
    assert small().amounts.otherwise_said(325_000, "65 mg fer élément") is None
    assert small().amounts.otherwise_said(325_000, "65 mg") == 65_000


@pytest.mark.parametrize(
    ("words", "thousandths"),
    [
        ("4 comprimés", 4000),
        ("1 cp", 1000),
        ("1/2 comprimé", 500),
        ("1,5 tablets", 1500),
        ("½ cp", 500),
        ("demi-comprimé", 500),
        ("half a tablet", 500),
        ("4 fois", None),
        ("", None),
    ],
)
def test_tablets_of_a_combination_are_counted(words, thousandths):
    found = small().amounts.forms_told(words)
    assert (None if found is None else found.low) == thousandths


@pytest.mark.parametrize(
    ("said", "times", "micrograms"),
    [
        ("15 mg/kg", 4, 900_000), ("15 mg/kg/j", 4, 225_000), ("10-15 mg/kg", 1, 900_000),
        ("7,5 mg par kg par jour", 3, 150_000),
    ],
)  # fmt: skip
def test_a_dose_per_kilogram_is_that_of_this_weight(said, times, micrograms):
    line = Line("l", "paracetamol", "oral", None, said, times)
    found = small().amounts.component_doses(line, small().find_medicine("paracetamol"), 60_000)
    assert found == {"paracetamol": Amount("mass", micrograms, micrograms)}


def test_without_a_weight_a_dose_per_kilogram_is_of_nobody():
    line = Line("l", "paracetamol", "oral", None, "15 mg/kg", 4)
    assert small().amounts.component_doses(line, small().find_medicine("paracetamol")) == {
        "paracetamol": None
    }


def test_words_per_kilogram_do_not_gainsay_a_figure():
    assert small().amounts.otherwise_said(600_000, "10 mg/kg") is None
