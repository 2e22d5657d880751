"""Medicines that a note says are taken now: "HTA sous amlodipine", "prend du Coumadin"."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from .lexicon import Lexicon
from .pieces import Piece

DENIED = ("neg", "negafter", "negend", "family", "history", "resolved", "nottaken", "asked")
LONGEST = 4
# letters that may be anything: no name of a medicine beside a disease
SHORT = 3
# how the ATC codes of vaccines and immunoglobulins begin: they are given, and not taken from then on
VACCINES = ("J06", "J07")


def names_taken(index: dict[str, Any]) -> frozenset[str]:
    """The folded names of medicines that somebody may take."""
    vaccines = {
        owner
        for table in ("substances", "products")
        for owner, facts in index[table].items()
        if facts["atc"] and all(code.startswith(VACCINES) for code in facts["atc"])
    }
    return frozenset(
        name
        for name, owner in index["names"].items()
        if len(name) > SHORT and owner not in vaccines
    )


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
    if start is not None:
        return _named(words[start + 1 :], medicines, lexicon.words["short_names"])[0]
    return []


def named_alone(
    lexicon: Lexicon, part: Sequence[Piece], medicines: Container[str], small: Container[str]
) -> list[str]:
    """The folded names of medicines that stand alone, or with how they are taken: "Hydréa 500 mg par jour"."""
    known = lexicon.words["dosing"]
    if any(piece.kinds and not _tells_how(piece, known, small) for piece in part):
        return []
    words = " ".join(piece.words for piece in part).split()
    found, others = _named(words, medicines, lexicon.words["short_alone"])
    if not all(_tells_how(Piece(word, {}), known, small) for word in others):
        return []
    return [name for name in found if name not in lexicon.words["also_measured"]]


def _tells_how(piece: Piece, dosing: Container[str], small: Container[str]) -> bool:
    return all(word in dosing or word in small or word[0].isdigit() for word in piece.words.split())


def stopped(lexicon: Lexicon, part: Sequence[Piece], medicines: Container[str]) -> set[str]:
    """The words that tell of a medicine no longer taken, but not of one stopped lately: "Aldactone arrêté en mai"."""
    words = " ".join(piece.words for piece in part).split()
    lately = lexicon.words["lately"] & set(words)
    ends = set() if lately else lexicon.words["stopped"] & set(words)
    found = _named(words, medicines, lexicon.words["short_names"])[0] if ends else []
    return {*found, *ends} if found else set()


def _named(
    words: list[str], medicines: Container[str], short: Container[str] = ()
) -> tuple[list[str], list[str]]:
    """The names of medicines among the words, the longest first, and the other words."""
    found: list[str] = []
    others: list[str] = []
    place = 0
    while place < len(words):
        sizes = range(min(LONGEST, len(words) - place), 0, -1)
        names = ((n, " ".join(words[place : place + n])) for n in sizes)
        size = next((n for n, name in names if name in medicines or name in short), 0)
        if size:
            found.append(" ".join(words[place : place + size]))
        else:
            others.append(words[place])
        place += size or 1
    return found, others
