"""What pages and programs may read: published tables, and sums of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from clinic.db import collection
from surveillance.models import PublishedTable, PublishedWeek
from surveillance.rules.answers import Cell, Row, split_for, summed


@dataclass(frozen=True)
class Question:
    """What is asked: weeks from `first` to `last` of a country, by some dimensions, perhaps of one thing only."""

    country: str
    first: str
    last: str
    by: tuple[str, ...]
    group: str = ""
    district: str = ""
    facility: str = ""


def answer(question: Question) -> list[Row]:
    """Return sums of published counts.

    Raises:
        NotPublishedError: such a breakdown is not published.
    """
    return summed(cells_of(question), question.by)


def cells_of(question: Question) -> Iterable[Cell]:
    """Yield the published counts that a question is about."""
    split = split_for(
        question.by, district=bool(question.district), facility=bool(question.facility)
    )
    wanted = {
        "country": question.country, "split": split, "week": {"$gte": question.first, "$lte": question.last},
    } | ({"group": question.group} if question.group else {})  # fmt: skip
    tables = collection(PublishedTable).find(wanted, {"_id": 0, "week": 1, "group": 1, "cells": 1})
    for table in tables:
        week, group, cells = table["week"], table["group"], table["cells"]
        if question.district or question.facility:
            cells = [
                cell
                for cell in cells
                if question.district in ("", cell[0]) and question.facility in ("", cell[1])
            ]
        # Plain tuples in the order of a Cell: there may be tens of thousands, and a named one costs five times as much.
        yield from [(week, group, *cell) for cell in cells]  # type: ignore[misc]


def published_weeks(country: str) -> list[str]:
    """Return the weeks that were published of a country, oldest first."""
    rows = PublishedWeek.objects.filter(country=country).order_by("week")
    return list(rows.values_list("week", flat=True))
