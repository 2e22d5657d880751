"""The checks: each takes the context of an order to findings not yet pruned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product as every_choice
from typing import Any

from .context import Context, Item
from .logic import Evidence, evaluate
from .model import RANK, SEVERITIES, SYSTEMIC
from .text import sentence

Rule = dict[str, Any]
# kinds whose own word stands in `about`, because that is what the medicine meets
KIND_WORDS = frozenset({"pregnancy", "lactation", "age", "renal", "hepatic", "g6pd"})
ABOUT_WORDS = 4
BUILT_IN = {"title": "Carnet", "section": "built in"}


@dataclass(frozen=True)
class Raw:
    """A finding before pruning: the item it is about, what it meets, and the texts as written."""

    item: Item
    severity: str
    kind: str
    rule: str
    evidence: tuple[Evidence, ...]
    texts: tuple[str, str, str, str]
    source: dict[str, Any]
    words: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()

    @cached_property
    def about(self) -> tuple[str, ...]:
        """The medicine's INN, then at most three words of what it meets."""
        own = (self.kind,) if self.kind in KIND_WORDS else ()
        met = (evidence.word for evidence in self.evidence if evidence.word)
        words = dict.fromkeys((self.item.substance, *own, *met, *self.words))
        return tuple(words)[:ABOUT_WORDS]

    @cached_property
    def thing(self) -> tuple[str, ...]:
        """What the medicine meets: the other lines, or the words that say it."""
        if self.kind == "allergy":
            return (self.item.substance,)
        lines = sorted(met.item.line.id for met in self.evidence if met.item is not None)
        return tuple(lines) if lines else self.about[1:2]

    @property
    def facts(self) -> tuple[str, ...]:
        """The refs of the facts and lines it rests on."""
        return tuple(dict.fromkeys(met.ref for met in self.evidence if met.ref))


def check_rules(context: Context, missing: Missing) -> Iterator[Raw]:
    """Every rule that an ordered line, or a current one beside it, can meet."""
    for item in context.items:
        for rule in _candidates(context, item):
            if item.line.route in rule["routes"]:
                yield from run_rule(context, rule, item, missing)


def _candidates(context: Context, item: Item) -> list[Rule]:
    if item.ordered:
        anchored, keys = context.knowledge.rules_of(item.substance), context.keys
    else:
        anchored = context.knowledge.partner_rules_of(item.substance)
        keys = context.ordered_keys
    tokens = anchored.keys() & keys
    if len(tokens) == 1:
        return anchored[tokens.pop()]
    return list({rule["id"]: rule for token in tokens for rule in anchored[token]}.values())


class Missing:
    """Figures that left a rule unknown although the record gives a reason to ask."""

    def __init__(self) -> None:
        self.asked: dict[str, set[str]] = {}
        self.errors: list[tuple[str, str, str]] = []

    def ask(self, figure: str, substance: str) -> None:
        """A medicine waits for a figure."""
        self.asked.setdefault(figure, set()).add(substance)

    def note(self, context: Context, rule: Rule, item: Item, figures: list[str]) -> None:
        """Ask for what left the rule unknown, if there is a reason to."""
        if not item.ordered:
            return
        for figure in figures:
            if figure == "pregnancy" and RANK[rule["severity"]] < RANK["major"]:
                continue
            if figure in ("dose", "days"):
                continue
            grave = RANK[rule["severity"]] >= RANK["major"]
            lacking = grave and context.is_known_to_lack(figure)
            asked = figure == "pregnancy" or rule["say"] or context.has_reason_to_ask(figure)
            if lacking or asked:
                self.ask(figure, item.substance)


def run_rule(context: Context, rule: Rule, item: Item, missing: Missing) -> Iterator[Raw]:
    """The findings of one rule for one item; a rule that raises is noted, never silent."""
    try:
        yield from _fire(context, rule, item, missing)
    except Exception as error:  # noqa: BLE001 (a broken rule must not hide the others)
        missing.errors.append((rule["id"], item.line.id, f"{type(error).__name__}: {error}"))


def _fire(context: Context, rule: Rule, item: Item, missing: Missing) -> list[Raw]:
    choices = [context.others(item, number, routes) for number, routes in rule["others"]]
    if not all(choices):
        return []
    found: list[Evidence] = []
    lacking: list[str] = []
    if rule["expr"] is not None:
        truth = evaluate(rule["expr"], context, item, found, lacking)
        if truth is not True:
            if truth is None and not _lifted(context, rule, item):
                missing.note(context, rule, item, lacking)
            return []
    if _lifted(context, rule, item):
        return []
    if rule["kind"] == "pregnancy" and item.ordered and context.is_known_to_lack("pregnancy"):
        missing.ask("pregnancy", item.substance)  # "grossesse possible": held as one, and asked for
    return [
        raw
        for chosen in _distinct(choices)
        for raw in _placed(context, rule, item, chosen, tuple(found))
    ]


def _lifted(context: Context, rule: Rule, item: Item) -> bool:
    unless = rule["unless"]
    return unless is not None and evaluate(unless, context, item, [], []) is True


