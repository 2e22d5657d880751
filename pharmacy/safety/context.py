"""The facts of one order, gathered once: what the record says, what is ordered, what is taken."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .amounts import Amount
from .facts import Record, read_record
from .knowledge import Knowledge
from .logic import ALWAYS, Evidence
from .model import Line, NotChecked, Patient


class Item(NamedTuple):
    """One component of one line."""

    line: Line
    substance: str
    ordered: bool
    dose: Amount | None

    @property
    def key(self) -> tuple[str, str]:
        """What orders items whatever the order of lines: substance, then line."""
        return (self.substance, self.line.id)


@dataclass(slots=True)
class Context:
    """Everything the operators read; made by `gather`."""

    knowledge: Knowledge
    record: Record
    items: list[Item] = field(default_factory=list)
    notes: list[NotChecked] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    ordered_keys: set[str] = field(default_factory=set)
    _rest: dict[str, tuple[list[Item], set[str]]] = field(default_factory=dict)
    _present: dict[int, list[Item]] = field(default_factory=dict)
    proposed: dict[tuple[str, str], bool] = field(default_factory=dict)
    _asked: dict[str, bool] = field(default_factory=dict)

    @property
    def tokens(self) -> dict[str, tuple[Evidence, ...]]:
        """The facts of the record that hold."""
        return self.record.tokens

    @property
    def unknown(self) -> dict[str, str]:
        """The facts that may hold, with the figure that is missing."""
        return self.record.unknown

    @property
    def figures(self) -> dict[str, tuple[int, int]]:
        """The figures known, as intervals."""
        return self.record.figures

    @property
    def words(self) -> dict[str, str]:
        """The results that are words."""
        return self.record.words

    def evidence_of(self, figure: str) -> Evidence:
        """What an alert says of a figure."""
        return self.record.evidence_of(figure, self.knowledge)

    def present(self, number: int) -> list[Item]:
        """The items that are in a set of the rules, ordered or current."""
        found = self._present.get(number)
        if found is None:
            members = self.knowledge.sets[number]
            found = [item for item in self.items if item.substance in members]
            self._present[number] = found
        return found

    def others(self, item: Item | None, number: int, routes: list[str]) -> list[Item]:
        """The items of other lines and other substances that are in the set, by these routes."""
        return [
            other
            for other in self.present(number)
            if other.line.route in routes
            and (
                item is None or (other.line is not item.line and other.substance != item.substance)
            )
        ]

    def drug_evidence(self, item: Item) -> Evidence:
        """What an alert says of another medicine."""
        fr = self.knowledge.substances[item.substance]["fr"]
        return Evidence(item.substance, fr, item.substance, item.line.id, item)

    def has_reason_to_ask(self, figure: str) -> bool:
        """Whether this record gives a reason to ask for a missing figure."""
        if figure not in self._asked:
            self._asked[figure] = self._reason(figure)
        return self._asked[figure]

    def is_known_to_lack(self, figure: str) -> bool:
        """Whether the record says that a figure was never measured ("G6PD non dosée")."""
        return figure in self.record.unmeasured

    def _reason(self, figure: str) -> bool:
        measurement = self.knowledge.measurements.get(figure)
        if measurement is None:
            return False
        if measurement.get("always"):
            return True
        ask = measurement["ask"]
        return ask is not None and self.truth(ask) is True

    def without(self, line: Line, added: list[Item]) -> Context:
        """The same patient with one ordered line replaced; nothing else counts as ordered."""
        if line.id not in self._rest:
            self._rest[line.id] = self._without(line)
        rest, keys = self._rest[line.id]
        ordered = _set_tokens(self.knowledge, added)
        return Context(self.knowledge, self.record, [*added, *rest], [], keys | ordered, ordered)

    def _without(self, line: Line) -> tuple[list[Item], set[str]]:
        rest = [
            Item(item.line, item.substance, False, item.dose) if item.ordered else item
            for item in self.items
            if item.line is not line
        ]
        return rest, self.record.keys | _set_tokens(self.knowledge, rest)

    def truth(self, expr: list[object]) -> bool | None:
        """The truth of an expression about the patient alone."""
        from .logic import evaluate  # noqa: PLC0415 (logic names Context in its types)

        return evaluate(expr, self, None, [], [])


def gather(
    knowledge: Knowledge, patient: Patient, order: tuple[Line, ...], current: tuple[Line, ...]
) -> Context:
    """The context of one order. Medicines that are not understood become notes."""
    context = Context(knowledge, read_record(knowledge, patient))
    context.notes.extend(context.record.notes)
    for lines, ordered in ((order, True), (current, False)):
        for line in lines:
            _add_line(context, line, ordered=ordered)
    for name, ref in context.record.taken:
        _add_told(context, name, ref)
    _set_keys(context)
    return context


def _add_line(context: Context, line: Line, *, ordered: bool) -> None:
    resolution = context.knowledge.find_medicine(line.text)
    if resolution.kind != "exact":
        context.notes.append(_unknown_medicine(line, resolution.offered, ordered=ordered))
        return
    if line.route == "topical" and _acts_through_skin(context.knowledge, resolution.components):
        line = replace(line, route="implant")
    weight = context.record.figures.get("weight_g", (0, 0))[0]
    doses = context.knowledge.amounts.component_doses(line, resolution, weight)
    context.items.extend(Item(line, part, ordered, doses[part]) for part in resolution.components)


def _add_told(context: Context, name: str, ref: str) -> None:
    """Count a medicine told in a note as taken ("HTA sous amlodipine"), unless it is ordered or listed anyway."""
    components = context.knowledge.find_medicine(name).components
    if components and not {item.substance for item in context.items} & set(components):
        _add_line(context, Line(ref, name, "oral"), ordered=False)


def _acts_through_skin(knowledge: Knowledge, components: tuple[str, ...]) -> bool:
    """Whether a patch or gel of these acts in the whole body."""
    return any(part in knowledge.derived.get("through_skin", ()) for part in components)


def _unknown_medicine(line: Line, offered: tuple[str, ...], *, ordered: bool) -> NotChecked:
    fr = f"« {line.text} » n'est pas un médicament connu de Carnet : il n'a pas été vérifié."
    en = f'"{line.text}" is not a medicine Carnet knows: it was not checked.'
    if offered:
        fr += f" Nom proche : {', '.join(offered)}."
        en += f" Near name: {', '.join(offered)}."
    return NotChecked(line.id if ordered else None, "medicine", line.text, fr, en, True)


def _set_keys(context: Context) -> None:
    """The facts under which rules are looked for: of the record, then of the medicines."""
    if not context.record.keys:
        context.record.keys = _record_keys(context)
    ordered = [item for item in context.items if item.ordered]
    others = [item for item in context.items if not item.ordered]
    context.ordered_keys = _set_tokens(context.knowledge, ordered)
    context.keys = context.record.keys.union(
        context.ordered_keys, _set_tokens(context.knowledge, others)
    )


def _set_tokens(knowledge: Knowledge, items: list[Item]) -> set[str]:
    """The tokens of the rule sets that some of the items are in."""
    return set().union(*[knowledge.set_tokens(item.substance) for item in items])


def _record_keys(context: Context) -> set[str]:
    keys = {ALWAYS, *context.tokens, *context.unknown}
    keys.update(f"m:{name}" for name in context.figures)
    keys.update(f"m:{name}" for name in context.words)
    keys.update(
        f"m:{name}"
        for name in context.knowledge.asked_for
        if name not in context.figures and context.has_reason_to_ask(name)
    )
    keys.update(f"m:{name}" for name in context.record.unmeasured)
    return keys
