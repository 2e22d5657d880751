"""Reads vital signs with their figures in what people write: "TA 115/70, pouls 82"."""

from __future__ import annotations

import re
from typing import NamedTuple

# a blood pressure below this is told in centimetres of mercury: "TA 12/8"
CENTIMETRES = 30
NUMBER = r"\s*(?:à|=|:|de)?\s*(\d{1,3}(?:[.,]\d{1,2})?)"
_PRESSURE = re.compile(
    r"(?<!\w)(?:TA|PA|BP|tension(?: art[ée]rielle)?|blood pressure)\s*(?:à|=|:|de)?\s*"
    r"(\d{1,3}(?:[.,]\d)?)\s*/\s*(\d{1,3}(?:[.,]\d)?)(?:\s*(?:mm|cm)\s*hg)?(?![\w/])",
    re.IGNORECASE,
)


def _sign(names: str, units: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{names}){NUMBER}(?:\s*(?:{units}))?(?![\w/])", re.IGNORECASE)


class Sign(NamedTuple):
    """A sign with a figure and what it says: from each bound on, the words that stand for it, in French.

    None is a figure that stays as it is written, because nobody knows what it means.
    """

    pattern: re.Pattern[str]
    said: tuple[tuple[float, str | None], ...]

    def told(self, found: re.Match[str]) -> str:
        """What stands for the figure: nothing, words, or itself."""
        value = float(found[1].replace(",", "."))
        words: str | None = None
        for bound, said in self.said:
            words = said if value >= bound else words
        return found[0] if words is None else f" , {words} , "


_AIR = (
    r"(?:\s*(?:AA|RA|en air ambiant|à l'air ambiant|on room air|room air|sous O2|sous oxyg[èe]ne))?"
)
_PER_MINUTE = r"bpm|b?/\s*mi?n|bts?/mi?n|batt?/mi?n|puls/mi?n"
_SIGNS = (
    Sign(
        _sign(
            r"T°|temp[ée]rature|temp\.?|T(?=\s*[:=]?\s*(?:3[2-9]|4[0-2]))", r"°\s*C?|degr[ée]s|C"
        ),
        ((30, "hypothermie"), (35, ""), (38, "fièvre"), (44, None)),
    ),
    Sign(
        _sign(r"pouls|pls|FC|HR|PR|pulse|heart rate|fr[ée]quence cardiaque", _PER_MINUTE),
        ((20, "bradycardie"), (50, ""), (121, "tachycardie"), (260, None)),
    ),
    Sign(
        _sign("SpO2|SaO2|sat|saturation|satO2", f"%?{_AIR}"),
        ((40, "insuffisance respiratoire"), (90, "désaturation"), (94, ""), (101, None)),
    ),
    Sign(
        _sign("FR|RR|fr[ée]quence respiratoire|resp rate", r"/\s*mi?n|cpm|c/mi?n|bpm"),
        ((4, "bradypnée"), (12, ""), (31, "polypnée"), (120, None)),
    ),
    Sign(
        _sign("GCS|SG|Glasgow|score de Glasgow", r"/\s*15"),
        ((3, "coma"), (9, "somnolence"), (14, "désorientation"), (15, ""), (16, None)),
    ),
    Sign(
        _sign("IMC|BMI", "kg/m2|kg/m²"),
        ((9, "insuffisance pondérale"), (18.5, ""), (30, "obésité"), (90, None)),
    ),
    Sign(
        _sign("PN|poids de naissance|birth weight|BW", "kg|kgs"),
        ((0.4, "petit poids de naissance"), (2.5, ""), (6, None)),
    ),
    Sign(
        re.compile(
            r"(?<!\w)(?:PN|poids de naissance|birth weight|BW)\s*(?:à|=|:|de|of)?\s*(\d{4})\s*"
            r"(?:g|gr|grammes?)?(?![\w/])",
            re.IGNORECASE,
        ),
        ((400, "petit poids de naissance"), (2500, ""), (6000, None)),
    ),
    Sign(
        _sign("PB|MUAC|p[ée]rim[èe]tre brachial", "mm"),
        (
            (60, "malnutrition aiguë sévère"),
            (115, "malnutrition aiguë modérée"),
            (125, ""),
            (450, None),
        ),
    ),
    Sign(_sign("poids|pds|weight|wt", "kg|kgs|k|g"), ((0, ""), (1000, None))),
    Sign(_sign("taille|height|ht", "cm|m"), ((0, ""), (1000, None))),
)


