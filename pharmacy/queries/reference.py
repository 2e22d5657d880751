"""What Carnet knows of medicines, for people to read: the rules, one medicine whole, what is not covered."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from pharmacy.models import ReviewDecision, RuleReview
from pharmacy.queries import knowledge
from pharmacy.safety import Knowledge
from pharmacy.safety.checks import CLASS_TEXTS, DUPLICATE_TEXTS, SUBSTANCE_TEXTS
from pharmacy.safety.describe import Teller, content_hashes
from pharmacy.safety.logic import partner_sets
from pharmacy.safety.model import RANK
from pharmacy.safety.text import fold

KINDS = (
    "allergy", "condition", "interaction", "duplicate", "pregnancy", "lactation", "age", "dose", "renal",
    "hepatic", "g6pd", "lab",
)  # fmt: skip
TO_VERIFY = "to verify"
# what the engine checks without a rule: (id, kind, severity, sentences)
BUILT_IN = (
    ("allergy.substance", "allergy", "contraindicated", SUBSTANCE_TEXTS),
    ("allergy.class", "allergy", "contraindicated", CLASS_TEXTS),
    ("duplicate.ingredient", "duplicate", "moderate", DUPLICATE_TEXTS),
)
PROPOSED = "proposed"


@dataclass(frozen=True)
class Entry:
    """One rule or dose entry as a pharmacist reads it, in one language.

    Attributes:
        drugs: the substances it speaks of; `partners`: those it meets.
        severity: of the gravest limit for a dose entry.
        sentence: as written, with `…` for the medicine and for what it meets.
    """

    id: str
    kind: str
    severity: str
    drugs: frozenset[str]
    partners: frozenset[str]
    subject: str
    routes: str
    when: str
    unless: str
    limits: tuple[str, ...]
    sentence: str
    do: str
    instead: tuple[str, ...]
    evidence: str
    source: str
    is_to_verify: bool
    file: str
    content_hash: str


def page_language() -> str:
    """Return the language of the page: `fr` or `en`."""
    return "en" if (get_language() or "fr").startswith("en") else "fr"


def catalogue(language: str = "fr") -> dict[str, Entry]:
    """Return every rule and dose entry by id, gravest first; empty when no knowledge is loaded."""
    loaded = knowledge()
    return {} if loaded is None else _catalogue(loaded, language)


@lru_cache(maxsize=4)
def _catalogue(loaded: Knowledge, language: str) -> dict[str, Entry]:
    teller = Teller(loaded, is_english=language == "en")
    hashes = content_hashes(loaded)
    entries = [
        *(_built_in(*written, language=language) for written in BUILT_IN),
        *(_rule(teller, rule, language, hashes) for rule in loaded.rules),
        *(_dose(teller, entry, hashes) for entry in loaded.doses),
    ]
    entries.sort(key=lambda entry: (-RANK[entry.severity], entry.subject, entry.id))
    return {entry.id: entry for entry in entries}


def _built_in(
    rule_id: str, kind: str, severity: str, texts: tuple[str, str, str, str], *, language: str
) -> Entry:
    fr, en, do_fr, do_en = texts
    is_english = language == "en"
    return Entry(
        id=rule_id, kind=kind, severity=severity, drugs=frozenset(), partners=frozenset(),
        subject="any medicine" if is_english else "tout médicament", routes="", when="", unless="", limits=(),
        sentence=_blank(en if is_english else fr), do=do_en if is_english else do_fr, instead=(),
        evidence="policy", source="Carnet", is_to_verify=False, file="pharmacy/safety/checks.py",
        content_hash=hashlib.sha256("|".join((rule_id, severity, *texts)).encode()).hexdigest(),
    )  # fmt: skip


def _rule(teller: Teller, rule: dict[str, Any], language: str, hashes: dict[str, str]) -> Entry:
    sets = teller.knowledge.sets
    partners = frozenset[str]().union(*(sets[number] for number in partner_sets(rule)))
    return Entry(
        id=rule["id"], kind=rule["kind"], severity=rule["severity"], drugs=sets[rule["subject"]], partners=partners,
        subject=teller.drugs(rule["subject"]), routes=teller.routes(rule["routes"]), when=teller.when(rule),
        unless=teller.unless(rule), limits=(), sentence=_blank(rule[language]), do=_blank(rule[f"do_{language}"]),
        instead=tuple(teller.name(one) for one in rule["instead"]), evidence=rule["evidence"],
        **_source(rule, hashes),
    )  # fmt: skip


def _dose(teller: Teller, entry: dict[str, Any], hashes: dict[str, str]) -> Entry:
    return Entry(
        id=entry["id"], kind="dose", severity=max((one["severity"] for one in entry["limits"]), key=RANK.__getitem__),
        drugs=teller.knowledge.sets[entry["drugs"]], partners=frozenset(), subject=teller.drugs(entry["drugs"]),
        routes=teller.routes(entry["routes"]), when="", unless="", limits=tuple(teller.limits(entry)), sentence="",
        do="", instead=(), evidence="", **_source(entry, hashes),
    )  # fmt: skip


def _source(rule: dict[str, Any], hashes: dict[str, str]) -> dict[str, Any]:
    source = rule["source"]
    is_to_verify = source.get("section", TO_VERIFY) == TO_VERIFY
    title = source["title"] if is_to_verify else f"{source['title']} ({source['section']})"
    return {
        "source": title,
        "is_to_verify": is_to_verify,
        "file": rule["file"],
        "content_hash": hashes[rule["id"]],
    }


def _blank(text: str) -> str:
    return text.replace("{drug}", "…").replace("{fact}", "…").strip()


@dataclass(frozen=True)
class State:
    """How far a rule is approved: `proposed`, `approved` or `objected`, and the review that decided it.

    `was_reviewed` tells that an earlier wording was reviewed: the rule has changed since and is proposed again.
    """

    code: str = PROPOSED
    review: RuleReview | None = None
    was_reviewed: bool = False


def states(entries: Iterable[Entry]) -> dict[str, State]:
    """Return the state of each entry by id; only a review of the very content counts."""
    wanted = {entry.id: entry.content_hash for entry in entries}
    rows = RuleReview.objects.order_by("at")
    if len(wanted) <= 200:
        rows = rows.filter(rule_id__in=list(wanted))
    found = {rule_id: State() for rule_id in wanted}
    for row in rows:
        if row.rule_id not in found:
            continue
        earlier = found[row.rule_id]
        if row.content_hash == wanted[row.rule_id]:
            found[row.rule_id] = State(row.decision, row, earlier.was_reviewed)
        else:
            found[row.rule_id] = State(earlier.code, earlier.review, was_reviewed=True)
    return found


def reviews_of(rule_id: str) -> list[RuleReview]:
    """Return who reviewed a rule, newest first."""
    return list(RuleReview.objects.filter(rule_id=rule_id).order_by("-at")[:50])


@dataclass(frozen=True)
class Wanted:
    """Which entries to list; empty means any."""

    text: str = ""
    kind: str = ""
    severity: str = ""
    state: str = ""
    is_to_verify: bool = False


def find_entries(wanted: Wanted, language: str) -> list[Entry]:
    """Return the entries that answer: by medicine when the text names one, else by the words of the rule."""
    rows = [
        entry
        for entry in catalogue(language).values()
        if wanted.kind in ("", entry.kind)
        and wanted.severity in ("", entry.severity)
        and (entry.is_to_verify or not wanted.is_to_verify)
    ]
    if wanted.text.strip():
        rows = _matching(rows, wanted.text)
    if wanted.state:
        known = states(rows)
        rows = [entry for entry in rows if known[entry.id].code == wanted.state]
    return rows


def _matching(rows: list[Entry], text: str) -> list[Entry]:
    loaded = knowledge()
    resolution = loaded.find_medicine(text) if loaded else None
    if resolution is not None and resolution.kind == "exact":
        meant = set(resolution.components)
        return [entry for entry in rows if meant & entry.drugs or meant & entry.partners]
    words = fold(text).split()
    return [entry for entry in rows if _says(entry, words)]


def _says(entry: Entry, words: list[str]) -> bool:
    said = fold(
        f"{entry.id} {entry.subject} {entry.when} {entry.sentence} {entry.do} {entry.source}"
    )
    return all(word in said for word in words)


@dataclass(frozen=True)
class Tally:
    """How many rules there are, by what, and how far they were verified and approved."""

    total: int
    doses: int
    to_verify: int
    approved: int
    objected: int
    by_kind: tuple[tuple[str, int, int], ...]

    @property
    def proposed(self) -> int:
        """Return how many wait for a review."""
        return self.total - self.approved - self.objected


def tally() -> Tally:
    """Return the counts that stand above the table: per kind (kind, rules, of which to verify)."""
    entries = list(catalogue().values())
    kinds = Counter(entry.kind for entry in entries)
    unread = Counter(entry.kind for entry in entries if entry.is_to_verify)
    decided = Counter(state.code for state in states(entries).values())
    return Tally(
        total=len(entries), doses=kinds["dose"], to_verify=sum(unread.values()),
        approved=decided[ReviewDecision.APPROVED], objected=decided[ReviewDecision.OBJECTED],
        by_kind=tuple((kind, kinds[kind], unread[kind]) for kind in KINDS if kinds[kind]),
    )  # fmt: skip


@dataclass(frozen=True)
class Medicine:
    """All that is known of one medicine, or of the parts of a combination."""

    id: str
    name: str
    atc: tuple[str, ...]
    synonyms: tuple[str, ...]
    brands: tuple[tuple[str, tuple[str, ...]], ...]
    parts: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    rules: tuple[tuple[str, tuple[Entry, ...]], ...]
    doses: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """Return how many rules speak of it."""
        return sum(len(entries) for _, entries in self.rules) + len(self.doses)


def medicine(text: str, language: str) -> Medicine | None:
    """Return what is known of the medicine that a text names exactly, or None."""
    loaded = knowledge()
    resolution = loaded.find_medicine(text) if loaded else None
    if loaded is None or resolution is None or resolution.kind != "exact":
        return None
    components = resolution.components
    named = resolution.product or components[0]
    facts = loaded.products.get(named) or loaded.substances[named]
    teller = Teller(loaded, is_english=language == "en")
    mine = [entry for entry in catalogue(language).values() if _is_about(entry, components)]
    return Medicine(
        id=named, name=teller.name(named), atc=tuple(facts["atc"]), synonyms=tuple(facts["syn"]),
        brands=tuple((country, tuple(names)) for country, names in sorted(facts["brands"].items())),
        parts=tuple((one, teller.name(one)) for one in components) if len(components) > 1 else (),
        classes=_classes_of(loaded, components, language),
        rules=tuple(
            (kind, found) for kind in KINDS if (found := tuple(e for e in mine if e.kind == kind)) and kind != "dose"
        ),
        doses=tuple(entry for entry in mine if entry.kind == "dose"),
    )  # fmt: skip


def _is_about(entry: Entry, components: tuple[str, ...]) -> bool:
    return any(one in entry.drugs or one in entry.partners for one in components)


def _classes_of(loaded: Knowledge, components: tuple[str, ...], language: str) -> tuple[str, ...]:
    return tuple(
        sorted(
            facts[language]
            for facts in loaded.index["classes"].values()
            if any(one in facts["members"] for one in components)
        )
    )


def near_medicines(text: str) -> tuple[str, ...]:
    """Return names near to what was typed, to offer: never taken silently."""
    loaded = knowledge()
    return loaded.find_medicine(text).offered if loaded and text.strip() else ()


@dataclass(frozen=True)
class Coverage:
    """What the knowledge holds, and what it does not."""

    substances: int
    products: int
    names: int
    classes: int
    labels: int
    without_rule: tuple[str, ...]
    without_dose: tuple[str, ...]
    without_either: tuple[str, ...]


def coverage(language: str) -> Coverage:
    """Return the counts of the knowledge and the medicines of which nothing, or no dose, is known."""
    loaded = knowledge()
    if loaded is None:
        return Coverage(0, 0, 0, 0, 0, (), (), ())
    teller = Teller(loaded, is_english=language == "en")
    entries = catalogue(language).values()
    ruled = frozenset[str]().union(*(e.drugs | e.partners for e in entries if e.kind != "dose"))
    dosed = frozenset[str]().union(*(e.drugs for e in entries if e.kind == "dose"))
    every = frozenset(loaded.substances)

    def named(rest: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(teller.name(one) for one in rest))

    return Coverage(
        len(every), len(loaded.products), len(loaded.names.names), len(loaded.index["classes"]), len(loaded.labels),
        named(every - ruled), named(every - dosed), named(every - ruled - dosed),
    )  # fmt: skip


def diagnosis_labels() -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return (code, French, English, other words for it) of the codes that have labels of our own."""
    loaded = knowledge()
    if loaded is None:
        return []
    words: dict[str, list[str]] = {}
    for phrase in loaded.reader.phrases.places:
        code = (loaded.reader.phrases.kinds_of(phrase) or {}).get("label")
        if code is not None:
            words.setdefault(code, []).append(phrase)
    return [(code, fr, en, tuple(words.get(code, ()))) for code, (fr, en) in loaded.labels.items()]
