"""What is known for DHIS2: names there, what a week holds to be sent, and what was sent before."""

from collections import defaultdict

from clinic.db import collection
from surveillance.models import Dhis2Export, Dhis2Kind, Dhis2Name, PublishedTable
from surveillance.rules.dhis2 import Names, Payload, Table, payload
from surveillance.rules.groups import AGE_BANDS

SPLITS = ("total", "district", "age")


def names_of(country: str) -> Names:
    """Return what a country's things are called in DHIS2."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in Dhis2Name.objects.filter(country=country):
        found[row.kind][row.key] = row.name
    return Names(
        found[Dhis2Kind.DATA_SET].get("", ""), found[Dhis2Kind.ELEMENT], found[Dhis2Kind.PLACE],
        found[Dhis2Kind.COMBO],
    )  # fmt: skip


def payload_of(country: str, week: str, names: Names) -> Payload:
    """Return what would be sent of a published week."""
    rows = collection(PublishedTable).find(
        {
            "country": country, "week": week, "split": {"$in": SPLITS}, "group": {"$in": list(names.elements)},
        },
        {"split": 1, "group": 1, "cells": 1},
    )  # fmt: skip
    tables = [Table(row["split"], row["group"], row["cells"]) for row in rows]
    return payload(week, tables, names, [name for name, _ in AGE_BANDS])


def exports(country: str, limit: int = 12) -> list[Dhis2Export]:
    """Return what was sent or tried, newest first."""
    return list(Dhis2Export.objects.filter(country=country).order_by("-at")[:limit])
