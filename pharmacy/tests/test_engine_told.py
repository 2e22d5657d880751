"""What patients, mothers and nurses tell: whole notes are understood, and no danger is read as nothing."""

from pathlib import Path

import pytest

from pharmacy.safety import load

knowledge = load()


def lines_of(name):
    text = (Path(__file__).parent / name).read_text(encoding="utf8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


DANGERS = lines_of("dangers-told.txt")
NOTES = lines_of("notes-told.txt")


def read(text):
    return knowledge.find_condition(text)


def says_nothing(text):
    """Whether neither a fact that holds, nor an allergy, nor a figure, nor a word to judge is left of a text."""
    reading = read(text)
    told = [fact for fact in reading.facts if fact[1] != "negated"]
    state = reading.pregnant or reading.lactating or reading.taken
    return not (told or state or reading.allergies or reading.measured or reading.unknown)


def test_whole_notes_are_understood():
    assert len(NOTES) > 400
    assert [text for text in NOTES if read(text).unknown] == []


def test_no_danger_is_read_as_nothing():
    assert len(DANGERS) > 500
    assert [text for text in DANGERS if says_nothing(text)] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("un seul rein", "Z90.5"),
        ("a donné un rein à son frère", "Z90.5"),
        ("rein d'un donneur", "Z94.0"),
        ("les reins ne marchent plus", "N19"),
        ("n'a pas uriné depuis ce matin", "R34"),
        ("pas d'urine depuis 24h", "R34"),
        ("foie foutu", "K76.9"),
        ("eau dans le ventre", "R18"),
        ("a un pace", "Z95.0"),
        ("valve au cœur", "Z95.2"),
        ("sans rate", "D73.0"),
        ("crache le sang", "R04.2"),
        ("vomit du sang", "K92.0"),
        ("caca noir", "K92.1"),
        ("plus de règles depuis 3 mois", "N91"),
        ("DDR il y a 3 mois", "N91"),
        ("LMP 3 months ago", "N91"),
        ("veut mourir", "R45.8"),
        ("a bu la javel", "T54"),
        ("a avalé du DDVP", "T60.0"),
        ("maladie du sucre", "E14"),
        ("OH +", "F10"),
        ("odontol tous les soirs", "Z72.1"),
        ("get belle", "Z33"),
        ("allaite encore son fils", "Z39.1"),
        ("bébé ne bouge plus dans le ventre", "O36"),
        ("ne prend pas son traitement pour l'épilepsie", "G40"),
        ("HTA jamais traitée", "I10"),
        ("diabète jamais suivi", "E14"),
        ("no treatment for hypertension", "I10"),
        ("épilepsie sans traitement", "G40"),
    ],
)
def test_a_danger_in_the_words_of_patients_is_what_it_is(text, code):
    assert (code, "active") in read(text).facts


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("amené par sa mère pour convulsions", ("R56", "active")),
        ("la mère signale une toux", ("R05", "active")),
        ("selon la grand-mère, fièvre", ("R50", "active")),
        ("venu avec son père pour asthme", ("J45", "active")),
        ("mère de 4 enfants, diabétique", ("E14", "active")),
        ("mère de 4 enfants diabétique", ("E14", "active")),
        ("brought by mother for fits", ("R56", "active")),
        ("asthme comme sa mère", ("J45", "active")),
        ("trouvé inconscient par son frère", ("R40.2", "active")),
        ("asthme chez la fille", ("J45", "family")),
        ("le mari est séropositif", ("B24", "family")),
        ("mère diabétique", ("E14", "family")),
    ],
)
def test_who_brings_the_patient_or_tells_of_her_is_no_sick_relative(text, fact):
    assert read(text).facts == [fact]


