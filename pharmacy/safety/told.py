"""Whose words a text holds: what a relative tells of the patient, what the patient does not do, what did harm."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pieces import Piece

# what an allergy does to the skin, as codes begin; and swelling, which many things do: there "with" is no cause
SKIN_REACTIONS = ("R21", "L27", "L29", "L50", "L51", "T78")
SWELLING = ("R22", "R60")
BESIDE = ("avec", "avec le", "avec la", "avec les", "with")
POSSESSIVES = ("sa", "son", "ses", "la", "le", "les", "l", "un", "une", "his", "her", "the", "a")
SIDES = ("gauche", "droit", "droite", "g", "d", "left", "right", "on")
# a negation before one of these does not reach a name behind it
CAUSES_AND_TIMES = (
    "pour",
    "depui",
    "malgre",
    "apre",
    "suite",
    "cause",
    "for",
    "since",
    "despite",
    "after",
    "because",
    "due",
)
# as words are folded
JOINS = ("ou", "or", "nor", "ni", "et", "and", "comme", "type", "post")
# how codes of signs and symptoms begin: "pas de fièvre avec toux" denies the fever alone
SIGN = "R"
# where such a word stands behind the negation, no illness is denied: "sans domicile épileptique"
LIFE = (
    *(
        "travail",
        "emploi",
        "domicile",
        "logement",
        "enfant",
        "argent",
        "moustiquaire",
        "carnet",
        "vu",
        "vue",
        "ecole",
    ),
    *(
        "job",
        "work",
        "money",
        "home",
        "children",
        "school",
        "papier",
        "mari",
        "husband",
        "net",
        "moyen",
        "ressource",
    ),
)
# a verb that begins to tell of the patient, where a negation before it ends: "pas de fièvre prend du Coartem"
TELLS = (
    *("prend", "prenait", "sou", "porte", "boit", "suit", "fume", "recoit", "utilise", "avale"),
    *("attend", "take", "taking", "took", "use", "wear", "ha", "drink", "smoke", "on"),
)
# what follows "sans", "pas de" is a noun, so that these are said of the patient
NEEDS_A_NOUN = ("san", "de", "d", "aucun", "aucune", "without", "no")
PATIENT_IS = re.compile(
    r"(?:enceinte|allaitante|allaite|diabetique|asthmatique|epileptique|hypertendue?|drepanocytaire|seropositi(?:f|ve)"
    r"|tuberculeu(?:x|se)|cirrhotique|hemophile"
    r"|pregnant|breastfeeding|lactating|diabetic|asthmatic|epileptic|hypertensive)\b"
)
SUCH = (
    *(
        "terrain",
        "antecedent",
        "atcd",
        "notion",
        "de",
        "d",
        "pied",
        "etat",
        "sujet",
        "patient",
        "femme",
    ),
    *("known", "connu", "of"),
)
NAMED = ("label", "finding", "findinggood", "findingbad", "pregnant", "lactating")
# as words are folded: "plus" loses its last letter
VERBAL = ("ne", "n")
AFTER_A_VERB = ("pas", "plu", "jamai")


def is_of_family(part: Sequence[Piece], small: Container[str], place: int | None = None) -> bool:
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
        brings = _is_done_by(part[:at]) or (
            rank > 0 and words[rank - 1][1].has("tellerbefore", "asked")
        )
        tells = rank + 1 < len(words) and words[rank + 1][1].has("tellerafter")
        if brings or tells:
            continue
        if place is None or at < place or not any(other.has("label") for other in part[at + 1 :]):
            return True
    return False


def _is_done_by(before: Sequence[Piece]) -> bool:
    """Whether what follows is who did it: "trouvé inconscient par son frère"."""
    words = " ".join(piece.words for piece in before).split()
    while words and words[-1] in POSSESSIVES:
        words.pop()
    return bool(words) and words[-1] in ("par", "by")


def lacks_an_organ(part: Sequence[Piece]) -> bool:
    """Whether an organ is denied itself, and not what it does: "pas d'ovaires", "sans poumon gauche"."""
    rest = [piece for piece in part if piece.words not in SIDES]
    return any(
        before.has("neg") and piece.has("organ") and piece is rest[-1]
        for before, piece in pairwise(rest)
    )


def is_negated(part: Sequence[Piece], place: int) -> bool:
    """Whether the name at a place is denied: before it, behind it, or as a verb around it.

    A negation does not reach over a cause or a time ("pas venu depuis son AVC"), nor over another name ("asthme VIH
    négatif", "pas de fièvre asthme") that is not joined to it ("ni toux ni asthme").
    """
    if _is_not_done(part, place):
        return True
    if _is_said_of_the_patient(part, place):
        return False
    if _is_denied_before(part, place):
        return True
    for piece in part[place + 1 :]:
        if piece.has("negafter") or (piece is part[-1] and piece.has("negend")):
            return True
        if piece.has(*NAMED):
            return False
    return False


def _is_said_of_the_patient(part: Sequence[Piece], place: int) -> bool:
    """Whether "diabétique" or "enceinte" stands behind what "sans" or "pas de" denies: "sans insuline diabétique"."""
    if place < 2 or not PATIENT_IS.match(part[place].words):
        return False
    between = part[place - 1]
    denied = any(
        piece.words.split()[-1] in NEEDS_A_NOUN for piece in part[: place - 1] if piece.has("neg")
    )
    return denied and not between.has("neg") and between.words not in (*JOINS, *SUCH)


def _is_denied_before(part: Sequence[Piece], place: int) -> bool:
    """Whether a negation before reaches a name: over no cause, no verb, and no other name unless both are joined."""
    if place and part[place - 1].words == "non":
        return True
    joined = _is_listed(part[place + 1 :])
    code = part[place].kinds.get("label", "")
    beside = contrasted = False
    for piece in reversed(part[:place]):
        if piece.has("neg") and piece.words != "non":
            return not (contrasted and piece.words in ("san", "sans", "without"))
        first = piece.words.partition(" ")[0]
        if (
            first in TELLS
            or piece.words in LIFE
            or (not piece.has("label") and first in CAUSES_AND_TIMES)
        ):
            return False
        joined = joined or first in JOINS
        beside = beside or first in ("avec", "with")
        if piece.has(*NAMED) and first not in JOINS and not joined:
            other = piece.kinds.get("label", "")
            contrasted = contrasted or beside
            one_thing = code != "" and code[:3] == other[:3] != "T78"
            if not one_thing and not (beside and SIGN not in (code[:1], other[:1])):
                return False
    return False


def _is_listed(after: Sequence[Piece]) -> bool:
    """Whether more names follow up to an "or": "pas de fièvre, toux ou dyspnée"."""
    for piece in after:
        if piece.words in JOINS:
            return True
        if not piece.has(*NAMED):
            return False
    return False


def _is_not_done(part: Sequence[Piece], place: int) -> bool:
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


def heads_a_reaction(part: Sequence[Piece], colon: int, allergens: Container[str]) -> bool:
    """Whether a part is "pénicilline : boutons": what did harm, or what was taken for it; a pharmacist has to judge."""
    name = " ".join(piece.words for piece in part[:colon])
    return name in allergens and any(
        piece.kinds.get("label", "").startswith((*SKIN_REACTIONS, *SWELLING, "J45", "R57"))
        for piece in part[colon:]
    )


def _after_a_reaction(part: Sequence[Piece]) -> int | None:
    skin = swollen = False
    for at, piece in enumerate(part):
        if piece.has("aftertaking") and (skin or (swollen and piece.words not in BESIDE)):
            return at + 1
        code = piece.kinds.get("label", "")
        skin = skin or code.startswith(SKIN_REACTIONS)
        swollen = swollen or code.startswith(SWELLING)
    return None
