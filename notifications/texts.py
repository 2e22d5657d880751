"""What messages say (`texts.yaml`): a text for each kind and language, its placeholders, how long it is of use.

No diagnosis, no medicine, no name of a place that reveals one: `place` is the facility's neutral name.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from notifications.alphabet import to_gsm

LANGUAGES = ("fr", "en", "pcm")
PLACE = {"fr": "votre clinique", "en": "your clinic", "pcm": "your clinic"}
NAME_LENGTH = 20


@dataclass(frozen=True)
class Kind:
    """One kind of message.

    Attributes:
        texts: by language.
        placeholders: the names that may stand in braces.
        is_awaited: the patient waits for it, so quiet hours do not hold it back.
        valid_hours: after this the message is worth nothing and expires.
    """

    texts: Mapping[str, str]
    placeholders: tuple[str, ...]
    is_awaited: bool
    valid_hours: float


def _load() -> dict[str, Kind]:
    rows = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {
        name: Kind(
            texts={language: row[language] for language in LANGUAGES},
            placeholders=tuple(row["placeholders"]),
            is_awaited=row["is_awaited"],
            valid_hours=row["valid_hours"],
        )
        for name, row in rows.items()
    }


KINDS = _load()
SAMPLE = {
    "name": "Marie-Claire", "date": "14/03/2026", "time": "08:30", "place": "Espoir", "amount": "12 500 XAF",
    "reference": "R-2026-000123", "code": "482913",
    "link": "https://carnet.example/p/ABCDEFGHJKMN/", "text": "Nous avons un message pour vous : appelez-nous.",
}  # fmt: skip


def placeholders(text: str) -> set[str]:
    """Return the names in braces.

    Raises:
        ValueError: a brace is not closed, or holds more than a name.
    """
    found = set()
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(name)
        found.add(name)
    return found


class _Given(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its placeholders filled and kept in the GSM alphabet where that is possible."""
    given = {name: " ".join(str(value).split()) for name, value in values.items()}
    given["name"] = given.get("name", "")[:NAME_LENGTH]
    return to_gsm(text.format_map(_Given(given))).strip()


def standard_text(kind: str, language: str) -> str:
    """Return the text that Carnet brings for a kind; French when the language has none."""
    texts = KINDS[kind].texts
    return texts.get(language) or texts["fr"]