@pytest.mark.parametrize(
    ("text", "allergen"),
    [
        ("ne supporte pas la pénicilline", "penicilline"),
        ("boutons après Bactrim", "bactrim"),
        ("gonfle quand il prend l'aspirine", "aspirine"),
        ("itching after chloroquine", "chloroquine"),
        ("urticaire avec amoxicilline", "amoxicilline"),
        ("lèvres gonflées après ibuprofène", "ibuprofene"),
        ("swollen face after diclofenac", "diclofenac"),
        ("cannot take aspirin", "aspirin"),
    ],
)
def test_an_allergy_as_patients_tell_it_is_one(text, allergen):
    assert read(text).allergies == [allergen]


@pytest.mark.parametrize(
    "text",
    [
        "prurit traité par cétirizine",
        "mère : boutons après Bactrim",
        "ne supporte pas le bruit",
        "œdèmes avec furosémide",
        "boutons après la pluie",
        "pas de boutons après le repas",
    ],
)
def test_what_is_no_allergen_of_the_patient_is_none(text):
    assert read(text).allergies == []


@pytest.mark.parametrize(
    "text",
    [
        "HTA, prend des écorces",
        "prend des écorces pour la tension",
        "boit une tisane pour le palu",
        "diarrhée depuis un lavement",
        "pénicilline : boutons",
        "aspirine : asthme",
        "diabète et marabout",
        "plaie avec beaucoup de sang",
    ],
)
def test_a_remedy_that_nobody_knows_is_never_passed_over(text):
    assert read(text).unknown


@pytest.mark.parametrize("text", ["fièvre sans prise de tisane", "pas d'écorces pour la toux"])
def test_a_remedy_that_is_denied_is_none(text):
    assert read(text).unknown == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ne vomit pas", "R11"),
        ("ne tousse plus", "R05"),
        ("ne saigne pas", "R58"),
        ("n'a jamais convulsé", "R56"),
    ],
)
def test_a_verb_that_is_denied_is_no_symptom(text, code):
    assert (code, "active") not in read(text).facts


@pytest.mark.parametrize(
    "text",
    [
        "ne zzzte plus",
        "n'arrive pas à zzzter",
        "not zzzing",
        "ne reconnaît plus sa mère",
        "sa zzzz",
        "grosse",
    ],
)
def test_a_verb_that_is_denied_and_not_known_is_not_understood(text):
    assert read(text).unknown


@pytest.mark.parametrize("text", ["DDR il y a 10 jours", "LMP 2 weeks ago", "DDR il y a 4 sem"])
def test_a_period_of_this_month_says_nothing(text):
    assert says_nothing(text)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("pas venu depuis son AVC", ("I64", "active")),
        ("pas d'insuline pour son diabète", ("E14", "active")),
        ("no salbutamol for asthma", ("J45", "active")),
        ("asthme VIH négatif", ("J45", "active")),
        ("HTA tabac 0", ("I10", "active")),
        ("HTA mère diabétique", ("I10", "active")),
        ("toux qui ne passe pas", ("R05", "active")),
        ("pas d'argument pour une TB", ("A16", "negated")),
        ("HTA mère diabétique", ("E14", "family")),
    ],
)
def test_what_is_denied_or_of_the_family_goes_no_farther_than_its_word(text, fact):
    assert fact in read(text).facts


@pytest.mark.parametrize("text", ["les injections", "les douleurs du dos", "perd les eaux"])
def test_an_article_is_no_lupus(text):
    assert "M32" not in {code for code, _ in read(text).facts}


@pytest.mark.parametrize(
    "text",
    ["pas d'ovaires", "pas de sein gauche", "no lung on left", "prend le médicament de sa mère"],
)
def test_an_organ_that_is_missing_and_anothers_medicine_are_not_passed_over(text):
    assert read(text).unknown or read(text).facts


@pytest.mark.parametrize(
    "text", ["pas de foie palpable", "pas de douleur du pied", "no pain in leg"]
)
def test_what_an_organ_has_not_is_no_missing_organ(text):
    assert read(text).unknown == []
