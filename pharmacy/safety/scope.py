"""How far a negation, a relative or "nothing to report" reaches: what stands beyond stays to be judged."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from .pieces import FINDINGS, in_order
from .told import CAUSES_AND_TIMES, JOINS, TELLS, is_negated

if TYPE_CHECKING:
    from .pieces import Piece

# "pas d'allergie sauf à la pénicilline" tells an allergy; any other exception is read as a part of its own
_EXCEPT = (
    r"(?:sauf|hormis|except[ée]e?|à part|mis à part|en dehors(?: d[eu'’])?|à l['’]exception d[eu'’]|outre"
    r"|except(?: for)?|apart from|other than|besides|aside from)"
)
_ALLERGIC_EXCEPT = re.compile(
    r"(?<!\w)(?:(?:pas d['’]|aucune?\s+|sans\s+|no\s+(?:known\s+)?|non\s+|not\s+)(?:\w+\s+)?allerg\w+"
    r"(?:\s+(?:m[ée]dicamenteuses?|alimentaires?|connues?|known))*|nkda|nka|allerg\w+\s*:?\s*(?:aucune?|non|no|none|0|n[ée]ant))"
    r"[\s,:]*"
    rf"{_EXCEPT}\s*(?:à\s+(?:la |l['’])?|au[x]?\s+|la |le |les |l['’]|to\s+)?(?=\w)",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(rf"(?<=[\w.)])\s*[,(]?\s+(?={_EXCEPT}(?!\w))", re.IGNORECASE)
# "pas seulement hypertendu", "n'est pas sans asthme": no negation of what follows
_NO_DENIAL = re.compile(
    r"(?<!\w)(?:(?:n['’]est |ne sont |is |non )?(?:pas|not|non)\s+"
    r"(?:seulement|uniquement|que|simplement|only|just|sans|without))(?!\w)",
    re.IGNORECASE,
)
# nobody doubts what follows, and what grows no worse is there: "sans doute HTA", "pas de décompensation de sa cirrhose"
_THERE = re.compile(
    r"(?<!\w)(?:(?:sans|pas|nul|without|no)\s+(?:de\s+|aucun\s+|any\s+|a\s+)?(?:doute|doubt)s?(?!\w)"
    r"|(?:ne |n['’])nie pas(?!\w)|does(?: not|n['’]t) deny(?!\w)"
    r"|(?:pas|sans|no|aucune?|without)\s+(?:d['’]\s?|de\s+)?(?:nouvelle\s+|recent\s+|new\s+)?"
    r"(?:aggravation|r[ée]cidive|rechute|d[ée]compensation|interruption|progression|[ée]volution|exacerbation|relapse"
    r"|recurrence|worsening|deterioration)s?(?=\s+(?:d['’e]|du\s|des\s|of\s))"
    r"|(?:pas|sans|no|aucune)\s+(?:de\s+)?(?:nouvelles?|autres?|recent|new|further)\s+"
    r"(?:(?:crises?|[ée]pisodes?|attaques?)\s+(?=d['’](?:asthme|[ée]pilepsie)|dr[ée]pano)|(?=asthma|sickle|epilep)))",
    re.IGNORECASE,
)
# what is not excluded may be there: "grossesse non exclue", "asthme pas éliminé", "pas sûre de ne pas être enceinte"
_MAY_BE = re.compile(
    r"(?<!\w)(?:(?:non|pas|pas encore|jamais|not|never)\s+(?:[ée]t[ée]\s+|been\s+)?"
    r"(?:exclue?s?|[ée]limin[ée]e?s?|[ée]cart[ée]e?s?|infirm[ée]e?s?|excluded|ruled out)(?!\w)"
    r"|(?:exclue?|[ée]limin[ée]e?|[ée]cart[ée]e?|excluded|ruled out)\s*\?"
    r"|(?:pas|not) (?:s[ûu]re?|sure|certaine?)\s+(?:que\s|d['’e]\s?|of\s)?(?:ne pas\s|not\s)?(?:[êe]tre\s|being\s)?"
    r"|(?:n['’]est\s+)?peut[- ]?[êe]tre pas(?!\w)|maybe not(?!\w)"
    r"|(?<=enceinte )non confirm[ée]e|(?<=grossesse )non confirm[ée]e|(?<=pregnancy )not confirmed"
    r"|(?:pas|not)(?=\s+(?:enceinte|pregnant)\s*\?))",
    re.IGNORECASE,
)
# what is told of a relative holds for the patient too
_TOO = re.compile(
    r"(?<!\w)(?:(?:lui|elle|moi|patiente?|enfant|him|her|he|she) (?:aussi|[ée]galement|too|as well|also)"
    r"|comme (?:lui|elle|moi|le patient|la patiente|l['’]enfant)|like (?:him|her|the (?:patient|child))"
    r"|(?:les|tous les|toutes les) deux|both|idem|pareil(?:le)?|de m[êe]me)(?!\w)",
    re.IGNORECASE,
)
_ALSO = re.compile("aussi|galement|too|also|as well", re.IGNORECASE)
_TESTED = re.compile(
    r"(?<!\w)(?:vih|hiv|tests?|s[ée]rologies?|d[ée]pistage|tdr|rdt|hbs\w*|screening|srv|psl)(?!\w)",
    re.IGNORECASE,
)
MODIFIERS = ("neg", "negafter", "negend", "family", "resolved", "history", "notresolved")
SIDES = ("paternel", "maternel", "branche", "cote")
# a medicine that is denied with a time was taken before: "ne prend pas de warfarine depuis hier"
TIMES = (
    *(
        "depui",
        "since",
        "hier",
        "yesterday",
        "encore",
        "longer",
        "plu",
        "jusqu",
        "until",
        "stopped",
    ),
    *("arrete", "arret"),
)
# of these nobody expects a child
MEN = (
    *(
        "pere",
        "frere",
        "papa",
        "grand pere",
        "oncle",
        "cousin",
        "neveu",
        "son fil",
        "son mari",
        "mari",
        "son conjoint",
    ),
    *(
        "epoux",
        "son epoux",
        "concubin",
        "copain",
        "petit ami",
        "beau frere",
        "beau pere",
        "demi frere",
        "father",
    ),
    *(
        "brother",
        "uncle",
        "grandfather",
        "nephew",
        "dad",
        "grandpa",
        "boyfriend",
        "husband",
        "his son",
        "her son",
    ),
)
# "mère : l'enfant convulse" tells of the patient, "a bu le sirop de son frère" of what the patient took
CHILD = ("enfant", "bebe", "nourrisson", "patient", "patiente", "malade", "child", "baby", "bb")
TAKEN = (
    *(
        "prend",
        "pri",
        "bu",
        "avale",
        "avalee",
        "boit",
        "recu",
        "recue",
        "pique",
        "piquee",
        "mange",
        "take",
    ),
    *("took", "drank", "swallowed", "utilise"),
)
WHERE = (
    "au",
    "aux",
    "dans",
    "du",
    "de",
    "d",
    "des",
    "sur",
    "en",
    "of",
    "in",
    "at",
    "from",
    "lor",
    "during",
)
ALONE = ("positif", "positive", "po", "pos")
REACTS = ("reactif", "reactive")
# these say of what stands before them that it is in order, and nothing of what stands behind
IN_ORDER_BEFORE = (
    *("ras", "r a s", "neant", "nil", "beg", "sain", "healthy", "well"),
    *("normal", "na", "n a", "bonne sante", "bien portant"),
)


# "pas d'ATCD : enceinte de 3 mois" denies no pregnancy
_WITH_CHILD = re.compile(
    r"(?<!\w)(?:pas d['’]|aucun |sans |no )(?:ATCD|ant[ée]c[ée]dents?|PMHx?|history)(?: particuliers?)?\s*:"
    r"(?=\s*(?:enceinte|grossesse|allait|pregnan|breast))",
    re.IGNORECASE,
)


def told_plainly(text: str) -> str:
    """The text with exceptions as parts of their own, and without negations that deny nothing."""
    text = _WITH_CHILD.sub("RAS , ", text)
    text = _ALLERGIC_EXCEPT.sub("allergie à ", text)
    text = _EXCEPTION.sub(" | ", text)
    text = _THERE.sub(" connu ", text)
    text = _MAY_BE.sub(" possible ", text)
    return _NO_DENIAL.sub(" avec ", text)


def holds_for_both(text: str, *, told: bool) -> bool:
    """Whether the text says that what a relative has the patient has too; "les deux" only if something is `told`."""
    found = _TOO.search(text)
    return found is not None and (told or _ALSO.search(found[0]) is not None)


def result_of_something(part: Sequence[Piece], small: Container[str], text: str) -> bool:
    """Whether a part only says that something not named in it was positive."""
    said = [piece for piece in part if piece.words not in small]
    if not said or any(not piece.has("present") for piece in said):
        return False
    tested = _TESTED.search(text) is not None
    return any(piece.words in ALONE or (tested and piece.words in REACTS) for piece in said)


def heading_of(title: list[Piece], heading: Piece | None) -> Piece | None:
    """What a title before a colon says of the parts behind it; a title of its own ends what headed before."""
    own = next((piece for piece in title if piece.has(*MODIFIERS)), None)
    side = any(word.startswith(SIDES) for piece in title for word in piece.words.split())
    return own or (heading if side or (heading and heading.has("history")) else None)


def tells_of_the_child(part: Sequence[Piece], colon: int) -> bool:
    """Whether a relative before a colon speaks of the patient behind it."""
    said = [word for piece in part[colon + 1 :] for word in piece.words.split()]
    return any(piece.has("family") for piece in part[:colon]) and any(
        word in CHILD for word in said
    )


def takes_of_a_relative(part: Sequence[Piece]) -> bool:
    """Whether a verb of taking stands before the first relative of a part."""
    for piece in part:
        if piece.has("family"):
            return False
        if any(word in TAKEN for word in piece.words.split()):
            return True
    return False


def reached(part: Sequence[Piece], medicines: Container[str], *, named: bool = False) -> set[int]:
    """The places in a part that its negations, or "nothing to report", speak of.

    A negation before reaches one name and what is joined to it with "ou", "ni"; without a name all that stands behind
    it, up to a cause, a time or a verb that tells of the patient. What stands before it is not denied,
    but by a negation behind a `named` illness.
    """
    places: set[int] = set()
    for at, piece in enumerate(part):
        if piece.has("neg") and not _stands_last(part, at):
            places.update(_denied_from(part, at + 1, medicines))
        behind = named and piece.has("negafter")
        if behind or (piece.has("nothing") and not piece.has("neg")):
            places.update(place for place in range(at) if not part[place].has(*FINDINGS))
        if piece.has("nothing") and piece.words not in IN_ORDER_BEFORE:
            places.update(_denied_from(part, at + 1, medicines))
    return {at for at in places if part[at].words not in medicines or not _was_taken(part)}


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


def _was_taken(part: Sequence[Piece]) -> bool:
    return any(word in TIMES for piece in part for word in piece.words.split())


def _denied_from(part: Sequence[Piece], start: int, medicines: Container[str]) -> list[int]:
    places: list[int] = []
    named = joined = False
    for at in range(start, len(part)):
        piece = part[at]
        first = piece.words.partition(" ")[0]
        if first in TELLS or (not piece.has("label") and first in CAUSES_AND_TIMES):
            break
        if first in JOINS:
            joined, named = True, False
        elif _leads_on(part, at):
            named, joined = False, joined
        elif named and not joined:
            break
        elif piece.has("label", "pregnant", "lactating") or piece.words in medicines:
            named, joined = True, False
        places.append(at)
    return places


def _leads_on(part: Sequence[Piece], at: int) -> bool:
    """Whether the word says where or of what: "pas de sang au doigtier"; "a" alone is also a verb."""
    first = part[at].words.partition(" ")[0]
    if first == "a":
        return at + 1 < len(part) and part[at + 1].words.partition(" ")[0] in ("la", "l")
    return first in WHERE


def _stands_last(part: Sequence[Piece], place: int) -> bool:
    """Whether a word that can follow what it denies does so: "pouls absent ce jour" is no "absence of" anything."""
    after = part[place + 1 :]
    last = all(one.has("harmless", "qualifier") or one.words[0].isdigit() for one in after)
    return part[place].has("negafter") and last and (place > 0 or not after)


def is_missing(part: Sequence[Piece]) -> bool:
    """Whether the part tells of a medicine that could not be had: "oxytocine indisponible"."""
    return any(piece.has("nottaken") for piece in part)


def asks(part: Sequence[Piece]) -> bool:
    """Whether a word stands there that is never passed over beside a disease: "HTA, prend des écorces"."""
    return any(piece.has("asked") and not is_negated(part, at) for at, piece in enumerate(part))
