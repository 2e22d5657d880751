"""Medicines that a note says are taken now: "HTA sous amlodipine", "prend du Coumadin"."""

from __future__ import annotations

from collections.abc import Container, Sequence

from .pieces import Piece

# before the medicine, folded
TELLING = ("prend", "prenant")
TAKING = frozenset(
    (*TELLING, "sou", "ttt", "trt", "traitement", "on", "taking", "take", "takes", "tolere", "supporte")
)  # fmt: skip
TREATED = ("traite", "treated")
# what makes it a medicine of another time, or one that is not taken
ENDED = frozenset(
    (
        "arret", "arrete", "arretee", "stop", "stoppe", "stopped", "plu", "jamai", "never", "refuse", "avant",
        "ancien", "ancienne", "sevrage", "fini", "termine", "terminee", "jusqu", "until", "puis", "apre", "after",
        "autrefoi",
        "reaction", "bouton", "rash", "eruption", "toux", "intolerance", "allergie", "allergique",
    )
)  # fmt: skip
DENIED = ("neg", "negafter", "negend", "family", "history", "resolved", "nottaken", "asked")
LONGEST = 4


def taken_now(part: Sequence[Piece], medicines: Container[str]) -> list[str]:
    """The folded names of medicines said to be taken; none where the part tells of an end, a denial or a relative."""
    if any(piece.has(*DENIED) or ENDED & set(piece.words.split()) for piece in part):
        return []
    words = " ".join(piece.words for piece in part).split()
    start = next(
        (at for at, word in enumerate(words) if word in TAKING or word.startswith(TREATED)), None
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
