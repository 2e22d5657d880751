"""How programs and people write routes, units and sexes: each way, and the word it stands for.

What means two things is left out: `gr` is also a grain, `infusion` also a tisane, `locale` also an infiltration.
"""

import unicodedata

UNIT_WORDS = {
    "ug": "µg", "mcg": "µg", "microgramme": "µg", "microgram": "µg", "ml": "mL", "UI": "IU", "ui": "IU",
    "milligramme": "mg", "milligram": "mg", "gramme": "g", "gram": "g", "millilitre": "mL",
    "milliliter": "mL", "cc": "mL", "comprimé": "tablet", "comprimés": "tablet", "cp": "tablet", "tab": "tablet",
    "tablets": "tablet", "goutte": "drop", "gouttes": "drop", "drops": "drop", "bouffée": "puff",
    "bouffées": "puff", "puffs": "puff", "sachets": "sachet", "doses": "dose", "applications": "application",
}  # fmt: skip
ROUTE_WORDS = {
    "orale": "oral", "per os": "oral", "po": "oral", "voie orale": "oral", "by mouth": "oral",
    "intraveineuse": "iv", "intravenous": "iv", "ivd": "iv", "ivl": "iv", "voie intraveineuse": "iv",
    "perfusion": "iv", "intramusculaire": "im", "intramuscular": "im",
    "voie intramusculaire": "im", "sous-cutanée": "sc", "subcutaneous": "sc", "voie sous-cutanée": "sc",
    "sublinguale": "sublingual", "intradermique": "intradermal", "inhalée": "inhaled", "inhalation": "inhaled",
    "rectale": "rectal", "vaginale": "vaginal", "cutanée": "topical",
    "oculaire": "ophthalmic", "auriculaire": "otic", "nasale": "nasal",
}  # fmt: skip
SEX_WORDS = {
    "male": "M", "m": "M", "man": "M", "homme": "M", "masculin": "M", "female": "F", "f": "F", "woman": "F",
    "femme": "F", "féminin": "F",
}  # fmt: skip


def folded(text: str) -> str:
    """Return the text without case, accents, full stops and superfluous spaces: both signs of micro are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(char for char in plain if not unicodedata.combining(char) and char != ".")
    return " ".join(kept.split())
