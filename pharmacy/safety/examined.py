"""Reads figures of examination, scores, growth and laboratory slips: "AV OD 4/10, TO 26, P/T -3,2, CRP 96"."""

from __future__ import annotations

import re
from collections.abc import Callable

from .vitals import Sign
from .written import rewritten

_IS = r"\s*(?:à|a|=|:|de|est|was|is)?\s*"
_FIGURE = r"(\d{1,4}(?:[.,]\d{1,2})?)"
# behind a figure: neither more of a number nor a stroke that makes it another thing
_ENDS = r"(?![\w/]|[.,]\d)"


def _figure(names: str, units: str = "", *, needed: bool = False) -> re.Pattern[str]:
    unit = rf"\s*(?:{units}){'' if needed else '?'}" if units else ""
    return re.compile(rf"(?<![\w/])(?:{names}){_IS}{_FIGURE}{unit}{_ENDS}", re.IGNORECASE)


def _arm(found: re.Match[str]) -> str:
    return f"PB {float(found[1].replace(',', '.')) * 10:.0f} mm "


def _coma(found: re.Match[str]) -> str:
    eyes, voice, limbs = (1 if part == "T" else int(part) for part in found.groups())
    return f" GCS {eyes + voice + limbs} "


def _force(found: re.Match[str]) -> str:
    return " , " if found[1] == "5" else " , force musculaire diminuée , "


def _apgar(found: re.Match[str]) -> str:
    figures = [int(figure) for figure in re.findall(r"\d+", found[1])]
    return " , asphyxie néonatale , " if min(figures) < 7 else " , "


def _ratios(found: re.Match[str]) -> str:
    """Sight of each eye as a part of the whole: from eight tenths on it says nothing."""
    parts = re.findall(r"(\d{1,2})\s*/\s*(\d{1,3})", found[0])
    whole = all(int(below) and int(above) / int(below) >= 2 / 3 for above, below in parts)
    return " , " if whole else " , baisse de l'acuité visuelle , "


def _pressure_of_eye(found: re.Match[str]) -> str:
    figures = [int(figure) for figure in re.findall(r"(?<![.,\d])\d{1,2}(?!\d)", found[0])]
    if not figures:  # "TO 450": no pressure of an eye
        return found[0]
    return " , hypertonie oculaire , " if max(figures) > 21 else " , "


# a ratio to the height, the age: what three and two deviations below say
_WASTED = ("malnutrition aiguë sévère", "malnutrition aiguë modérée")
_SMALL = ("retard staturo-pondéral", "retard staturo-pondéral")


def _deviation(found: re.Match[str]) -> str:
    value = float(found["z"].replace(",", ".").replace(" ", "").replace("\u2212", "-"))
    index = found["index"].upper().replace(" ", "").replace("/", "")
    severe, moderate = _SMALL if index in ("TA", "PA", "HFA", "HAZ", "WFA", "WAZ") else _WASTED
    sign = found["sign"] or ""
    if ">" in sign or "≥" in sign or "sup" in sign:
        return " , " if value >= -2 else f" , {moderate} , "
    if value <= -3:
        return f" , {severe} , "
    below = value <= -2 or (value < -1 and sign != "")
    return f" , {moderate} , " if below else " , "


def _fetal(found: re.Match[str]) -> str:
    rate = int(found[1])
    if 110 <= rate < 160:
        return " , BCF présents , "
    return " , souffrance fœtale , " if 40 <= rate <= 240 else found[0]


_DELIVERED = re.compile(
    r"accouch|post[- ]?partum|postnatal|suites de couches|puerp|césaris|cesaris|delivered|\bJ\d+\s*(?:PP"
    r"|post)|lochi|involu",
    re.IGNORECASE,
)


def _height(text: str) -> Callable[[re.Match[str]], str]:
    """The height of the womb in figures is that of a pregnancy, unless the text says that the child is born."""
    said = " , " if _DELIVERED.search(text) else " , hauteur utérine normale , "
    return lambda found: said


def _diuresis(found: re.Match[str]) -> str:
    volume = float(found[1].replace(",", "."))
    per = (found["per"] or "").replace(" ", "").lower()
    if "kg" in per:
        return " , oligurie , " if volume < 0.5 else " , "
    least = 30 if per.endswith("h") and "24" not in per else 400
    return " , oligurie , " if volume < least else " , "


def _ejection(found: re.Match[str]) -> str:
    """A weak heart stays in its part of the text, so that "pas d'ICC FEVG 30 %" denies both."""
    share = float(found[1].replace(",", "."))
    if not 5 <= share <= 90:
        return found[0]
    return " FEVG altérée " if share < 50 else " , "