def _distinct(choices: list[list[Item]]) -> Iterable[tuple[Item, ...]]:
    """Each choice of one item per list, on different lines, as one set once."""
    if len(choices) < 2:
        return ((item,) for item in choices[0]) if choices else ((),)
    seen: dict[frozenset[tuple[str, str]], tuple[Item, ...]] = {}
    for chosen in every_choice(*choices):
        if len({item.line.id for item in chosen}) == len(chosen) and len(
            {item.substance for item in chosen}
        ) == len(chosen):
            seen.setdefault(frozenset(item.key for item in chosen), chosen)
    return seen.values()


def _placed(
    context: Context, rule: Rule, item: Item, chosen: tuple[Item, ...], found: tuple[Evidence, ...]
) -> Iterator[Raw]:
    """The finding on the ordered line: the subject's, or that of the medicine added to it."""
    met = [context.drug_evidence(other) for other in chosen]
    if item.ordered:
        yield _raw(rule, item, (*met, *found))
        return
    added = [evidence.item for evidence in (*met, *found) if evidence.item is not None]
    ordered = sorted((other for other in added if other.ordered), key=lambda other: other.key)
    if ordered:
        place = ordered[0]
        rest = [one for one in (*met, *found) if one.item is not place]
        yield _raw(rule, place, (context.drug_evidence(item), *rest))


def _raw(rule: Rule, item: Item, evidence: tuple[Evidence, ...]) -> Raw:
    return Raw(
        item=item,
        severity=rule["severity"],
        kind=rule["kind"],
        rule=rule["id"],
        evidence=tuple(sorted(dict.fromkeys(evidence), key=_in_order)),
        texts=(rule["fr"], rule["en"], rule["do_fr"], rule["do_en"]),
        source=rule["source"],
        words=tuple(rule["about"]),
        instead=tuple(rule["instead"]),
    )


def _in_order(evidence: Evidence) -> tuple[bool, str, str]:
    """Other medicines first, then by word, so that the order of facts is no matter."""
    return (evidence.item is None, evidence.word, evidence.ref)


def check_allergies(context: Context) -> Iterator[Raw]:
    """The very substance, by any route, or a member of the recorded class."""
    for item in context.items:
        if not item.ordered:
            continue
        for allergen, ref in context.record.allergens:
            if item.substance in allergen.members:
                evidence = Evidence(f"allergy:{allergen.word}", allergen.fr, allergen.en, ref)
                rule = "allergy.class" if allergen.is_class else "allergy.substance"
                texts = CLASS_TEXTS if allergen.is_class else SUBSTANCE_TEXTS
                yield Raw(item, "contraindicated", "allergy", rule, (evidence,), texts, BUILT_IN)


SUBSTANCE_TEXTS = (
    "Allergie à {fact} notée au dossier : {drug} est la même substance.",
    "An allergy to {fact} is recorded: {drug} is the same substance.",
    "Ne pas donner ; choisir une autre famille.",
    "Do not give; choose another family.",
)
CLASS_TEXTS = (
    "Allergie notée au dossier ({fact}) : {drug} fait partie de cette famille.",
    "An allergy is recorded ({fact}): {drug} belongs to this family.",
    "Ne pas donner ; choisir une autre famille.",
    "Do not give; choose another family.",
)
DUPLICATE_TEXTS = (
    "{drug} se trouve deux fois : dans cette ligne et dans « {fact} ».",
    '{drug} is there twice: in this line and in "{fact}".',
    "N'en garder qu'un, ou vérifier la dose totale.",
    "Keep one only, or check the total dose.",
)


def check_duplicates(context: Context) -> Iterator[Raw]:
    """The same ingredient twice, both systemic; the summed dose is judged by the limits."""
    by_substance: dict[str, list[Item]] = {}
    if len({item.substance for item in context.items}) == len(context.items):
        return
    for item in context.items:
        if item.line.route in SYSTEMIC:
            by_substance.setdefault(item.substance, []).append(item)
    for items in by_substance.values():
        ordered = sorted((item for item in items if item.ordered), key=lambda item: item.line.id)
        for place, item in enumerate(ordered):
            for other in (*(one for one in items if not one.ordered), *ordered[:place]):
                if other.line is not item.line:
                    yield _twice(item, other)


def _twice(item: Item, other: Item) -> Raw:
    evidence = Evidence(item.substance, other.line.text, other.line.text, other.line.id, other)
    return Raw(
        item,
        "moderate",
        "duplicate",
        "duplicate.ingredient",
        (evidence,),
        DUPLICATE_TEXTS,
        BUILT_IN,
        words=("duplicate",),
    )


def stepped_down(context: Context, raw: Raw) -> str:
    """The severity, one level lower for a class match on a medicine tolerated since."""
    if raw.kind != "allergy" or raw.item.substance not in context.record.tolerated:
        return raw.severity
    same = f"allergy:{raw.item.substance}"
    if any(evidence.word == same for evidence in raw.evidence):
        return raw.severity
    return SEVERITIES[max(RANK[raw.severity] - 1, 0)]


def worded(text: str, raw: Raw, name: str, *, english: bool) -> str:
    """A sentence with the medicine and what it meets put in."""
    if "{fact}" in text:
        said = (evidence.en if english else evidence.fr for evidence in raw.evidence)
        joined = ", ".join(dict.fromkeys(fact for fact in said if fact))
        text = text.replace("{fact}", joined or raw.kind)
    return sentence(text.replace("{drug}", name))
