"""How much of each component one line gives, from its dose or the words that describe it."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

from .lexicon import Lexicon
from .model import Line, Resolution
from .names import Names
from .text import plain
from .units import number

MOST_PERMUTED = 5
# dimensions whose figure people write where milligrams are asked for
COUNTED = ("iu", "puff", "mmol")


class Amount(NamedTuple):
    """One dose of a component in base units; low < high when only bounds are known."""

    dimension: str
    low: int
    high: int


class Amounts:
    """Reads doses by the units and the patterns of the tables."""

    def __init__(self, lexicon: Lexicon, names: Names) -> None:
        self.patterns, self.units, self.names = lexicon.patterns, lexicon.units, names

    def component_doses(
        self, line: Line, resolution: Resolution, weight_g: int | None = None
    ) -> dict[str, Amount | None]:
        """{component: one dose of it, or None when the line does not say}."""
        parts = resolution.components
        if self.is_per_kg(line):
            return dict.fromkeys(parts, self._weighed(line, weight_g, share_known=len(parts) == 1))
        if len(parts) == 1:
            return {parts[0]: self.single_dose(line)}
        named = self._by_name(line.dose_text, parts)
        if named and (len(named) == len(parts) or line.dose_ug is None):
            return {part: named.get(part) for part in parts}
        listed = self._listed(line, resolution)
        counted = None if listed or line.dose_ug is not None else self.forms_told(line.dose_text)
        if counted is not None:
            return dict.fromkeys(parts, counted)
        if len(listed) == len(parts):
            return self._by_place(line, resolution, listed)
        return self._by_ratio(line, resolution)

    def _listed(self, line: Line, resolution: Resolution) -> list[Amount]:
        """The amounts of the words; of "3 cp 1500/75 mg" the sum where one tablet holds a third of it."""
        listed = self._amounts(line.dose_text)
        counted = self.patterns["count_of_forms"].match(plain(line.dose_text))
        product = self.names.products.get(resolution.product or "", {})
        if counted is None or int(counted[1]) < 2 or not product.get("unit"):
            return listed
        count = int(counted[1])
        once = [Amount(each.dimension, each.low // count, each.high // count) for each in listed]
        whole = sorted(share * count for share in product["components"].values())
        return once if sorted(each.low for each in once) == whole else listed

    def is_per_kg(self, line: Line) -> bool:
        """Whether the dose is told per kilogram alone."""
        return self._is_told_only(line, "per_kg")

    def is_unreadable(self, line: Line) -> bool:
        """Whether somebody wrote a dose that nobody can read."""
        return self._is_told_only(line, "unreadable")

    def _is_told_only(self, line: Line, pattern: str) -> bool:
        """Whether a line has no figure of its dose, and words that a pattern finds."""
        found = self.patterns[pattern].search(plain(line.dose_text))
        return line.dose_ug is None and found is not None

    def _weighed(self, line: Line, weight_g: int | None, *, share_known: bool) -> Amount | None:
        """One dose of a line told per kilogram, and perhaps per day; None without a weight."""
        found = self.patterns["per_kg"].search(plain(line.dose_text))
        if found is None or not weight_g:
            return None
        value, unit, a_day = found.groups()
        dimension, factor = self.units[unit]
        times = line.times if a_day and line.per_days == 1 else 1
        given = int(number(value) * factor * weight_g / 1000 / times)
        return Amount(dimension, given if share_known else 0, given)

    def single_dose(self, line: Line) -> Amount | None:
        """One dose of a line with one component; between the figure and the words where they differ."""
        if line.dose_ug is None:
            return self._spoken(line.dose_text)
        counted = self._spoken(line.dose_text)
        if counted and counted.dimension in COUNTED and counted.low == line.dose_ug:
            return counted  # "4000" beside "4000 UI" are no milligrams
        said = self.otherwise_said(line.dose_ug, line.dose_text)
        both = (line.dose_ug, line.dose_ug if said is None else said)
        return Amount("mass", min(both), max(both))

    def otherwise_said(self, dose_ug: int, dose_text: str) -> int | None:
        """The micrograms that the words beside a dose say, when they are not those of the dose."""
        words = self.patterns["per_kg"].sub(" ", plain(dose_text))
        said = None if self.patterns["element"].search(words) else self._spoken(words)
        if said is None or said.dimension != "mass" or said.low == dose_ug:
            return None
        return said.low

    def told_in(self, dose_text: str, dimension: str) -> Amount | None:
        """The only amount of this dimension in the words of a dose."""
        if not dose_text or self.patterns["read_two_ways"].search(plain(dose_text)):
            return None
        found = [amount for amount in self._amounts(dose_text) if amount.dimension == dimension]
        return found[0] if len(found) == 1 else None

    def forms_told(self, dose_text: str) -> Amount | None:
        """A dose of a fixed combination told in tablets or measures: its strengths are the product's."""
        found = self.patterns["forms"].search(plain(dose_text))
        if found is None:
            return None
        part, whole, count, _ = found.groups()
        thousandths = int(number(count or part or "0.5") * 1000) // max(int(whole or 1), 1)
        return Amount("forms", thousandths, thousandths)

    def _spoken(self, dose_text: str) -> Amount | None:
        """The amount that words say: "500 mg", "10 UI", "5 mL à 120 mg/5 mL"; None where it may be read two ways."""
        lowered = self._plain(dose_text)
        if self.patterns["read_two_ways"].search(lowered):
            return None
        strength = self.patterns["strength_per_volume"].search(lowered)
        rest = self.patterns["strength_per_volume"].sub(" ", lowered)
        volume = self.patterns["volume"].search(rest)
        if strength is not None and volume is not None:
            dimension, factor = self.units[strength[2]]
            per = number(strength[3] or "1") * self.units[strength[4]][1]
            given = number(volume[1]) * self.units[volume[2]][1] * number(strength[1]) * factor
            return Amount(dimension, int(given / per), int(given / per)) if per else None
        listed = self._amounts(dose_text)
        if len(listed) == 2 and self.patterns["that_is"].search(lowered):
            listed = [amount for amount in listed if amount.dimension != "volume"]
        times = len(self.patterns["time_of_day"].findall(lowered))
        if len({amount.dimension for amount in listed}) == 1 < len(listed) <= times:
            return max(listed)  # "12 UI matin 8 UI soir": the largest of them
        return listed[0] if len(listed) == 1 else None

    def _plain(self, dose_text: str) -> str:
        """The words of a dose, with millions of units as one unit."""
        return self.patterns["millions_of_units"].sub(" mui", plain(dose_text))

    def _amounts(self, dose_text: str) -> list[Amount]:
        """The amounts of a text in order; a number without a unit takes the next unit ("0.15/0.03 mg")."""
        found: list[Amount] = []
        waiting: list[str] = []
        text = self._plain(dose_text)
        counted = self.patterns["count_of_forms"].match(text)
        for match in self.patterns["amount"].finditer(text[counted.end() :] if counted else text):
            unit = match[2] or ""
            if unit in self.units:
                dimension, factor = self.units[unit]
                for value in (*waiting, match[1]):
                    scaled = int(number(value) * factor)
                    found.append(Amount(dimension, scaled, scaled))
                waiting = []
            else:
                waiting = [*waiting, match[1]] if not unit else []
        return _times(found, int(counted[1]) if counted else 1)

    def _by_name(self, dose_text: str, parts: tuple[str, ...]) -> dict[str, Amount]:
        """Amounts written beside their component: "codeine 30 mg + paracetamol 500 mg"."""
        found: dict[str, Amount] = {}
        for piece in self.patterns["pieces"].split(plain(dose_text)):
            words = self.patterns["amount_and_unit"].sub(" ", piece, count=1).strip()
            resolution = self.names.find(words) if words else None
            amounts = self._amounts(self.patterns["before_amount"].sub("", piece))
            if resolution is not None and resolution.kind == "exact" and amounts:
                for component in resolution.components:
                    if component in parts:
                        found[component] = amounts[0]
        return found

    def _by_place(
        self, line: Line, resolution: Resolution, listed: list[Amount]
    ) -> dict[str, Amount | None]:
        """Amounts listed without names: in the order written, or the one that fits the product."""
        product = self.names.products.get(resolution.product or "", {})
        shares = product.get("components", {})
        written = self._written_order(line, resolution)
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

    def _written_order(self, line: Line, resolution: Resolution) -> tuple[str, ...] | None:
        """The components in the order in which the line names them, if it does."""
        names = [self.names.find(part) for part in self.names.splits[0].split(line.text)]
        written = tuple(name.components[0] for name in names if name.kind == "exact")
        if set(written) == set(resolution.components) and len(written) == len(
            resolution.components
        ):
            return written
        return None

    def _by_ratio(self, line: Line, resolution: Resolution) -> dict[str, Amount | None]:
        """The product's labelled shares of the whole dose; without shares only bounds are known."""
        total = self.single_dose(line)
        product = self.names.products.get(resolution.product or "")
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


def _is_proportional(shares: list[int], listed: list[Amount]) -> bool:
    """Whether the amounts stand to each other as the shares do, within a fifth."""
    whole, total = sum(shares), sum(one.low for one in listed)
    return all(
        abs(one.low * whole - share * total) * 5 <= share * total
        for share, one in zip(shares, listed, strict=True)
    )


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


def _times(amounts: list[Amount], count: int) -> list[Amount]:
    return [Amount(a.dimension, a.low * count, a.high * count) for a in amounts]


def _is_units(amount: int, unit: int) -> bool:
    return amount > 0 and amount * 2 % unit == 0
