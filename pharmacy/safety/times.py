"""Times that are told beside a condition: how long ago, weeks of a birth, a number beside a word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pieces import Piece

_BIRTH = re.compile(
    r"\b(?:premature?|prema|preterm|born|accouchee?|accouchement|naissance|nee? (?:a|le))\b"
)
# what counts as half a year in each unit: an infarction of that time is not yet over
RECENT = {
    **dict.fromkeys(("j", "jr", "jour", "day"), 180),
    **dict.fromkeys(("sem", "semaine", "week"), 26),
    **dict.fromkeys(("moi", "mois", "month"), 6),
}


def is_recent(part: Sequence[Piece]) -> bool:
    """Whether a time of half a year at most is told: "il y a 3 semaines"."""
    return any(
        count.words.isdigit() and int(count.words) <= RECENT.get(unit.words, -1)
        for count, unit in pairwise(part)
    )


def of_birth(part: Sequence[Piece]) -> bool:
    """Whether the weeks are those of a birth: "prématuré de 33 SA", "né à 36 SA"."""
    words = " ".join(piece.words for piece in part)
    return _BIRTH.search(words) is not None


def beside_number(part: Sequence[Piece], place: int) -> bool:
    """Whether a number stands at most two words away."""
    near = (*part[max(0, place - 2) : place], *part[place + 1 : place + 3])
    return any(piece.words.isdigit() for piece in near)
