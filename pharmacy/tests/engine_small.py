"""A small knowledge of its own for the engine's tests, so that they do not move with the real one."""

# ruff: noqa: E501 (tables read best one entry a line)

from functools import lru_cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

from pharmacy.safety.compile import Index, compile_knowledge
from pharmacy.safety.knowledge import Knowledge
from pharmacy.safety.sources import KNOWLEDGE, READING, Sources

SALTS = """
salts: [chlorhydrate, hydrochloride, sulfate, sodique, sodium, potassium, bésilate]
forms: [comprimé, cp, sirop, injectable, perfusion, tablet, suspension buvable]
"""
LEXICON = """
separators: [",", "+", "/", " et ", " and ", " avec "]
negation_before: [pas de, pas d', sans, non, "no"]
negation_after: [négatif, exclu]
negation_end: [non, "no"]
family: [mère, père, ATCD familiaux]
resolved: [guéri, résolu]
not_resolved: [mal guéri]
history: [ATCD de, ATCD d', ancien]
lifelong: [E10-E14, J45]
permanent: [D55]
nothing: [RAS, aucun]
qualifiers: [sévère, stable]
pregnancy:
  phrases: [enceinte, grossesse]
  needs_number: [SA]
  weeks: [SA, semaines]
  months: [mois]
  trimesters: {T1: "1-13", T3: "28-"}
  not: [désir de grossesse, test de grossesse]
  codes: [Z33-Z34]
lactation:
  phrases: [allaite, mère allaitante]
  not: [n'allaite pas]
  codes: [Z39.1]
"""
DERIVED = """
egfr:
  - {icd: [N18.5], range: "0-15"}
  - {icd: [N18.4], range: "15-30"}
allergy: {Z88.0: penicillins, Z88.1: null, Z88.2: latex}
family: {Z83.3: E14}
family_range: [Z80-Z84]
history: {Z87.1: K27}
allergic_words: [allergie, allergique, allergy]
small_words: [de, du, d, l, la, le, à, aux, en, des]
reaction_words: [urticaire, choc, sévère]
"""
SUBSTANCES = """
- {id: glucose, fr: glucose, atc: [B05BA03], syn: [dextrose, sérum glucosé, "sérum glucosé 5 %"]}
- {id: amoxicillin, fr: amoxicilline, atc: [J01CA04], brands: {CM: [Clamoxyl]}}
- {id: ampicillin, fr: ampicilline, atc: [J01CA01]}
- {id: phenoxymethylpenicillin, fr: phénoxyméthylpénicilline, atc: [J01CE02]}
- {id: clavulanic acid, fr: acide clavulanique}
- {id: amoxicillin/clavulanic acid, fr: amoxicilline/acide clavulanique, components: {amoxicillin: 4, clavulanic acid: 1}, syn: [co-amoxiclav], brands: {CM: [Augmentin]}}
- {id: cefalexin, fr: céfalexine, atc: [J01DB01]}
- {id: warfarin, fr: warfarine, atc: [B01AA03], brands: {FR: [Coumadine]}}
- {id: ibuprofen, fr: ibuprofène, atc: [M01AE01], brands: {CM: [Advil]}}
- {id: diclofenac, fr: diclofénac, atc: [M01AB05], brands: {CM: [Voltarène]}}
- {id: paracetamol, fr: paracétamol, atc: [N02BE01], brands: {CM: [Doliprane]}}
- {id: codeine, fr: codéine, atc: [R05DA04]}
- {id: enalapril, fr: énalapril, atc: [C09AA02]}
- {id: ramipril, fr: ramipril, atc: [C09AA05]}
- {id: hydrochlorothiazide, fr: hydrochlorothiazide, atc: [C03AA03]}
- {id: enalapril/hydrochlorothiazide, fr: énalapril/hydrochlorothiazide, components: {enalapril: null, hydrochlorothiazide: null}, brands: {FR: [Co-Renitec]}}
- {id: tenofovir, fr: ténofovir, atc: [J05AF07]}
- {id: dolutegravir, fr: dolutégravir, atc: [J05AJ03]}
- {id: tenofovir/dolutegravir, fr: ténofovir/dolutégravir, components: {tenofovir: 6, dolutegravir: 1}, syn: [TD]}
- {id: metformin, fr: metformine, atc: [A10BA02]}
- {id: methotrexate, fr: méthotrexate, atc: [L04AX03]}
- {id: amiloride, fr: amiloride, atc: [C03DB01]}
- {id: quinine, fr: quinine, atc: [P01BC01]}
- {id: quinidine, fr: quinidine, atc: [C01BA01]}
- {id: sulfadiazine, fr: sulfadiazine, atc: [J01EC02]}
- {id: ferrous sulfate, fr: sulfate ferreux, atc: [B03AA07]}
- {id: insulin, fr: insuline, atc: [A10AB01]}
- {id: artemether, fr: artéméther, atc: [P01BE02]}
- {id: lumefantrine, fr: luméfantrine, atc: [P01BF01]}
"""
CLASSES = """
- {id: penicillins, fr: pénicillines, en: penicillins, members: ["atc:J01C"]}
- {id: aminopenicillins, fr: aminopénicillines, en: aminopenicillins, members: ["atc:J01CA"]}
- {id: beta-lactams, fr: bêta-lactamines, en: beta-lactams, members: ["class:penicillins", "atc:J01D"]}
- {id: nsaids, fr: AINS, en: NSAIDs, members: ["atc:M01A"]}
- {id: ace-inhibitors, fr: IEC, en: ACE inhibitors, members: ["atc:C09AA"]}
"""
CONDITIONS = """
- {id: diabetes, fr: diabète, en: diabetes, icd: [E10-E14]}
- {id: hypoglycaemia, fr: hypoglycémie, en: hypoglycaemia, icd: [E16.0-E16.2]}
- {id: kidney, fr: maladie rénale, en: kidney disease, icd: [N17-N19]}
- {id: g6pd, fr: déficit en G6PD, en: G6PD deficiency, icd: [D55.0]}
- {code: E14, fr: diabète, en: diabetes mellitus, syn: [diabétique]}
- {code: E11, fr: diabète de type 2, en: type 2 diabetes, syn: [DT2, diabète non insulinodépendant]}
- {code: E23.2, fr: diabète insipide, en: diabetes insipidus}
- {code: J45, fr: asthme, en: asthma, syn: [asthmatique]}
- {code: K27, fr: ulcère gastroduodénal, en: peptic ulcer}
- {code: I10, fr: hypertension artérielle, en: hypertension, syn: [HTA]}
- {code: R11, fr: nausées et vomissements, en: nausea and vomiting}
- {code: N18.9, fr: insuffisance rénale chronique, en: chronic kidney disease, syn: [IRC]}
- {code: D55.0, fr: déficit en G6PD, en: G6PD deficiency}
"""
ALLERGENS = """
- {id: penicillins, fr: pénicillines, en: penicillins, syn: [pénicilline], members: ["class:penicillins"]}
- {id: sulfonamides, fr: sulfamides, en: sulfonamides, members: [sulfadiazine]}
- {id: quinolones, fr: quinolones, en: quinolones, syn: [fluoroquinolones]}
- {id: latex, fr: latex, en: latex}
"""
MEASUREMENTS = """
- {id: egfr_ml_min, fr: débit de filtration, en: glomerular filtration rate, unit: mL/min, about: renal, max_age_days: 180, ask_when: {condition: [kidney]}}
- {id: creatinine_umol_l, fr: créatinine, en: creatinine, unit: µmol/L, about: "lab:creatinine", max_age_days: 180}
- {id: potassium_mmol_l, fr: potassium, en: potassium, unit: mmol/L, about: "lab:potassium", max_age_days: 30}
- {id: glucose_mmol_l, fr: glycémie, en: glucose, unit: mmol/L, about: "lab:glucose", max_age_days: 2}
- {id: hla_b_5701, fr: HLA, en: HLA, about: "lab:hla_b_5701", values: [positive, negative]}
- {id: age_days, fr: âge, en: age, about: age, always: true}
- {id: weight_g, fr: poids, en: weight, about: weight, ask_when: {age: "<12y"}}
- {id: pregnancy, fr: grossesse, en: pregnancy status, about: pregnancy}
"""
_RULE = """
- id: {id}
  kind: {kind}
  drugs: {drugs}
  when: {when}
  severity: {severity}
  fr: "Phrase de {{drug}} et {{fact}} pour la règle."
  en: "Sentence of {{drug}} and {{fact}} for the rule."
  evidence: policy
  source: {{title: Test, section: "to verify"}}
  fires: [{{drug: glucose}}]
  quiet: [{{drug: paracetamol}}]
"""
RULES = (
    ("condition.glucose.diabetes", "condition", "[glucose]", "{condition: [diabetes]}\n  unless: [{lab: {glucose_mmol_l: \"<3.9\"}}, {condition: [hypoglycaemia]}]", "contraindicated"),
    ("interaction.warfarin.nsaids", "interaction", "[warfarin]", "{drug: [\"class:nsaids\"]}\n  instead: [paracetamol, ibuprofen]", "major"),
    ("duplicate.ace-inhibitors", "duplicate", "[\"class:ace-inhibitors\"]", "{drug: [\"class:ace-inhibitors\"]}", "moderate"),
    ("duplicate.nsaids", "duplicate", "[\"class:nsaids\"]", "{drug: [\"class:nsaids\"]}", "moderate"),
    ("interaction.triple-whammy", "interaction", "[\"class:nsaids\"]", "{drug: [\"class:ace-inhibitors\"], drug2: [hydrochlorothiazide]}", "major"),
    ("pregnancy.ace.late", "pregnancy", "[\"class:ace-inhibitors\"]", "{pregnancy: \"14-\"}", "contraindicated"),
    ("pregnancy.ibuprofen.early", "pregnancy", "[ibuprofen]", "{pregnancy: \"1-13\"}", "moderate"),
    ("lactation.codeine.newborn", "lactation", "[codeine]", "{lactation: \"<6w\"}", "major"),
    ("age.codeine.child", "age", "[codeine]", "{age: \"<12y\"}", "contraindicated"),
    ("renal.metformin.30", "renal", "[metformin]", "{egfr: \"<30\"}", "contraindicated"),
    ("renal.methotrexate.30", "renal", "[methotrexate]", "{egfr: \"<30\"}\n  if_missing: say", "major"),
    ("lab.amiloride.potassium", "lab", "[amiloride]", "{lab: {potassium_mmol_l: \">=5.5\"}}", "contraindicated"),
    ("allergy.penicillins.ampicillin", "allergy", "[\"class:penicillins\"]", "{allergy: [\"class:penicillins\"]}", "contraindicated"),
    ("allergy.aminopenicillins.cefalexin", "allergy", "[cefalexin]", "{allergy: [\"class:aminopenicillins\"]}", "major"),
    ("allergy.penicillins.cefalexin", "allergy", "[cefalexin]", "{allergy: [penicillins]}", "moderate"),
    ("condition.quinine.g6pd", "g6pd", "[quinine]", "{condition: [g6pd]}", "moderate"),
    ("condition.nsaid.ulcer", "condition", "[\"class:nsaids\"]", "{history: [K25-K28], no_drug: [amiloride]}", "major"),
    ("condition.metformin.family", "condition", "[metformin]", "{family: [diabetes]}", "minor"),
    ("condition.methotrexate.daily", "dose", "[methotrexate]", "{dose: \"> 10 mg/day\"}", "contraindicated"),
    ("condition.any", "condition", "[insulin]", "{any: [{drug: [quinine]}, {condition: [J45]}]}", "moderate"),
)  # fmt: skip
DOSES = """
- drug: paracetamol
  limits:
    - {age: ">=12y", max_dose: "1000 mg", max_day: "4000 mg"}
    - {age: "<12y", max_dose_kg: "15 mg", max_day_kg: "60 mg"}
    - {condition: [kidney], max_day: "3000 mg", severity: moderate}
  source: {title: Test, section: "to verify"}
  fires: [{drug: doliprane, route: oral, dose: "1000 mg", per_day: 6}]
  quiet: [{drug: doliprane, route: oral, dose: "1000 mg", per_day: 4}]
- drug: methotrexate
  limits: [{min_interval: "7d", severity: contraindicated}, {max_week: "25 mg"}]
  source: {title: Test, section: "to verify"}
  fires: [{drug: methotrexate, route: oral, dose: "10 mg", per_day: 1}]
  quiet: [{drug: methotrexate, route: oral, dose: "10 mg", per_day: 0.143}]
- drug: codeine
  limits: [{max_day: "240 mg"}, {max_days: 3}]
  source: {title: Test, section: "to verify"}
  fires: [{drug: codeine, route: oral, dose: "100 mg", per_day: 3}]
  quiet: [{drug: codeine, route: oral, dose: "30 mg", per_day: 3}]
- drug: amoxicillin
  limits: [{max_day: "3000 mg"}]
  source: {title: Test, section: "to verify"}
  fires: [{drug: amoxicillin, route: oral, dose: "2000 mg", per_day: 3}]
  quiet: [{drug: amoxicillin, route: oral, dose: "1000 mg", per_day: 3}]
- drug: enalapril
  limits: [{max_day: "40 mg"}]
  source: {title: Test, section: "to verify"}
  fires: [{drug: enalapril, route: oral, dose: "30 mg", per_day: 2}]
  quiet: [{drug: enalapril, route: oral, dose: "20 mg", per_day: 2}]
"""
FILES = {
    "VERSION": "9.9.9",
    "salts.yaml": SALTS,
    "lexicon.yaml": LEXICON,
    "derived.yaml": DERIVED,
    "substances/all.yaml": SUBSTANCES,
    "classes/all.yaml": CLASSES,
    "conditions/all.yaml": CONDITIONS,
    "allergens/all.yaml": ALLERGENS,
    "measurements.yaml": MEASUREMENTS,
    "rules/all.yaml": "".join(
        _RULE.format(id=id_, kind=kind, drugs=drugs, when=when, severity=severity)
        for id_, kind, drugs, when, severity in RULES
    ),
    "doses/all.yaml": DOSES,
}


def compile_small(**changes: str) -> tuple[Index, Sources]:
    """The compiled small knowledge with files replaced or added ("rules__more" is rules/more.yaml)."""
    files = FILES | {f"{name.replace('__', '/')}.yaml": text for name, text in changes.items()}
    with TemporaryDirectory() as folder:
        copytree(KNOWLEDGE / READING, Path(folder) / READING)
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf8")
        return compile_knowledge(Path(folder))


@lru_cache(maxsize=1)
def small() -> Knowledge:
    """The small knowledge, loaded."""
    index, sources = compile_small()
    assert not sources.problems, [str(problem) for problem in sources.problems]
    return Knowledge(index)
