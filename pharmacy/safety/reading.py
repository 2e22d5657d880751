"""Reads what people write about a patient: conditions, negations, family, pregnancy, lactation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .harmed import Harms, Reading
from .lexicon import Lexicon
from .phrases import Phrases
from .pieces import (
    END,
    Piece,
    in_order,
    not_in_order,
    parts_of,
    untitled,
)
from .results import Results
from .scope import (
    MODIFIERS,
    asks,
    heading_of,
    holds_for_both,
    is_missing,
    not_seen_in_order,
    reached,
    result_of_something,
    takes_of_a_relative,
    tells_of_a_relative,
    tells_of_the_child,
)
from .taken import named_alone, names_taken, stopped, taken_now
from .text import fold_parts
from .times import beside_number, is_recent, of_birth
from .told import (
    denies_a_verb,
    harmful,
    heads_a_reaction,
    is_negated,
    is_of_family,
    lacks_an_organ,
)
from .writing import Writing

WEEK, MONTH = 7, 30
# behind a denial these are not passed over
ORDINARY = frozenset(("ordinary",))


HARMLESS = (
    "harmless",
    "measured",
    "unmeasured",
    "qualifier",
    "nothing",
    "suspected",
    "weeks",
    "months",
    "trimester",
    "inorder",
    "tellerbefore",
    "tellerafter",
    "aftertaking",
    "nottaken",
)
MEANINGS = ("pregnant", "notpregnant", "lactating", "notlactating", "postpartum")


class Reader(Harms):
    """Reads condition texts by the compiled table of phrases."""

    def __init__(self, index: dict[str, Any], lexicon: Lexicon) -> None:
        super().__init__(index, lexicon)
        self.writing, self.results = Writing(index, self.lexicon), Results(index)
        derived = index["derived"]
        self.lifelong = frozenset(derived["lifelong"])
        self.permanent = frozenset(derived["permanent"])
        self.allergic = frozenset(derived["allergic_words"])
        self.medicines = names_taken(index)
        self.phrases = Phrases(index)

    def read(self, text: str) -> Reading:
        """Everything the text says; words that no table knows are in `unknown`."""
        reading = Reading()
        said, results = self.results.taken_out(self.writing.plainly(text))
        said = self.writing.in_words(said)
        words = self.phrases.closed_up(list(fold_parts(said, self.lexicon.cuts)))
        pieces = self.phrases.pieces(words, results)
        heading: Piece | None = None
        for part, ends_heading in parts_of(pieces):
            heading = self._part(reading, part, heading)
            heading = None if ends_heading else heading
            if result_of_something(self.lexicon, part, self.small, text):
                reading.unknown.append(text.strip())
        if reading.alone and any(
            code.startswith(self.lexicon.codes["harms"]) for code, _ in reading.facts
        ):
            reading.unknown += (
                reading.alone
            )  # "syndrome de Lyell 2016, Bactrim": taken, or what did it
        self._numbers(reading, pieces)
        figure = "" if reading.unknown else self.results.left_out(said)
        if figure:
            reading.unknown.append(figure)
        theirs = any(status == "family" for _, status in reading.facts)
        kin = theirs or any(piece.has("family") for piece in pieces)
        if kin and holds_for_both(self.lexicon, text, told=theirs) and not reading.unknown:
            reading.unknown.append(text.strip())
        told = reading.unknown or reading.allergies or reading.taken
        silent = (
            not told and _says_nothing(pieces) and not self.lexicon.patterns["nothing"].search(said)
        )
        if silent and not stopped(self.lexicon, pieces, self.medicines):
            reading.unknown.append(text.strip())
        return reading

    def after_negation(self, words: list[str]) -> list[str] | None:
        """The words after a negation that stands first, or None if none does."""
        pieces = self.phrases.pieces(words, {})
        if not pieces or not pieces[0].has("neg"):
            return None
        return " ".join(piece.words for piece in pieces[1:]).split()

    def _part(self, reading: Reading, part: list[Piece], heading: Piece | None) -> Piece | None:
        """Read one part; returns the modifier that heads the parts after it, if any."""
        colon = next((at for at, piece in enumerate(part) if piece.words == ":"), None)
        if colon is not None and not any(piece.has("label") for piece in part[:colon]):
            heading = heading_of(self.lexicon, part[:colon], heading)
            if tells_of_the_child(self.lexicon, part, colon):
                part, colon, heading = part[colon + 1 :], None, None
        known = [piece for piece in part if piece.words != ":"]
        if self._allergy(reading, known, heading or END):
            return heading
        self._harms(reading, known, heading or END)
        counted = len(reading.facts)
        understood = self._labels(reading, known, heading)
        _settle(reading, len(reading.facts) if colon is None else counted)
        understood = self._states(reading, known) or understood
        if not self._is_of_family((*known, heading or END)):
            _take_figures(reading, known)
        if not understood or self._only_an_occasion(known):
            self._leftovers(reading, untitled(part, colon, known, self.medicines), heading)
        elif (
            asks(self.lexicon, known) and not (heading and heading.has("neg"))
        ) or heads_a_reaction(self.lexicon, part, colon or 0, self.allergens):
            reading.unknown.append(" ".join(piece.words for piece in known))
        elif not reading.allergies:
            told = [status for _, status in reading.facts[counted:]]
            headed = colon is not None and not any(piece.has("label") for piece in part[:colon])
            said = part[(colon or 0) + 1 :] if headed else known
            self._beyond(reading, said, heading, told or ["active"])
        return heading

    def _names_a_medicine(self, part: list[Piece]) -> bool:
        return any(not piece.kinds and piece.words in self.allergens for piece in part)

    def _beyond(
        self, reading: Reading, part: list[Piece], heading: Piece | None, statuses: list[str]
    ) -> None:
        """Leave what stands beside a name, beyond its negation, to be judged: "pas de fièvre zzzz"."""
        denied = reached(self.lexicon, part, self.medicines, named=True)
        left = [piece for at, piece in enumerate(part) if at not in denied]
        passed = self._take(reading, part, theirs=self._is_of_family((*part, heading or END)))
        taken = not is_missing(part) and any(
            piece.words in self.medicines and piece.words not in passed and not piece.kinds
            for piece in left
        )
        unread = set(statuses) == {"negated"} and (
            not_seen_in_order(part, denied)
            or any(
                self._is_unread(piece)
                and ORDINARY.issuperset(piece.kinds)
                and piece.words not in self.lexicon.words["denying"]
                for piece in left
            )
        )
        if (taken or unread) and not (heading and heading.has("neg")):
            reading.unknown.append(" ".join(piece.words for piece in part))

    def _take(self, reading: Reading, part: list[Piece], *, theirs: bool) -> set[str]:
        """Note the medicines that the part says are taken; returns the words that tell so, or that one was stopped."""
        told = [] if theirs else taken_now(self.lexicon, part, self.medicines)
        if not (theirs or told):
            told = named_alone(self.lexicon, part, self.medicines, self.small)
            reading.alone += told
        reading.taken += told
        passed = stopped(self.lexicon, part, self.medicines)
        if told:
            passed |= {*self.lexicon.words["takes"], *self.lexicon.words["dosing"], *told}
            passed |= set(" ".join(told).split())
        return passed

    def _is_unread(self, piece: Piece) -> bool:
        return not piece.words[0].isdigit() and piece.words not in (*self.small, ":")

    def _is_of_family(self, part: Sequence[Piece], place: int | None = None) -> bool:
        return is_of_family(self.lexicon, part, self.small, place)

    def _tells_of_a_woman(self, part: Sequence[Piece]) -> bool:
        men = self.lexicon.words["men"]
        return any(piece.has("family") and piece.words not in men for piece in part)

    def _allergy(self, reading: Reading, part: list[Piece], heading: Piece) -> bool:
        """Take "allergie à X" as an allergy, but for one of the family; True if the part is one."""
        place = next((at for at, piece in enumerate(part) if piece.words in self.allergic), None)
        if place is None:
            told = harmful(self.lexicon, part, self.allergens, self.small)
            if told and not self._is_of_family((*part, heading)):
                reading.allergies.append(told)
            return bool(told) and not any(piece.has("label") for piece in part)
        after = part[place + 1 :]
        named = self._named_before(part[:place], after)
        if named:
            reading.allergies.append(named)
            return not any(piece.has("label") for piece in part)
        if len(after) == 1 and after[0].has("label"):  # "allergie cutanée": an illness, no allergen
            return False
        words = " ".join(piece.words for piece in after).split()
        while words and words[0] in self.small:
            words = words[1:]
        denied = any(piece.has("neg") for piece in part)
        if not denied and self.reactions.issuperset(words) and any(p.has("label") for p in part):
            return False  # "réaction allergique sévère" names no allergen
        theirs = self._is_of_family((*part, heading))
        if words and not theirs and not any(piece.has("neg") for piece in part[:place]):
            reading.allergies.append(" ".join(words))
        return bool(words)

    def _labels(self, reading: Reading, part: list[Piece], heading: Piece | None) -> bool:
        found = False
        for place, piece in enumerate(part):
            label = piece.kinds.get("label")
            if label is not None and not self._is_a_small_word(part, place):
                found = True
                reading.facts.append((label, self._status(label, part, place, heading)))
        return found

    def _is_a_small_word(self, part: list[Piece], place: int) -> bool:
        """Whether an abbreviation is a word of the language here: "PAR" is a disease, "par un médecin" is none."""
        if part[place].words not in self.small or place + 1 == len(part):
            return False
        after = part[place + 1]
        if after.words in self.small:
            return after.words not in self.lexicon.words["behind_a_name"]
        if after.words[0].isdigit():
            return False
        return not after.has("qualifier", "inorder", "neg", "negafter", "history", "resolved")

    def _only_an_occasion(self, part: list[Piece]) -> bool:
        """Whether the only name says why the patient came ("suivi"): the words beside it are the disease."""
        names = [piece.kinds["label"] for piece in part if piece.has("label")]
        known = any(piece.has(*MEANINGS) for piece in part)
        return (
            bool(names)
            and not known
            and all(name.startswith(self.lexicon.codes["occasions"]) for name in names)
        )

    def _status(self, label: str, part: list[Piece], place: int, heading: Piece | None) -> str:
        around = [piece for at, piece in enumerate(part) if at != place]
        if heading is not None:
            around.append(heading)
        headed = heading is not None and heading.has("neg")
        if is_negated(self.lexicon, part, place) or (
            headed and not self.lexicon.patterns["patient_is"].search(part[place].words)
        ):
            return "negated"
        if label in self.lexicon.codes["for_a_relative"]:
            theirs = self._is_of_family((*part[:place], heading or END))
        else:
            theirs = self._is_of_family((*part, heading or END), place)
        if label.startswith(self.lexicon.codes["children"]):
            theirs = theirs and self._tells_of_a_woman((*part, heading or END))
        if label.startswith(self.lexicon.codes["devices"]) and not any(
            piece.has("family") for piece in part
        ):
            theirs = False
        if theirs and not label.startswith(self.lexicon.codes["grafts"]):
            return "family"
        if self._is_over(label, around):
            return "resolved"
        return "active"

    def _is_over(self, label: str, around: list[Piece]) -> bool:
        lasts = label in self.permanent or label[:3] in self.permanent
        if lasts or any(piece.has("notresolved") for piece in around):
            return False
        if any(piece.has("resolved") for piece in around):
            return True
        stays = label in self.lifelong or label[:3] in self.lifelong
        past = any(piece.has("history") for piece in around)
        return past and not stays and not is_recent(self.lexicon, around)

    def _states(self, reading: Reading, part: list[Piece]) -> bool:
        """Pregnancy and lactation said in this part; a pregnancy that is only possible is asked for too."""
        found = False
        asked = any(piece.has("suspected") for piece in part)
        for place, piece in enumerate(part):
            if not piece.has(*MEANINGS, "pregnantnumber"):
                continue
            counted = piece.has("pregnantnumber") and beside_number(part, place)
            if not counted and not piece.has(*MEANINGS):  # "sa" is also a word of the language
                continue
            found = True
            before = piece.has("lactating")
            theirs = self._is_of_family(part[:place] if before else part, None if before else place)
            theirs = theirs and self._tells_of_a_woman(part)
            if (
                theirs
                or is_negated(self.lexicon, part, place)
                or piece.has("notpregnant", "notlactating")
            ):
                continue
            reading.lactating = reading.lactating or piece.has("lactating")
            counted = counted and not of_birth(self.lexicon, part)
            if piece.has("pregnant") or counted:
                reading.pregnant = True
                reading.unmeasured |= {"pregnancy"} if asked else set()
        return found

    def _leftovers(self, reading: Reading, part: list[Piece], heading: Piece | None) -> None:
        disorder = not_in_order(self.lexicon, part)
        disorder = disorder or lacks_an_organ(self.lexicon, part)
        strict = disorder or denies_a_verb(self.lexicon, part)
        if heading is not None and heading.has("neg"):
            return
        theirs = self._is_of_family((*part, heading or END)) and not takes_of_a_relative(
            self.lexicon, part
        )
        told = (heading is not None and heading.has("family")) or tells_of_a_relative(
            self.lexicon, part, self.small
        )
        if told and theirs and not (strict or self._names_a_medicine(part)):
            return
        denied: set[int] = set() if strict else reached(self.lexicon, part, self.medicines)
        passed = self._take(reading, part, theirs=theirs)
        weighed = self.lexicon.words["weighed"]
        held = strict or any(piece.has("neg") or piece.words in weighed for piece in part)
        ordinary = () if held else ("ordinary",)
        known = ("label", *HARMLESS, *ordinary, *MODIFIERS, *in_order(part))
        words = [
            piece.words
            for at, piece in enumerate(part)
            if piece.words in self.lexicon.words["left_over"]
            or (
                at not in denied
                and (not piece.has(*known) or set(piece.kinds) == {"asked", "harmless"})
                and self._is_unread(piece)
                and not (piece.words in self.allergens and is_missing(part))
                and piece.words not in passed
            )
        ]
        if disorder or words:
            reading.unknown.append(" ".join(piece.words for piece in part))

    def _numbers(self, reading: Reading, pieces: list[Piece]) -> None:
        """Weeks of pregnancy, or the age of the breastfed child."""
        for piece, after in zip(pieces, [*pieces[1:], END], strict=bool(pieces)):
            if reading.pregnant and "trimester" in piece.kinds and reading.weeks is None:
                low, _, high = piece.kinds["trimester"].partition("-")
                reading.weeks = (int(low), int(high))
            if piece.words.isdigit() and len(piece.words) <= 2:
                _counted(reading, int(piece.words), after)


def _take_figures(reading: Reading, part: list[Piece]) -> None:
    """The results told in a part, and those it says nobody has."""
    for piece in part:
        figure, _, value = piece.kinds.get("measured", "").partition("=")
        if figure:
            reading.measured[figure] = int(value) if value.isdigit() else value
        reading.unmeasured.update(piece.kinds.get("unmeasured", "").split())


def _settle(reading: Reading, start: int) -> None:
    """What heads its own result is what the result says: "hépatite B : AgHBs négatif" tells of none."""
    told = reading.facts[start:]
    denied = {code for code, status in told if status == "negated"}
    reading.facts[start:] = [
        (code, status) for code, status in told if status != "active" or code not in denied
    ]


def _says_nothing(pieces: list[Piece]) -> bool:
    """Whether no word has a meaning and none is unknown: "?", "les"."""
    return not any(piece.kinds for piece in pieces)


def _counted(reading: Reading, count: int, unit: Piece) -> None:
    months = unit.has("months") and not unit.has("weeks")
    if not unit.has("weeks", "months"):
        return
    if reading.pregnant and count <= (10 if months else 44):
        reading.weeks = (count * 4, count * 4 + 5) if months else (count, count)
    elif reading.lactating:
        reading.infant_age_days = count * (MONTH if months else WEEK)
