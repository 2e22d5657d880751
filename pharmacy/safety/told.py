"""Whose words a text holds: what a relative tells of the patient, what the patient does not do, what did harm."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pieces import Piece

# what an allergy does to the skin, as codes begin; and swelling, which many things do: there "with" is no cause
SKIN_REACTIONS = ("R21", "L27", "L29", "L50", "L51", "T78")
SWELLING = ("R22", "R60")
BESIDE = ("avec", "avec le", "avec la", "avec les", "with")
# as words are folded: "plus" loses its last letter
VERBAL = ("ne", "n")
AFTER_A_VERB = ("pas", "plu", "jamai")


def is_of_family(part: Sequence[Piece], small: Container[str]) -> bool:
    """Whether a part speaks of a relative; one who only brings the patient or tells of her is none.

    "mère diabétique" is; "amené par sa mère pour convulsions" and "la mère signale une toux" are not.
    """
    words = [
        piece
        for piece in part
        if piece.words not in small or piece.has("family", "tellerbefore", "tellerafter")
    ]
    for place, piece in enumerate(words):
        if not piece.has("family"):
            continue
        before = words[place - 1] if place else None
        after = words[place + 1] if place + 1 < len(words) else None
        brings = before is not None and before.has("tellerbefore")
        tells = after is not None and after.has("tellerafter")
        if not brings and not tells:
            return True
    return False


def is_not_done(part: Sequence[Piece], place: int) -> bool:
    """Whether the verb at a place is denied around it: "ne vomit pas", "n'a pas vomi", "ne tousse plus"."""
    if place + 1 >= len(part) or part[place + 1].words not in AFTER_A_VERB:
        return False
    return any(piece.words in VERBAL for piece in part[max(0, place - 2) : place])


def denies_a_verb(part: Sequence[Piece]) -> bool:
    """Whether a verb is denied that no name holds: "ne zzzt pas", "not zzzing" may tell a danger."""
    return any(piece.words in (*VERBAL, "not") for piece in part)


def harmful(part: Sequence[Piece], allergens: Container[str], small: Container[str]) -> str:
    """The allergen of "ne supporte pas la pénicilline", "boutons après Bactrim"; nothing else is taken for one."""
    start = next((at + 1 for at, piece in enumerate(part) if piece.has("toldallergy")), None)
    if start is None:
        start = _after_a_reaction(part)
    if start is None:
        return ""
    words = " ".join(piece.words for piece in part[start:]).split()
    while words and words[0] in small:
        words = words[1:]
    lengths = range(min(len(words), 5), 0, -1)
    return next((name for size in lengths if (name := " ".join(words[:size])) in allergens), "")


def _after_a_reaction(part: Sequence[Piece]) -> int | None:
    skin = swollen = False
    for at, piece in enumerate(part):
        if piece.has("aftertaking") and (skin or (swollen and piece.words not in BESIDE)):
            return at + 1
        code = piece.kinds.get("label", "")
        skin = skin or code.startswith(SKIN_REACTIONS)
        swollen = swollen or code.startswith(SWELLING)
    return None
