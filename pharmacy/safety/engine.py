"""Checks an order against a record: runs the checks, prunes what says the same, notes what is open."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from .checks import (
    ABOUT_WORDS,
    Missing,
    Raw,
    check_allergies,
    check_duplicates,
    check_rules,
    stepped_down,
    worded,
)
from .context import Context, Item, gather
from .doses import CHILD_DAYS, check_doses
from .knowledge import Knowledge
from .model import RANK, SYSTEMIC, Finding, Line, NotChecked, Patient, Result

MUTUAL = ("interaction", "duplicate")
PROPOSED = 6


def check(
    knowledge: Knowledge | None,
    patient: Patient,
    order: tuple[Line, ...],
    current: tuple[Line, ...] = (),
) -> Result:
    """What is dangerous in the ordered lines for this patient, and what could not be checked.

    Args:
        knowledge: the loaded knowledge; without it everything is "not checked".
        patient: the record's facts.
        order: the lines to judge.
        current: what the patient takes already; only what the order makes dangerous is said.

    Returns:
        Findings, most severe first; never raises.
    """
    if knowledge is None or not knowledge.substances:
        return Result(not_checked=(_no_knowledge(),))
    try:
        return _checked(knowledge, patient, tuple(order), tuple(current))
    except Exception as error:  # noqa: BLE001 (an order that cannot be judged is never clear)
        note = _broken("engine", None, f"{type(error).__name__}: {error}")
        return Result((), (note,), knowledge.version, knowledge.content_hash)


def _checked(
    knowledge: Knowledge, patient: Patient, order: tuple[Line, ...], current: tuple[Line, ...]
) -> Result:
    context = gather(knowledge, patient, order, current)
    missing = Missing()
    kept = prune(context, raw_findings(context, missing))
    findings = tuple(_finding(context, raw, severity) for raw, severity in kept)
    _ask_general(context, missing)
    notes = (*context.notes, *_notes(context, missing))
    return Result(findings, _sorted_notes(notes), knowledge.version, knowledge.content_hash)


def raw_findings(context: Context, missing: Missing) -> list[Raw]:
    """Everything that fires, before pruning."""
    return [
        *check_allergies(context),
        *check_rules(context, missing),
        *check_duplicates(context),
        *check_doses(context, missing),
    ]


def prune(context: Context, raws: Iterable[Raw]) -> list[tuple[Raw, str]]:
    """(finding, severity) without what a graver finding on the same thing says already."""
    graded = [(raw, stepped_down(context, raw)) for raw in raws]
    graded.sort(key=_order)
    kept: list[tuple[Raw, str]] = []
    said: set[tuple[object, ...]] = set()
    for raw, severity in graded:
        keys = _said_keys(raw)
        if not said.intersection(keys):
            kept.append((raw, severity))
            said.update(keys)
    return kept


def _order(graded: tuple[Raw, str]) -> tuple[object, ...]:
    """Gravest first; then by line, kind, rule and what is met, so that line order is no matter."""
    raw, severity = graded
    built_in = raw.rule.count(".") < 2 and raw.kind == "allergy"
    return (
        -RANK[severity],
        raw.item.line.id,
        raw.kind,
        built_in,
        raw.rule,
        raw.thing,
        raw.item.substance,
    )


def _said_keys(raw: Raw) -> list[tuple[object, ...]]:
    if raw.kind not in MUTUAL:
        return [(raw.item.line.id, raw.kind, raw.thing)]
    pair = frozenset({raw.item.line.id, *raw.thing})
    if raw.kind == "duplicate":
        return [("pair", pair)]
    return [("pair", pair)] if len(pair) == 2 else [("pair", pair), (raw.rule, pair)]


def _finding(context: Context, raw: Raw, severity: str) -> Finding:
    facts = context.knowledge.substances[raw.item.substance]
    names = (facts["fr"], raw.item.substance)
    fr, en, do_fr, do_en = raw.texts
    source = raw.source
    return Finding(
        line_id=raw.item.line.id,
        severity=severity,
        kind=raw.kind,
        rule=raw.rule,
        about=_with_plain_words(context, raw.about),
        message_fr=worded(fr, raw, names[0], english=False),
        message_en=worded(en, raw, names[1], english=True),
        do_fr=worded(do_fr, raw, names[0], english=False),
        do_en=worded(do_en, raw, names[1], english=True),
        instead=alternatives(context, raw),
        source=f"{source['title']} ({source['section']})",
        facts=raw.facts,
        knowledge_version=context.knowledge.version,
    )


def _with_plain_words(context: Context, about: tuple[str, ...]) -> tuple[str, ...]:
    """The words, and behind them the plain word or other name of each while there is room."""
    beside = context.knowledge.derived.get("beside", {})
    others = (beside.get(word) or beside.get(word[:3]) for word in about)
    return tuple(dict.fromkeys((*about, *(word for word in others if word))))[:ABOUT_WORDS]


def alternatives(context: Context, raw: Raw) -> tuple[str, ...]:
    """The proposed substances that meet no major finding nor a duplicate in this patient."""
    able = []
    for substance in raw.instead[:PROPOSED]:
        key = (raw.item.line.id, substance)
        if key not in context.proposed:
            context.proposed[key] = _can_take(context, raw, substance)
        if context.proposed[key]:
            able.append(substance)
    return tuple(able)


def _can_take(context: Context, raw: Raw, proposed: str) -> bool:
    product = context.knowledge.products.get(proposed)
    line = Line(raw.item.line.id, proposed, raw.item.line.route)
    components = product["components"] if product else (proposed,)
    added = [Item(line, part, True, None) for part in components]
    trial = context.without(raw.item.line, added)
    found = chain(check_allergies(trial), check_duplicates(trial), check_rules(trial, Missing()))
    return not any(_forbids(trial, one) for one in found)


def _forbids(trial: Context, raw: Raw) -> bool:
    least = "moderate" if raw.kind == "duplicate" else "major"
    return RANK[stepped_down(trial, raw)] >= RANK[least]


def _ask_general(context: Context, missing: Missing) -> None:
    """An age that is missing, and a child's weight, whatever the medicine."""
    ordered = [item for item in context.items if item.ordered]
    age = context.figures.get("age_days")
    for item in ordered:
        if "weight_g" not in context.figures and context.knowledge.amounts.is_per_kg(item.line):
            missing.ask("weight_g", item.substance)
        if context.knowledge.amounts.is_unreadable(item.line):
            missing.ask(f"dose:{item.line.id}", item.substance)
        if age is None:
            missing.ask("age_days", item.substance)
        elif age[0] < CHILD_DAYS and "weight_g" not in context.figures:
            by_mass = item.dose is not None and item.dose.dimension == "mass"
            limited = by_mass or bool(context.knowledge.doses_of(item.substance))
            if limited and item.line.route in SYSTEMIC:
                missing.ask("weight_g", item.substance)


