"""What is sent to DHIS2 of a published week, and what its answer says. Pure functions.

Only published counts are sent. A withheld count is left out, never sent as zero; a zero is sent, for zero reporting.
DHIS2, Developer guide, dataValueSets (2.38 and later): answers carry an import summary, also those with status 409.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from surveillance.rules.weeks import dhis2 as period_of

MOST_CONFLICTS = 100


@dataclass(frozen=True)
class Names:
    """What things are called in DHIS2. A group or district without a name there is not sent.

    Attributes:
        data_set: id of the data set, or empty.
        elements: group of diagnoses → data element.
        places: district → organisation unit.
        combos: age band → category option combination; used when every band has one.
    """

    data_set: str = ""
    elements: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    combos: Mapping[str, str] = field(default_factory=dict)


class Table(NamedTuple):
    """One published table of a week: `cells` hold [district, part, count or None]."""

    split: str
    group: str
    cells: Iterable[tuple[str, str, int | None]]


class Value(NamedTuple):
    """One count to send, and what it is of."""

    group: str
    district: str
    band: str
    count: int  # type: ignore[assignment]


@dataclass
class Payload:
    """What is sent: the values, and how many counts are left out because they are withheld."""

    week: str
    values: list[Value] = field(default_factory=list)
    withheld: int = 0

    def body(self, names: Names) -> dict[str, Any]:
        """Return the JSON of `POST dataValueSets`; values are text there."""
        rows = [
            {
                "dataElement": names.elements[value.group],
                "orgUnit": names.places[value.district],
                "period": period_of(self.week),
                **({"categoryOptionCombo": names.combos[value.band]} if value.band else {}),
                "value": str(value.count),
            }
            for value in self.values
        ]
        return {**({"dataSet": names.data_set} if names.data_set else {}), "dataValues": rows}


def payload(week: str, tables: Iterable[Table], names: Names, bands: Iterable[str]) -> Payload:
    """Return what is sent of a published week."""
    counts: dict[tuple[str, str, str, str], int | None] = {}
    for table in tables:
        for district, part, count in table.cells:
            counts[table.split, table.group, district, part] = count
    parts = list(bands) if set(bands) <= set(names.combos) else []
    made = Payload(week)
    for group in sorted(names.elements):
        for district in sorted(names.places):
            _add(made, counts, group, district, parts)
    return made


def _add(
    made: Payload, counts: Mapping[tuple[str, str, str, str], int | None], group: str, district: str,
    bands: Iterable[str],
) -> None:  # fmt: skip
    """Add the counts of one group and district. What is not in a published table is zero, unless all is withheld."""
    whole = counts.get(("total", group, "", ""), 0)
    here = None if whole is None else counts.get(("district", group, district, ""), 0)
    for band in list(bands) or [""]:
        count = here if here is None or not band else counts.get(("age", group, district, band), 0)
        if count is None:
            made.withheld += 1
        else:
            made.values.append(Value(group, district, band, count))


@dataclass(frozen=True)
class Conflict:
    """What DHIS2 did not take: its code, its words, and the values it is about."""

    code: str
    message: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Report:
    """What came of sending.

    Attributes:
        outcome: taken; partly (some values were not); refused (nothing was); not-allowed; not-found; unreachable
            (nothing was sent); unknown (sent, but no answer: sending again does no harm).
        imported, updated, ignored: values, as DHIS2 counts them.
    """

    outcome: str
    message: str = ""
    imported: int = 0
    updated: int = 0
    ignored: int = 0
    conflicts: tuple[Conflict, ...] = ()


def read_answer(status: int, body: Any, sent: Payload) -> Report:
    """Return what an answer says. A 409 with a summary is a report like any other.

    Args:
        status: of HTTP.
        body: the JSON, or None when there was none.
    """
    if status in (401, 403):
        return Report("not-allowed", _text(body))
    if not isinstance(body, Mapping):
        return Report("not-found" if status == 404 else "refused", f"HTTP {status}")
    found = body.get("response", body)
    counts = found.get("importCount") if isinstance(found, Mapping) else None
    if not isinstance(counts, Mapping):
        return Report("not-found" if status == 404 else "refused", _text(body) or f"HTTP {status}")
    imported, updated, ignored = (
        _whole(counts.get(name)) for name in ("imported", "updated", "ignored")
    )
    conflicts = tuple(_conflict(row, sent) for row in _rows(found.get("conflicts")))
    failed = str(found.get("status") or body.get("status")) == "ERROR"
    outcome = (
        "taken" if not conflicts and not failed else "partly" if imported + updated else "refused"
    )
    return Report(
        outcome, _text(found) or _text(body), imported, updated, ignored, conflicts[:MOST_CONFLICTS]
    )


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _text(body: Any) -> str:
    if not isinstance(body, Mapping):
        return ""
    return str(body.get("description") or body.get("message") or "")[:300]


def _conflict(row: Mapping[str, Any], sent: Payload) -> Conflict:
    places = row.get("indexes") or []
    about = [sent.values[n] for n in places if isinstance(n, int) and 0 <= n < len(sent.values)]
    return Conflict(
        str(row.get("errorCode") or ""),
        str(row.get("value") or row.get("object") or "")[:300],
        tuple(about),
    )
