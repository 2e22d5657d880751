"""Which counts may be published, so that none of 1 to 4 persons can be worked out. Pure functions.

One week and group of diagnoses is a tree: its total, the total of each district, and below each district three
independent splits, by age, by sex and by facility. Nothing else is published, so each equation that a reader can
write is `a published total = the sum of its parts`. docs/adr/0009-suppression.md has the proof.

None stands for a count that is withheld. Zero parts of a published split are published.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Cells = dict[tuple[str, str], int | None]
Order = Callable[[tuple[str, ...]], object]
Hide = Callable[[Mapping[str, int], int, Callable[[str], object]], set[str]]


@dataclass(frozen=True)
class Leaf:
    """So many persons of one district, facility, age band and sex."""

    district: str
    facility: str
    age: str
    sex: str
    count: int


@dataclass(frozen=True)
class Tables:
    """What is published of one week and group. Keys are (district, part)."""

    total: int | None
    district: Cells = field(default_factory=dict)
    age: Cells = field(default_factory=dict)
    sex: Cells = field(default_factory=dict)
    facility: Cells = field(default_factory=dict)


def hidden(parts: Mapping[str, int], threshold: int, order: Callable[[str], object]) -> set[str]:
    """Return which parts of a published total are withheld.

    Small parts first; then others, in a secret order that does not depend on their size, until at least two are
    withheld and together they exceed their number by the threshold. Then each of them may be anything from 1 to
    the threshold and more. Where that cannot be had, all parts are withheld, the zeros too.

    Args:
        parts: the true count of each part; their sum is published.
        threshold: the smallest count of persons that may be shown, 2 or more.
        order: gives each part its place in the secret order.
    """
    out = {name for name, count in parts.items() if 0 < count < threshold}
    if not out:
        return set()
    rest = sorted((name for name in parts if parts[name] >= threshold), key=order, reverse=True)  # type: ignore[arg-type]
    while len(out) < 2 or sum(parts[name] for name in out) < len(out) + threshold:
        if not rest:
            return set(parts)
        out.add(rest.pop())
    return out


def publish(
    leaves: Iterable[Leaf], members: Mapping[str, Mapping[str, Sequence[str]]], *,
    threshold: int, order: Order, hide: Hide | None = None,
) -> Tables:  # fmt: skip
    """Return what is published of one week and group.

    Args:
        leaves: the true counts.
        members: for each district its parts: {"age": […], "sex": […], "facility": […]}, present or not.
        threshold: the smallest count that may be shown.
        order: the secret order of cells.
        hide: the rule by which parts are withheld; `hidden` unless an attack is tried on another one.
    """
    rows = list(leaves)
    total = sum(row.count for row in rows)
    if 0 < total < threshold:
        return Tables(None)
    rule = hide or (lambda parts, limit, place: hidden(parts, limit, place))
    districts = _sums(rows, lambda row: row.district, members)
    shown = _split("district", "", districts, threshold, order, rule)
    tables = Tables(total, {(name, ""): count for (_, name), count in shown.items()})
    for district in members:
        mine = [row for row in rows if row.district == district]
        visible = tables.district[district, ""] is not None
        for kind, part in (("age", _age), ("sex", _sex), ("facility", _facility)):
            sums = _sums(mine, part, members[district][kind])
            cells = getattr(tables, kind)
            if visible:
                cells.update(_split(kind, district, sums, threshold, order, rule))
            else:
                cells.update({(district, name): None for name in sums})
    return tables


def _age(leaf: Leaf) -> str:
    return leaf.age


def _sex(leaf: Leaf) -> str:
    return leaf.sex


def _facility(leaf: Leaf) -> str:
    return leaf.facility


def _sums(rows: Iterable[Leaf], part: Callable[[Leaf], str], names: Iterable[str]) -> Counter[str]:
    sums: Counter[str] = Counter(dict.fromkeys(names, 0))
    for row in rows:
        sums[part(row)] += row.count
    return sums


def _split(
    kind: str, district: str, sums: Mapping[str, int], threshold: int, order: Order, hide: Hide
) -> Cells:
    out = hide(sums, threshold, lambda name: order((kind, district, name)))
    return {(district, name): None if name in out else count for name, count in sums.items()}


def publish_events(counts: Mapping[str, int], *, threshold: int) -> dict[str, int | None]:
    """Return the counts of events by district; no total is published, so small ones alone are withheld."""
    return {name: None if 0 < count < threshold else count for name, count in counts.items()}