# a pressure of one figure, in centimetres or millimetres of mercury
_UPPER = Sign(
    re.compile(
        r"(?<!\w)(?:TAS|SBP|(?-i:PAS)|(?:TA|PA|BP|pression|tension)"
        r"(?: art[ée]rielle| systolique)?|systolique|systolic(?: BP)?)"
        r"\s*(?:à|=|:|de|at)*\s*(\d{1,3})(?:\s*(?:mm|cm)\s*hg)?(?![\w/?]|[.,]\d|\s*(?:/|sur|mois|ans?|jours?|sem))",
        re.IGNORECASE,
    ),
    (
        (0, None),
        (4, "hypotension"),
        (9, ""),
        (14, "HTA"),
        (18, "HTA non contrôlée"),
        (26, None),
        (40, "hypotension"),
        (90, ""),
        (140, "HTA"),
        (180, "HTA non contrôlée"),
        (280, None),
    ),
)
# "G4P3 7 mois", "G2P1 32 wks": whoever counts so is pregnant
_PARITY_AND_TIME = re.compile(
    r"(?<!\w)(G\d{1,2}\s*P\d{1,6}(?:\s*(?:A|V|EV|AB)\d{1,2})*)\s+(?:à |a |de |at )?"
    r"(?=\d{1,2}\s*(?:SA|sem\w*|wks?|weeks?|mois|months?)(?!\w))",
    re.IGNORECASE,
)


# parity, the last period, a whole sight, a quick return of colour: figures that say nothing
_NOTHING_SAID = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\w)G\d{1,2}\s*P\d{1,6}(?:\s*(?:A|V|EV|AB)\d{1,2})*(?!\w)",
        r"(?<!\w)(?:DDR|LMP)\s*(?:le|au|:|=)?\s*\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?(?!\w)",
        r"(?<!\w)(?:acuit[ée] visuelle|AV|AVL|AVLSC)\s*(?:OD|OG|ODG|:|=)?\s*(?:[89]|10)\s*/\s*10(?!\w)",
        r"(?<!\w)(?:TRC|CRT|temps de recoloration(?: cutan[ée]e?)?|capillary refill(?: time)?)\s*"
        r"(?:(?:<|≤|<=|inf[ée]rieur à)\s*[23]|(?:à|=|:)?\s*[12])\s*(?:s|sec|secondes?|seconds?)?(?![\w.,]*\d)(?!\w)",
        r"(?<!\w)(?:m[èe]re|p[èe]re|maman|papa|mother|father|mum|mom)\s+(?:de|of)\s+\d{1,2}\s*(?:enfants?|filles?|gar[çc]ons?|children|kids)(?!\w)",
        r"(?<!\w)[x×]\s?\d{1,3}(?:\s*/\s*(?:7|12|52|24|j|jr|jour|sem|mois|d|day|wk))?(?!\w)",
        r"(?<!\w)vers\s+(?=\d{1,2}\s*h)",  # "vers" alone are worms
        r"(?<!\w)[âa]ge\s*(?:de|:|=)?\s*(?=\d)",  # "AGE" alone is a gastroenteritis
    )
)
# "DDR il y a 3 mois": a period that late may be a pregnancy
_LAST_PERIOD = re.compile(
    r"(?<!\w)(?:DDR|LMP|LNMP|derni[eè]res r[eè]gles|last (?:menstrual )?period|last menses)\s*"
    r"(?:il y a|y a|depuis|since|was|[:=])*\s*(\d{1,3})\s*"
    r"(j|jrs?|jours?|days?|sem|semaines?|weeks?|wks?|mois|months?|/\s*52)(?!\w)(?:\s*ago)?",
    re.IGNORECASE,
)
_DAYS = {"j": 1, "d": 1, "s": 7, "w": 7, "m": 30, "5": 7}
LATE_PERIOD = 40
# figures that belong together, and units behind a figure, would be cut apart by what they are written with
_TOGETHER = (
    (re.compile(r"(?<=\d),(?=\d{1,2}(?!\d))"), "."),
    (
        re.compile(
            r"(?<=\d)\s*(?:m?[gl]\s*/\s*(?:24\s*h|j|d|h)|ml\s*/\s*kg\s*/\s*h|[mµu]?g\s*/\s*d?l|[mµu]mol\s*/\s*l|m?[uµ]?U\.?I?\.?\s*/\s*m?l"
            r"|/\s*(?:µl|ul|mm3|champ|mi?n|24\s*h)|c?mm?\s*hg|cm\s*h2o|bpm|cpm|l\s*/\s*mi?n|copies?\s*/\s*ml)(?!\w)",
            re.IGNORECASE,
        ),
        " ",
    ),
    (re.compile(r"(?<=\d)\s*/\s*(?=\d)"), " "),
)
# "fièvre+", "OH -", "toux (-)": a sign behind a word, at the end of what is said
_END = r"(?=\s*(?:$|[,;.|\n)]))"
_MARKED = (
    # "G6PD-" is how a deficient person is written, not that nothing was found
    (
        re.compile(r"\bG-?6-?PD\s?(?:\(\s*[-\u2212]\s*\)|[-\u2212](?!\w))", re.IGNORECASE),
        "déficit en G6PD",
    ),
    (re.compile(r"\(\s*\++\s*\)"), " positif"),
    (re.compile(r"\(\s*[-\u2212]\s*\)"), " négatif"),
    (re.compile(rf"(?<=[^\W\d])\s?\++{_END}"), " positif"),
    (re.compile(rf"(?<=[^\W\d])\s?[-\u2212]{_END}"), " négatif"),
)
# a glycaemia without its unit that may be g/L or mmol/L is one that nobody knows
_GLYCAEMIA = re.compile(
    r"(?<!\w)(?:glyc[ée]mie|glyc|dextro|gaj)(?: [àa] ?jeun| capillaire)?\s*(?:à|=|:)?\s*"
    r"[1-6][.,]\d{1,2}(?![\w.,/]|\s*(?:g|mmol|mg))",
    re.IGNORECASE,
)
_FETAL = re.compile(
    r"(?<!\w)(?:BDCF|BCF|RCF|FHR|FHS)\s*(?:à|=|:)?\s*(1[1-5]\d)(?:\s*(?:bpm|bts?|/)\s*/?\s*(?:min)?)?(?![\w/])",
    re.IGNORECASE,
)


