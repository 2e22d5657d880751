"""Compiles condition groups, labels and the lexicon into tables of codes and folded phrases."""

from __future__ import annotations

from typing import Any

from . import icd
from .sources import NOTES, Entry, Sources
from .text import Cuts, fold, fold_parts
from .units import UnreadableError, bounds

Table = dict[str, Any]
# lexicon key -> kind of phrase
WORDS = {
    "negation_before": "neg",
    "negation_after": "negafter",
    "negation_end": "negend",
    "family": "family",
    "resolved": "resolved",
    "not_resolved": "notresolved",
    "history": "history",
    "suspected": "suspected",
    "nothing": "nothing",
    "qualifiers": "qualifier",
    "postpartum": "postpartum",
}
PREGNANCY_WORDS = {
    "phrases": "pregnant",
    "needs_number": "pregnantnumber",
    "not": "notpregnant",
    "weeks": "weeks",
    "months": "months",
}
# class of words in notes-*.yaml -> kind of phrase
NOTE_WORDS = {
    "says_nothing": "harmless",
    "ordinary": "ordinary",
    "findings": "finding",
    "findings_if_present": "findinggood",
    "findings_if_absent": "findingbad",
    "not_taken": "nottaken",
    "in_order": "inorder",
    "is_present": "present",
    "never_passed_over": "asked",
    "organs": "organ",
    "brings_the_patient": "tellerbefore",
    "tells_of_the_patient": "tellerafter",
    "does_harm": "toldallergy",
    "after_taking": "aftertaking",
}
LACTATION_WORDS = {"phrases": "lactating", "not": "notlactating"}


