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
    """A sign with a figure: the ordinary ones, from `low` to below `high`, and what one above says, in French."""

    pattern: re.Pattern[str]
    low: float
    high: float
    above: str = ""

    def told(self, found: re.Match[str]) -> str:
        """What stands for the figure: nothing, a word, or itself when nobody knows what it means."""
        value = float(found[1].replace(",", "."))
        if self.low <= value < self.high:
            return " , "
        return f" , {self.above} , " if self.above and value >= self.high else found[0]


_AIR = r"(?:\s*(?:AA|en air ambiant|à l'air ambiant))?"
_SIGNS = (
    Sign(_sign(r"T°|temp[ée]rature|temp\.?", r"°\s*C?|degr[ée]s"), 36.0, 38.0, "fièvre"),
    Sign(_sign("pouls|FC|HR|pulse|heart rate", r"bpm|/\s*mi?n|bts?/mi?n"), 50.0, 101.0),
    Sign(_sign("SpO2|SaO2|sat|saturation", f"%{_AIR}"), 94.0, 101.0),
    Sign(_sign("FR|RR|fr[ée]quence respiratoire", r"/\s*min|cpm"), 12.0, 25.0),
    Sign(_sign("IMC|BMI", "kg/m2|kg/m²"), 18.5, 30.0),
    Sign(_sign("PN|poids de naissance|birth weight", "kg|kgs"), 2.5, 4.5),
    Sign(
        re.compile(
            r"(?<!\w)(?:PN|poids de naissance|birth weight)\s*(?:à|=|:|de|of)?\s*(\d{4})\s*(?:g|grammes?)?(?![\w/])",
            re.IGNORECASE,
        ),
        2500.0,
        4500.0,
    ),
    Sign(_sign("PB|MUAC|p[ée]rim[èe]tre brachial", "mm"), 125.0, 400.0),
    Sign(_sign("poids|weight", "kg|kgs|g"), 0.0, 1000.0),
    Sign(_sign("taille|height", "cm|m"), 0.0, 1000.0),
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
        r"(?<!\w)[âa]ge\s*(?:de|:|=)?\s*(?=\d)",  # "AGE" alone is a gastroenteritis
    )
)
_FETAL = re.compile(
    r"(?<!\w)(?:BDCF|BCF|RCF|FHR|FHS)\s*(?:à|=|:)?\s*(1[1-5]\d)(?:\s*(?:bpm|bts?|/)\s*/?\s*(?:min)?)?(?![\w/])",
    re.IGNORECASE,
)


def said_in_words(text: str) -> str:
    """The text with vital signs told in words; ordinary figures leave it.

    A pressure from 140/90 is "HTA", from 180/110 "HTA non contrôlée", a systolic one below 90
    "hypotension"; a temperature from 38 °C is "fièvre". Other figures that are out of the ordinary
    stay as they are written: what the reader does not know is then said to be not understood.
    A fetal heart of 110 to 159 is that of a pregnant woman.
    """
    if not any(letter.isdigit() for letter in text):
        return text
    for pattern in _NOTHING_SAID:
        text = pattern.sub(" ", text)
    text = _FETAL.sub(" , BCF présents , ", text)
    text = _PRESSURE.sub(lambda found: f" , {_pressure(found)} , ", text)
    for sign in _SIGNS:
        text = sign.pattern.sub(sign.told, text)
    return text


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
