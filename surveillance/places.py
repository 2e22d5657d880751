"""The map of districts: shapes from GeoJSON, coloured by published counts and by nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import cos, radians
from pathlib import Path
from typing import Any

from surveillance.rules.answers import Row

FOLDER = Path(__file__).with_name("maps")
WIDTH, HEIGHT, EDGE = 420, 300, 8
CLASSES = 5


@dataclass(frozen=True)
class Area:
    """A district as it is drawn: its outline, where its name stands, and how it is filled.

    `kind` is area-0 to area-4, area-none (nothing recorded there), area-zero or area-withheld.
    """

    name: str
    points: str
    x: float
    y: float
    kind: str
    text: str

    @property
    def is_dark(self) -> bool:
        """Tell whether its name is written in white."""
        return self.kind in ("area-3", "area-4")


@dataclass
class Sheet:
    """One drawing of neighbouring districts."""

    title: str
    areas: list[Area] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT


Ring = tuple[tuple[float, float], ...]


@cache
def shapes(country: str) -> tuple[tuple[str, str, Ring], ...]:
    """Return (sheet, district, outline) of a country; nothing when no map was drawn of it."""
    path = FOLDER / f"{country}.geojson"
    if not country.isalpha() or not path.exists():
        return ()
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return tuple(
        (
            one["properties"]["sheet"], one["properties"]["district"],
            tuple((float(x), float(y)) for x, y in one["geometry"]["coordinates"][0]),
        )
        for one in features
    )  # fmt: skip


def limits(counts: Sequence[int]) -> list[int]:
    """Return the upper limits of at most five classes, of equal width from 1 to the highest count."""
    most = max(counts, default=0)
    steps = min(CLASSES, most)
    return [-(-most * n // steps) for n in range(1, steps + 1)]


def kind_of(row: Row | None, is_member: bool, tops: Sequence[int]) -> str:  # noqa: FBT001
    """Return how a district is filled."""
    if not is_member:
        return "area-none"
    if row is None:
        return "area-zero"
    if row.count is None:
        return "area-withheld"
    if row.count == 0:
        return "area-withheld" if row.withheld else "area-zero"
    return f"area-{next(n for n, top in enumerate(tops) if row.count <= top)}"


def draw(
    country: str, rows: Mapping[str, Row], members: Mapping[str, Any], texts: Mapping[str, str]
) -> list[Sheet]:
    """Return the drawings of a country.

    Args:
        rows: the sum of published counts of each district.
        members: the districts in which a facility records.
        texts: what is written of each district's count.
    """
    tops = limits([row.count for row in rows.values() if row.count])
    sheets: dict[str, Sheet] = {}
    rings: dict[str, list[Ring]] = {}
    for sheet, _, ring in shapes(country):
        rings.setdefault(sheet, []).append(ring)
    for sheet, name, ring in shapes(country):
        place = _projection(rings[sheet])
        points = [place(x, y) for x, y in ring]
        middle = [sum(values) / (len(points) - 1) for values in zip(*points[:-1], strict=True)]
        sheets.setdefault(sheet, Sheet(sheet)).areas.append(
            Area(
                name, " ".join(f"{x},{y}" for x, y in points), round(middle[0], 1), round(middle[1], 1),
                kind_of(rows.get(name), name in members, tops), texts.get(name, ""),
            )
        )  # fmt: skip
    return list(sheets.values())


def _projection(rings: Sequence[Ring]) -> Any:
    """Return the function that puts a point of the earth on the sheet: equal scale, the whole sheet used."""
    xs = [x for ring in rings for x, _ in ring]
    ys = [y for ring in rings for _, y in ring]
    squeeze = cos(radians(sum(ys) / len(ys)))
    wide, high = (max(xs) - min(xs)) * squeeze, max(ys) - min(ys)
    scale = min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high)
    left, top = (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(left + (x - min(xs)) * squeeze * scale, 1),
            round(top + (max(ys) - y) * scale, 1),
        )

    return place


def classes(rows: Mapping[str, Row]) -> list[tuple[str, int, int]]:
    """Return the legend: (kind, from, to)."""
    tops = limits([row.count for row in rows.values() if row.count])
    bottoms = [1, *(top + 1 for top in tops)]
    return [
        (f"area-{n}", low, top)
        for n, (low, top) in enumerate(zip(bottoms, tops, strict=False))
        if low <= top
    ]
