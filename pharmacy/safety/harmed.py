"""Reads which medicine did harm: "ictère sous Augmentin", "penicillin allergy (rash)"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .lexicon import Lexicon
from .pieces import Piece

HARMS = ("under", "due", "liver", "with_words", "due_words")


@dataclass(slots=True)
class Reading:
    """What one text says.

    `facts` are (code or group, status); `taken` are medicines that it says are taken now,
    `alone` those of them that stand there without a word for it.
    """

    facts: list[tuple[str, str]] = field(default_factory=list)
    pregnant: bool = False
    weeks: tuple[int, int] | None = None
    lactating: bool = False
    infant_age_days: int | None = None
    allergies: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    measured: dict[str, int | str] = field(default_factory=dict)
    unmeasured: set[str] = field(default_factory=set)
    taken: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)


class Harms:
    """Knows the words of harms and the names of what does them."""

    def __init__(self, index: dict[str, Any], lexicon: Lexicon) -> None:
        derived = index["derived"]
        self.lexicon = lexicon
        self.harms = {name: frozenset(derived["harms"].get(name, ())) for name in HARMS}
        self.allergens = index["allergen_names"].keys() | index["names"].keys()
        self.small = frozenset(derived["small_words"])
        self.reactions = frozenset((*derived["reaction_words"], *derived["small_words"]))

    def _harms(self, reading: Reading, part: list[Piece], heading: Piece) -> None:
        """Take "ictère sous Augmentin", "hépatite due à l'isoniazide" as an allergy to what did it."""
        if any(piece.has("neg", "family") for piece in (*part, heading)):
            return
        words = " ".join(piece.words for piece in part).split()
        for end in range(1, len(words)):
            harm = next(
                (
                    name
                    for name in self._endings(words[:end])
                    if name in self.harms["under"] | self.harms["due"]
                ),
                None,
            )
            if harm is None:
                continue
            culprit = self._culprit(
                words[end:], harm, past=any(piece.has("history") for piece in part)
            )
            if culprit:
                reading.allergies.append(culprit)
                if harm in self.harms["liver"]:
                    reading.facts += [
                        (code, "resolved") for code in self.lexicon.codes["harmed_liver"]
                    ]
                return

    def _endings(self, words: list[str]) -> list[str]:
        return [" ".join(words[start:]) for start in range(max(0, len(words) - 4), len(words))]

    def _culprit(self, after: list[str], harm: str, *, past: bool) -> str:
        """The medicine that words after a harm name as its cause, or nothing; "sous" tells one of a past harm too."""
        causes = self.harms["due_words"] | (
            self.harms["with_words"] if past or harm in self.harms["under"] else frozenset()
        )
        if not after or after[0] not in causes:
            return ""
        start = 0
        while start < len(after) and (after[start] in causes or after[start] in self.small):
            start += 1
        named = (" ".join(after[start:stop]) for stop in range(len(after), start, -1))
        return next((name for name in named if name in self.allergens), "")

    def _named_before(self, before: list[Piece], after: list[Piece]) -> str:
        """The allergen of "penicillin allergy (rash)": a known name that ends before the word."""
        said = {word for piece in after for word in piece.words.split()}
        if not said <= self.reactions or any(piece.has("neg", "family") for piece in before):
            return ""
        words = " ".join(piece.words for piece in before).split()
        names = (" ".join(words[start:]) for start in range(len(words)))
        return next((name for name in names if name in self.allergens), "")
