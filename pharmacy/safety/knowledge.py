"""The loaded knowledge: names, codes and the rules found by what they can meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from . import icd
from .allergens import Allergens, AllergyReading
from .amounts import Amounts
from .harmed import Reading
from .lexicon import Lexicon
from .logic import anchor, partner_sets
from .model import Resolution
from .names import Names
from .reading import Reader

INDEX = Path(__file__).resolve().parent / "index.json"
CACHE_LIMIT = 20_000
Rule = dict[str, Any]
# the words under which rules of one substance are found: an anchor fact -> rules
Anchored = dict[str, list[Rule]]


# status of a condition -> what it makes true: now (c), now or once (h), in the family (f)
PREFIXES = {"active": ("c", "h"), "resolved": ("h",), "family": ("f",)}


class Stated(NamedTuple):
    """A code or group as recorded: the code to print, its labels, the facts that hold."""

    code: str
    fr: str
    en: str
    tokens: tuple[str, ...]


class Knowledge:
    """The index, made ready for lookups. Nothing in it changes what a check finds later."""

    def __init__(self, index: dict[str, Any]) -> None:
        self.index = index
        self.version: str = index["version"]
        self.content_hash: str = index["hash"]
        self.substances: dict[str, Any] = index["substances"]
        self.products: dict[str, Any] = index["products"]
        self.rules: list[Rule] = index["rules"]
        self.doses: list[Rule] = index["doses"]
        self.measurements: dict[str, Any] = index["measurements"]
        self.asked_for = tuple(
            name for name, facts in self.measurements.items() if facts["ask"] or facts.get("always")
        )
        self.labels: dict[str, list[str]] = index["labels"]
        self.groups: dict[str, Any] = index["groups"]
        self.derived: dict[str, Any] = index["derived"]
        self.lexicon = Lexicon(index)
        self.names = Names(index, self.lexicon)
        self.amounts = Amounts(self.lexicon, self.names)
        self.reader = Reader(index, self.lexicon)
        self.allergens = Allergens(index, self.names, self.reader)
        self._remember(index)

    def _remember(self, index: dict[str, Any]) -> None:
        """Tables made from the index, and answers that are kept once found."""
        self._codes: dict[str, list[str]] = index["codes"]
        self.sets = tuple(frozenset(members) for members in index["sets"])
        self._sets_of = _containing(self.sets)
        self._tokens_of: dict[str, frozenset[str]] = {}
        self._by_subject = _grouped(self.rules, "subject")
        self._doses_of = _grouped(self.doses, "drugs")
        self._anchored: dict[str, Anchored] = {}
        self._partnered: dict[str, Anchored] = {}
        self._doses: dict[str, list[Rule]] = {}
        self._readings: dict[str, Reading] = {}
        self._stated: dict[tuple[str, str], Stated] = {}
        self._implied: dict[str, set[str]] = {}

    def find_medicine(self, text: str) -> Resolution:
        """What a written medicine is; near names only offered."""
        return self.names.find(text)

    def find_condition(self, text: str) -> Reading:
        """What a text about the patient's conditions says (see reading.Reading)."""
        reading = self._readings.get(text)
        if reading is None:
            if len(self._readings) >= CACHE_LIMIT:
                self._readings.clear()
            reading = self._readings[text] = self.reader.read(text)
        return reading

    def find_allergen(self, text: str) -> AllergyReading:
        """The allergens that a text names, and the parts of it that are not understood."""
        return self.allergens.read(text)

    def suggest(self, prefix: str, limit: int = 10) -> list[tuple[str, str]]:
        """(name, substance or product) for names of medicines that begin with the prefix."""
        return self.names.suggest(prefix, limit)

    def label(self, code: str) -> tuple[str, str]:
        """French and English label of a code or group; the code itself when there is none."""
        group = self.groups.get(code)
        if group is not None:
            return group["fr"], group["en"]
        fr, en = self.labels.get(code) or self.labels.get(code[:3]) or (code, code)
        return fr, en

    def groups_of(self, code: str) -> set[str]:
        """The condition groups that a normal ICD-10 code is in."""
        found: set[str] = set()
        for key in icd.keys(code):
            found.update(self._codes.get(key, ()))
        return found

    def groups_implied(self, group: str) -> set[str]:
        """The group and every group that holds all of its codes."""
        found = self._implied.get(group)
        if found is None:
            codes = [code for code, groups in self._codes.items() if group in groups]
            found = set.intersection(*(self.groups_of(code) for code in codes)) if codes else set()
            found = self._implied[group] = found | {group}
        return found

    def stated(self, named: str, status: str) -> Stated:
        """The facts that hold when a code or group is recorded with a status."""
        found = self._stated.get((named, status))
        if found is None:
            if len(self._stated) >= CACHE_LIMIT:
                self._stated.clear()
            found = self._stated[named, status] = self._state(named, status)
        return found

    def _state(self, named: str, status: str) -> Stated:
        is_code = icd.normal(named) is not None
        code = named if is_code else self.groups[named]["code"]
        groups = self.groups_of(code) if is_code else self.groups_implied(named)
        tokens = tuple(
            f"{prefix}:{group}" for prefix in PREFIXES.get(status, ()) for group in sorted(groups)
        )
        return Stated(code, *self.label(named), tokens)

    def set_tokens(self, substance: str) -> frozenset[str]:
        """The tokens "s:n" of the rule sets that a substance is in."""
        tokens = self._tokens_of.get(substance)
        if tokens is None:
            tokens = frozenset(f"s:{number}" for number in self._sets_of.get(substance, ()))
            self._tokens_of[substance] = tokens
        return tokens

    def rules_of(self, substance: str) -> Anchored:
        """The rules whose subject the substance is, by the fact without which none holds."""
        found = self._anchored.get(substance)
        if found is None:
            found = self._anchored[substance] = {}
            for rule in self._subject_rules(substance):
                for token in anchor(rule):
                    found.setdefault(token, []).append(rule)
        return found

    def partner_rules_of(self, substance: str) -> Anchored:
        """The rules whose subject the substance is, by the sets of the other drugs they name."""
        found = self._partnered.get(substance)
        if found is None:
            found = self._partnered[substance] = {}
            for rule in self._subject_rules(substance):
                for number in partner_sets(rule):
                    found.setdefault(f"s:{number}", []).append(rule)
        return found

    def doses_of(self, substance: str) -> list[Rule]:
        """The dose entries of a substance."""
        found = self._doses.get(substance)
        if found is None:
            numbers = self._sets_of.get(substance, ())
            found = [entry for number in numbers for entry in self._doses_of.get(number, ())]
            self._doses[substance] = found
        return found

    def _subject_rules(self, substance: str) -> list[Rule]:
        numbers = self._sets_of.get(substance, ())
        return [rule for number in numbers for rule in self._by_subject.get(number, ())]


def _containing(sets: tuple[frozenset[str], ...]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, members in enumerate(sets):
        for substance in members:
            found.setdefault(substance, []).append(number)
    return found


def _grouped(rules: list[Rule], key: str) -> dict[int, list[Rule]]:
    found: dict[int, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule[key], []).append(rule)
    return found


def load(path: Path = INDEX) -> Knowledge:
    """The compiled knowledge; in a checkout without an index it is compiled first.

    Raises:
        OSError, ValueError: no index that can be read, and none that can be compiled.
    """
    if not path.exists():
        from .compile import compile_knowledge  # noqa: PLC0415 (needs the development packages)

        return Knowledge(compile_knowledge()[0])
    return Knowledge(json.loads(path.read_text(encoding="utf8")))
