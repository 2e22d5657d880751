"""An attacker who reads everything that is published and knows how it was made, but not the secret order."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linprog

from surveillance.rules.answers import Cell, summed
from surveillance.rules.groups import AGE_BANDS, SEXES
from surveillance.rules.suppression import Cells, Leaf, Tables, publish

AGES = [name for name, _ in AGE_BANDS]
THRESHOLD = 5
Unknown = tuple[str, str, str]


def dataset(dice: random.Random) -> tuple[list[Leaf], dict[str, dict[str, list[str]]]]:
    """Return random counts of one week and group: some districts busy, some nearly empty."""
    members: dict[str, dict[str, list[str]]] = {}
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for d in range(dice.randint(1, 5)):
        places = [f"f{d}{n}" for n in range(dice.randint(1, 4))]
        members[f"d{d}"] = {"age": AGES, "sex": list(SEXES), "facility": places}
        weights = [dice.random() ** 3 for _ in AGES]
        for _ in range(dice.choice((0, 1, 3, 6, 9, 14, 30, 80, 300))):
            age = dice.choices(AGES, weights)[0]
            counts[f"d{d}", dice.choice(places), age, dice.choice(SEXES)] += 1
    return [Leaf(*key, count) for key, count in counts.items()], members


def secret_order(seed: int):
    """Return an order as good as one made with a secret key."""
    return lambda key: random.Random(f"{seed}{key}").random()


def primary_only(parts, threshold, order):
    """The rule that protects nothing: small parts alone are withheld."""
    return {name for name, count in parts.items() if 0 < count < threshold}


def truth(leaves: list[Leaf], kind: str) -> Counter[tuple[str, str]]:
    """Return the true counts of one split."""
    counts: Counter[tuple[str, str]] = Counter()
    for leaf in leaves:
        part = "" if kind == "district" else getattr(leaf, kind)
        counts[leaf.district, part] += leaf.count
    return counts


def families(tables: Tables) -> Iterator[tuple[int, list[tuple[Unknown, int | None]]]]:
    """Yield each equation that can be written: a published total, and its parts."""
    if tables.total is None:
        return
    yield tables.total, [(("district", *key), n) for key, n in tables.district.items()]
    for kind in ("age", "sex", "facility"):
        split: dict[str, Cells] = defaultdict(dict)
        for key, n in getattr(tables, kind).items():
            split[key[0]][key] = n
        for district, cells in split.items():
            total = tables.district[district, ""]
            if total is not None:
                yield total, [((kind, *key), n) for key, n in cells.items()]


def bounds(tables: Tables) -> dict[Unknown, tuple[int, int]]:
    """Return the least and greatest value of each withheld count, by linear programming over all equations.

    A withheld count is at least 1 when a zero of the same split is shown, for then it is known not to be zero.
    """
    found = {}
    for total, parts in families(tables):
        unknown = [name for name, n in parts if n is None]
        if not unknown:
            continue
        lowest = 0 if len(unknown) == len(parts) else 1
        row = np.ones((1, len(unknown)))
        rest = [total - sum(n for _, n in parts if n is not None)]
        for place, name in enumerate(unknown):
            ends = []
            for sign in (1, -1):
                goal = np.zeros(len(unknown))
                goal[place] = sign
                done = linprog(goal, A_eq=row, b_eq=rest, bounds=(lowest, None), method="highs")
                assert done.status == 0, done.message
                ends.append(round(sign * done.fun))
            found[name] = (ends[0], ends[1])
    return found


def broken(leaves: list[Leaf], tables: Tables) -> list[str]:
    """Return what the attacker gains: small counts narrowed down, large ones pinned to less than five values."""
    gains = []
    for (kind, district, part), (low, high) in bounds(tables).items():
        true = truth(leaves, kind)[district, part]
        if 0 < true < THRESHOLD and not (low <= 1 and high >= THRESHOLD - 1):
            gains.append(f"{kind} {district} {part} = {true}: between {low} and {high}")
        if true >= THRESHOLD and high - low < THRESHOLD:
            gains.append(f"{kind} {district} {part} = {true}: width {high - low}")
    return gains


def stored(week: str, group: str, tables: Tables) -> dict[str, list[Cell]]:
    """Return the cells as they are stored, by split."""
    cells = {"total": [Cell(week, group, "", "", tables.total)]}
    for kind in ("district", "age", "sex", "facility"):
        cells[kind] = [Cell(week, group, d, p, n) for (d, p), n in getattr(tables, kind).items()]
    return cells


def made(seed: int, hide=None) -> tuple[list[Leaf], Tables]:
    """Return a random dataset and what is published of it."""
    leaves, members = dataset(random.Random(seed))
    order = secret_order(seed)
    return leaves, publish(leaves, members, threshold=THRESHOLD, order=order, hide=hide)


def differences(
    weeks: dict[str, dict[str, list[Cell]]], dice: random.Random
) -> Iterator[tuple[Any, ...]]:
    """Yield (kind, week, key, value): what is left of a longer range when a shorter one is taken away."""
    names = sorted(weeks)
    for kind, by in (
        ("total", ["diagnosis"]), ("district", ["district"]), ("age", ["district", "ageBand"]),
        ("age", ["ageBand"]), ("sex", ["sex"]), ("sex", ["district", "sex"]), ("facility", ["facility"]),
    ):  # fmt: skip
        first = dice.randrange(len(names) - 1)
        last = dice.randrange(first + 1, len(names))
        long = answer(weeks, names[first : last + 1], kind, by)
        short = answer(weeks, names[first:last], kind, by)
        for key, count in long.items():
            yield kind, tuple(by), names[last], key, (count or 0) - (short.get(key) or 0)


def answer(weeks, names, kind, by):
    """Return one answer of the program: counts by their keys."""
    cells = [cell for week in names for cell in weeks[week][kind]]
    return {tuple(row.keys.values()): row.count for row in summed(cells, by)}
