"""How much of each component one line gives, from its dose or the words that describe it."""

from __future__ import annotations

import re
from typing import NamedTuple

from .knowledge import Knowledge
from .model import Line, Resolution
from .text import plain
from .units import UNITS, number

_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]+)?")
_PER_VOLUME = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(mg|g|ug|mcg|ui|iu|u|mmol|meq)\s*/\s*(\d+(?:[.,]\d+)?)?\s*(ml|l)\b"
)
_VOLUME = re.compile(r"(\d+(?:[.,]\d+)?)\s*(ml|l|cl)\b")
_PERCENT = re.compile(r"(\d+(?:[.,]\d+)?)\s*%")
_COUNT = re.compile(r"^\s*(\d+)\s*(?:x|\*|cp|comprimes?|tab|tablets?|gelules?|caps?)\b")


class Amount(NamedTuple):
    """One dose of a component in base units; low < high when only bounds are known."""

    dimension: str
    low: int
    high: int


def component_doses(
    knowledge: Knowledge, line: Line, resolution: Resolution
) -> dict[str, Amount | None]:
    """{component: one dose of it, or None when the line does not say}."""
    parts = resolution.components
    if len(parts) == 1:
        return {parts[0]: single_dose(line)}
    named = _by_name(knowledge, line.dose_text, parts)
    if named:
        return {part: named.get(part) for part in parts}
    listed = _amounts(line.dose_text)
    ordered = _written_order(knowledge, line, resolution)
    if len(listed) == len(parts) and ordered:
        return dict(zip(ordered, listed, strict=True))
    return _by_ratio(knowledge, line, resolution)


def single_dose(line: Line) -> Amount | None:
    """One dose of a line with one component."""
    if line.dose_ug is not None:
        return Amount("mass", line.dose_ug, line.dose_ug)
    return _spoken(line.dose_text, line.text)


def _spoken(dose_text: str, drug_text: str) -> Amount | None:
    """The amount that words say: "500 mg", "10 UI", "5 mL à 120 mg/5 mL", "500 mL" of "5 %"."""
    lowered = plain(dose_text)
    strength = _PER_VOLUME.search(lowered)
    rest = _PER_VOLUME.sub(" ", lowered)
    volume = _VOLUME.search(rest)
    if strength is not None and volume is not None:
        dimension, factor = UNITS[strength[2]]
        per = number(strength[3] or "1") * UNITS[strength[4]][1]
        value = int(number(volume[1]) * UNITS[volume[2]][1] * number(strength[1]) * factor / per)
        return Amount(dimension, value, value)
    listed = _amounts(dose_text)
    if len(listed) == 1:
        return listed[0]
    return None


def _amounts(dose_text: str) -> list[Amount]:
    """The amounts of a text in order; a number without a unit takes the next unit ("0.15/0.03 mg")."""
    found: list[Amount] = []
    waiting: list[str] = []
    text = plain(dose_text)
    counted = _COUNT.match(text)
    for match in _AMOUNT.finditer(text[counted.end() :] if counted else text):
        unit = match[2] or ""
        if unit in UNITS:
            dimension, factor = UNITS[unit]
            for value in (*waiting, match[1]):
                scaled = int(number(value) * factor)
                found.append(Amount(dimension, scaled, scaled))
            waiting = []
        else:
            waiting = [*waiting, match[1]] if not unit else []
    times = int(counted[1]) if counted and found else 1
    return [Amount(a.dimension, a.low * times, a.high * times) for a in found]


def _by_name(knowledge: Knowledge, dose_text: str, parts: tuple[str, ...]) -> dict[str, Amount]:
    """Amounts written beside their component: "codeine 30 mg + paracetamol 500 mg"."""
    found: dict[str, Amount] = {}
    for piece in re.split(r"[+;]|\s(?:et|and)\s|/(?=\s*[a-z])", plain(dose_text)):
        words = re.sub(r"[\d.,]+\s*[a-z]*", " ", piece, count=1).strip()
        resolution = knowledge.find_medicine(words) if words else None
        amounts = _amounts(re.sub(r"^\s*[a-z][a-z\s-]*?(?=\d)", "", piece))
        if resolution is not None and resolution.kind == "exact" and amounts:
            for component in resolution.components:
                if component in parts:
                    found[component] = amounts[0]
    return found


def _written_order(
    knowledge: Knowledge, line: Line, resolution: Resolution
) -> tuple[str, ...] | None:
    """The components in the order in which the line names them, else in the product's order."""
    names = [knowledge.find_medicine(part) for part in re.split(r"[/+]", line.text)]
    written = tuple(name.components[0] for name in names if name.kind == "exact")
    if set(written) == set(resolution.components) and len(written) == len(resolution.components):
        return written
    if resolution.product is not None:
        return tuple(knowledge.products[resolution.product]["components"])
    return None


def _by_ratio(knowledge: Knowledge, line: Line, resolution: Resolution) -> dict[str, Amount | None]:
    """The product's labelled shares of the whole dose; without shares only bounds are known."""
    total = single_dose(line)
    product = knowledge.products.get(resolution.product or "")
    shares = product["components"] if product else {}
    if total is None:
        return dict.fromkeys(resolution.components)
    if not shares or any(share is None for share in shares.values()):
        bounds = Amount(total.dimension, 0, total.high)
        return dict.fromkeys(resolution.components, bounds)
    whole = sum(shares.values())
    return {
        part: Amount(total.dimension, total.low * share // whole, total.high * share // whole)
        for part, share in shares.items()
    }
