"""How far a negation, a relative or "nothing to report" reaches: what stands beyond stays to be judged."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from .pieces import FINDINGS, in_order
from .told import is_negated

if TYPE_CHECKING:
    from .lexicon import Lexicon
    from .pieces import Piece

# how many pieces a remark on a relative has
SHORT = 2
MODIFIERS = ("neg", "negafter", "negend", "family", "resolved", "history", "notresolved")


def holds_for_both(lexicon: Lexicon, text: str, *, told: bool) -> bool:
    """Whether the text says that what a relative has the patient has too; "les deux" only if something is `told`."""
    found = lexicon.patterns["too"].search(text)
    return found is not None and (told or lexicon.patterns["also"].search(found[0]) is not None)


def result_of_something(
    lexicon: Lexicon, part: Sequence[Piece], small: Container[str], text: str
) -> bool:
    """Whether a part only says that something not named in it was positive."""
    said = [piece for piece in part if piece.words not in small]
    if not said or any(not piece.has("present") for piece in said):
        return False
    tested = lexicon.patterns["tested"].search(text) is not None
    return any(
        piece.words in lexicon.words["positive"]
        or (tested and piece.words in lexicon.words["reactive"])
        for piece in said
    )


def heading_of(lexicon: Lexicon, title: list[Piece], heading: Piece | None) -> Piece | None:
    """What a title before a colon says of the parts behind it; a title of its own ends what headed before."""
    own = next((piece for piece in title if piece.has(*MODIFIERS)), None)
    side = any(
        word.startswith(lexicon.beginnings["side_of_the_family"])
        for piece in title
        for word in piece.words.split()
    )
    return own or (heading if side or (heading and heading.has("history")) else None)


def tells_of_the_child(lexicon: Lexicon, part: Sequence[Piece], colon: int) -> bool:
    """Whether a relative before a colon speaks of the patient behind it."""
    said = [word for piece in part[colon + 1 :] for word in piece.words.split()]
    return any(piece.has("family") for piece in part[:colon]) and any(
        word in lexicon.words["child"] for word in said
    )


def tells_of_a_relative(lexicon: Lexicon, part: Sequence[Piece], small: Container[str]) -> bool:
    """Whether a part only tells of a relative, in few words: "oncle suicidé", "hanche cassée chez la mère"."""
    said = [piece for piece in part if piece.words not in small]
    if not said or any(piece.has("asked") for piece in said):
        return False
    words = {word for piece in part for word in piece.words.split()}
    with_them = not words.isdisjoint(lexicon.words["with_them"])
    return (said[0].has("family") and len(said) <= SHORT) or (said[-1].has("family") and with_them)


def takes_of_a_relative(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    """Whether a verb of taking stands before the first relative of a part."""
    for piece in part:
        if piece.has("family"):
            return False
        if any(word in lexicon.words["took"] for word in piece.words.split()):
            return True
    return False


def reached(
    lexicon: Lexicon, part: Sequence[Piece], medicines: Container[str], *, named: bool = False
) -> set[int]:
    """The places in a part that its negations, or "nothing to report", speak of.

    A negation before reaches one name and what is joined to it with "ou", "ni"; without a name all that stands behind
    it, up to a cause, a time or a verb that tells of the patient. What stands before it is not denied,
    but by a negation behind a `named` illness.
    """
    places: set[int] = set()
    for at, piece in enumerate(part):
        if piece.has("neg") and not _stands_last(part, at):
            places.update(_denied_from(lexicon, part, at + 1, medicines))
        behind = named and piece.has("negafter")
        if behind or (piece.has("nothing") and not piece.has("neg")):
            places.update(place for place in range(at) if not part[place].has(*FINDINGS))
        if piece.has("nothing") and piece.words not in lexicon.words["in_order_before"]:
            places.update(_denied_from(lexicon, part, at + 1, medicines))
    return {at for at in places if part[at].words not in medicines or not _was_taken(lexicon, part)}


def not_seen_in_order(part: Sequence[Piece], denied: set[int]) -> bool:
    """Whether something looked at beyond a denial is not said to be in order: "pas de fièvre, créat 450"."""
    beyond = [piece for at, piece in enumerate(part) if at not in denied]
    settled = ("label", "harmless", "qualifier", "measured", "inorder", *in_order(beyond))
    for at, piece in enumerate(part):
        if at in denied or not piece.has(*FINDINGS) or piece.has(*settled):
            continue
        figure = at + 1 < len(part) and part[at + 1].words[0].isdigit()
        behind = at > min(denied, default=at) and not piece.has("organ")
        if figure or behind:
            return True
    return False


def _was_taken(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    return any(word in lexicon.words["times"] for piece in part for word in piece.words.split())


def _denied_from(
    lexicon: Lexicon, part: Sequence[Piece], start: int, medicines: Container[str]
) -> list[int]:
    places: list[int] = []
    named = joined = False
    for at in range(start, len(part)):
        piece = part[at]
        first = piece.words.partition(" ")[0]
        if first in lexicon.words["tells"] or (
            not piece.has("label") and first in lexicon.words["causes_and_times"]
        ):
            break
        if first in lexicon.words["joins"]:
            joined, named = True, False
        elif _leads_on(lexicon, part, at):
            named, joined = False, joined
        elif named and not joined:
            break
        elif piece.has("label", "pregnant", "lactating") or piece.words in medicines:
            named, joined = True, False
        places.append(at)
    return places


def _leads_on(lexicon: Lexicon, part: Sequence[Piece], at: int) -> bool:
    """Whether the word says where or of what: "pas de sang au doigtier"; "a" alone is also a verb."""
    first = part[at].words.partition(" ")[0]
    if first in lexicon.words["where_before_article"]:
        return (
            at + 1 < len(part) and part[at + 1].words.partition(" ")[0] in lexicon.words["articles"]
        )
    return first in lexicon.words["where"]


def _stands_last(part: Sequence[Piece], place: int) -> bool:
    """Whether a word that can follow what it denies does so: "pouls absent ce jour" is no "absence of" anything."""
    after = part[place + 1 :]
    last = all(one.has("harmless", "qualifier") or one.words[0].isdigit() for one in after)
    return part[place].has("negafter") and last and (place > 0 or not after)


def is_missing(part: Sequence[Piece]) -> bool:
    """Whether the part tells of a medicine that could not be had: "oxytocine indisponible"."""
    return any(piece.has("nottaken") for piece in part)


def asks(lexicon: Lexicon, part: Sequence[Piece]) -> bool:
    """Whether a word stands there that is never passed over beside a disease: "HTA, prend des écorces"."""
    return any(
        piece.has("asked") and not is_negated(lexicon, part, at) for at, piece in enumerate(part)
    )
