"""What a written medicine is: its substances, exactly, or near names that are only offered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .lexicon import Lexicon
from .model import Resolution
from .text import distance_within, fold, plain

SPLITS = ("parts_by_stroke", "parts_by_word", "parts_by_any_mark")
CACHE_LIMIT = 20_000


class Names:
    """The table of medicine names; answers are remembered."""

    def __init__(self, index: dict[str, Any], lexicon: Lexicon) -> None:
        self.patterns = lexicon.patterns
        self.particles = lexicon.words["particles"]
        self.splits = [lexicon.patterns[name] for name in SPLITS]
        self.names: dict[str, str] = index["names"]
        self.display: dict[str, str] = index["display"]
        self.substances: dict[str, Any] = index["substances"]
        self.products: dict[str, Any] = index["products"]
        self.salts = _phrases(index["drop"]["salts"])
        self.forms = _phrases(index["drop"]["forms"])
        self.by_components = {
            tuple(sorted(facts["components"])): product
            for product, facts in sorted(self.products.items(), reverse=True)
        }
        self.sorted_names = sorted(self.names)
        self.by_words = self._by_words()
        self._answers: dict[str, Resolution] = {}
        self._near: dict[str, tuple[str, ...]] = {}

    def find(self, text: str) -> Resolution:
        """The resolution of a written medicine; `offered` names are never taken by the engine."""
        answer = self._answers.get(text)
        if answer is None:
            answer = self._find(text)
            if len(self._answers) >= CACHE_LIMIT:
                self._answers.clear()
            self._answers[text] = answer
        return answer

    def find_exact(self, text: str) -> Resolution | None:
        """The resolution of a single name, not of a combination by its parts; None if unknown."""
        owner = self._single(text)
        return None if owner is None else self._resolved((owner,))

    def near(self, text: str) -> tuple[str, ...]:
        """Names one or two edits away, nearest alphabet first; for the person to choose from."""
        key = self._bare(plain(text)) or fold(text)
        if key not in self._near:
            if len(self._near) >= CACHE_LIMIT:
                self._near.clear()
            self._near[key] = self._search_near(key)
        return self._near[key]

    def _find(self, text: str) -> Resolution:
        said = self._said(text)
        named = self.patterns["named_in_brackets"].fullmatch(text.strip())
        if (
            said.kind == "exact"
            or named is None
            or self._said(text.partition("(")[0]).kind != "unknown"
        ):
            return said
        return (
            self.find_exact(named[1]) or said
        )  # an unknown brand and its INN: "Zzzz (pegloticase)"

    def _said(self, text: str) -> Resolution:
        owner = self._single(text)
        if owner is not None:
            return self._without_more(text, self._resolved((owner,)))
        for split in self.splits:
            parts = [part for part in split.split(plain(text)) if self._counts(part)]
            owners = [self._single(part) for part in parts] if len(parts) > 1 else [None]
            if all(owners):
                found = self._resolved(tuple(owner for owner in owners if owner))
                return self._without_more(text, found)
        offered = self.near(text)
        return Resolution("offered" if offered else "unknown", offered=offered)

    def _without_more(self, text: str, found: Resolution) -> Resolution:
        """The resolution, only offered when brackets in the text name another medicine beside it."""
        inside = [
            part
            for bracket in self.patterns["in_brackets"].findall(plain(text))
            for part in self.patterns["inside_brackets"].split(bracket)
        ]
        owners = [owner for part in inside if (owner := self._single(part))]
        more = (
            set(self._resolved(tuple(owners)).components) - set(found.components) if owners else ()
        )
        return Resolution("offered", offered=found.components) if more else found

    def _counts(self, part: str) -> bool:
        """Whether a part of a combination is more than a strength or a form."""
        return bool(self._without(self._strengthless(part), self.forms))

    def _resolved(self, owners: tuple[str, ...]) -> Resolution:
        components: dict[str, None] = {}
        for owner in owners:
            product = self.products.get(owner)
            components.update(dict.fromkeys(product["order"] if product else (owner,)))
        found = tuple(components)
        product_id = owners[0] if owners[0] in self.products and len(owners) == 1 else None
        if product_id is None and len(found) > 1:
            product_id = self.by_components.get(tuple(sorted(found)))
        return Resolution("exact", found, product_id)

    def _single(self, text: str) -> str | None:
        """The substance or product of one name: as written, then without strength, form, salt."""
        lowered = plain(text)
        joined = self.splits[1].search(lowered) is not None
        for candidate in self._candidates(lowered):
            owner = self.names.get(candidate)
            if (
                owner is None and not joined
            ):  # the order of a combination's parts is that of its doses
                owner = self.by_words.get(self._words(candidate))
            if owner is not None:
                return owner
        return None

    def _words(self, name: str) -> tuple[str, ...]:
        return tuple(sorted(word for word in name.split() if word not in self.particles))

    def _by_words(self) -> dict[tuple[str, ...], str]:
        """Names of several words by these words in any order ("zinc oxyde"), where only one medicine has them."""
        owners: dict[tuple[str, ...], set[str]] = {}
        for name, owner in self.names.items():
            if " " in name:
                owners.setdefault(self._words(name), set()).add(owner)
        return {
            words: min(held) for words, held in owners.items() if len(held) == 1 and len(words) > 1
        }

    def _candidates(self, lowered: str) -> Iterator[str]:
        yield fold(lowered)
        unbracketed = self.patterns["in_brackets"].sub(" ", lowered)
        yield fold(unbracketed)
        for base in (lowered, unbracketed):
            strengthless = self._strengthless(base)
            yield strengthless
            formless = self._without(strengthless, self.forms)
            yield formless
            with_strength = self._without(fold(base), self.forms)
            yield with_strength
            for kept in (strengthless, formless):
                yield self._without(kept, self.salts)

    def _strengthless(self, lowered: str) -> str:
        return fold(self.patterns["strength"].sub(" ", self.patterns["counts"].sub(" ", lowered)))

    def _bare(self, lowered: str) -> str:
        unbracketed = self.patterns["in_brackets"].sub(" ", lowered)
        return self._without(self._strengthless(unbracketed), self.forms)

    def _without(self, folded: str, drop: dict[str, list[tuple[str, ...]]]) -> str:
        """The words left when the phrases to drop, and particles beside them, are taken out."""
        words = folded.split()
        kept: list[str] = []
        place = 0
        while place < len(words):
            length = next(
                (
                    len(phrase)
                    for phrase in drop.get(words[place], ())
                    if tuple(words[place : place + len(phrase)]) == phrase
                ),
                0,
            )
            if not length:
                kept.append(words[place])
            place += length or 1
        if len(kept) == len(words):
            return folded
        return " ".join(self._trimmed(kept))

    def _trimmed(self, words: list[str]) -> list[str]:
        while words and words[0] in self.particles:
            words = words[1:]
        while words and words[-1] in self.particles:
            words = words[:-1]
        return words

    def _search_near(self, key: str) -> tuple[str, ...]:
        if len(key) < 5:
            return ()
        limit = 1 if len(key) < 8 else 2
        found = {
            self.names[name]
            for name in self.sorted_names
            if abs(len(name) - len(key)) <= limit
            and (name[0] == key[0] or name[-1] == key[-1])
            and distance_within(key, name, limit)
        }
        return tuple(sorted(found))[:5]

    def suggest(self, prefix: str, limit: int) -> list[tuple[str, str]]:
        """(name as written, substance or product) of names that begin with the prefix."""
        key = fold(prefix)
        if not key:
            return []
        starts = [name for name in self.sorted_names if name.startswith(key)]
        inside = [name for name in self.sorted_names if f" {key}" in name]
        chosen = [*starts, *(name for name in inside if name not in set(starts))][:limit]
        return [(self.display.get(name, name), self.names[name]) for name in chosen]


def _phrases(folded: list[str]) -> dict[str, list[tuple[str, ...]]]:
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in folded:
        words = tuple(phrase.split())
        table.setdefault(words[0], []).append(words)
    for phrases in table.values():
        phrases.sort(key=lambda words: (-len(words), words))
    return table
