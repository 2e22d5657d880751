"""What changed between two texts of a document, field by field, also inside its embedded parts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# An embedded part keeps its id for life; what it is called is for people.
PART_IDS = ("fact_id", "line_id")
PART_NAMES = ("substance", "medicine", "text", "label", "code", "name")
NOTHING = ("", "None", "[]", "{}")


@dataclass(frozen=True)
class FieldChange:
    """One field that changed: where it stands, what it was and what it became; empty when there was nothing."""

    path: str
    before: str
    after: str


def field_changes(changes: Mapping[str, Any]) -> list[FieldChange]:
    """Return every single field that changed, by path.

    Args:
        changes: field name to its text before and after, as django-auditlog keeps it. The text of an embedded
            part is JSON; parts of a list are compared by their own id, wherever they stand in it.
    """
    return [
        change
        for name in sorted(changes)
        for change in _between(name, *(_read(text) for text in _pair(changes[name])))
    ]


def _pair(values: Any) -> tuple[Any, Any]:
    if isinstance(values, list | tuple) and len(values) == 2:
        return values[0], values[1]
    return "", json.dumps(values, ensure_ascii=False)


def _read(text: Any) -> Any:
    """Return what a text stands for: a part, a list of parts, or the words themselves."""
    words = str(text)
    if words in NOTHING:
        return None
    if words[0] in "{[":
        try:
            return json.loads(words)
        except ValueError:
            return words
    return words


def _between(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for name in [*new, *(name for name in old if name not in new)]:
            yield from _between(f"{path}.{name}", old.get(name), new.get(name))
    elif _is_parts(before) and _is_parts(after):
        old, new = _by_id(before or []), _by_id(after or [])
        for key in [*new, *(key for key in old if key not in new)]:
            named = _name(new.get(key) or old[key], key)
            yield from _between(f"{path}[{named}]", old.get(key), new.get(key))
    else:
        yield FieldChange(path, _words(before), _words(after))


def _is_parts(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(part, dict) for part in value)
    )


def _by_id(parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the parts by their id, or by their place where they have none."""
    return {
        next((str(part[name]) for name in PART_IDS if part.get(name)), str(place)): part
        for place, part in enumerate(parts, 1)
    }


def _name(part: dict[str, Any], key: str) -> str:
    return next((str(part[name]) for name in PART_NAMES if part.get(name)), key)


def _words(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
