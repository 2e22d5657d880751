"""How much of each component one line gives, from its dose or the words that describe it."""

from __future__ import annotations

import re
from itertools import permutations
from typing import NamedTuple

from .knowledge import Knowledge
from .model import Line, Resolution
from .text import plain
from .units import UNITS, number

_AMOUNT = re.compile(r"(\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?)\s*([a-z]+)?")
_PER_VOLUME = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(mg|g|ug|mcg|ui|iu|u|mmol|meq)\s*/\s*(\d+(?:[.,]\d+)?)?\s*(ml|l)\b"
)
_VOLUME = re.compile(r"(\d+(?:[.,]\d+)?)\s*(ml|l|cl)\b")
_COUNT = re.compile(r"^\s*(\d+)\s*(?:x|\*|cp|comprimes?|tab|tablets?|gelules?|caps?)\b")
_FORMS = re.compile(
    r"(?:(?<![\d.,/])(\d+)\s*[/\u2044]\s*(\d)|(?<![\d/\u2044])(\d+(?:[.,]\d+)?)|\b(demi|half))\s*-?\s*"
    r"(?:an?\s)?(?:cp|cpr|comp|comprimes?|tabs?|tablets?|gelules?|caps?|capsules?|sachets?|pills?"
    r"|pilules?|doses?|unidoses?|inhalations?|ampoules?)\b"
)
# "65 mg of elemental iron" beside 325 mg of its salt says the same
_ELEMENT = re.compile(r"\belement")
# "5.000 mg" may be five or five thousand, "1 g x 4" and "deux comprimés de 1 g" more than one gram
_TWO_WAYS = re.compile(
    r"(?<![\d.,])[1-9]\d{0,2}[.,]\d{3}(?!\d)|\d\s*[a-z]+(?:\s+x|\s*\*)\s*\d|\b(?:deux|trois|quatre|cinq|six|two|three|four|five)\b|\b\d+\s*(?:fois|times)\b"
)
# "15 mg/kg", "50 mg/kg/j": the dose of nobody before the weight is known
_PER_KG = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(mg|g|ug|mcg|ui|iu|u|mmol|meq|ml)\s*(?:/|par|per)\s*kg\b"
    r"(\s*(?:/|par|per)\s*(?:j|jour|jours|d|day|24\s*h)\b)?"
)
MOST_PERMUTED = 5


class Amount(NamedTuple):
    """One dose of a component in base units; low < high when only bounds are known."""

    dimension: str
    low: int
    high: int


def component_doses(
    knowledge: Knowledge, line: Line, resolution: Resolution, weight_g: int | None = None
) -> dict[str, Amount | None]:
    """{component: one dose of it, or None when the line does not say}."""
    parts = resolution.components
    if is_per_kg(line):
        return dict.fromkeys(parts, _weighed(line, weight_g, share_known=len(parts) == 1))
    if len(parts) == 1:
        return {parts[0]: single_dose(line)}
    named = _by_name(knowledge, line.dose_text, parts)
    if named and (len(named) == len(parts) or line.dose_ug is None):
        return {part: named.get(part) for part in parts}
    listed = _amounts(line.dose_text)
    counted = None if listed or line.dose_ug is not None else forms_told(line.dose_text)
    if counted is not None:
        return dict.fromkeys(parts, counted)
    if len(listed) == len(parts):
        return _by_place(knowledge, line, resolution, listed)
    return _by_ratio(knowledge, line, resolution)


def is_per_kg(line: Line) -> bool:
    """Whether the dose is told per kilogram alone."""
    return line.dose_ug is None and _PER_KG.search(plain(line.dose_text)) is not None


def _weighed(line: Line, weight_g: int | None, *, share_known: bool) -> Amount | None:
    """One dose of a line told per kilogram, and perhaps per day; None without a weight."""
    found = _PER_KG.search(plain(line.dose_text))
    if found is None or not weight_g:
        return None
    value, unit, a_day = found.groups()
    dimension, factor = UNITS[unit]
    times = line.times if a_day and line.per_days == 1 else 1
    given = int(number(value) * factor * weight_g / 1000 / times)
    return Amount(dimension, given if share_known else 0, given)


def single_dose(line: Line) -> Amount | None:
    """One dose of a line with one component; between the figure and the words where they differ."""
    if line.dose_ug is None:
        return _spoken(line.dose_text)
    said = otherwise_said(line.dose_ug, line.dose_text)
    both = (line.dose_ug, line.dose_ug if said is None else said)
    return Amount("mass", min(both), max(both))


