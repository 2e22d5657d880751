"""Names of medicines, conditions and allergies as people write them."""

import pytest

from pharmacy.safety import icd, load
from pharmacy.safety.text import distance_within, fold

from .engine_small import small


@pytest.mark.parametrize(
    ("text", "components"),
    [
        ("Doliprane", ("paracetamol",)),
        ("PARACETAMOL", ("paracetamol",)),
        ("paracétamol 500 mg", ("paracetamol",)),
        ("Paracétamol 1 g, comprimé", ("paracetamol",)),
        ("chlorhydrate de metformine 850 mg cp", ("metformin",)),
        ("metformin hydrochloride", ("metformin",)),
        ("sérum glucosé 5 %", ("glucose",)),
        ("glucose 10 %", ("glucose",)),
        ("Clamoxyl sirop 250 mg/5 mL", ("amoxicillin",)),
        ("amoxicilline (Clamoxyl) 500 mg", ("amoxicillin",)),
        ("warfarine sodique", ("warfarin",)),
        ("Augmentin 1 g/125 mg", ("amoxicillin", "clavulanic acid")),
        ("amoxicilline/acide clavulanique", ("amoxicillin", "clavulanic acid")),
        ("acide clavulanique + amoxicilline", ("clavulanic acid", "amoxicillin")),
        ("codéine et paracétamol", ("codeine", "paracetamol")),
        ("artéméther-luméfantrine 20/120", ("artemether", "lumefantrine")),
        ("sulfate de quinine", ("quinine",)),
        ("ferrous sulfate", ("ferrous sulfate",)),
    ],
)
def test_a_medicine_is_found_however_it_is_written(text, components):
    assert small().find_medicine(text).components == components


@pytest.mark.parametrize("text", ["quinolone", "quinolones", "sulfamide", "sulfate", "xyzol", ""])
def test_what_is_no_medicine_is_never_taken_for_one(text):
    assert small().find_medicine(text).kind != "exact"


@pytest.mark.parametrize(
    "text",
    ["paracetamol (ibuprofene 400 mg)", "paracétamol [ou codéine]", "Augmentin 1 g (+ ibuprofène)"],
)
def test_another_medicine_in_brackets_is_not_passed_over(text):
    assert small().find_medicine(text).kind == "offered"


@pytest.mark.parametrize(
    "text", ["paracetamol (comprimé 500 mg)", "Augmentin (amoxicilline + acide clavulanique)"]
)
def test_brackets_that_say_the_same_change_nothing(text):
    assert small().find_medicine(text).kind == "exact"


def test_quinidine_is_not_quinine():
    assert small().find_medicine("quinidine").components == ("quinidine",)
    assert small().find_medicine("quinine").components == ("quinine",)


def test_a_near_name_is_offered_and_not_taken():
    found = small().find_medicine("paracetamole 500 mg")
    assert (found.kind, found.components, found.offered) == ("offered", (), ("paracetamol",))


def test_an_abbreviation_of_two_medicines_is_neither():
    assert load().find_medicine("CTX").kind != "exact"


def test_a_short_name_is_never_guessed():
    assert small().find_medicine("inul").offered == ()


def test_a_combination_with_an_unknown_part_is_unknown():
    assert small().find_medicine("paracetamol/xyzolamide").kind != "exact"


def test_parts_that_make_a_known_product_are_that_product():
    found = small().find_medicine("amoxicillin + clavulanic acid")
    assert found.product == "amoxicillin/clavulanic acid"


def test_suggestions_begin_with_what_was_typed():
    assert ("Doliprane", "paracetamol") in small().suggest("doli")
    assert small().suggest("") == []


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Diabète", [("E14", "active")]),
        ("DIABETE", [("E14", "active")]),
        ("diabète insipide", [("E23.2", "active")]),
        ("diabète non insulinodépendant", [("E11", "active")]),
        ("diabète de type 2 stable", [("E11", "active")]),
        ("mère diabétique", [("E14", "family")]),
        ("ATCD familiaux : diabète, asthme", [("E14", "family"), ("J45", "family")]),
        ("ATCD familiaux : diabète ; asthme", [("E14", "family"), ("J45", "active")]),
        ("pas d'antécédent d'asthme", [("J45", "negated")]),
        ("sans antécédent d'asthme", [("J45", "negated")]),
        ("pas d'asthme", [("J45", "negated")]),
        ("pas de diabète, HTA", [("E14", "negated"), ("I10", "active")]),
        ("pas de diabète/asthme", [("E14", "negated"), ("J45", "negated")]),
        ("pas d'HTA/ATCD d'asthme", [("I10", "negated"), ("J45", "active")]),
        (
            "no asthma/hypertension, diabetes",
            [("J45", "negated"), ("I10", "negated"), ("E14", "active")],
        ),
        ("asthme : non", [("J45", "negated")]),
        ("non diabétique", [("E14", "negated")]),
        ("asthme exclu", [("J45", "negated")]),
        ("ulcère gastroduodénal guéri", [("K27", "resolved")]),
        ("ulcère gastroduodénal mal guéri", [("K27", "active")]),
        ("ATCD d'ulcère gastroduodénal", [("K27", "resolved")]),
        ("ATCD d'asthme", [("J45", "active")]),
        ("nausées et vomissements", [("R11", "active")]),
        ("HTA + DT2", [("I10", "active"), ("E11", "active")]),
        ("déficit en G6PD guéri", [("D55.0", "active")]),
        ("diabète sans asthme", [("E14", "active"), ("J45", "negated")]),
    ],
)
def test_a_condition_is_read_with_its_status(text, facts):
    assert small().find_condition(text).facts == facts


