"""What a text costs: the GSM 7-bit alphabet, its replacements, and the number of parts. Pure.

3GPP TS 23.038: 160 characters in one message, 153 in each part of a longer one; outside the alphabet 70 and 67.
"""

import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")
SINGLE, PART = 160, 153
WIDE_SINGLE, WIDE_PART = 70, 67
REPLACEMENTS = {
    "ç": "c", "œ": "oe", "Œ": "OE", "’": "'", "\u2018": "'", "\u201a": ",", "“": '"', "”": '"', "„": '"', "«": '"',
    "»": '"',    "–": "-", "—": "-", "‐": "-", "\u2011": "-", "…": "...", "°": "", "º": "", "ª": "",
    "•": "-", "→": "->", "×": "x",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "ŋ": "n", "Ŋ": "N", "ɓ": "b", "ɗ": "d", "ɛ": "e",
    "Ɛ": "E", "ɔ": "o", "Ɔ": "O", "ə": "e", "ɨ": "i", "ʉ": "u", "`": "'", "\u02bc": "'",
}  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How long a text is: what is charged is `parts`."""

    parts: int
    units: int
    is_gsm: bool


def is_gsm(text: str) -> bool:
    """Tell whether every character stands in the GSM 7-bit alphabet or its extension."""
    return all(char in BASIC or char in EXTENSION for char in text)


def to_gsm(text: str) -> str:
    """Return `text` with only those characters replaced that are outside the alphabet.

    `é è à ù` stay; `ç ê ô` lose their mark; what has no replacement stays and makes the text a wide one.
    """
    return "".join(char if char in BASIC or char in EXTENSION else _replaced(char) for char in text)


def _replaced(char: str) -> str:
    if char in REPLACEMENTS:
        return REPLACEMENTS[char]
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    if plain and is_gsm(plain):
        return plain
    return "" if unicodedata.combining(char) else char


def to_ascii(text: str) -> str:
    """Return `text` in plain ASCII, for USSD screens; what has no replacement becomes `?`."""
    out = []
    for char in text:
        plain = REPLACEMENTS.get(char, char)
        plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
        out.append(plain if plain or unicodedata.combining(char) or char in REPLACEMENTS else "?")
    return "".join(out)


def size(text: str) -> Size:
    """Return how long `text` is. A character of the extension counts two and is not split between parts."""
    if is_gsm(text):
        units = [2 if char in EXTENSION else 1 for char in text]
        return Size(_parts(units, SINGLE, PART), sum(units), is_gsm=True)
    units = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return Size(_parts(units, WIDE_SINGLE, WIDE_PART), sum(units), is_gsm=False)


def _parts(units: list[int], single: int, part: int) -> int:
    if sum(units) <= single:
        return 1
    parts, filled = 1, 0
    for unit in units:
        if filled + unit > part:
            parts, filled = parts + 1, 0
        filled += unit
    return parts
