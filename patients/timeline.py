"""The timeline of a record: the apps above add their entries, this one puts them in order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from patients.models import Observation, Patient


@dataclass(frozen=True)
class Entry:
    """One thing that happened, shown with `template`, which gets `item`."""

    at: datetime
    kind: str
    template: str
    item: Any = field(hash=False)


Source = Callable[[Patient], Iterable[Entry]]
_sources: list[Source] = []


def timeline_source(source: Source) -> Source:
    """Add a source of entries; called once, when an app is loaded."""
    if source not in _sources:
        _sources.append(source)
    return source


def timeline(patient: Patient, limit: int = 60) -> list[Entry]:
    """Return the newest entries of all sources, newest first."""
    entries = [entry for source in _sources for entry in source(patient)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


@timeline_source
def measurements(patient: Patient) -> Iterable[Entry]:
    """Return the sets of measurements, one entry for each form that was filled; those entered in error too."""
    sets: dict[str, list[Observation]] = {}
    for row in Observation.objects.filter(patient=patient).order_by("-taken_at")[:120]:
        sets.setdefault(row.set_id or str(row.pk), []).append(row)
    return [
        Entry(
            rows[0].taken_at,
            "vitals",
            "patients/_entry_vitals.html",
            {"rows": rows, "stands": any(row.status == "final" for row in rows)},
        )
        for rows in sets.values()
    ]
