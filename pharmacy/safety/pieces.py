"""The pieces of a text, and whether what was looked at, felt or tested is said to be in order."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Piece:
    """A phrase of the text: its words and what they can mean."""

    words: str
    kinds: dict[str, str]

    def has(self, *kinds: str) -> bool:
        """Whether one of the kinds is among its meanings."""
        return any(kind in self.kinds for kind in kinds)


END = Piece("", {})
# looked at, felt or tested: understood beside a word that says it is in order
FINDINGS = ("finding", "findinggood", "findingbad")
# what may stand behind a colon and tell how it is: not a single word that elsewhere says nothing ("muqueuses : sèches")
TELLING = (*FINDINGS, "inorder", "present", "measured", "label", "nothing", "pregnant")


def untitled(
    part: list[Piece], colon: int | None, known: list[Piece], medicines: Container[str]
) -> list[Piece]:
    """The pieces without what was looked at where it heads what was seen: "ECG : FA", but not "rate : absente"."""
    if colon is None:
        return known
    after = part[colon + 1 :]
    if any(not piece.kinds and piece.words[0].isdigit() for piece in after):  # "créatinine : 450"
        return known
    absent = bool(after) and after[0].has("neg") and not after[0].has("negafter")
    denied = any(piece.has("neg", "negafter", "negend") for piece in known)
    if denied and not absent and not any(piece.has(*FINDINGS, "label") for piece in after):
        return known
    seen = [piece for piece in after if piece.kinds]
    if seen and not absent and not any(piece.has(*TELLING) or " " in piece.words for piece in seen):
        return known
    titles = [
        piece
        for piece in part[:colon]
        if piece.has("finding") or (absent and not piece.kinds and piece.words not in medicines)
    ]
    return [piece for piece in known if not any(piece is title for title in titles)]


def not_in_order(lexicon: Lexicon, part: list[Piece]) -> bool:
    """Whether what ought to be is denied: "ECG pas normal", "rein non vu", "pouls non perçu", "pas de pouls"."""
    if any(
        before.words in lexicon.words["not_at_all"] and piece.words in lexicon.words["good"]
        for before, piece in pairwise(part)
    ):
        return True
    if any(
        before.words in lexicon.words["hardly"]
        and (piece.words in lexicon.words["good"] or piece.has("inorder", "present", "findinggood"))
        for before, piece in pairwise(part)
    ):
        return True
    said = [piece for piece in part if not piece.has("harmless", "qualifier")]
    if any(
        piece.has("finding", "findinggood") and after.words in lexicon.words["not"]
        for piece, after in pairwise(said)
    ):
        return True
    if any(piece.has("findingbad") for piece in part):
        return False
    return any(
        (before.has("neg") or before.words in lexicon.words["not"])
        and piece.has("inorder", "present", "findinggood")
        for before, piece in pairwise(part)
    )


def in_order(part: list[Piece]) -> tuple[str, ...]:
    """The kinds of findings that the words of this part say are in order.

    Any finding beside "normal" or the figure of a result ("NFS Hb 11"); one that ought to be there ("pouls") beside
    "présent"; one that ought not ("tirage") beside a negation.
    """
    kinds: list[str] = []
    if any(piece.has("measured") for piece in part):
        kinds += ("finding",)
    if any(piece.has("inorder") for piece in part):
        kinds += FINDINGS
    if any(piece.has("present") for piece in part):
        kinds += ("findinggood", "present")
    if any(piece.has("neg", "negafter") for piece in part) or (part and part[-1].has("negend")):
        kinds += ("findingbad",)
    return tuple(kinds)


def parts_of(pieces: list[Piece]) -> list[tuple[list[Piece], bool]]:
    """The parts of a text between its separators, each with whether a full stop ends it."""
    parts: list[tuple[list[Piece], bool]] = []
    part: list[Piece] = []
    for piece in pieces:
        if piece.words in ("|", "#"):
            parts.append((part, piece.words == "#"))
            part = []
        else:
            part.append(piece)
    parts.append((part, True))
    return parts
