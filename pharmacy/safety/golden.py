"""Runs the golden cases of the operators (operators.json), which every interpreter must answer alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .amounts import Amount
from .compile_reading import compile_reading
from .context import Context, Item
from .facts import Record
from .knowledge import Knowledge
from .logic import Evidence, evaluate
from .model import Line
from .sources import read_tables

OPERATORS_FILE = Path(__file__).resolve().parent / "operators.json"


def golden() -> tuple[Context, list[dict[str, Any]]]:
    """The context that the golden cases share, and the cases."""
    content = json.loads(OPERATORS_FILE.read_text(encoding="utf8"))
    facts = content["record"]
    record = Record(
        tokens={token: (Evidence(token, "", "", token),) for token in facts["tokens"]},
        unknown=facts["unknown"],
        figures={name: (low, high) for name, (low, high) in facts["figures"].items()},
        words=facts["words"],
    )
    knowledge = Knowledge(_bare_index(content["sets"]))
    return Context(knowledge, record, _items(content["items"])), content["cases"]


def _items(described: list[dict[str, Any]]) -> list[Item]:
    lines: dict[str, Line] = {}
    items = []
    for one in described:
        own = Line(
            one["line"],
            one["substance"],
            one["route"],
            times=one["times"],
            per_days=one["per_days"],
            days=one["days"],
        )
        line = lines.setdefault(one["line"], own)  # the components of one line share it
        dose = Amount(*one["dose"]) if one["dose"] else None
        items.append(Item(line, one["substance"], one["ordered"], dose))
    return items


def _bare_index(sets: list[list[str]]) -> dict[str, Any]:
    names = sorted({name for members in sets for name in members})
    empty: dict[str, Any] = {
        key: {}
        for key in (
            "products",
            "display",
            "classes",
            "allergens",
            "allergen_names",
            "measurements",
            "labels",
            "groups",
            "codes",
            "phrases",
        )
    }
    derived: dict[str, Any] = {key: [] for key in DERIVED_LISTS}
    return empty | {
        "version": "golden",
        "hash": "",
        "substances": {name: {"fr": name, "atc": []} for name in names},
        "names": {name: name for name in names},
        "drop": {"salts": [], "forms": []},
        "meanings": [],
        "separators": [],
        "reading": compile_reading(read_tables()),
        "derived": derived | {"harms": {}},
        "rules": [],
        "doses": [],
        "sets": sets,
    }


DERIVED_LISTS = (
    "lifelong",
    "permanent",
    "allergic_words",
    "small_words",
    "reaction_words",
    "no_allergy",
)


def wrong_answers() -> Iterator[str]:
    """What each case that is not answered as written got instead."""
    context, cases = golden()
    for case in cases:
        item = context.items[case["item"]] if "item" in case else None
        missing: list[str] = []
        try:
            truth = evaluate(case["expr"], context, item, [], missing)
        except (LookupError, TypeError, ValueError) as error:
            yield f"{case['expr']}: {type(error).__name__}: {error}"
            continue
        if truth is not case["truth"] or (truth is None and missing != case["missing"]):
            yield f"{case['expr']}: {truth} {missing}"
