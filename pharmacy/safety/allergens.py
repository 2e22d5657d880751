"""Reads what people write as an allergy: substances, classes, things that are no medicine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .names import Names
from .reading import Reader
from .text import fold, plain

LONGEST_NAME = 5
CACHE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Allergen:
    """What a written allergy names: shown as `word`, met by its `members`, known by its tokens."""

    word: str
    fr: str
    en: str
    members: frozenset[str]
    tokens: frozenset[str]
    is_class: bool
    is_unnamed: bool = False


@dataclass(frozen=True, slots=True)
class AllergyReading:
    """The allergens a text names, and the parts of it that are not understood."""

    allergens: tuple[Allergen, ...] = ()
    unknown: tuple[str, ...] = field(default=())


class Allergens:
    """Finds allergens by their folded names, then by the names of medicines."""

    def __init__(self, index: dict[str, Any], names: Names, reader: Reader) -> None:
        self.known: dict[str, Any] = index["allergens"]
        self.words: dict[str, str] = index["allergen_names"]
        self.sets = tuple(frozenset(members) for members in index["sets"])
        self.substances: dict[str, Any] = index["substances"]
        self.severe = {
            allergen_id: frozenset(facts["severe_of"])
            for allergen_id, facts in self.known.items()
            if "severe_of" in facts
        }
        self.none = frozenset(index["derived"]["no_allergy"])
        self.reaction = frozenset(index["derived"]["reaction_words"])
        self.names, self.reader = names, reader
        self.patterns = reader.lexicon.patterns
        self._readings: dict[str, AllergyReading] = {}

    def read(self, text: str) -> AllergyReading:
        """What a text written as an allergy says; "aucune" says nothing."""
        reading = self._readings.get(text)
        if reading is None:
            if len(self._readings) >= CACHE_LIMIT:
                self._readings.clear()
            reading = self._readings[text] = self._read(text)
        return reading

    def _read(self, text: str) -> AllergyReading:
        whole = self._exact(text)
        if whole is not None and not self.patterns["severe_reaction"].search(plain(text)):
            return AllergyReading(whole)
        if fold(self.patterns["brackets"].sub(" ", text)) in self.none:
            return AllergyReading()
        found: list[Allergen] = []
        unknown: list[str] = []
        parts = self.patterns["allergy_parts"].split(
            plain(self.patterns["brackets"].sub(" ", text))
        )
        denied = [self._says_none(fold(part).split()) for part in parts]
        for part, none in zip(parts, denied, strict=True):
            if not none:
                self._read_part(part, found, unknown)
        if found:  # what the medicine did: "Augmentin, diarrhées"
            unknown = [part for part in unknown if self.reader.read(part).unknown]
        if not (found or unknown or any(denied) or self.patterns["nothing"].search(text)):
            unknown.append(text.strip())
        if self.patterns["severe_reaction"].search(plain(text)):
            found += [self._class(allergen_id) for allergen_id in self._severe(found)]
        return AllergyReading(tuple(dict.fromkeys(found)), tuple(unknown))

    def _severe(self, found: list[Allergen]) -> list[str]:
        """What a severe reaction to one of those found makes of it: anaphylaxis to Augmentin is one to penicillins."""
        named = {member for allergen in found for member in allergen.members}
        words = {allergen.word for allergen in found}
        return [
            allergen_id
            for allergen_id, members in self.severe.items()
            if members & named and allergen_id not in words
        ]

    def _read_part(self, part: str, found: list[Allergen], unknown: list[str]) -> None:
        words = fold(part).split()
        exact = self._exact(part)
        if exact is not None:
            found.extend(exact)
            return
        left = self._scan([word for word in words if word not in self.reader.allergic], found)
        meaningless = self.reader.small | self.reaction | self.reader.allergic
        said = [word for word in left if word not in meaningless and not word[0].isdigit()]
        if said:
            unknown.append(part.strip() if len(left) == len(words) else " ".join(left))

    def _says_none(self, words: list[str]) -> bool:
        denied = self.reader.after_negation(words)
        if denied is not None:
            silent = self.reader.allergic | self.reader.small | self.reaction
            return bool(denied) and all(word in silent for word in denied)
        return "nothing" in (self.reader.phrases.kinds_of(" ".join(words)) or {})

    def _scan(self, words: list[str], found: list[Allergen]) -> list[str]:
        """Take the longest known names out of the words; the words that are left."""
        left: list[str] = []
        place = 0
        while place < len(words):
            size = min(LONGEST_NAME, len(words) - place)
            while size:
                known = self._exact(" ".join(words[place : place + size]))
                if known is not None:
                    found.extend(known)
                    break
                size -= 1
            else:
                left.append(words[place])
            place += size or 1
        return left

    def _exact(self, text: str) -> tuple[Allergen, ...] | None:
        key = fold(text)
        named = self.words.get(key)
        if named is not None:
            return (self._class(named),)
        if key in self.reader.small or key in self.reaction:
            return None
        resolution = self.names.find_exact(text)
        if resolution is None:
            return None
        return tuple(self._substance(part) for part in resolution.components)

    def _class(self, allergen_id: str) -> Allergen:
        facts = self.known[allergen_id]
        members = frozenset(facts["members"])
        tokens = frozenset({f"a:{allergen_id}", *self._holding(members)})
        direct = members if facts["direct"] else frozenset()
        return Allergen(
            allergen_id,
            facts["fr"],
            facts["en"],
            direct,
            tokens,
            is_class=True,
            is_unnamed=facts["unnamed"],
        )

    def _substance(self, substance: str) -> Allergen:
        members = frozenset([substance])
        tokens = frozenset(self._holding(members)) | {f"a:{substance}"}
        fr = self.substances[substance]["fr"]
        return Allergen(substance, fr, substance, members, tokens, is_class=False)

    def _holding(self, members: frozenset[str]) -> set[str]:
        """The tokens of the sets and allergens of which the members are a part."""
        if not members:
            return set()
        found = {f"as:{number}" for number, held in enumerate(self.sets) if members <= held}
        for allergen_id, facts in self.known.items():
            if facts["members"] and members.issubset(facts["members"]):
                found.add(f"a:{allergen_id}")
        return found
