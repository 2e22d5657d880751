"""Times that are told beside a condition: how long ago, weeks of a birth, a number beside a word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lexicon import Lexicon
    from .pieces import Piece


def is_recent(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    """Whether a time of half a year at most is told: "il y a 3 semaines"."""
    return any(
        count.words.isdigit() and int(count.words) <= lexicon.half_a_year.get(unit.words, -1)
        for count, unit in pairwise(part)
    )


def of_birth(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    """Whether the weeks are those of a birth: "prématuré de 33 SA", "né à 36 SA"."""
    words = " ".join(piece.words for piece in part)
    return lexicon.patterns["birth"].search(words) is not None


def beside_number(part: Sequence[Piece], place: int) -> bool:
    """Whether a number stands at most two words away."""
    near = (*part[max(0, place - 2) : place], *part[place + 1 : place + 3])
    return any(piece.words.isdigit() for piece in near)