def _notes(context: Context, missing: Missing) -> list[NotChecked]:
    notes = [
        _missing_note(context, figure, sorted(substances))
        for figure, substances in missing.asked.items()
    ]
    notes.extend(_broken(rule, line or None, said) for rule, line, said in missing.errors)
    return notes


def _missing_note(context: Context, figure: str, substances: list[str]) -> NotChecked:
    if figure.startswith("dose:"):
        fr_names, en_names = _names(context.knowledge, substances)
        return NotChecked(
            figure[5:],
            "dose",
            en_names,
            f"La dose de chaque substance n'est pas connue ({fr_names}) : non vérifiée.",
            f"The dose of each substance is not known ({en_names}): not checked.",
            False,
        )
    waiting = (item for item in context.items if item.ordered and item.substance in substances)
    return missing_figure(
        context.knowledge, figure, substances, sorted({item.line.id for item in waiting})
    )


def missing_figure(
    knowledge: Knowledge, figure: str, substances: Iterable[str], lines: Iterable[str]
) -> NotChecked:
    """The note that a figure is missing from the record, with the medicines and lines that wait for it."""
    fr_names, en_names = _names(knowledge, substances)
    measurement = knowledge.measurements.get(figure, {"fr": figure, "en": figure})
    return NotChecked(
        None,
        "measurement",
        figure,
        f"Manque au dossier : {measurement['fr']}. Non vérifié pour {fr_names}.",
        f"Missing from the record: {measurement['en']}. Not checked for {en_names}.",
        False,
        tuple(lines),
        tuple(substances),
    )


def _names(knowledge: Knowledge, substances: Iterable[str]) -> tuple[str, str]:
    known = knowledge.substances
    return ", ".join(known[one]["fr"] for one in substances), ", ".join(substances)


def _sorted_notes(notes: Iterable[NotChecked]) -> tuple[NotChecked, ...]:
    unique = dict.fromkeys(notes)
    return tuple(
        sorted(unique, key=lambda note: (note.kind, note.line_id or "", note.about, note.why_en))
    )


def _broken(rule: str, line_id: str | None, said: str) -> NotChecked:
    return NotChecked(
        line_id,
        "rule",
        rule,
        f"La règle {rule} n'a pas pu être appliquée ({said}).",
        f"The rule {rule} could not be applied ({said}).",
        True,
    )


def _no_knowledge() -> NotChecked:
    return NotChecked(
        None,
        "knowledge",
        "knowledge",
        "Aucune connaissance n'est chargée : rien n'a été vérifié.",
        "No knowledge is loaded: nothing was checked.",
        True,
    )