def said_in_words(text: str) -> str:
    """The text with vital signs told in words; ordinary figures leave it.

    A pressure from 140/90 is "HTA", from 180/110 "HTA non contrôlée", a systolic one below 90
    "hypotension"; a temperature from 38 °C is "fièvre"; a pulse from 121 is "tachycardie" (a child's may be as fast).
    Figures that cannot be true stay as they are written: what the reader does not know is then said to be not
    understood. A fetal heart of 110 to 159 is that of a pregnant woman. A sign behind a word ("OH -", "fièvre+")
    becomes a word.
    """
    for pattern, mark in _MARKED:
        text = pattern.sub(mark, text)
    if not any(letter.isdigit() for letter in text):
        return text
    text = _LAST_PERIOD.sub(_period, text)
    text = _PARITY_AND_TIME.sub(" , grossesse ", text)
    for pattern in _NOTHING_SAID:
        text = pattern.sub(" ", text)
    text = _GLYCAEMIA.sub(" , glycémie non dosée , ", text)
    text = _FETAL.sub(" , BCF présents , ", text)
    text = _PRESSURE.sub(lambda found: f" , {_pressure(found)} , ", text)
    for sign in (_UPPER, *_SIGNS):
        text = sign.pattern.sub(sign.told, text)
    for pattern, instead in _TOGETHER:
        text = pattern.sub(instead, text)
    return text


def _period(found: re.Match[str]) -> str:
    days = int(found[1]) * _DAYS[found[2].lstrip("/ ")[0].lower()]
    return " , retard de règles , " if days > LATE_PERIOD else " "


def _pressure(found: re.Match[str]) -> str:
    upper, lower = (float(part.replace(",", ".")) for part in found.groups())
    if upper < CENTIMETRES:
        upper, lower = upper * 10, lower * 10
    if lower >= upper:
        return found[0].replace("/", " ")
    if upper >= 180 or lower >= 110:
        return "HTA non contrôlée"
    if upper >= 140 or lower >= 90:
        return "HTA"
    return "hypotension" if upper < 90 else ""