_EYE = (
    r"(?:OD|OG|ODG|RE|LE|BE|OS|OU|R|L|D|G|[œo]eil droit|[œo]eil gauche|right eye|left eye"
    r"|SC|AC|de loin|de pr[èe]s)"
)
_TOLD: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(
            r"(?<!\w)Apgar\s*(?:à|a|:|=|de)?\s*(\d{1,2}(?:\s*[/-]\s*\d{1,2}){0,3})(?![\w/])",
            re.IGNORECASE,
        ),
        _apgar,
    ),
    (
        re.compile(
            r"(?<!\w)(?:PB|MUAC|p[ée]rim[èe]tre brachial)\s*[:=à]?\s*(\d{1,2}(?:[.,]\d)?(?=\s*cm)"
            r"|[7-9][.,]\d|[12]\d[.,]\d)(?:\s*cm)?(?![\w.,]*\d|\w)",
            re.IGNORECASE,
        ),
        _arm,
    ),
    (
        re.compile(
            r"(?<!\w)(?:GCS|Glasgow)?\s*\d{0,2}\s*\(?\s*E([1-4])\s*[,/]?\s*V([1-5T])\s*[,/]?\s*M([1-6])\s*\)?"
        ),
        _coma,
    ),
    (
        re.compile(
            r"(?<!\w)(?:force(?: musculaire)?|power|FM|motricit[ée]|tone and power)\s*(?:à|:|=|is"
            r"|cot[ée]e à)?\s*([0-5])\s*/\s*5"
            r"(?:\s*(?:aux|in|dans les|des)?\s*(?:4|quatre|all|deux|both)?\s*(?:membres"
            r"|limbs)(?: inf[ée]rieurs| sup[ée]rieurs)?)?(?!\w)",
            re.IGNORECASE,
        ),
        _force,
    ),
    (
        re.compile(
            r"(?<!\w)(?:acuit[ée](?: visuelle)?|AV|AVL|AVP|AVLSC|AVLAC|AVSC|AVAC|VA|visual acuity|vision)"
            rf"(?:[\s:=]*(?:{_EYE}[\s:=]*)*\d{{1,2}}\s*/\s*\d{{1,2}}(?:\s*e|[eè]mes?"
            rf"|\s*P\d)?[\s,;]*(?:et\s+)?(?:(?:ODG|OD|OG|BE|RE|LE|OU|both eyes"
            rf"|aux deux yeux)(?!\w))?)+(?![\d/])",
            re.IGNORECASE,
        ),
        _ratios,
    ),
    (
        re.compile(
            rf"(?<!\w)(?:TO|PIO|IOP|tonus oculaire|tension oculaire"
            rf"|to(?=\s*\d\d\s*mm\s*hg))(?:[\s:=]*{_EYE})?[\s:=àa]*\d{{1,2}}(?:[.,]\d)?(?:\s*{_EYE}(?!\w))?"
            rf"(?:\s*mm\s*hg)?(?:[\s,;/&]*(?:et\s*)?(?:{_EYE}[\s:=]*)?\d{{1,2}}(?:[.,]\d)?(?!\s*/)(?:\s*mm\s*hg)?)?"
            rf"(?:\s*(?:OD|OG|ODG|BE|OU|both eyes|aux deux yeux))?(?![\w/])"
        ),
        _pressure_of_eye,
    ),
    (
        re.compile(
            r"(?<!\w)(?P<index>P\s*/\s*T|T\s*/\s*A|P\s*/\s*A|PT|WFH|WHZ|W\s*/\s*H|WFL|HFA|HAZ|WFA|WAZ"
            r"|IMC\s*/\s*A|z-?\s?score)"
            r"\s*[:=]?\s*(?P<sign>[<>≤≥]=?|inf[ée]rieur à|sup[ée]rieur à"
            r"|entre)?\s*(?P<z>[-\u2212]\s*\d(?:[.,]\d{1,2})?)"
            r"(?:\s*(?:et|à)\s*[-\u2212]\s*\d(?:[.,]\d)?)?\s*(?:ET|DS|SD|z-?\s?scores?)?(?![\w/])",
            re.IGNORECASE,
        ),
        _deviation,
    ),
    (
        re.compile(
            r"(?<!\w)(?:BDCF|BdCF|BCF|RCF|FHR|FHS|FHT|FHB)\s*(?:à|=|:)?\s*(\d{2,3})(?:\s*(?:b(?:pm|/mi?n"
            r"|ts?/mi?n|att?/mi?n)|/\s*mi?n))?(?![\w/])",
            re.IGNORECASE,
        ),
        _fetal,
    ),
    (_figure("FEVG|LVEF|EF|FE|fraction d'[ée]jection", "%"), _ejection),
    (
        re.compile(
            r"(?<!\w)(?:diur[èe]se|diur|UOP|urine output)\s*[:=à]?\s*(\d{1,4}(?:[.,]\d)?)\s*(?:ml|cc)\s*"
            r"(?P<per>/\s*kg\s*/\s*h|/\s*24\s*h|/\s*h|par heure|/\s*j)?(?![\w/])",
            re.IGNORECASE,
        ),
        _diuresis,
    ),
)
_UTERUS = re.compile(
    r"(?<!\w)(?:HU|hauteur ut[ée]rine|SFH|fundal height|(?-i:FH))\s*[:=à]?\s*\d{1,2}(?:[.,]\d)?\s*(?:cms?"
    r"|weeks|wks?|SA)?(?![\w/])",
    re.IGNORECASE,
)
# contractions, and a neck of the womb that opens
_LABOUR = (
    (re.compile(r"(?<!\w)descente\s*:?\s*\d\s*/\s*5(?!\w)", re.IGNORECASE), " , en travail , "),
    (
        re.compile(r"(?<!\w)CUD?\s*[:=]?\s*\d\s*/\s*10(?:\s*(?:min|mn))?(?!\w)", re.IGNORECASE),
        " , en travail , contractions utérines , ",
    ),
    (
        re.compile(
            r"(?<!\w)(?:col|cervix|cx|os|dilatation|dil|DC)\s*(?:à|=|:|dilaté à|ouvert à|dilated"
            r"|de)?\s*\d{1,2}\s*(?:cms?|doigts?|FB)(?!\w)",
            re.IGNORECASE,
        ),
        " , dilatation du col , ",
    ),
)
SIGNS = (
    # what stays in the bladder; without millilitres "RPM" is a rupture of membranes
    Sign(
        _figure("RPM|PVR|r[ée]sidu post-?mictionnel", "ml|cc", needed=True),
        ((0, ""), (100, "obstacle du col de la vessie"), (3000, None)),
    ),
    Sign(
        _figure("ouverture buccale|ouverture de bouche|mouth opening", "cm|TD", needed=True),
        ((0, "trismus"), (3, ""), (9, None)),
    ),
    # pain from none to ten
    Sign(
        _figure(
            r"EVA|EVS|VAS|NRS|pain score|pain scale|douleur EVA|pain", r"/\s*10|sur 10|out of 10"
        ),
        ((0, ""), (4, "douleur"), (11, None)),
    ),
    Sign(
        _figure("Silverman|score de Silverman", r"/\s*10"),
        ((0, ""), (1, "dyspnée"), (4, "détresse respiratoire néonatale"), (11, None)),
    ),
    Sign(
        _figure("Blantyre|score de Blantyre", r"/\s*5"),
        ((0, "coma"), (3, "somnolence"), (5, ""), (6, None)),
    ),
    # what the heart and the lungs do
    Sign(
        _figure("ICT|index cardio-?thoracique|CTR"), ((0.2, ""), (0.51, "cardiomégalie"), (1, None))
    ),
    Sign(
        _figure(r"DEP|peak flow|PEFR?|VEMS|FEV1", "%", needed=True),
        ((5, "peak flow bas"), (60, ""), (200, None)),
    ),
    Sign(
        _figure(r"C/D|cup/disc|cup disc ratio|CDR"),
        ((0, ""), (0.51, "excavation papillaire"), (1.1, None)),
    ),
    Sign(
        _figure(
            r"(?:DEP|peak flow|PEFR?)\s*[:=à]?\s*\d{2,3}\s*l\s*/\s*mi?n\s*\(?\s*(?:soit|ie)?",
            r"%\s*\)?",
            needed=True,
        ),
        ((5, "peak flow bas"), (60, ""), (200, None)),
    ),
    Sign(
        _figure("DEP|peak flow|PEFR?", r"l\s*/\s*mi?n"),
        ((30, "peak flow bas"), (300, ""), (900, None)),
    ),
    Sign(
        _figure("TCA|TCK|aPTT|PTT", "s|sec"),
        (
            (0.3, ""),
            (1.3, "trouble de la coagulation"),
            (10, ""),
            (46, "trouble de la coagulation"),
            (400, None),
        ),
    ),
    Sign(
        _figure("systolique", r"mm\s*hg"),
        ((40, "hypotension"), (90, ""), (140, "HTA"), (180, "HTA non contrôlée"), (300, None)),
    ),
    Sign(
        _figure(
            "EBL|pertes sanguines(?: estim[ée]es)?|blood loss|estimated blood loss",
            "ml|cc",
            needed=True,
        ),
        ((0, ""), (500, "hémorragie du post-partum"), (9000, None)),
    ),
    # slips of the laboratory that no rule measures
    Sign(_figure("CRP", r"mg\s*/\s*l|mg\s*/\s*dl"), ((0, ""), (10.1, "CRP élevée"), (1000, None))),
    Sign(_figure("VS|ESR", r"mm(?:\s*/\s*h)?|mm"), ((0, ""), (31, "VS accélérée"), (200, None))),
    Sign(
        _figure("IDRT?|Mantoux|TST", "mm", needed=True), ((0, ""), (10, "IDR positive"), (60, None))
    ),
    Sign(_figure("PSA", r"ng\s*/\s*ml|µg\s*/\s*l"), ((0, ""), (4.1, "PSA élevé"), (9999, None))),
    Sign(
        _figure(r"Hte|Ht|PCV(?=[\s:=])(?!\s*(?:7|10|13)(?!\s*%))|h[ée]matocrite", "%"),
        ((5, "anémie"), (30, ""), (56, None)),
    ),
    Sign(
        _figure("ur[ée]e|urea|BUN", r"g\s*/\s*l", needed=True),
        ((0, ""), (0.51, "urée élevée"), (9, None)),
    ),
    Sign(
        _figure("ur[ée]e|urea|BUN", r"mmol\s*/\s*l", needed=True),
        ((0, ""), (8.6, "urée élevée"), (150, None)),
    ),
    Sign(_figure("ur[ée]e|urea|BUN"), ((0, ""), (0.51, "urée élevée"), (2, None))),
    Sign(
        _figure("[ée]osino(?:philes)?|eosinophils|PNE", "%", needed=True),
        ((0, ""), (8, "éosinophiles élevés"), (95, None)),
    ),
    Sign(
        _figure("TP|taux de prothrombine", "%", needed=True),
        ((1, "trouble de la coagulation"), (70, ""), (121, None)),
    ),
    Sign(
        _figure("LDL(?:[- ]?c)?", r"g\s*/\s*l"), ((0, ""), (1.6, "hypercholestérolémie"), (9, None))
    ),
    Sign(
        _figure("cholest[ée]rol(?: total)?|CT|chol", r"g\s*/\s*l"),
        ((0, ""), (2.4, "hypercholestérolémie"), (9, None)),
    ),
    Sign(_figure("HDL(?:[- ]?c)?", r"g\s*/\s*l|mmol\s*/\s*l"), ((0, ""), (9, None))),
    Sign(
        _figure("TG|triglyc[ée]rides", r"g\s*/\s*l"),
        ((0, ""), (2, "hypertriglycéridémie"), (90, None)),
    ),
    Sign(
        _figure("T[34]L?|FT[34]", r"pg\s*/\s*ml|ng\s*/\s*dl|pmol\s*/\s*l", needed=True),
        ((0, None),),
    ),
    Sign(_figure("VGM|MCV", "fl"), ((40, "microcytose"), (80, ""), (101, None))),
    Sign(_figure("CCMH|TCMH|MCHC|MCH", "%|pg|g/dl"), ((15, ""), (45, None))),
    Sign(_figure("BNP", r"pg\s*/\s*ml"), ((0, ""), (100, None))),
    Sign(
        _figure(
            r"D-?\s?dim[èe]res?|d-?dimers?",
            r"ng\s*/\s*ml"
            r"|µg\s*/\s*l",
        ),
        ((0, ""), (500, "D-dimères élevés"), (9999, None)),
    ),
    # stools in a day
    Sign(
        re.compile(
            r"(?<!\w)selles?\s*(?:x\s*)?(\d{1,2})\s*(?:x|fois)?(?: par jour)?(?!\w)", re.IGNORECASE
        ),
        ((1, ""), (4, "diarrhée"), (60, None)),
    ),
    Sign(
        re.compile(
            r"(?<![\w,.])(\d{1,2})\s*selles?(?: liquides?| molles?| par jour)*(?!\w)", re.IGNORECASE
        ),
        ((1, ""), (4, "diarrhée"), (60, None)),
    ),
)
_VIRAL_LOAD = re.compile(
    r"(?<!\w)(?:CV|charge virale|VL|viral load)\s*(?P<sign>[<≤]|inf[ée]rieure? à"
    r"|[:=à])?\s*(?P<copies>\d[\d ]{1,8})"
    r"\s*(?:copies?|cp|c)?(?:\s*/\s*ml)?(?![\w/])",
    re.IGNORECASE,
)


def _virus(found: re.Match[str]) -> str:
    few = int(found["copies"].replace(" ", "")) <= 1000
    return f" , charge virale {'indétectable' if few else 'élevée'} , "


def examined(text: str) -> str:
    """The text with such figures told in words; those that are ordinary leave it.

    Figures that cannot be true stay, and are then said not to be understood.
    """
    text = rewritten(text)
    if not any(letter.isdigit() for letter in text):
        return text
    for pattern, said in _TOLD:
        text = pattern.sub(said, text)
    text = _UTERUS.sub(_height(text), text)
    for pattern, instead in _LABOUR:
        text = pattern.sub(instead, text)
    text = _VIRAL_LOAD.sub(_virus, text)
    for sign in SIGNS:
        text = sign.pattern.sub(sign.told, text)
    return text
