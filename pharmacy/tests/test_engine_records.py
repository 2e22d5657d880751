"""What plain records hold beside diseases: remarks, reactions, medicines named alone, dangers in everyday words."""

import pytest

from pharmacy.safety import Allergy, Condition, Line, Patient, check, load
from pharmacy.tests.test_engine_told import lines_of, says_nothing

knowledge = load()
RECORDS, EVERYDAY = lines_of("notes-records.txt"), lines_of("dangers-everyday.txt")


def read(text):
    return knowledge.find_condition(text)


def allergens(text):
    return [allergen.word for allergen in knowledge.find_allergen(text).allergens]


def test_what_plain_records_hold_is_understood():
    notes = [line for line in RECORDS if not line.startswith("@a ")]
    assert len(notes) > 2400
    assert [text for text in notes if read(text).unknown] == []


def test_allergies_as_plain_records_hold_them_are_understood():
    allergies = [line[3:] for line in RECORDS if line.startswith("@a ")]
    assert len(allergies) > 350
    assert [text for text in allergies if knowledge.find_allergen(text).unknown] == []


def test_no_danger_told_in_everyday_words_is_read_as_nothing():
    assert len(EVERYDAY) > 390
    assert [text for text in EVERYDAY if says_nothing(text)] == []


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Hydréa 500 mg par jour", ["hydrea"]),
        ("polyarthrite rhumatoïde, méthotrexate", ["methotrexate"]),
        ("Extencilline mensuelle", ["extencilline"]),
        ("on INH", ["inh"]),
        ("VIH sous TDF/3TC/DTG", ["tdf", "3tc", "dtg"]),
        ("Aldactone arrêté en 2022", []),
        ("échec TLE", []),
        ("glucose", []),
        ("Penta 3", []),
    ],
)
def test_a_medicine_named_alone_is_taken_and_one_that_was_stopped_is_not(text, taken):
    assert read(text).taken == taken
    assert text == "glucose" or read(text).unknown == []


@pytest.mark.parametrize(
    "text",
    [
        "syndrome de Lyell 2016, Bactrim",
        "arrêt de l'insuline hier",
        "intox paracétamol",
        "réaction Bactrim",
    ],
)
def test_a_medicine_that_may_have_done_harm_or_stopped_lately_is_judged(text):
    assert read(text).unknown or read(text).allergies


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("a le sucre depuis la mort de son mari", ("E14", "active")),
        ("père décédé d'un infarctus", ("I21", "family")),
        ("hépatite B : AgHBs négatif", ("B18.1", "negated")),
        ("TB traitée en 2015", ("A16", "resolved")),
        ("toux sous énalapril", ("R05", "resolved")),
        ("AMI 2019", ("I21", "active")),
        ("asthme nié", ("J45", "negated")),
    ],
)
def test_whose_and_when(text, fact):
    assert read(text).facts == [fact]
    assert read(text).unknown == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Augmentin (anaphylaxie)", ["amoxicillin", "clavulanic acid", "penicillins-anaphylaxis"]),
        ("Rocephine (choc anaphylactique)", ["ceftriaxone", "other-beta-lactams-anaphylaxis"]),
        ("amoxicilline: choc anaphylactique avec intubation", ["penicillins-anaphylaxis"]),
        ("pénicilline, pas de choc", ["penicillins"]),
        ("Metformine, diarrhées", ["metformin"]),
        ("codeine makes her vomit", ["codeine"]),
        ("ne sait pas", []),
        ("denies any allergies", []),
    ],
)
def test_what_a_medicine_did_is_no_allergen_and_a_severe_reaction_is_one_to_the_family(text, words):
    found = knowledge.find_allergen(text)
    assert [allergen.word for allergen in found.allergens] == words
    assert found.unknown == ()


def test_imipenem_is_forbidden_after_anaphylaxis_to_augmentin():
    patient = Patient(60 * 365, "M", 70_000, allergies=(Allergy("Augmentin (anaphylaxie)"),))
    result = check(knowledge, patient, (Line("l", "imipénem/cilastatine", "iv", 500_000, times=4),))
    assert [one.severity for one in result.findings][:1] == ["contraindicated"]


@pytest.mark.parametrize(
    ("drug", "texts", "asked"),
    [
        ("isotrétinoïne", ("acné", "test de grossesse non fait"), "pregnancy"),
        ("abacavir", ("VIH",), "hla_b_5701"),
        ("clozapine", ("schizophrénie",), "neutrophils_10e9_l"),
        ("warfarine", ("FA",), "inr"),
        ("spironolactone", ("insuffisance cardiaque",), "potassium_mmol_l"),
    ],
)
def test_what_a_medicine_cannot_be_given_without_knowing_is_asked_for(drug, texts, asked):
    conditions = tuple(Condition(text, ref=f"c{place}") for place, text in enumerate(texts))
    patient = Patient(25 * 365, "F", 60_000, conditions, pregnancy="no")
    result = check(knowledge, patient, (Line("l", drug, "oral", 20_000),))
    assert asked in {note.about for note in result.not_checked}


@pytest.mark.parametrize(
    ("written", "components"),
    [
        ("zinc oxyde", ("zinc oxide",)),
        ("Hippurate de méthénamine", ("methenamine",)),
        ("acide clavulanique + amoxicilline", ("clavulanic acid", "amoxicillin")),
        ("Dépamide", ("valproic acid",)),
        ("CPM", ()),
    ],
)
def test_names_are_found_by_their_words_in_any_order_and_two_meanings_are_none(written, components):
    assert knowledge.find_medicine(written).components == components
