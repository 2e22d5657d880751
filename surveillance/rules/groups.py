"""By what consultations are counted: groups of diagnoses, bands of age, events of prescribing. Pure functions.

ICD-10 codes of the notifiable diseases follow WHO AFRO, Technical Guidelines for Integrated Disease
Surveillance and Response, 3rd ed., 2019, as coded in public IDSR tools (to verify against the national list).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

AGE_BANDS: tuple[tuple[str, int], ...] = (
    # name, first completed year
    ("0", 0), ("1-4", 1), ("5-14", 5), ("15-24", 15), ("25-49", 25), ("50+", 50),
)  # fmt: skip
SEXES = ("F", "M")
EVENTS: tuple[tuple[str, str, str], ...] = (
    ("prescribed", "avec ordonnance", "with a prescription"),
    ("contraindicated", "avec une contre-indication trouvée", "with a contraindication found"),
    ("major", "avec une alerte majeure", "with a major finding"),
    ("moderate", "avec une alerte modérée", "with a moderate finding"),
    ("minor", "avec une alerte mineure", "with a minor finding"),
    ("not-checked", "avec une ligne non contrôlée", "with a line not checked"),
    ("dispensed", "avec un médicament délivré", "with a medicine dispensed"),
    ("refused", "avec une délivrance refusée", "with dispensing refused"),
)
UNCODED, OTHER = "uncoded", "other"


@dataclass(frozen=True)
class Group:
    """A group of diagnoses: its key, French and English name, and the ICD-10 prefixes or ranges it holds."""

    key: str
    fr: str
    en: str
    codes: tuple[str, ...]


def _group(key: str, fr: str, en: str, codes: str) -> Group:
    return Group(key, fr, en, tuple(codes.split()))


GROUPS: tuple[Group, ...] = (
    _group("cholera", "Choléra", "Cholera", "A00"),
    _group("typhoid", "Fièvre typhoïde", "Typhoid fever", "A01"),
    _group("bloody-diarrhoea", "Diarrhée sanglante", "Bloody diarrhoea", "A03 A06.0"),
    _group("diarrhoea", "Diarrhée", "Diarrhoea", "A02 A04-A09"),
    _group("tuberculosis", "Tuberculose", "Tuberculosis", "A15-A19"),
    _group("plague", "Peste", "Plague", "A20"),
    _group("anthrax", "Charbon", "Anthrax", "A22"),
    _group("leprosy", "Lèpre", "Leprosy", "A30"),
    _group("buruli", "Ulcère de Buruli", "Buruli ulcer", "A31.1"),
    _group("neonatal-tetanus", "Tétanos néonatal", "Neonatal tetanus", "A33"),
    _group("diphtheria", "Diphtérie", "Diphtheria", "A36"),
    _group("pertussis", "Coqueluche", "Pertussis", "A37"),
    _group("meningitis", "Méningite", "Meningitis", "A39 G00-G03"),
    _group("afp", "Paralysie flasque aiguë", "Acute flaccid paralysis", "A80 G61.0"),
    _group("rabies", "Rage", "Rabies", "A82"),
    _group("dengue", "Dengue", "Dengue", "A90 A91 A97"),
    _group("chikungunya", "Chikungunya", "Chikungunya", "A92.0"),
    _group("rift-valley-fever", "Fièvre de la vallée du Rift", "Rift Valley fever", "A92.4"),
    _group("zika", "Zika", "Zika", "A92.5"),
    _group("yellow-fever", "Fièvre jaune", "Yellow fever", "A95"),
    _group("lassa", "Fièvre de Lassa", "Lassa fever", "A96.2"),
    _group(
        "haemorrhagic-fever", "Fièvre hémorragique virale", "Viral haemorrhagic fever", "A96 A98 A99",
    ),
    _group("smallpox", "Variole", "Smallpox", "B03"),
    _group("mpox", "Mpox", "Mpox", "B04"),
    _group("measles", "Rougeole", "Measles", "B05"),
    _group("rubella", "Rubéole", "Rubella", "B06"),
    _group("mumps", "Oreillons", "Mumps", "B26"),
    _group("hepatitis", "Hépatite virale", "Viral hepatitis", "B15-B19"),
    _group("hiv", "VIH", "HIV", "B20-B24 Z21"),
    _group("malaria", "Paludisme", "Malaria", "B50-B54"),
    _group("schistosomiasis", "Schistosomiase", "Schistosomiasis", "B65"),
    _group("dracunculiasis", "Ver de Guinée", "Guinea worm disease", "B72"),
    _group("onchocerciasis", "Onchocercose", "Onchocerciasis", "B73"),
    _group("influenza-novel", "Grippe, sous-type nouveau", "Influenza, new subtype", "J09"),
    _group("influenza", "Grippe", "Influenza", "J10 J11"),
    _group("covid", "Covid-19", "Covid-19", "U07.1 U07.2"),
    _group("pneumonia", "Pneumonie", "Pneumonia", "J12-J18"),
    _group("respiratory", "Infection respiratoire haute", "Upper respiratory infection", "J00-J06 J20-J22"),
    _group("asthma", "Asthme et BPCO", "Asthma and COPD", "J40-J47"),
    _group("malnutrition", "Malnutrition aiguë sévère", "Severe acute malnutrition", "E40-E46"),
    _group("diabetes", "Diabète", "Diabetes", "E10-E14"),
    _group("hypertension", "Hypertension artérielle", "Hypertension", "I10-I15"),
    _group("sickle-cell", "Drépanocytose", "Sickle-cell disease", "D57"),
    _group("anaemia", "Anémie", "Anaemia", "D50-D56 D58-D64"),
    _group("sti", "Infection sexuellement transmise", "Sexually transmitted infection", "A50-A64"),
    _group("skin", "Maladie de peau", "Skin disease", "L00-L99 B35 B36 B86"),
    _group("maternal-death", "Décès maternel", "Maternal death", "O95-O97"),
    _group("perinatal-death", "Décès périnatal", "Perinatal death", "P95"),
    _group("pregnancy", "Grossesse et accouchement", "Pregnancy and childbirth", "O00-O94 O98 O99 Z33-Z39"),
    _group("mental", "Santé mentale", "Mental health", "F00-F99"),
    _group("digestive", "Maladie digestive", "Digestive disease", "K00-K93"),
    _group("urinary", "Maladie urinaire et génitale", "Urinary and genital disease", "N00-N99"),
    _group("eye-ear", "Œil et oreille", "Eye and ear", "H00-H95"),
    _group("musculoskeletal", "Maladie ostéo-articulaire", "Musculoskeletal disease", "M00-M99"),
    _group("snake-bite", "Morsure de serpent", "Snake bite", "T63.0"),
    _group("injury", "Traumatisme", "Injury", "S00-T62 T63 T64-T98"),
    _group("fever", "Fièvre d’origine inconnue", "Fever of unknown origin", "R50"),
    _group(OTHER, "Autre diagnostic", "Other diagnosis", ""),
    _group(UNCODED, "Sans code", "Without a code", ""),
)  # fmt: skip
BY_KEY = {group.key: group for group in GROUPS}


@cache
def _exact() -> dict[str, str]:
    """Return the group of every three-figure category and longer prefix named above."""
    found: dict[str, str] = {}
    for group in GROUPS:
        for code in group.codes:
            for prefix in _expand(code):
                found[prefix] = group.key
    return found


def _expand(code: str) -> Iterable[str]:
    first, dash, last = code.partition("-")
    if not dash:
        return (code,)
    letters = range(ord(first[0]), ord(last[0]) + 1)
    names = (f"{chr(letter)}{number:02d}" for letter in letters for number in range(100))
    return tuple(name for name in names if first <= name <= last)


def group_of(code: str) -> str:
    """Return the group of an ICD-10 code: by its longest known prefix, else `other`; `uncoded` without one."""
    text = code.strip().upper()
    if not text:
        return UNCODED
    known = _exact()
    return next((known[text[:n]] for n in range(len(text), 2, -1) if text[:n] in known), OTHER)


def groups_of(codes: Iterable[str]) -> frozenset[str]:
    """Return the groups of one consultation's diagnoses; one without a diagnosis is `uncoded`.

    A diagnosis in words only counts as `uncoded` when the consultation has no coded one.
    """
    found = frozenset(group_of(code) for code in codes) or frozenset({UNCODED})
    return found - {UNCODED} or found


def age_band(birth_date: date, day: date) -> str:
    """Return the band in which the completed years on `day` lie."""
    before = (day.month, day.day) < (birth_date.month, birth_date.day)
    years = day.year - birth_date.year - before
    return next(name for name, first in reversed(AGE_BANDS) if years >= first or first == 0)