def otherwise_said(dose_ug: int, dose_text: str) -> int | None:
    """The micrograms that the words beside a dose say, when they are not those of the dose."""
    words = _PER_KG.sub(" ", plain(dose_text))
    said = None if _ELEMENT.search(words) else _spoken(words)
    if said is None or said.dimension != "mass" or said.low == dose_ug:
        return None
    return said.low


def told_in(dose_text: str, dimension: str) -> Amount | None:
    """The only amount of this dimension in the words of a dose."""
    if not dose_text or _TWO_WAYS.search(plain(dose_text)):
        return None
    found = [amount for amount in _amounts(dose_text) if amount.dimension == dimension]
    return found[0] if len(found) == 1 else None


def forms_told(dose_text: str) -> Amount | None:
    """A dose of a fixed combination told in tablets or measures: its strengths are the product's."""
    found = _FORMS.search(plain(dose_text))
    if found is None:
        return None
    part, whole, count, _ = found.groups()
    thousandths = int(number(count or part or "0.5") * 1000) // max(int(whole or 1), 1)
    return Amount("forms", thousandths, thousandths)


def _spoken(dose_text: str) -> Amount | None:
    """The amount that words say: "500 mg", "10 UI", "5 mL à 120 mg/5 mL"; None where it may be read two ways."""
    lowered = plain(dose_text)
    if _TWO_WAYS.search(lowered):
        return None
    strength = _PER_VOLUME.search(lowered)
    rest = _PER_VOLUME.sub(" ", lowered)
    volume = _VOLUME.search(rest)
    if strength is not None and volume is not None:
        dimension, factor = UNITS[strength[2]]
        per = number(strength[3] or "1") * UNITS[strength[4]][1]
        given = number(volume[1]) * UNITS[volume[2]][1] * number(strength[1]) * factor
        return Amount(dimension, int(given / per), int(given / per)) if per else None
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


def _by_place(
    knowledge: Knowledge, line: Line, resolution: Resolution, listed: list[Amount]
) -> dict[str, Amount | None]:
    """Amounts listed without names: in the order written, or the one that fits the product."""
    product = knowledge.products.get(resolution.product or "", {})
    shares = product.get("components", {})
    written = _written_order(knowledge, line, resolution)
    likely = [written] if written else []
    orders = [*likely, *sorted(permutations(resolution.components))]
    if len(listed) <= MOST_PERMUTED and shares and None not in shares.values():
        for order in orders:
            if _is_proportional([shares[part] for part in order], listed):
                return dict(zip(order, listed, strict=True))
    if written is not None:
        return dict(zip(written, listed, strict=True))
    low, high = min(one.low for one in listed), max(one.high for one in listed)
    return dict.fromkeys(resolution.components, Amount(listed[0].dimension, low, high))


def _is_proportional(shares: list[int], listed: list[Amount]) -> bool:
    """Whether the amounts stand to each other as the shares do, within a fifth."""
    whole, total = sum(shares), sum(one.low for one in listed)
    return all(
        abs(one.low * whole - share * total) * 5 <= share * total
        for share, one in zip(shares, listed, strict=True)
    )


def _written_order(
    knowledge: Knowledge, line: Line, resolution: Resolution
) -> tuple[str, ...] | None:
    """The components in the order in which the line names them, if it does."""
    names = [knowledge.find_medicine(part) for part in re.split(r"[/+]", line.text)]
    written = tuple(name.components[0] for name in names if name.kind == "exact")
    if set(written) == set(resolution.components) and len(written) == len(resolution.components):
        return written
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
    if product and product.get("unit") and total.dimension == "mass":
        return _by_units(total, shares)
    whole = sum(shares.values())
    return {
        part: Amount(total.dimension, total.low * share // whole, total.high * share // whole)
        for part, share in shares.items()
    }


def _by_units(total: Amount, shares: dict[str, int]) -> dict[str, Amount | None]:
    """The parts of a dose in whole or half units: of the sum, or else of the one component it counts.

    "artemether/lumefantrine 80 mg" is four tablets of 20/120 mg, "560 mg" too. Where several components
    fit, the fewest units are taken.
    """
    whole = sum(shares.values())
    fits = [share for share in sorted(shares.values(), reverse=True) if _is_units(total.low, share)]
    base = whole if _is_units(total.low, whole) or not fits else fits[0]
    return {
        part: Amount(total.dimension, total.low * share // base, total.high * share // base)
        for part, share in shares.items()
    }


def _is_units(amount: int, unit: int) -> bool:
    return amount > 0 and amount * 2 % unit == 0
