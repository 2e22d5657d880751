"""Medicines that a note says are taken now: "HTA sous amlodipine", "prend du Coumadin"."""

from __future__ import annotations

from collections.abc import Container, Sequence

from .lexicon import Lexicon
from .pieces import Piece

DENIED = ("neg", "negafter", "negend", "family", "history", "resolved", "nottaken", "asked")
LONGEST = 4


def taken_now(lexicon: Lexicon, part: Sequence[Piece], medicines: Container[str]) -> list[str]:
    """The folded names of medicines said to be taken; none where the part tells of an end, a denial or a relative."""
    if any(
        piece.has(*DENIED) or lexicon.words["ended"] & set(piece.words.split()) for piece in part
    ):
        return []
    words = " ".join(piece.words for piece in part).split()
    start = next(
        (
            at
            for at, word in enumerate(words)
            if word in lexicon.words["taking"] or word.startswith(lexicon.beginnings["treated"])
        ),
        None,
    )
    if start is None:
        return []
    found: list[str] = []
    place = start + 1
    while place < len(words):
        sizes = range(min(LONGEST, len(words) - place), 0, -1)
        size = next((n for n in sizes if " ".join(words[place : place + n]) in medicines), 0)
        if size:
            found.append(" ".join(words[place : place + size]))
        place += size or 1
    return found
