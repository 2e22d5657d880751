"""Whose words a text holds: what a relative tells of the patient, what the patient does not do, what did harm."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lexicon import Lexicon
    from .pieces import Piece

NAMED = ("label", "finding", "findinggood", "findingbad", "pregnant", "lactating")


def is_of_family(
    lexicon: Lexicon, part: Sequence[Piece], small: Container[str], place: int | None = None
) -> bool:
    """Whether a part, or the name at a place in it, speaks of a relative; one who only brings the patient is none.

    "mère diabétique" does; "amené par sa mère pour convulsions" and "la mère signale une toux" do not. A name before a
    relative who has an illness of her own is the patient's: "HTA mère diabétique".
    """
    words = [
        (at, piece)
        for at, piece in enumerate(part)
        if piece.words not in small or piece.has("family", "tellerbefore", "tellerafter")
    ]
    for rank, (at, piece) in enumerate(words):
        if not piece.has("family"):
            continue
        brings = _is_done_by(lexicon, part[:at]) or (
            rank > 0 and words[rank - 1][1].has("tellerbefore", "asked")
        )
        tells = rank + 1 < len(words) and words[rank + 1][1].has("tellerafter")
        if brings or tells:
            continue
        if place is not None and _is_cut_off(lexicon, part[place + 1 : at]):
            continue
        if place is None or at < place or not any(other.has("label") for other in part[at + 1 :]):
            return True
    return False


def _is_cut_off(lexicon: Lexicon, between: Sequence[Piece]) -> bool:
    """Whether a relative behind a name stands in another clause: "a le sucre depuis la mort de son mari"."""
    return any(
        piece.words.partition(" ")[0] in lexicon.words["before_a_clause"] for piece in between
    )


def _is_done_by(lexicon: Lexicon, before: Sequence[Piece]) -> bool:
    """Whether what follows is who did it: "trouvé inconscient par son frère"."""
    words = " ".join(piece.words for piece in before).split()
    while words and words[-1] in lexicon.words["possessives"]:
        words.pop()
    return bool(words) and words[-1] in lexicon.words["done_by"]


def lacks_an_organ(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    """Whether an organ is denied itself, and not what it does: "pas d'ovaires", "sans poumon gauche"."""
    rest = [piece for piece in part if piece.words not in lexicon.words["sides"]]
    return any(
        before.has("neg") and piece.has("organ") and piece is rest[-1]
        for before, piece in pairwise(rest)
    )


def is_negated(lexicon: Lexicon, part: Sequence[Piece], place: int) -> bool:
    """Whether the name at a place is denied: before it, behind it, or as a verb around it.

    A negation does not reach over a cause or a time ("pas venu depuis son AVC"), nor over another name ("asthme VIH
    négatif", "pas de fièvre asthme") that is not joined to it ("ni toux ni asthme").
    """
    if _is_not_done(lexicon, part, place):
        return True
    if _is_said_of_the_patient(lexicon, part, place):
        return False
    if _is_denied_before(lexicon, part, place):
        return True
    for piece in part[place + 1 :]:
        if piece.has("negafter") or (piece is part[-1] and piece.has("negend")):
            return True
        if piece.has(*NAMED):
            return False
    return False


def _is_said_of_the_patient(lexicon: Lexicon, part: Sequence[Piece], place: int) -> bool:
    """Whether "diabétique" or "enceinte" stands behind what "sans" or "pas de" denies: "sans insuline diabétique"."""
    if place < 2 or not lexicon.patterns["patient_is"].search(part[place].words):
        return False
    between = part[place - 1]
    denied = any(
        piece.words.split()[-1] in lexicon.words["needs_a_noun"]
        for piece in part[: place - 1]
        if piece.has("neg")
    )
    return (
        denied
        and not between.has("neg")
        and between.words not in lexicon.words["joins"] | lexicon.words["such"]
    )


def _is_denied_before(lexicon: Lexicon, part: Sequence[Piece], place: int) -> bool:
    """Whether a negation before reaches a name: over no cause, no verb, and no other name unless both are joined."""
    if place and part[place - 1].words in lexicon.words["nothing_else"]:
        return True
    joined = _is_listed(lexicon, part[place + 1 :])
    code = part[place].kinds.get("label", "")
    beside = contrasted = False
    for piece in reversed(part[:place]):
        if piece.has("neg") and piece.words not in lexicon.words["nothing_else"]:
            return not (contrasted and piece.words in lexicon.words["without"])
        first = piece.words.partition(" ")[0]
        if (
            first in lexicon.words["tells"]
            or piece.words in lexicon.words["life"]
            or (not piece.has("label") and first in lexicon.words["causes_and_times"])
        ):
            return False
        joined = joined or first in lexicon.words["joins"]
        beside = beside or first in lexicon.words["with"]
        if set(piece.kinds) == {"finding"}:  # "pas de tumeur hypophysaire": a part of the name
            continue
        if piece.has(*NAMED) and first not in lexicon.words["joins"] and not joined:
            other = piece.kinds.get("label", "")
            contrasted = contrasted or beside
            one_thing = (
                code[:3] == other[:3]
                and code != ""
                and not code.startswith(lexicon.codes["many_things"])
            )
            if not one_thing and not (
                beside
                and not (
                    code.startswith(lexicon.codes["signs"])
                    or other.startswith(lexicon.codes["signs"])
                )
            ):
                return False
    return False


def _is_listed(lexicon: Lexicon, after: Sequence[Piece]) -> bool:
    """Whether more names follow up to an "or": "pas de fièvre, toux ou dyspnée"."""
    for piece in after:
        if piece.words in lexicon.words["joins"]:
            return True
        if not piece.has(*NAMED):
            return False
    return False


def _is_not_done(lexicon: Lexicon, part: Sequence[Piece], place: int) -> bool:
    """Whether the verb at a place is denied around it: "ne vomit pas", "n'a pas vomi", "ne tousse plus"."""
    if place + 1 >= len(part) or part[place + 1].words not in lexicon.words["after_a_verb"]:
        return False
    return any(piece.words in lexicon.words["verbal"] for piece in part[max(0, place - 2) : place])


def denies_a_verb(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    """Whether a verb is denied that no name holds: "ne zzzt pas", "not zzzing" may tell a danger."""
    return any(
        piece.words in lexicon.words["verbal"] or piece.words in lexicon.words["left_over"]
        for piece in part
    )


def harmful(
    lexicon: Lexicon, part: Sequence[Piece], allergens: Container[str], small: Container[str]
) -> str:
    """The allergen of "ne supporte pas la pénicilline", "boutons après Bactrim"; nothing else is taken for one."""
    start = next((at + 1 for at, piece in enumerate(part) if piece.has("toldallergy")), None)
    if start is None:
        start = _after_a_reaction(lexicon, part)
    if start is None:
        return ""
    words = " ".join(piece.words for piece in part[start:]).split()
    while words and words[0] in small:
        words = words[1:]
    lengths = range(min(len(words), 5), 0, -1)
    return next((name for size in lengths if (name := " ".join(words[:size])) in allergens), "")


def heads_a_reaction(
    lexicon: Lexicon, part: Sequence[Piece], colon: int, allergens: Container[str]
) -> bool:
    """Whether a part is "pénicilline : boutons": what did harm, or what was taken for it; a pharmacist has to judge."""
    name = " ".join(piece.words for piece in part[:colon])
    return name in allergens and any(
        piece.kinds.get("label", "").startswith(lexicon.codes["reactions"])
        for piece in part[colon:]
    )


def _after_a_reaction(lexicon: Lexicon, part: Sequence[Piece]) -> int | None:
    skin = swollen = False
    for at, piece in enumerate(part):
        if piece.has("aftertaking") and (
            skin or (swollen and piece.words not in lexicon.words["beside"])
        ):
            return at + 1
        code = piece.kinds.get("label", "")
        skin = skin or code.startswith(lexicon.codes["skin_reactions"])
        swollen = swollen or code.startswith(lexicon.codes["swelling"])
    return None
