"""Everyday phrases of notes: harmless ones are understood, and never hide what stands beside them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmacy.safety import Condition, Line, Measurement, Patient, check, load
from pharmacy.safety.compile_conditions import _key, harmless
from pharmacy.safety.model import RANK
from pharmacy.safety.sources import read_sources

knowledge = load()
NOTES = [
    line
    for line in (Path(__file__).parent / "notes.txt").read_text(encoding="utf8").splitlines()
    if line and not line.startswith("#")
]
DANGERS = [
    line
    for line in (Path(__file__).parent / "dangers.txt").read_text(encoding="utf8").splitlines()
    if line and not line.startswith("#")
]
TABLES = read_sources().tables
HARMLESS = sorted(set(harmless(TABLES["harmless"])))
STATED = {
    name: code
    for name in knowledge.reader.phrases.places
    if (kinds := knowledge.reader.phrases.kinds_of(name) or {})
    and (code := kinds.get("label"))
    and set(kinds) == {"label"}
    and "|" not in name
}


def read(text):
    return knowledge.find_condition(text)


def test_what_staff_write_every_day_is_understood():
    assert len(NOTES) > 900
    assert [text for text in NOTES if read(text).unknown] == []


def test_harmless_phrases_are_many_and_none_is_left_unknown():
    assert len(HARMLESS) > 5000
    assert [text for text in HARMLESS if read(text).unknown] == []


def test_no_harmless_phrase_makes_a_disease_disappear_that_stands_beside_it():
    hidden = [
        text
        for phrase in HARMLESS[::5]
        for text in (
            f"asthme {phrase}",
            f"{phrase} asthme",
            f"{phrase}, asthme",
            f"asthme. {phrase}",
        )
        if ("J45", "active") not in read(text).facts
    ]
    assert hidden == []


@pytest.mark.parametrize("text", ["alert, active labor", "bébé à terme dans le ventre"])
def test_a_phrase_that_says_nothing_takes_no_word_from_a_name(text):
    assert read(text).facts
    assert read(text).unknown == []


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(HARMLESS), st.sampled_from(sorted(STATED)))
def test_harmless_words_beside_any_condition_remove_no_fact(phrase, name):
    alone = [fact for fact in read(name).facts if fact[1] == "active"]
    for text in (f"{phrase}, {name}", f"{name}; {phrase}"):
        assert set(alone) <= set(read(text).facts), text


@pytest.mark.parametrize(
    "text",
    [
        "TRC > 3 s",
        "TRC 5 s",
        "GCS 8",
        "Glasgow 7/15",
        "Apgar 3",
        "PB 110 mm",
        "PN 1800 g",
        "BCF 180",
        "AV 1/10",
        "EVA 9/10",
        "abdomen de bois",
        "col ouvert",
        "plaie zzzz",
        "abdomen souple zzzz",
        "bien hydraté, zzzz",
        "pouls absent",
        "urines foncées",
        "tisane",
        "créatinine 120",
        "glycémie 126",
        "créatinine 14 mg/L en 2019",
        "potassium 600 mg/j",
        "K+ 6,5 puis K+ 4,2",
        "réflexes absents",
        "Hb 0,1",
    ],
)
def test_what_may_mean_a_danger_is_not_read_as_nothing(text):
    assert read(text).unknown or read(text).facts


@pytest.mark.parametrize("text", DANGERS)
def test_a_danger_in_unusual_words_is_never_read_as_nothing(text):
    reading = read(text)
    active = [code for code, status in reading.facts if status == "active"]
    figures = reading.measured or reading.unmeasured
    said = reading.pregnant or reading.lactating or figures or reading.allergies
    assert reading.unknown or active or said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TPIg", "Z34"),
        ("TPI à l'isoniazide", "R76.1"),
        ("TLD", "B24"),
        ("test VIH réactif", "B24"),
        ("charge virale indétectable", "B24"),
        ("CTA", "B54"),
        ("accouchée par césarienne", "O82"),
        ("plaie propre", "T14.1"),
        ("hystérectomie", "Z90.7"),
        ("pâleur conjonctivale", "R23.1"),
        ("PAR sous méthotrexate", "M06"),
        ("PAR", "M06"),
        ("suivi pour LES sous corticoïdes", "M32"),
        ("AgHBs : positif", "B18.1"),
        ("TARV en cours", "B24"),
        ("PR stable", "M06"),
        ("tension stable", "I10"),
        ("G6PD : déficit", "D55.0"),
    ],
)
def test_words_that_name_a_reason_or_an_illness_are_one(text, code):
    assert (code, "active") in read(text).facts


@pytest.mark.parametrize(
    "text", ["né par voie basse", "référé par le centre de santé", "âge 3 ans"]
)
def test_a_word_of_the_language_is_no_abbreviation_of_a_disease(text):
    assert (read(text).facts, read(text).unknown) == ([], [])


@pytest.mark.parametrize("text", ["HIV non-reactive", "VIH non réactif"])
def test_a_test_that_does_not_react_is_negative(text):
    assert read(text).facts == [("B24", "negated")]


@pytest.mark.parametrize(
    "text", ["BCF présents", "BDCF 140", "MAF perçus", "présentation céphalique", "bilan prénatal"]
)
def test_signs_of_the_child_are_those_of_a_pregnancy(text):
    assert read(text).pregnant


def test_a_small_girl_who_is_breastfed_does_not_breastfeed():
    order = (Line("o:0", "ciprofloxacine", "oral"), Line("o:1", "amiodarone", "oral"))
    for years, fed in ((1, False), (25, True)):
        patient = Patient(years * 365, "F", 60_000, (Condition("AME", ref="c"),))
        kinds = {one.kind for one in check(knowledge, patient, order).findings}
        assert ("lactation" in kinds) == fed


@pytest.mark.parametrize(
    ("text", "figure", "value"),
    [
        ("créatinine 12 mg/L", "creatinine_umol_l", 106_080),
        ("créat: 110 µmol/l", "creatinine_umol_l", 110_000),
        ("creatinine 1.4 mg/dL", "creatinine_umol_l", 123_760),
        ("DFG à 25 mL/min", "egfr_ml_min", 25_000),
        ("glycémie à jeun 1,26 g/L", "glucose_mmol_l", 6_993),
        ("glycémie 2,1 mmol/L", "glucose_mmol_l", 2_100),
        ("K+ 5,8", "potassium_mmol_l", 5_800),
        ("kaliémie = 3,2 mmol/L", "potassium_mmol_l", 3_200),
        ("natrémie 118 mEq/L", "sodium_mmol_l", 118_000),
        ("Hb 6,5 g/dL", "hb_g_dl", 6_500),
        ("Hb 65 g/L", "hb_g_dl", 6_500),
        ("INR 4,5", "inr", 4_500),
        ("CD4 150/mm3", "cd4_cells_ul", 150_000),
        ("QTc 520 ms", "qtc_ms", 520_000),
        ("plaquettes 45 000/mm3", "platelets_10e9_l", 45_000),
        ("ALAT 350 UI/L", "alt_u_l", 350_000),
        ("bilirubine totale 40 mg/L", "bilirubin_total_umol_l", 68_400),
        ("HbA1c 9 %", "hba1c_percent", 9_000),
    ],
)
def test_a_laboratory_figure_counts_as_measured(text, figure, value):
    reading = read(f"DT2, {text}")
    assert reading.measured == {figure: value}
    assert (reading.facts, reading.unknown) == ([("E11", "active")], [])


@pytest.mark.parametrize(
    "text",
    [
        "transaminases nles", "ROT vifs", "MAF présents", "BDCF +", "raideur nuque absente", "calabar neg",
        "tirage 0",
        "trismus (-)", "TDR -", "BP 118/72 left arm", "FO nl", "pas de tirage", "diurèse 60 ml/h présente",
        "FC 76 bpm",
        "T: 36,8", "SpO2 98% AA", "GCS 15/15", "TDR négatif, FR 22/min",
    ],
)  # fmt: skip
def test_a_finding_beside_a_word_for_order_says_nothing(text):
    assert [fact for fact in read(text).facts if fact[1] == "active"] == read(text).unknown == []


@pytest.mark.parametrize(
    "text",
    [
        "transaminases", "ROT", "ROT absents", "pas de MAF", "BDCF -", "BDCF non perçus", "raideur nuque",
        "raideur nuque présente",
        "TDR +", "tirage +++", "ECG pas normal",
        "transaminases non normales", "pas de pouls", "pouls 0", "BW positif",
    ],
)  # fmt: skip
def test_a_finding_alone_or_out_of_order_is_not_understood(text):
    assert read(text).unknown or read(text).facts


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SpO2 91 % AA", "R09.0"), ("SpO2 78", "J96"), ("FR 40/min", "R06.0"),
        ("GCS 7/15", "R40.2"), ("FC 150", "R00.0"),
        ("pouls 42", "R00.1"), ("PB 110 mm", "E43"), ("T 39.6", "R50"), ("PN 1800 g", "P07"), ("fièvre+", "R50"),
    ],
)  # fmt: skip
def test_a_sign_out_of_the_ordinary_is_what_it_means(text, code):
    assert (code, "active") in read(text).facts


def test_a_minus_behind_a_word_denies_it():
    assert read("toux -, fièvre (-), asthme").facts == [
        ("R05", "negated"), ("R50", "negated"), ("J45", "active"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["mère : K+ 6,5", "ATCD familiaux : créatinine 40 mg/L"])
def test_a_figure_of_the_family_is_not_the_patients(text):
    assert read(text).measured == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AV OD 4/10, OG 10/10", "H53"), ("TO 26 mmHg", "H40.0"), ("P/T -3,2 ET", "E43"), ("WHZ < -2", "E44"),
        ("PB 11,2 cm", "E43"),
        ("BCF 172", "O36.3"), ("diurèse 10 ml/h", "R34"), ("CU 3/10 min", "O80"), ("EVA 7/10", "R52"),
        ("Silverman 5", "P22"),
        ("FEVG 28 %", "I50"), ("DEP 220 L/min (45 %)", "J45"), ("PCV 18 %", "D64.9"), ("urée 0,9 g/L", "N19"),
        ("TP 40 %", "D68.9"),
        ("force 2/5", "R29.8"), ("E1V2M4", "R40.2"), ("6 selles/j", "A09"), ("BAAR 3+", "A15"),
        ("PNI 19/12", "I10.1"),
        ("39,5 °C", "R50"), ("sats 78", "J96"),
        ("RPR +", "A53"), ("ALAT 3N", "K75.9"), ("RPM 180 ml", "N32.0"), ("GE 1200 tpz", "B54"),
        ("BS +++", "B54"), ("né à 30 SA", "P07"), ("nuque : raide", "R29.1"),
        ("sein G rouge", "N61"), ("O2 3 L/min", "R09.0"), ("charge virale 12 000", "B24"),
    ],
)  # fmt: skip
def test_a_figure_of_an_examination_says_what_it_means(text, code):
    reading = read(text)
    assert (code, "active") in reading.facts
    assert reading.unknown == []


@pytest.mark.parametrize(
    "text",
    [
        "AV 10/10 ODG", "VA RE 6/6 LE 6/9", "TO 14/15", "P/T -1 ET", "PB 13,4 cm", "diurèse 60 ml/h",
        "EVA 2/10", "FEVG 62 %",
        "DEP 80 %", "PCV 38 %", "PCV13 reçu", "urée 0,28", "force 5/5 aux 4 membres", "GCS 15 (E4V5M6)",
        "2 selles/j", "PNI 12/7",
        "P82 R18", "P3+1", "poids +2 kg", "T° 36°8", "foie, rate et reins nx", "NFS : nle", "les poumons libres",
    ],
)  # fmt: skip
def test_an_ordinary_figure_or_finding_says_nothing(text):
    assert (read(text).facts, read(text).unknown) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "pas de BCF lents",
        "pas de rate stade 2",
        "pas de règles douloureuses",
        "no drug addiction",
    ],
)
def test_a_denial_that_is_part_of_a_name_is_a_denial_where_a_longer_name_runs_on(text):
    assert {status for _, status in read(text).facts} == {"negated"}


@pytest.mark.parametrize(
    ("text", "code"),
    [("pas de globe", "O72"), ("plus de rate", "D73.0"), ("pas de gaz ni selles", "K56")],
)
def test_a_denial_that_is_the_name_of_an_illness_is_that_illness(text, code):
    assert (code, "active") in read(text).facts


@pytest.mark.parametrize(
    "text",
    [
        *("créat : 900", "plaquettes : 12", "TP : 15", "urée : 60", "bili : 400", "RBS: 1.2", "GB : 300", "QT : 560"),
        *("Na à 112", "Ca : 1,4", "Mg à 0,3", "TCA 150", "Apgar : 0", "Apgar 1/2", "PAS 60", "PAS : 240", "DEP 90"),
    ],
)  # fmt: skip
def test_a_grave_figure_is_never_read_as_nothing_however_it_is_written(text):
    reading = read(text)
    assert reading.unknown or reading.facts or reading.measured


LOOKED_AT = [
    *("rein", "rein gauche", "foie", "rate", "cœur", "poumon", "utérus", "ovaire", "sein", "œil", "cornée", "tympan"),
    *("muqueuses", "conj", "langue", "nuque", "fontanelle", "abdomen", "col", "pouls", "ROT", "pupilles", "MV", "BHA"),
    *("BCF", "MAF", "succion", "créat", "urée", "transa", "kaliémie", "plaquettes", "GB", "TP", "QT", "ECG", "LCR"),
    *("règles", "jambe", "mollet", "liver", "kidney", "spleen", "heart", "lungs", "uterus"),
    *("pulse", "reflexes", "skin"),
]  # fmt: skip
OUT_OF_ORDER = [
    *("absent", "absente", "enlevé", "enlevée", "unique", "seul", "greffé", "foutu", "mort", "atrophié", "perforé"),
    *("effondré", "très bas", "trop élevé", "dur", "rouge", "noir", "sanglant", "jaune", "pâle"),
    *("gonflé", "irrégulier"),
    *("lent", "faible", "froid", "sèches", "trouble", "purulent", "fétide", "fixe", "non vu"),
    *("non perçu", "pas normal"),
    *("altéré", "raide", "bombée", "opéré", "bloqué", "nul", "qui monte", "instable", "absent ce jour", "removed"),
    *("missing", "failing", "weak", "low", "raised", "not working", "abnormal", "damaged", "swollen", "black", "--"),
]  # fmt: skip


def test_what_was_looked_at_and_is_out_of_order_is_never_read_as_nothing():
    silent = []
    for name in LOOKED_AT:
        for word in OUT_OF_ORDER:
            for text in (f"{name} {word}", f"HTA, {name} {word}"):
                reading = read(text)
                active = [
                    code for code, status in reading.facts if status == "active" and code != "I10"
                ]
                if not (reading.unknown or active or reading.pregnant):
                    silent.append(text)
    assert silent == []


@pytest.mark.parametrize(
    "text", ["rein droit : non vu", "rate : absente", "MAF négatif", "ECG : zzzz", "QT un peu long"]
)
def test_what_was_looked_at_is_not_in_order_by_standing_before_a_colon_or_a_negation(text):
    assert read(text).unknown or any(status == "active" for _, status in read(text).facts)


@pytest.mark.parametrize(
    ("text", "figure", "value"),
    [
        ("glycémie 0,92", "glucose_mmol_l", 5_106),
        ("glyc 2,4 g", "glucose_mmol_l", 13_320),
        ("K 4,8", "potassium_mmol_l", 4_800),
        ("Na 128", "sodium_mmol_l", 128_000),
        ("GB 4500", "wbc_10e9_l", 4_500),
        ("TSH 18", "tsh_miu_l", 18_000),
        ("microfilarémie 45000 mf/ml", "loa_loa_mf_per_ml", 45_000_000),
    ],
)
def test_a_figure_without_its_unit_counts_where_only_one_can_be_meant(text, figure, value):
    assert read(text).measured == {figure: value}


@pytest.mark.parametrize("text", ["glycémie 2,1", "glycémie 5,2", "vitamine K 4,5 mg", "GB 300"])
def test_a_figure_that_may_have_two_units_is_not_understood(text):
    assert read(text).measured == {}
    assert read(text).unknown or read(text).unmeasured


def test_texts_without_figures_stay_as_they_are():
    for text in ("K+ élevé", "VIH stade 3", "INR 2-3", "vitamine K 10 mg", "Hb AS", "G6PD"):
        assert knowledge.reader.results.taken_out(text) == (text, {})


def notes_on(text, drug, measurements=(), noted_days=0, **more):
    conditions = (Condition(text, ref="c", noted_days=noted_days),)
    patient = Patient(40 * 365, "M", 70_000, conditions, measurements=measurements)
    result = check(knowledge, patient, (Line("o:0", drug, "oral", **more),))
    return result, {note.about for note in result.not_checked if note.kind == "measurement"}


def speaks_of(figure, result):
    return any(figure in one.about for one in result.findings)


def test_a_written_potassium_stops_spironolactone_until_a_newer_one_is_recorded():
    recorded = (Measurement("potassium_mmol_l", 4_200, 1, "m"),)
    for noted_days, known, stops in (
        (0, (), True),
        (0, recorded, True),
        (1, recorded, False),
        (9, recorded, False),
    ):
        result, _ = notes_on("K+ 6,2", "spironolactone", known, noted_days)
        assert speaks_of("lab:potassium", result) is stops, (noted_days, known)


def test_a_written_figure_grows_old_like_a_recorded_one():
    for noted_days, stops in ((90, True), (91, False)):
        result, _ = notes_on("K+ 6,2", "spironolactone", noted_days=noted_days)
        assert speaks_of("lab:potassium", result) is stops
    result, _ = notes_on("déficit en G6PD", "primaquine", noted_days=4_000)
    assert speaks_of("g6pd", result)


def woman(text, drug, noted_days, code=None, **said):
    conditions = (Condition(text, code, ref="c", noted_days=noted_days),)
    patient = Patient(28 * 365, "F", 60_000, conditions, **said)
    return check(knowledge, patient, (Line("o:0", drug, "oral"),))


def test_weeks_of_a_written_pregnancy_are_counted_on_from_the_day_they_were_noted():
    grades = [
        max((RANK[one.severity] for one in woman("grossesse 16 SA", "ibuprofène", days).findings
             if "pregnancy" in one.about), default=0)
        for days in (0, 70)
    ]  # fmt: skip
    assert grades[1] > grades[0]


@pytest.mark.parametrize(
    ("text", "code"), [("enceinte", None), ("enceinte de 10 SA", None), ("", "Z34.9")]
)
def test_a_pregnancy_noted_longer_ago_than_one_lasts_is_asked_for_again(text, code):
    assert speaks_of("pregnancy", woman(text, "isotrétinoïne", 150, code))
    over = woman(text, "isotrétinoïne", 400, code, pregnancy="unknown")
    assert not speaks_of("pregnancy", over)
    assert "pregnancy" in {note.about for note in over.not_checked}


def test_the_infant_of_a_written_breastfeeding_grows():
    born = woman("allaite un bébé de 2 semaines", "doxycycline", 0)
    assert speaks_of("lactation", born)
    assert not speaks_of("lactation", woman("allaite un bébé de 2 semaines", "doxycycline", 1_200))


@pytest.mark.parametrize(
    ("text", "drug", "figure"),
    [
        ("G6PD non dosée", "primaquine", "g6pd_activity"),
        ("statut G6PD inconnu", "primaquine", "g6pd_activity"),
        ("pas de dosage de G6PD", "tafenoquine", "g6pd_activity"),
        ("ionogramme non fait", "spironolactone", "potassium_mmol_l"),
        ("kaliémie en attente", "spironolactone", "potassium_mmol_l"),
        ("electrolytes not done", "spironolactone", "potassium_mmol_l"),
        ("créatinine non faite", "metformine", "egfr_ml_min"),
        ("ni créatinine ni kaliémie", "spironolactone", "potassium_mmol_l"),
    ],
)
def test_a_test_that_was_not_done_is_unknown_and_said_where_it_is_needed(text, drug, figure):
    reading = read(text)
    assert (reading.facts, reading.unknown) == ([], [])
    assert figure in reading.unmeasured
    result, asked = notes_on(text, drug)
    assert figure in asked
    assert not any(one.kind == "g6pd" for one in result.findings)


def test_a_test_that_was_not_done_is_no_matter_to_other_medicines_or_when_it_is_recorded():
    assert notes_on("ionogramme non fait", "paracétamol")[1] == set()
    recorded = (Measurement("potassium_mmol_l", 4_200, 1, "m"),)
    assert "potassium_mmol_l" not in notes_on("ionogramme non fait", "spironolactone", recorded)[1]


MEDICINES = [
    *(
        "paracétamol",
        "amoxicilline",
        "ibuprofène",
        "métronidazole",
        "ciprofloxacine",
        "ceftriaxone",
    ),
    *("gentamicine", "chlorhexidine", "cotrimoxazole", "quinine", "albendazole", "mébendazole"),
    *("oméprazole", "métoclopramide", "salbutamol", "prednisolone", "dexaméthasone", "furosémide"),
    *("amlodipine", "captopril", "metformine", "glibenclamide", "diazépam", "phénobarbital"),
    *("tramadol", "diclofénac", "cétirizine", "érythromycine", "doxycycline", "nystatine"),
    *("clotrimazole", "miconazole", "hydrocortisone", "oxytocine"),
]
WRITTEN = [
    *(
        "0.12 % bain de bouche",
        "500mg/5ml sirop enfant",
        "LP 20 mg",
        "500 mg cp séc",
        "1 g pdre inj",
    ),
    *("gouttes nasales", "collutoire", "suppo 250 mg", "ov 100 mg", "1 % pommade oph", "spray"),
    *("amp inj 2 ml", "fl 125 ml", "sach", "à 5 %", "cp x 10", "500 mg n°20", "boîte de 20"),
    *("gel 2 %", "susp buv 125 mg/5 ml", "gttes oph", "par voie orale", "IVL", "dosé à 500 mg"),
]


@pytest.mark.parametrize("medicine", MEDICINES)
def test_forms_strengths_and_ways_never_make_a_medicine_unknown(medicine):
    known = knowledge.find_medicine(medicine)
    assert known.kind == "exact"
    forms = [*TABLES["salts"]["forms"], *WRITTEN]
    other = [
        form
        for form in forms
        if knowledge.find_medicine(f"{medicine} {form}").components != known.components
    ]
    assert other == []


def test_letters_that_may_be_another_medicine_are_no_form():
    assert knowledge.find_medicine("artésunate SP").components != ("artesunate",)


def test_every_harmless_phrase_can_be_written():
    assert [text for text in HARMLESS if not _key(text, knowledge.lexicon.cuts)] == []


@pytest.mark.parametrize(
    ("text", "allergens", "facts"),
    [
        ("ATCD d'ictère sous Augmentin", ["augmentin"], {("K71", "resolved")}),
        ("éruption sous Bactrim en 2020", ["bactrim"], set()),
        ("hépatite due à l'isoniazide", ["isoniazide"], {("K71", "resolved")}),
        ("jaundice with flucloxacillin", ["flucloxacillin"], {("K71", "resolved")}),
        ("agranulocytose sous carbimazole", ["carbimazole"], set()),
        ("hépatite B sous ténofovir", [], set()),
        ("thrombopénie sous prednisone", [], set()),
        ("pas d'ictère sous isoniazide", [], set()),
        ("mère : éruption sous pénicilline", [], set()),
        ("ictère du nouveau-né", [], set()),
    ],
)
def test_a_harm_and_the_medicine_that_did_it_is_an_allergy_to_it(text, allergens, facts):
    reading = read(text)
    assert reading.allergies == allergens
    assert facts <= set(reading.facts)
    assert facts or ("K71", "resolved") not in reading.facts


@pytest.mark.parametrize(
    "text", ["grossesse en 2022", "grossesses en 2018", "enceinte en 2021", "pregnancy in 2020"]
)
def test_a_pregnancy_of_a_past_year_is_none_today(text):
    assert not read(text).pregnant


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("asthme non contrôlé", "J45.5"), ("décompensation cardiaque", "I50.7"), ("BPCO stade IV", "J44.5"),
        ("RAo serré", "I35.7"), ("épilepsie pharmacorésistante", "G40.91"), ("HTA sévère mal contrôlée", "I10.1"),
    ],
)  # fmt: skip
def test_a_severe_form_is_read_and_is_still_the_disease(text, code):
    assert (code, "active") in read(text).facts
    assert knowledge.groups_of(code[:3]) <= knowledge.groups_of(code)


@pytest.mark.parametrize("text", ["G6PD-", "G6PD (-)", "paludisme, G6PD-"])
def test_a_minus_behind_g6pd_is_the_deficiency(text):
    assert ("D55.0", "active") in read(text).facts


@pytest.mark.parametrize(
    "text",
    [
        "ne boit pas d'alcool",
        "ne boit jamais d'alcool",
        "alcool 0",
        "pas d'asthme personnel",
        "oxytocine indisponible",
    ],
)
def test_what_is_not_there_is_neither_active_nor_unknown(text):
    reading = read(text)
    assert not reading.unknown
    assert {status for _, status in reading.facts} <= {"negated"}


def test_an_operated_hyperthyroidism_is_over():
    assert read("ATCD d'hyperthyroïdie opérée").facts == [("E89.0", "active")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("glycémie 14", 14_000),
        ("glyc 0.5", 2_775),
        ("glycémie 1,1", 6_105),
        ("glyc 0,4 g/L", 2_220),
        ("plaquettes 40", 40_000),
    ],
)
def test_a_figure_without_its_unit_counts_where_it_can_mean_only_one_thing(text, value):
    assert list(read(text).measured.values()) == [value]


@pytest.mark.parametrize("text", ["glyc 5.4", "glycémie 1.9", "glyc a jeun 2.05"])
def test_a_glycaemia_that_may_be_low_or_high_is_one_that_nobody_knows(text):
    reading = read(text)
    assert (reading.unknown, reading.measured, reading.unmeasured) == ([], {}, {"glucose_mmol_l"})


def test_a_sick_son_is_not_the_patient():
    assert read("fils asthmatique").facts == [("J45", "family")]
    assert read("fils enlevés").facts == []


def order_of(drug, *texts, **more):
    conditions = tuple(Condition(text, ref=f"c{at}") for at, text in enumerate(texts))
    patient = Patient(50 * 365, "M", 70_000, conditions)
    return check(knowledge, patient, (Line("o:0", drug, "oral", **more),))


@pytest.mark.parametrize(
    "text",
    ["FA sous warfarine", "prend du Coumadin", "FA traitée par warfarine", "FA, TTT : warfarine"],
)
def test_a_medicine_told_in_a_note_is_taken(text):
    result = order_of("ibuprofène", text)
    found = next(one for one in result.findings if "warfarin" in one.about)
    assert found.severity in ("major", "contraindicated")
    assert "c0" in found.facts


@pytest.mark.parametrize(
    "text",
    [
        "FA sous warfarine jusqu'en 2020",
        "arrêt warfarine",
        "pas sous warfarine",
        "mère sous warfarine",
        "warfarine arrêtée",
    ],
)
def test_a_medicine_of_another_time_or_person_is_not_taken(text):
    assert read(text).taken == []


def test_a_medicine_ordered_again_is_not_its_own_duplicate():
    result = order_of("amlodipine", "HTA sous amlodipine", dose_ug=5000, times=1)
    assert (result.findings, [note for note in result.not_checked if note.kind == "condition"]) == (
        (),
        [],
    )


def test_a_figure_of_the_eye_that_cannot_be_is_left_to_the_pharmacist():
    assert read("TO 450").unknown
    assert not read("TO 15 mmHg").unknown


def test_words_of_course_say_nothing_and_poor_control_is_never_passed_over():
    for text in ("HTA, titration", "HTA, coronarographie normale", "HTA, cœur et reins normaux"):
        assert [fact[0] for fact in read(text).facts] == ["I10"]
        assert not read(text).unknown
    for text in ("HTA, coronarographie anormale", "HTA, mal équilibrée", "HTA, relais HBPM"):
        assert read(text).unknown


def man(text, *line):
    patient = Patient(50 * 365, "M", None, (Condition(text, ref="c"),))
    return check(knowledge, patient, (Line("o:0", *line),))


def test_a_word_that_nobody_could_read_leaves_the_record_not_checked():
    found = man("opéré pour ????? (tache d'encre)", "paracetamol", "oral", 500_000)
    assert [(note.kind, note.about) for note in found.not_checked] == [("condition", "????")]


@pytest.mark.parametrize("text", ["TVP", "patient non pesé", "balance en panne"])
def test_a_treatment_dosed_by_weight_asks_for_the_weight_of_an_man(text):
    found = man(text, "énoxaparine", "sc", 60_000, "", 2)
    assert "weight_g" in {note.about for note in found.not_checked}


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("retard de règles de 3 semaines, test non fait", "candésartan"),
        ("grossesse à exclure", "mycophénolate mofétil"),
        ("statut grossesse inconnu", "ribavirine"),
    ],
)
def test_a_pregnancy_left_open_is_asked_for(text, drug):
    found = woman(text, drug, 0)
    assert "pregnancy" in {note.about for note in found.not_checked}
