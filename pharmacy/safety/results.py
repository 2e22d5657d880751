"""Reads laboratory figures that people write in a text: "créatinine 12 mg/L, K+ 5,8"."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

Factors = dict[str, Fraction]
WITHOUT_UNIT = ""
# what a figure is replaced by, so that the reader finds it again; nobody writes this
MARK = "resultat0lu"
_FIGURE = r"\d{1,3}(?: \d{3})+|\d{1,6}(?:[.,]\d{1,3})?"
_ABOUT = r"\s*(?:(?:est|etait|was|is)\s+)?(?:à|a|=|:|de)?\s*"
_OTHER_TIME = re.compile(
    r"\b(?:19|20)\d\d\b|\d\s*/\s*\d{1,2}\s*/\s*\d|il y a|\bago\b|\banci|\bavant\b|\bbefore\b|\bprevious"
    r"|\bpréc[ée]d"
    r"|\bpuis\b|\bthen\b|->|→|\bcible\b|\bobjectif\b|\btarget\b",
    re.IGNORECASE,
)
_PART = re.compile(r"[,;\n]|\.\s|$")
# what makes the number before it no result: another unit, a range, a date
_OTHERWISE = (
    r"(?!\s*(?:(?-i:m?g)|kg|µg|mcg|ml|cl(?!\s*\d)|cp|ui|mmol|meq|ans?|mois|jours?|sem|sa|fois|x|h)(?!\w)"
    r"|\s*[/%^+]|[\w]|[.,]\d|\s*(?:-|à|a|to|et|ou)\s*\d)"
)


class Test(NamedTuple):
    """A laboratory figure: its names, what one of each unit is in ours, and what can be true of a living patient."""

    figure: str
    names: str
    units: Factors
    least: int
    most: int


def _units(**factors: str) -> Factors:
    names = {
        "g_l": r"g\s*/\s*l",
        "g": r"gr?(?!\s*/)",
        "mg_l": r"mg\s*/\s*l",
        "mg_dl": r"mg\s*/\s*dl|mg\s*%",
        "g_dl": r"g\s*/\s*dl|g\s*%|g\s*/\s*100\s*ml",
        "mmol_l": r"mmol\s*/\s*l|mmol",
        "meq_l": r"m[eé]q\s*/\s*l|m[eé]q",
        "umol_l": r"(?:µ|μ|u|micro)mol\s*/\s*l|(?:µ|μ|u)mol",
        "u_l": r"u\.?i\.?\s*/\s*l|iu\s*/\s*l|u\s*/\s*l|ui|iu",
        "per_mm3": r"/\s*mm\s*(?:3|³)|/\s*(?:µ|μ|u)l|(?:cells?|cellules?)\s*/\s*(?:mm\s*(?:3|³)|(?:µ|μ|u)l)",
        "giga_l": r"g(?:iga)?\s*/\s*l|10\^?9\s*/\s*l|10⁹\s*/\s*l|x\s*10\^?9\s*/\s*l",
        "ml_min": r"ml\s*/\s*min(?:ute)?(?:\s*/\s*1[.,]73\s*m(?:2|²)?)?",
        "ms": r"ms|msec",
        "ng_ml": r"(?:ng\s*/\s*ml|µg\s*/\s*l)",
        "mf_ml": r"(?:mf|microfilaires)\s*/\s*ml",
        "percent": r"%",
        "miu_l": r"m?[uµ]?ui\s*/\s*m?l|m?iu\s*/\s*m?l",
        "none": WITHOUT_UNIT,
    }
    return {names[key]: Fraction(factor) for key, factor in factors.items()}


_WHITE = r"gb|globules blancs|leucocytes|wbc"
_PLATELETS = r"plaquettes|platelets|plaq|plq|plt"
_GLUCOSE = (
    r"glyc[ée]mie(?: [àa] ?jeun| capillaire| veineuse| al[ée]atoire)?|glyc(?: [àa] ?jeun)?|gly|gaj"
)
# 1 mg/L of creatinine is 8.84 µmol/L, 1 g/L of glucose 5.55 mmol/L; 1 mg/L of bilirubin is 1.71 µmol/L, of calcium
# 0.02495 mmol/L.
# A figure without a unit is taken only where the units in use cannot be confused.
TESTS = (
    Test(
        "creatinine_umol_l",
        r"cr[ée]atinin[ée]mie|cr[ée]atinine|creat|cr[ée]at|serum creatinine",
        _units(umol_l="1", mg_l="8.84", mg_dl="88.4"),
        10,
        3000,
    ),
    Test(
        "egfr_ml_min",
        r"dfg\s*e?|dfge|egfr|gfr|clairance(?: de la cr[ée]atinine)?|clcr|creatinine clearance",
        _units(ml_min="1", none="1"),
        1,
        200,
    ),
    Test(
        "glucose_mmol_l",
        rf"{_GLUCOSE}|gpp|dextro|dxt|hgt|cbg|rbs|fbs|ppbs|blood (?:sugar|glucose)",
        _units(g_l="5.55", mmol_l="1", mg_dl="0.0555", g="5.55"),
        1,
        60,
    ),
    # in French g/L goes without saying; as mmol/L so little would be a coma
    Test("glucose_mmol_l", _GLUCOSE, _units(none="5.55"), 4, 8),
    # without a unit: below 0.7 it is too low in either, from 7 on nobody means g/L
    Test("glucose_mmol_l", rf"{_GLUCOSE}|dextro", _units(none="5.55"), 0, 3),
    Test("glucose_mmol_l", rf"{_GLUCOSE}|dextro", _units(none="1"), 7, 60),
    Test(
        "hb_g_dl",
        r"hb|taux d'h[ée]moglobine|h[ée]moglobine|ha?emoglobin",
        _units(g_dl="1", g_l="0.1", none="1"),
        2,
        25,
    ),
    Test(
        "potassium_mmol_l",
        r"kali[ée]mie|k\s*\+|potassium|(?<!vitamine )(?<!vit )(?<!vitamin )k(?=\s*[:=]?\s*[2-7][.,]\d)",
        _units(mmol_l="1", meq_l="1", none="1"),
        1,
        10,
    ),
    Test(
        "sodium_mmol_l",
        r"natr[ée]mie|na\s*\+|sodium|na(?=\s*[:=àa]?\s*1[0-6]\d)",
        _units(mmol_l="1", meq_l="1", none="1"),
        95,
        190,
    ),
    Test("inr", r"inr", _units(none="1"), 1, 20),
    Test("cd4_cells_ul", r"(?:taux de )?cd4(?: count)?", _units(per_mm3="1", none="1"), 0, 3000),
    Test("qtc_ms", r"qtc", _units(ms="1", none="1"), 250, 800),
    Test("platelets_10e9_l", _PLATELETS, _units(giga_l="1", per_mm3="0.001"), 1, 2000),
    Test(
        "neutrophils_10e9_l",
        r"(?:poly)?neutrophiles|pnn|neutrophils|anc",
        _units(giga_l="1", per_mm3="0.001"),
        0,
        100,
    ),
    Test("alt_u_l", r"alat|alt|sgpt|tgp", _units(u_l="1", none="1"), 1, 20000),
    Test("ast_u_l", r"asat|ast|sgot|tgo", _units(u_l="1", none="1"), 1, 20000),
    Test(
        "bilirubin_total_umol_l",
        r"bilirubine totale|bilirubine|bili(?: ?totale| ?T)?|total bilirubin",
        _units(umol_l="1", mg_l="1.71", mg_dl="17.1"),
        1,
        1000,
    ),
    Test(
        "calcium_total_mmol_l",
        r"calc[ée]mie|(?-i:Ca)(?:\+\+|2\+)?|ca(?:lcium)?(?: total)?(?=\s*[:=]?\s*(?:\d[.,]\d|\d{2,3}\s*mg\s*/\s*l))",
        _units(mmol_l="1", mg_l="0.02495"),
        1,
        5,
    ),
    Test(
        "calcium_total_mmol_l", r"calc[ée]mie|ca(?=\s*[:=]?\s*[1-3][.,]\d)", _units(none="1"), 1, 4
    ),
    Test("wbc_10e9_l", _WHITE, _units(giga_l="1", per_mm3="0.001"), 0, 500),
    # bare figures so far apart that only one unit can be meant
    Test("wbc_10e9_l", _WHITE, _units(none="0.001"), 1, 300),
    Test("wbc_10e9_l", _WHITE, _units(none="1"), 0, 60),
    Test("platelets_10e9_l", _PLATELETS, _units(none="0.001"), 10, 2000),
    Test("platelets_10e9_l", _PLATELETS, _units(none="1"), 5, 1400),
    Test(
        "neutrophils_10e9_l",
        r"(?:pnn|(?:poly)?neutrophiles)(?=\s*[:=]?\s*\d{3,5}(?!\s*%))",
        _units(none="0.001"),
        0,
        100,
    ),
    Test("tsh_miu_l", r"tsh(?:us)?|tsh us", _units(miu_l="1", none="1"), 0, 500),
    Test(
        "uric_acid_umol_l",
        r"uric[ée]mie|acide urique|uric acid|(?-i:AU)",
        _units(umol_l="1", mg_l="5.948", mg_dl="59.48"),
        50,
        2000,
    ),
    Test(
        "magnesium_mmol_l",
        r"magn[ée]s[ée]mie|serum magnesium|(?-i:Mg)(?:\+\+|2\+)?",
        _units(mmol_l="1", mg_l="0.0411"),
        0,
        5,
    ),
    Test(
        "albumin_g_l", r"albumin[ée]mie|albumine s[ée]rique|serum albumin", _units(g_l="1"), 5, 70
    ),
    Test("lithium_mmol_l", r"lithi[ée]mie|lithium level", _units(mmol_l="1", meq_l="1"), 0, 10),
    Test("digoxin_ng_ml", r"digoxin[ée]mie|digoxin level", _units(ng_ml="1"), 0, 20),
    Test("lactate_mmol_l", r"lactates?|lactat[ée]mie", _units(mmol_l="1"), 0, 40),
    Test("ck_u_l", r"cpk|creatine kinase", _units(u_l="1"), 1, 500000),
    Test(
        "loa_loa_mf_per_ml",
        r"microfilar[ée]mie(?: (?:à |a )?loa(?: loa)?)?|mf(?: loa)?|loa loa",
        _units(mf_ml="1"),
        0,
        500000,
    ),
    Test("hba1c_percent", r"hba1c|h[ée]moglobine glyqu[ée]e", _units(percent="1", none="1"), 3, 20),
)


def _pattern(test: Test) -> re.Pattern[str]:
    units = "|".join(unit for unit in test.units if unit)
    unit = rf"\s*({units})" if units else "()"
    optional = "?" if WITHOUT_UNIT in test.units and units else ""
    return re.compile(
        rf"(?<![\w/])(?:{test.names}){_ABOUT}({_FIGURE})(?:{unit}){optional}{_OTHERWISE}",
        re.IGNORECASE,
    )


_PATTERNS = tuple((test, _pattern(test)) for test in TESTS)


# a figure behind one of these that nobody took as a result is never passed over; "ANC 2" is a visit, "K sein" a cancer
_NAMED = "|".join(
    (
        *(
            test.names
            for test in TESTS
            if test.figure
            not in (
                "potassium_mmol_l",
                "sodium_mmol_l",
                "neutrophils_10e9_l",
                "calcium_total_mmol_l",
                "tsh_miu_l",
                "uric_acid_umol_l",
                "loa_loa_mf_per_ml",
            )
        ),
        r"kali[ée]mie|k\s*\+|natr[ée]mie|na\s*\+|na(?=\D{1,4}1\d\d)|calc[ée]mie|ca(?=\D{1,4}[1-3][.,]\d)",
        r"pnn|neutrophiles|uric[ée]mie|transaminases?|transa|qt|bili|ur[ée]e|pouls|fc|fr|spo2|saturation|gcs|glasgow|fevg",
    )
)
_LEFT = re.compile(
    rf"(?<![\w/'’])(?:{_NAMED})(?:\s*(?:est|[àa]|de|at|is|=|:|>|<|≤|≥|~|≈|\(|->|→|-|x))*\s*\d[\d.,]*(?!\w*0lu)",
    re.IGNORECASE,
)


def left_out(text: str) -> str:
    """What looks like a result in a text that all others have read, or nothing: "créat 450"."""
    found = _LEFT.search(text)
    return "" if found is None else found[0].strip()


def taken_out(text: str) -> tuple[str, dict[str, tuple[str, int]]]:
    """The text with each figure as a mark, and {mark: (figure, thousandths of its unit)}.

    A figure stays in the text, and is then said not to be understood, when it has no unit and needs one, cannot be
    true, is of another time, or stands there a second time.
    """
    marks: dict[str, tuple[str, int]] = {}
    if not any(letter.isdigit() for letter in text):
        return text, marks
    for test, pattern in _PATTERNS:
        if len(pattern.findall(text)) == 1:
            text = pattern.sub(_marker(test, text, marks), text)
    return text, marks


def _marker(
    test: Test, text: str, marks: dict[str, tuple[str, int]]
) -> Callable[[re.Match[str]], str]:
    def mark(found: re.Match[str]) -> str:
        written = found[1].replace(" ", "").replace(",", ".")
        value = Fraction(written) * _factor(test, found[2] or "")
        if not test.least <= value <= test.most or _of_another_time(text, found):
            return found[0]
        name = f"{MARK}{chr(ord('a') + len(marks))}"
        marks[name] = (test.figure, int(value * 1000))
        return f" {name} "

    return mark


def _of_another_time(text: str, found: re.Match[str]) -> bool:
    """Whether the words around, up to the next comma or stop, tell another day, a course or an aim."""
    starts = [cut.end() for cut in _PART.finditer(text, 0, found.start()) if cut[0]]
    rest = _PART.search(text, found.end())
    end = len(text) if rest is None else rest.start()
    before = text[starts[-1] if starts else 0 : found.start()]
    return bool(_OTHER_TIME.search(before) or _OTHER_TIME.search(text[found.end() : end]))


def _factor(test: Test, written: str) -> Fraction:
    for unit, factor in test.units.items():
        if re.fullmatch(unit, written, re.IGNORECASE):
            return factor
    return Fraction(1)
