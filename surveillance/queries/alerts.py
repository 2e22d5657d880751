"""What alerts read: the thresholds in force, the weekly cases of districts, and the alerts with what is published."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.permissions import Role
from clinic.db import collection
from surveillance.models import (
    Alert,
    AlertStatus,
    AlertThreshold,
    DistrictPopulation,
    FacilityWeek,
    PublishedTable,
    PublishedWeek,
)
from surveillance.rules.alerts import THRESHOLDS, Threshold
from surveillance.rules.weeks import between

Series = dict[tuple[str, str], list[int]]


def thresholds(country: str) -> dict[str, Threshold]:
    """Return the thresholds in force: those delivered, and over them what the authority changed."""
    found = {threshold.group: threshold for threshold in THRESHOLDS}
    for row in AlertThreshold.objects.filter(country=country).order_by("version"):
        found[row.group] = Threshold(
            row.group, row.method, row.alert, row.epidemic, row.weeks, row.version, row.is_active
        )
    return found


def populations(country: str) -> dict[str, int]:
    """Return the population of each district of which it is known."""
    rows = DistrictPopulation.objects.filter(country=country)
    return dict(rows.values_list("district", "population"))


def series(country: str, first: str, last: str, groups: Iterable[str]) -> Series:
    """Return the true weekly cases by (district, group), zeros included. They never leave the program.

    A district's series begins with the first week in which it recorded anything: before, nobody looked.
    """
    weeks, wanted = list(between(first, last)), set(groups)
    place = {week: number for number, week in enumerate(weeks)}
    found: Series = defaultdict(lambda: [0] * len(weeks))
    rows = collection(FacilityWeek).find(
        {"country": country, "week": {"$gte": first, "$lte": last}}, {"week": 1, "district": 1, "counts": 1}
    )  # fmt: skip
    begin: dict[str, int] = {}
    for row in rows:
        number, district = place[row["week"]], row["district"]
        begin[district] = min(number, begin.get(district, number))
        for group, _, _, count in row["counts"]:
            if group in wanted:
                found[district, group][number] += count
    return {key: counts[begin[key[0]] :] for key, counts in found.items()}


@dataclass(frozen=True)
class Shown:
    """An alert, and its cases as they were published: a number, None when withheld, or not published yet."""

    alert: Alert
    cases: int | None
    is_published: bool


def alerts(country: str, limit: int = 100) -> list[Shown]:
    """Return a country's alerts: at most `limit` that are not closed, then 20 closed ones; newest weeks first."""
    mine = Alert.objects.filter(country=country)
    live = mine.exclude(status=AlertStatus.CLOSED).order_by("-week", "district", "group")
    closed = mine.filter(status=AlertStatus.CLOSED).order_by("-week", "district", "group")
    rows = [*live[:limit], *closed[:20]]
    weeks = {row.week for row in rows}
    known = set(
        PublishedWeek.objects.filter(country=country, week__in=weeks).values_list("week", flat=True)
    )
    cells = _published(country, weeks, {row.group for row in rows})
    return [
        Shown(row, cells.get((row.week, row.group, row.district)), row.week in known)
        for row in rows
    ]


def _published(country: str, weeks: set[str], groups: set[str]) -> dict[tuple[str, str, str], Any]:
    tables = collection(PublishedTable).find(
        {
            "country": country, "split": "district", "week": {"$in": list(weeks)}, "group": {"$in": list(groups)},
        },
        {"week": 1, "group": 1, "cells": 1},
    )  # fmt: skip
    return {(t["week"], t["group"], d): count for t in tables for d, _, count in t["cells"]}


def phones(country: str) -> list[tuple[str, str]]:
    """Return phone and language of the people of a country's health authority."""
    people = User.objects.filter(
        memberships__role=Role.AUTHORITY, memberships__is_active=True, memberships__facility__country=country,
        is_active=True,
    )  # fmt: skip
    return sorted({(user.phone, user.language) for user in people if user.phone})
