"""What an answer shows: sums of published counts and of nothing else. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

DIMENSIONS = ("week", "diagnosis", "event", "district", "facility", "ageBand", "sex")
FIELDS = {
    "week": 0, "diagnosis": 1, "event": 1, "district": 2, "facility": 3, "ageBand": 3, "sex": 3,
}  # fmt: skip
SPLITS = {"facility": "facility", "ageBand": "age", "sex": "sex"}


class Cell(NamedTuple):
    """One published count, or None where it is withheld."""

    week: str
    group: str
    district: str
    part: str
    count: int | None  # type: ignore[assignment]


@dataclass(frozen=True)
class Row:
    """A sum of published counts. `count` is None when all of them are withheld; `withheld` says how many are."""

    keys: Mapping[str, str]
    count: int | None
    withheld: int


class NotPublishedError(ValueError):
    """Such a breakdown is not published. `code` says why: `unknown`, `one-split`, `measure`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def split_for(by: Iterable[str], *, district: bool = False, facility: bool = False) -> str:
    """Return which published split answers a question: total, district, age, sex, facility or event.

    Args:
        by: the dimensions asked for.
        district: whether one district was asked for.
        facility: whether one facility was asked for.

    Raises:
        NotPublishedError: a dimension is unknown, or two of age, sex and facility were asked for together.
    """
    wanted = set(by)
    if wanted - set(DIMENSIONS):
        raise NotPublishedError("unknown")
    splits = {SPLITS[name] for name in wanted & set(SPLITS)} | ({"facility"} if facility else set())
    if len(splits) > 1:
        raise NotPublishedError("one-split")
    if "event" in wanted:
        if splits or "diagnosis" in wanted:
            raise NotPublishedError("measure")
        return "event"
    if splits:
        return splits.pop()
    return "district" if "district" in wanted or district else "total"


def summed(cells: Iterable[Cell], by: Iterable[str]) -> list[Row]:
    """Return the sums of published counts by some dimensions, in order of their keys.

    A sum never contains a withheld count: the row says how many are missing. So two answers can be subtracted
    only into what the weekly grid shows anyway.
    """
    wanted = [name for name in DIMENSIONS if name in set(by)]
    pick = itemgetter(*(FIELDS[name] for name in wanted), slice(0, 0))  # the slice: always a tuple
    sums: dict[tuple[str, ...], list[int]] = {}
    for cell in cells:
        key, count = pick(cell), cell[4]
        known = sums.get(key)
        if known is None:
            known = sums[key] = [0, 0, 0]
        if count is None:
            known[2] += 1
        else:
            known[0] += 1
            known[1] += count
    return [
        Row(dict(zip(wanted, key[:-1], strict=True)), count if shown else None, withheld)
        for key, (shown, count, withheld) in sorted(sums.items())
    ]