class Conditions:
    """Condition groups by code; grows by one group for every code or range a rule names."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.groups: Table = {}
        self.by_code: dict[str, set[str]] = {}
        for file, entry in sources.of("condition"):
            if "id" in entry:
                self._group(file, entry)

    def _group(self, file: str, entry: Entry) -> None:
        if entry["id"] in self.groups:
            self.sources.blame(file, entry["id"], "this group stands elsewhere already")
            return
        first = entry.get("code") or entry["icd"][0].partition("-")[0]
        self.groups[entry["id"]] = {"fr": entry["fr"], "en": entry["en"], "code": first}
        for spec in entry["icd"]:
            self._add(spec, entry["id"], file, entry["id"])

    def _add(self, spec: str, group: str, file: str, owner: str) -> None:
        try:
            codes = icd.expand(spec)
        except ValueError as error:
            self.sources.blame(file, owner, str(error))
            return
        for code in codes:
            self.by_code.setdefault(code, set()).add(group)

    def tokens(self, words: list[str], file: str, owner: str) -> list[str]:
        """The groups that the words (ids, codes, ranges) name; a code is a group of its own."""
        found = []
        for word in words:
            if word not in self.groups:
                if not word[:1].isupper():
                    self.sources.blame(file, owner, f"unknown condition group {word!r}")
                    continue
                self._add(word, word, file, owner)
            found.append(word)
        return found

    def codes(self, words: list[str], owner: str) -> list[str]:
        """Every code of a list of codes and ranges of a table."""
        found: list[str] = []
        for word in words:
            try:
                found.extend(icd.expand(word))
            except ValueError as error:
                self.sources.blame("derived", owner, str(error))
        return sorted(set(found))


def compile_phrases(sources: Sources, conditions: Conditions, cuts: Cuts) -> Table:
    """{"phrases": {folded: place}, "meanings": [[[kind, value]]], "labels": {code: [fr, en]}, "separators": [...]}.

    The place of a phrase is that of its meaning, since thousands of phrases mean the same.
    """
    lexicon = sources.tables.get("lexicon", {})
    phrases: dict[str, dict[str, str]] = {}
    labels: Table = {}
    for file, entry in sources.of("condition"):
        if "code" in entry and "id" not in entry:
            if entry["code"] in labels:
                sources.blame(file, entry["code"], "this code has labels elsewhere already")
            labels.setdefault(entry["code"], [entry["fr"], entry["en"]])
            _words(sources, phrases, cuts, file, entry, entry["code"])
    for _, entry in sources.of("condition"):
        if "id" in entry:
            _group_words(phrases, cuts, entry)
            labels.setdefault(entry.get("code", ""), [entry["fr"], entry["en"]])
    labels.pop("", None)
    _lexicon(phrases, lexicon, cuts, sources)
    _add(phrases, cuts, harmless(sources.tables.get("harmless", {})), "harmless")
    for name, table in sources.tables.items():
        if name.startswith(NOTES):
            _notes(phrases, cuts, sources, name, table)
            _names(phrases, cuts, sources, labels, name, table.get("names", {}))
    _unmeasured(phrases, cuts, sources, lexicon.get("unmeasured", {}))
    told = {key: tuple(sorted(kinds.items())) for key, kinds in sorted(phrases.items())}
    meanings = sorted(set(told.values()))
    places = {kinds: place for place, kinds in enumerate(meanings)}
    return {
        "phrases": {key: places[kinds] for key, kinds in told.items()},
        "meanings": [list(map(list, kinds)) for kinds in meanings],
        "labels": labels,
        "separators": list(cuts.separators),
    }


def _key(text: object, cuts: Cuts) -> str:
    return " ".join(fold_parts(str(text), cuts)).strip("|# ")


def _spellings(entry: Entry) -> list[str]:
    """The names by which an entry is read; titles that are only shown are none."""
    if entry.get("shown_only"):
        return list(entry.get("syn", []))
    return [entry["fr"], entry["en"], *entry.get("syn", [])]


def _words(
    sources: Sources,
    phrases: dict[str, dict[str, str]],
    cuts: Cuts,
    file: str,
    entry: Entry,
    value: str,
) -> None:
    for name in _spellings(entry):
        key = _key(name, cuts)
        if not key:
            continue
        holder = phrases.setdefault(key, {}).setdefault("label", value)
        if holder != value:
            sources.blame(file, value, f"name {name!r} belongs to {holder} already")
        if key.endswith((" positive", " positif")):  # a "+" is read as "positif" behind every word
            other = f"{key.rpartition(' ')[0]} {'positif' if key.endswith('e') else 'positive'}"
            phrases.setdefault(other, {}).setdefault("label", value)


def _group_words(phrases: dict[str, dict[str, str]], cuts: Cuts, entry: Entry) -> None:
    for name in _spellings(entry):
        key = _key(name, cuts)
        if key:
            phrases.setdefault(key, {}).setdefault("label", entry.get("code") or entry["id"])


def _lexicon(
    phrases: dict[str, dict[str, str]], lexicon: Entry, cuts: Cuts, sources: Sources
) -> None:
    pregnancy, lactation = lexicon.get("pregnancy", {}), lexicon.get("lactation", {})
    lists = [(lexicon.get(name, []), kind) for name, kind in WORDS.items()]
    lists += [(pregnancy.get(name, []), kind) for name, kind in PREGNANCY_WORDS.items()]
    lists += [(lactation.get(name, []), kind) for name, kind in LACTATION_WORDS.items()]
    for words, kind in lists:
        _add(phrases, cuts, words, kind)
    for figure, values in lexicon.get("measured", {}).items():
        for value, words in values.items():
            _add(phrases, cuts, words, "measured", f"{figure}={value}")
    for word, weeks in pregnancy.get("trimesters", {}).items():
        try:
            low, high = bounds(weeks, "weeks")
        except UnreadableError as error:
            sources.blame("lexicon", word, str(error))
        else:
            _add(phrases, cuts, [word], "trimester", f"{low or 0}-{(high or 43) - 1}")


def harmless(table: Entry) -> list[str]:
    """Every harmless phrase: those written out, and each finding with each word for being in order."""
    paired = (
        f"{finding} {word}"
        for entry in table.get("findings", [])
        for finding in entry["of"]
        for word in entry["are"]
    )
    return [*table.get("phrases", []), *paired]


def _notes(
    phrases: dict[str, dict[str, str]],
    cuts: Cuts,
    sources: Sources,
    name: str,
    table: Entry,
) -> None:
    for given, words in table.items():
        if given in NOTE_WORDS:
            _add(phrases, cuts, words, NOTE_WORDS[given])
        elif given != "names":
            sources.blame(name, given, f"no class of words; there are {', '.join(NOTE_WORDS)}")


def _names(
    phrases: dict[str, dict[str, str]],
    cuts: Cuts,
    sources: Sources,
    labels: Table,
    name: str,
    table: Entry,
) -> None:
    """Take further words for codes that have their labels elsewhere."""
    for code, words in table.items():
        if code not in labels:
            sources.blame(name, code, "a code with labels is expected")
            continue
        entry = {"fr": labels[code][0], "en": labels[code][1], "syn": words}
        _words(sources, phrases, cuts, name, entry, code)


def _unmeasured(
    phrases: dict[str, dict[str, str]], cuts: Cuts, sources: Sources, table: Entry
) -> None:
    """Take "G6PD non dosée" and "pas de dosage de G6PD" as figures that nobody knows."""
    measurements = {entry["id"] for _, entry in sources.of("measurement")}
    for entry in table.get("tests", []):
        for figure in entry["figures"]:
            if figure not in measurements:
                sources.blame("lexicon", "unmeasured", f"unknown measurement {figure!r}")
        said = " ".join(entry["figures"])
        for test in entry["names"]:
            texts = [f"{test} {word}" for word in table["after"]]
            texts += [f"{word} {test}" for word in table["before"]]
            _add(phrases, cuts, texts, "unmeasured", said)
        _add(phrases, cuts, entry.get("said", []), "unmeasured", said)


def _add(
    phrases: dict[str, dict[str, str]],
    cuts: Cuts,
    words: list[Any],
    kind: str,
    value: str = "",
) -> None:
    for word in words:
        key = _key(word, cuts)
        if key:
            phrases.setdefault(key, {}).setdefault(kind, value)


def compile_derived(sources: Sources, conditions: Conditions) -> Table:
    """What codes say besides their name: stages, allergies, family, history, pregnancy."""
    derived, lexicon = sources.tables.get("derived", {}), sources.tables.get("lexicon", {})
    stages: Table = {}
    for stage in derived.get("egfr", []):
        low, high = bounds(stage["range"], "thousandths")
        for code in conditions.codes(stage["icd"], "egfr"):
            stages[code] = [low or 0, (high or 0) - 1]
    return {
        "egfr": stages,
        "allergy": derived.get("allergy", {}),
        "equivalents": derived.get("equivalents", {}),
        "through_skin": sorted(derived.get("through_skin", [])),
        "family": derived.get("family", {}),
        "family_codes": conditions.codes(derived.get("family_range", []), "family"),
        "history": derived.get("history", {}),
        "pregnancy": conditions.codes(lexicon.get("pregnancy", {}).get("codes", []), "pregnancy"),
        "lactation": conditions.codes(lexicon.get("lactation", {}).get("codes", []), "lactation"),
        "lifelong": conditions.codes(lexicon.get("lifelong", []), "lifelong"),
        "permanent": conditions.codes(lexicon.get("permanent", []), "permanent"),
        "allergic_words": [fold(word) for word in derived.get("allergic_words", [])],
        "harms": {
            name: sorted({fold(str(word)) for word in words})
            for name, words in derived.get("harms", {}).items()
        },
        "no_allergy": sorted({fold(str(text)) for text in derived.get("no_allergy", [])}),
        "reaction_words": _folded_words(derived.get("reaction_words", [])),
        "small_words": [fold(word) for word in derived.get("small_words", [])],
        "beside": {**derived.get("other_names", {}), **_plain_words(derived, conditions)},
    }


def _plain_words(derived: Table, conditions: Conditions) -> Table:
    """The plain word that stands for a code: "diabetes" for E11."""
    words = derived.get("plain_words", {})
    return {code: word for word, codes in words.items() for code in conditions.codes(codes, word)}


def _folded_words(texts: list[str]) -> list[str]:
    return sorted({word for text in texts for word in fold(text).split()})
