"""A family of medicines written as an allergy is understood; what is no known family is not."""

import pytest

from pharmacy.safety import load


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("prostaglandines", "prostaglandins"),
        ("allergie aux prostaglandines", "prostaglandins"),
        ("Prostaglandin analogues", "prostaglandins"),
        ("inhibiteurs de la DPP-4", "gliptins"),
        ("gliptines", "gliptins"),
        ("DPP-4 inhibitors", "gliptins"),
        ("iSGLT2", "gliflozins"),
        ("agonistes du GLP-1", "glp1-agonists"),
        ("biguanides", "biguanides"),
        ("inhibiteurs calciques", "calcium-channel-blockers"),
        ("AVK", "vitamin-k-antagonists"),
        ("anticoagulants oraux directs", "doacs"),
        ("inhibiteurs de la recapture de la sérotonine et de la noradrénaline", "snris"),
        ("8-aminoquinoléines", "aminoquinolines-8"),
        ("dérivés de la pipérazine", "piperazine-antihistamines"),
        ("bromures", "bromides"),
        ("corticoïdes inhalés", "corticosteroids"),
        ("antidépresseurs", "antidepressants"),
        ("sleeping pills", "hypnotics-sedatives"),
        ("sirop contre la toux", "cough-medicines"),
        ("éruption sous antifongiques", "antifungals"),
        ("céphalosporines de 3e génération", "cephalosporins"),
        ("inhaled steroids", "corticosteroids"),
        ("β-lactams", "beta-lactams"),
        ("cuivre", "copper"),
    ],
)
def test_a_family_is_understood(text, word):
    reading = load().find_allergen(text)
    assert ([allergen.word for allergen in reading.allergens], reading.unknown) == ([word], ())


@pytest.mark.parametrize(
    "text", ["gouttes", "vasodilatateurs", "hormones", "résines", "pommade", "zolgénines"]
)
def test_what_is_no_family_that_is_known_stays_not_understood(text):
    reading = load().find_allergen(text)
    assert (reading.allergens, len(reading.unknown)) == ((), 1)


@pytest.mark.parametrize(
    ("text", "substances"),
    [
        ("vitamine B1", ["thiamine"]),
        ("vitamine D", ["colecalciferol"]),
        ("bromure de rocuronium", ["rocuronium"]),
        ("bromure d'ipratropium", ["ipratropium bromide"]),
        ("gluconate de calcium", ["calcium gluconate"]),
    ],
)
def test_a_medicine_of_a_family_is_not_read_as_the_family(text, substances):
    reading = load().find_allergen(text)
    assert [allergen.word for allergen in reading.allergens] == substances
