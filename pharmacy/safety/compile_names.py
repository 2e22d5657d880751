"""Compiles substances, classes and allergens into lookup tables of folded names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .sources import Entry, Sources
from .text import fold

Table = dict[str, Any]


def written_names(entry: Entry) -> Iterable[str]:
    """Every name an entry of a substance or allergen can be written with."""
    yield entry["id"]
    for key in ("fr", "en"):
        if entry.get(key):
            yield entry[key]
    yield from entry.get("syn", [])
    for brands in entry.get("brands", {}).values():
        yield from brands


def compile_substances(sources: Sources) -> Table:
    """{"substances", "products", "names", "display"}; a name of two entries is a problem."""
    table: Table = {"substances": {}, "products": {}, "names": {}, "display": {}}
    entries = list(_unique(sources, "substance"))
    for file, entry in entries:
        kind = "products" if entry.get("components") else "substances"
        table[kind][entry["id"]] = _facts(entry)
        for name in written_names(entry):
            _claim(sources, table, file, entry["id"], name)
    for file, entry in entries:
        for component in entry.get("components", ()):
            if component not in table["substances"]:
                sources.blame(file, entry["id"], f"component {component!r} is not a substance")
                table["products"].pop(entry["id"], None)
    known = table["substances"].keys() | table["products"].keys()
    table["names"] = {key: owner for key, owner in table["names"].items() if owner in known}
    return table


def _facts(entry: Entry) -> Entry:
    facts: Entry = {
        "fr": entry["fr"],
        "atc": entry.get("atc", []),
        "syn": entry.get("syn", []),
        "brands": entry.get("brands", {}),
    }
    if entry.get("also"):
        facts["also"] = entry["also"]
    components = entry.get("components")
    if components:
        listed = dict.fromkeys(components) if isinstance(components, list) else components
        facts["components"] = {key: _share(share) for key, share in listed.items()}
        facts["order"] = list(listed)
        if entry.get("unit"):
            facts["unit"] = True
    return facts


def _share(share: float | None) -> int | None:
    return None if share is None else round(share * 1000)


def _unique(sources: Sources, kind: str) -> Iterable[tuple[str, Entry]]:
    seen: dict[str, str] = {}
    for file, entry in sources.of(kind):
        if entry["id"] in seen:
            sources.blame(file, entry["id"], f"stands already in {seen[entry['id']]}")
        else:
            seen[entry["id"]] = file
            yield file, entry


def _claim(sources: Sources, table: Table, file: str, owner: str, name: str) -> None:
    key = fold(name)
    if not key:
        sources.blame(file, owner, f"name {name!r} is empty once folded")
        return
    holder = table["names"].setdefault(key, owner)
    if holder != owner:
        sources.blame(file, owner, f"name {name!r} belongs to {holder!r} already")
    else:
        table["display"].setdefault(key, name)


class Drugs:
    """Resolves lists of drugs (ids, atc:, class:) to sorted substances; blames what is unknown."""

    def __init__(self, sources: Sources, names: Table) -> None:
        self.sources = sources
        self.substances: Table = names["substances"]
        self.products: Table = names["products"]
        self.names: dict[str, str] = names["names"]
        self.raw = {entry["id"]: (file, entry) for file, entry in _unique(sources, "class")}
        self.members: dict[str, frozenset[str]] = {}
        for class_id in sorted(self.raw):
            self._class(class_id, ())

    def resolve(self, words: Iterable[str], file: str, owner: str) -> frozenset[str]:
        """The substances that the words name."""
        return self._resolve(words, file, owner, ())

    def unknown(self, word: str) -> bool:
        """Whether a word names nothing at all (blamed where it was met)."""
        return self._one(word, ()) is None

    def _resolve(
        self, words: Iterable[str], file: str, owner: str, trail: tuple[str, ...]
    ) -> frozenset[str]:
        found: set[str] = set()
        for word in words:
            got = self._one(word, trail)
            if got is None:
                self.sources.blame(file, owner, f"unknown drug or class {word!r}")
            else:
                found |= got
        return frozenset(found)

    def _one(self, word: str, trail: tuple[str, ...]) -> frozenset[str] | None:
        if word.startswith("class:"):
            return self._class(word[6:], trail)
        if word.startswith("atc:"):
            return self._by_atc(word[4:])
        owner = word if word in self.substances else self.names.get(fold(word))
        if owner in self.substances:
            return frozenset([owner])
        if owner in self.products:
            return frozenset(self.products[owner]["components"])
        return None

    def _by_atc(self, prefix: str) -> frozenset[str]:
        return frozenset(
            substance
            for substance, facts in self.substances.items()
            if any(code.startswith(prefix) for code in facts["atc"])
        )

    def _class(self, class_id: str, trail: tuple[str, ...]) -> frozenset[str] | None:
        if class_id in self.members:
            return self.members[class_id]
        if class_id not in self.raw:
            return None
        file, entry = self.raw[class_id]
        if class_id in trail:
            self.sources.blame(file, class_id, "contains itself")
            return frozenset()
        inner = (*trail, class_id)
        found = self._resolve(entry["members"], file, class_id, inner)
        found -= self._resolve(entry.get("except", []), file, class_id, inner)
        self.members[class_id] = found
        return found


def compile_classes(drugs: Drugs) -> Table:
    """{class id: labels and sorted members}."""
    return {
        class_id: {"fr": entry["fr"], "en": entry["en"], "members": sorted(drugs.members[class_id])}
        for class_id, (_, entry) in sorted(drugs.raw.items())
    }


def compile_allergens(sources: Sources, drugs: Drugs) -> Table:
    """{"allergens": {id: labels, members}, "allergen_names": {folded: id}}."""
    allergens: Table = {}
    names: dict[str, str] = {}
    for file, entry in _unique(sources, "allergen"):
        members = drugs.resolve(entry.get("members", []), file, entry["id"])
        members -= drugs.resolve(entry.get("except", []), file, entry["id"])
        allergens[entry["id"]] = {
            "fr": entry["fr"],
            "en": entry["en"],
            "members": sorted(members),
            "direct": entry.get("direct", True),
            "unnamed": entry.get("unnamed", False),
        }
        severe = drugs.resolve(entry.get("severe_of", []), file, entry["id"])
        if severe:
            allergens[entry["id"]]["severe_of"] = sorted(severe)
        for name in written_names(entry):
            holder = names.setdefault(fold(name), entry["id"])
            if holder != entry["id"]:
                sources.blame(file, entry["id"], f"name {name!r} belongs to {holder!r} already")
    return {"allergens": allergens, "allergen_names": names}