def test_words_no_table_knows_are_left_as_unknown():
    reading = small().find_condition("HTA, zzz bizarre")
    assert reading.facts == [("I10", "active")]
    assert reading.unknown == ["zzz bizarre"]


@pytest.mark.parametrize("text", ["?", "???", "la", "de la"])
def test_marks_and_small_words_alone_are_unknown_and_never_silent(text):
    assert small().find_condition(text).unknown == [text]
    assert small().find_allergen(text).unknown == (text,)


@pytest.mark.parametrize("text", ["-", " ", "--", "/"])
def test_a_dash_says_nothing(text):
    assert small().find_condition(text).unknown == []
    assert small().find_allergen(text).unknown == ()


@pytest.mark.parametrize("text", ["RAS", "aucun", "", "pas de zona zzz", "stable"])
def test_what_states_no_disease_is_not_unknown(text):
    reading = small().find_condition(text)
    assert (reading.facts, reading.unknown) == ([], [])


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("enceinte de 8 SA", (8, 8)),
        ("G2P1 12 SA", (12, 12)),
        ("grossesse de 24 semaines", (24, 24)),
        ("grossesse 24SA", (24, 24)),
        ("enceinte, T3", (28, 42)),
        ("grossesse 34+2 SA", (34, 34)),
        ("enceinte", None),
    ],
)
def test_a_pregnancy_is_read_with_its_weeks(text, weeks):
    reading = small().find_condition(text)
    assert reading.pregnant
    assert reading.weeks == weeks


@pytest.mark.parametrize(
    "text",
    [
        "désir de grossesse",
        "pas de grossesse",
        "mère enceinte",
        "test de grossesse",
        "prématuré de 33 SA",
        "né à 36 SA",
        "accouchement à 38 SA",
    ],
)
def test_words_about_pregnancy_are_not_a_pregnancy(text):
    assert not small().find_condition(text).pregnant


def test_breastfeeding_is_read_with_the_age_of_the_child():
    reading = small().find_condition("mère allaitante, bébé de 3 semaines")
    assert (reading.lactating, reading.infant_age_days) == (True, 21)
    assert not small().find_condition("n'allaite pas").lactating


@pytest.mark.parametrize(
    ("text", "words", "unknown"),
    [
        ("pénicilline", ["penicillins"], 0),
        ("Allergie à la pénicilline (urticaire)", ["penicillins"], 0),
        ("Augmentin", ["amoxicillin", "clavulanic acid"], 0),
        ("sulfamides, latex", ["sulfonamides", "latex"], 0),
        ("urticaire sévère à l'ibuprofène", ["ibuprofen"], 0),
        ("pénicilline et zzzz", ["penicillins"], 1),
        ("gribouillis", [], 1),
        ("quinolones", ["quinolones"], 0),
        ("quinine", ["quinine"], 0),
        ("pas d'allergie", [], 0),
        ("aucun", [], 0),
    ],
)
def test_an_allergy_is_read_as_written(text, words, unknown):
    reading = small().find_allergen(text)
    assert [allergen.word for allergen in reading.allergens] == words
    assert len(reading.unknown) == unknown


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        ("E10-E12", ("E10", "E11", "E12")),
        ("E16.0-E16.2", ("E16.0", "E16.1", "E16.2")),
        ("D66-D68.2", ("D66", "D67", "D68.0", "D68.1", "D68.2")),
        ("Z99.2", ("Z99.2",)),
        ("A99-B01", ("A99", "B00", "B01")),
    ],
)
def test_a_range_of_codes_is_expanded(spec, codes):
    assert icd.expand(spec) == codes


@pytest.mark.parametrize("spec", ["E1", "E12-E10", "diabetes", "E10-"])
def test_a_range_that_is_none_is_refused(spec):
    with pytest.raises(ValueError, match=r"code|range"):
        icd.expand(spec)


@pytest.mark.parametrize(
    ("written", "normal"), [("e11.9", "E11.9"), ("E119", "E11.9"), ("E11", "E11"), ("11E", None)]
)
def test_a_code_is_normalised(written, normal):
    assert icd.normal(written) == normal


def test_folding_drops_accents_case_punctuation_and_plural():
    assert fold("Œdèmes  des Chevaux-Blancs !") == "oedeme des cheval blanc"


@pytest.mark.parametrize(
    ("left", "right", "limit", "near"),
    [
        ("abc", "abd", 1, True),
        ("abc", "acb", 1, True),
        ("abc", "abcde", 1, False),
        ("a", "b", 0, False),
    ],
)
def test_distance_counts_edits_and_swaps(left, right, limit, near):
    assert distance_within(left, right, limit) is near


@pytest.mark.parametrize(
    "text", ["ATCD familial : mère allergique à la pénicilline", "père allergique à l'aspirine"]
)
def test_an_allergy_of_the_family_is_not_the_patients(text):
    assert load().find_condition(text).allergies == []


def test_an_allergy_written_as_a_condition_is_one():
    assert load().find_condition("allergique à la pénicilline").allergies == ["penicilline"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("infarctus il y a 3 semaines", "active"),
        ("infarctus il y a 6 mois", "active"),
        ("infarctus il y a 7 mois", "resolved"),
        ("infarctus il y a 3 ans", "resolved"),
        ("pneumonie guérie il y a 2 semaines", "resolved"),
    ],
)
def test_half_a_year_is_not_yet_the_past_unless_it_says_cured(text, status):
    assert [said for _, said in load().find_condition(text).facts] == [status]


def test_an_unknown_brand_with_its_inn_in_brackets_is_the_inn():
    known = load()
    assert known.find_medicine("Zzzz (pegloticase)").components == ("pegloticase",)
    assert known.find_medicine("Zzzz (yyyy)").kind != "exact"
    assert known.find_medicine("Doliprane (enfant)").components in (("paracetamol",), ())
