"""Dangers beside harmless words: no negation, relative or word for "nothing" takes more than it says."""

import pytest

from pharmacy.safety import load
from pharmacy.tests.test_engine_told import lines_of, says_nothing

knowledge = load()
DANGERS = lines_of("dangers-attacked.txt")


def read(text):
    return knowledge.find_condition(text)


def test_no_danger_is_swallowed_by_the_words_beside_it():
    assert len(DANGERS) > 300
    assert [text for text in DANGERS if says_nothing(text)] == []


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("pas de fièvre saigne du nez", ("R04.0", "active")),
        ("sans toux ni asthme", ("J45", "negated")),
        ("pas de fièvre asthme", ("J45", "active")),
        ("pas de fièvre toux ou dyspnée", ("R06.0", "negated")),
        ("pas de fièvre avec toux", ("R05", "active")),
        ("pas de toux diabétique sous insuline", ("E14", "active")),
        ("sans insuline diabétique", ("E14", "active")),
        ("pas de terrain asthmatique", ("J45", "negated")),
        ("sans domicile épileptique", ("G40", "active")),
        ("asthme (mère présente)", ("J45", "active")),
        ("n'est pas sans asthme", ("J45", "active")),
        ("pas seulement hypertendu", ("I10", "active")),
        ("aucun antécédent sauf asthme", ("J45", "active")),
        ("aucune maladie à part le diabète", ("E14", "active")),
        ("mère : HTA, patient : asthme", ("J45", "active")),
        ("mère : HTA, patient : asthme", ("I10", "family")),
        ("mère: RAS, rein unique", ("Z90.5", "active")),
        ("mère : l'enfant convulse", ("R56", "active")),
        ("mari en prison enceinte", ("Z33", "active")),
        ("sa sœur lui a donné un rein", ("Z94.0", "active")),
        ("rein donné par son frère", ("Z94.0", "active")),
        ("pas encore accouchée", ("Z33", "active")),
        ("rein : unique", ("Z90.5", "active")),
        ("grossesse non exclue", ("Z33", "active")),
        ("pas sûre de ne pas être enceinte", ("Z33", "active")),
        ("asthme pas éliminé", ("J45", "active")),
        ("asthma not ruled out", ("J45", "active")),
        ("asthme exclu", ("J45", "negated")),
        ("sans HTA avec diabète", ("E14", "active")),
        ("sans doute HTA", ("I10", "active")),
        ("no doubt asthma", ("J45", "active")),
        ("ne nie pas être enceinte", ("Z33", "active")),
        ("pas de décompensation de sa cirrhose", ("K74.6", "active")),
        ("pas d'aggravation de son asthme", ("J45", "active")),
        ("no relapse of TB", ("A16", "active")),
        ("pas de nouvelle crise d'asthme", ("J45", "active")),
        ("no recent asthma attack", ("J45", "active")),
        ("pas d'antécédent en dehors HTA", ("I10", "active")),
        ("low sugar", ("E16.2", "active")),
        ("pour accouchement", ("Z33", "active")),
        ("PAS 80", ("I95", "active")),
        ("TA : 22", ("I10.1", "active")),
    ],
)
def test_a_fact_stands_however_it_is_wrapped(text, fact):
    assert fact in read(text).facts


@pytest.mark.parametrize(
    "text",
    [
        "pas de fièvre zzzz",
        "zzzz sans fièvre",
        "ATCD : zzzz",
        "ATCD : RAS sauf zzzz",
        "RAS zzzz",
        "prend du Coumadin sans contrôle",
        "RAS prend du Coumadin",
        "HTA prend du Coumadin",
        "fièvre prend du Coartem depuis hier",
        "n'a plus d'insuline",
        "ne prend pas de warfarine depuis hier",
        "aucun médicament sauf warfarine",
        "prend les médicaments de sa mère",
        "père asthmatique, lui aussi",
        "frère drépanocytaire comme lui",
        "test fait, positif",
        "créat : 450",
        "plaquettes : 9",
        "glycémie : 30",
        "INR : >5",
        "pas stable",
        "pas réveillable",
        "no heartbeat",
        "mère allergique pénicilline patient aussi",
        "moins conscient",
        "peu alerte",
        "pas de vision",
        "no power in legs",
        "a bu savon noir",
        "on medication",
    ],
)
def test_what_no_name_holds_is_left_to_be_judged(text):
    assert read(text).unknown or read(text).measured or read(text).taken


@pytest.mark.parametrize(
    "text", ["pas d'allergie sauf pénicilline", "no allergies except penicillin"]
)
def test_an_exception_to_no_allergy_is_an_allergy(text):
    assert read(text).allergies in (["penicilline"], ["penicillin"])


@pytest.mark.parametrize(
    "text",
    [
        "pas de zzzz",
        "sans zzzz ni yyyy",
        "pas de toux au zzzz",
        "pas sous AVK",
        "écho cœur: pas de zzzz",
        "rate RAS",
        "mère : zzzz",
        "pas de sang dans les selles",
        "TA : 12/8",
        "TA 120",
    ],
)
def test_what_is_denied_or_in_order_still_says_nothing(text):
    assert says_nothing(text)


NAMES = (
    "créat",
    "glycémie",
    "plq",
    "bilirubine",
    "GB",
    "transaminases",
    "urée",
    "QT",
    "pouls",
    "FR",
)
SIGNS = (" ", " : ", "=", " à ", " > ", " <", " (", " -> ")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_that_nobody_can_read_is_left_however_it_is_written(name):
    texts = [
        f"{before}{name}{sign}999"
        for before in ("", "RAS, ", "HTA ", "pas de fièvre ", "bilan : ")
        for sign in SIGNS
    ]
    assert [text for text in texts if not (read(text).unknown or read(text).measured)] == []


def test_calcium_in_milligrams_is_read_beside_magnesium():
    assert read("Ca 60 mg/l Mg 18 mg/l").measured["calcium_total_mmol_l"] == 1_497
