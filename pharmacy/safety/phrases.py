"""The table of phrases, and the pieces into which the words of a text are taken by it."""

from __future__ import annotations

from itertools import product
from typing import Any

from .pieces import FINDINGS, Piece

# a phrase of these alone never takes a word from the name of an illness
SAYS_NOTHING = frozenset(("harmless", "qualifier"))


class Phrases:
    """What each folded phrase can mean, and how long the phrases are that begin with a word."""

    def __init__(self, index: dict[str, Any]) -> None:
        self.places: dict[str, int] = index["phrases"]
        self.meanings = [dict(kinds) for kinds in index["meanings"]]
        self.lengths: dict[str, list[int]] = {}
        for key in self.places:
            words = key.split()
            lengths = self.lengths.setdefault(words[0], [])
            if len(words) not in lengths:
                lengths.append(len(words))
        for lengths in self.lengths.values():
            lengths.sort(reverse=True)

    def kinds_of(self, phrase: str) -> dict[str, str] | None:
        """What a folded phrase can mean, by kind; None when no table knows it."""
        place = self.places.get(phrase)
        return None if place is None else self.meanings[place]

    def pieces(self, words: list[str], results: dict[str, tuple[str, int]]) -> list[Piece]:
        """The words as pieces, the longest phrase first; `results` are the figures that stand as marks among them."""
        pieces = []
        place = 0
        while place < len(words):
            length = 1
            kinds: dict[str, str] = {}
            if words[place] in results:
                figure, value = results[words[place]]
                kinds = {"measured": f"{figure}={value}"}
            for size in self._sizes(words, place):
                known = self.kinds_of(" ".join(words[place : place + size]))
                if known is None or size > len(words) - place:
                    continue
                if size > 1 and self._takes_from_a_name(words, place, size, known):
                    continue
                length, kinds = size, known
                break
            pieces.append(Piece(" ".join(words[place : place + length]), kinds))
            place += length
        return pieces

    def closed_up(self, words: list[str]) -> list[str]:
        """The words without a colon that stands within the name of a sign: "nuque : raide" is "nuque raide"."""
        kept = list(words)
        for colon in reversed([at for at, word in enumerate(words) if word == ":"]):
            for start, end in product(range(max(0, colon - 3), colon), range(colon + 2, colon + 5)):
                named = self.kinds_of(" ".join(words[start:colon])) or {}
                whole = self.kinds_of(" ".join(words[start:colon] + words[colon + 1 : end])) or {}
                if "label" in whole and any(kind in named for kind in FINDINGS):
                    del kept[colon]
                    break
        return kept

    def _sizes(self, words: list[str], place: int) -> list[int]:
        """How long the phrases at a place may be, longest first.

        Only the denial counts where the name of an illness runs on behind it: "pas de globe vésical" is no "pas de
        globe".
        """
        found = self.lengths.get(words[place], [])
        for denial in found[::-1]:
            start = place + denial
            denies = "neg" in (self.kinds_of(" ".join(words[place:start])) or {})
            for size in self.lengths.get(words[start], ()) if denies and start < len(words) else ():
                if self._is_a_name(words, start, size):
                    return [*(one for one in found if place + one >= start + size), denial]
        return found

    def _is_a_name(self, words: list[str], start: int, size: int) -> bool:
        named = self.kinds_of(" ".join(words[start : start + size])) or {}
        return "label" in named and start + size <= len(words)

    def _takes_from_a_name(
        self, words: list[str], place: int, size: int, kinds: dict[str, str]
    ) -> bool:
        """Whether the name of an illness begins in the phrase and runs on behind it: "alert, active" before "labour".

        Only a phrase that says nothing, or that runs over a comma, gives way to it.
        """
        end = place + size
        over = "|" in words[place:end] and "label" not in kinds
        return (over or SAYS_NOTHING.issuperset(kinds)) and any(
            start + longer > end and self._is_a_name(words, start, longer)
            for start in range(place + 1, end)
            for longer in self.lengths.get(words[start], ())
        )
