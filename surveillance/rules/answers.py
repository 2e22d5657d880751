"""What an answer shows: sums of published counts and of nothing else. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DIMENSIONS = ("week", "diagnosis", "event", "district", "facility", "ageBand", "sex")
SPLITS = {"facility": "facility", "ageBand": "age", "sex": "sex"}


@dataclass(frozen=True)
class Cell:
    """One published count, or None where it is withheld."""

    week: str
    group: str
    district: str
    part: str
    count: int | None


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
    sums: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for cell in cells:
        key = tuple(_value(cell, name) for name in wanted)
        shown, count, withheld = sums.get(key, (0, 0, 0))
        if cell.count is None:
            sums[key] = (shown, count, withheld + 1)
        else:
            sums[key] = (shown + 1, count + cell.count, withheld)
    return [
        Row(dict(zip(wanted, key, strict=True)), count if shown else None, withheld)
        for key, (shown, count, withheld) in sorted(sums.items())
    ]


def _value(cell: Cell, name: str) -> str:
    if name == "week":
        return cell.week
    if name in ("diagnosis", "event"):
        return cell.group
    return cell.district if name == "district" else cell.part
