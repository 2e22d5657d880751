"""Reads the knowledge files and checks the shape of every entry."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

Entry = dict[str, Any]
KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge"
TABLES = ("salts", "lexicon", "derived", "harmless")
# tables of what staff write that names no disease: `conditions/notes-*.yaml`
NOTES = "notes-"
# tables of the words and patterns by which texts are read: `reading/*.yaml`
READING = "reading"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the knowledge: where it stands and what is wrong."""

    file: str
    entry: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.entry}: {self.message}"


@dataclass(slots=True)
class Sources:
    """All entries by kind, each with the file it stands in, and the problems found so far."""

    entries: dict[str, list[tuple[str, Entry]]] = field(default_factory=dict)
    tables: dict[str, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    version: str = ""
    dose_ids: dict[int, str] = field(default_factory=dict)

    def blame(self, file: str, entry: str, message: str) -> None:
        """Record a problem."""
        self.problems.append(Problem(file, entry, message))

    def of(self, kind: str) -> list[tuple[str, Entry]]:
        """The (file, entry) pairs of one kind, in the order of files."""
        return self.entries.get(kind, [])


FOLDERS = {
    "substances": "substance",
    "classes": "class",
    "conditions": "condition",
    "allergens": "allergen",
    "doses": "dose",
    "rules": "rule",
}


def name_of(entry: Entry) -> str:
    """What an entry is called in messages."""
    return str(entry.get("id") or entry.get("code") or entry.get("drug") or "?")


def read_sources(root: Path = KNOWLEDGE) -> Sources:
    """Every valid entry under the root; the others are in `problems`."""
    sources = Sources()
    version = root / "VERSION"
    sources.version = version.read_text(encoding="utf8").strip() if version.exists() else "0"
    schema = json.loads((KNOWLEDGE / "rules.schema.json").read_text(encoding="utf8"))
    validators = {
        kind: Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"})
        for kind in (*FOLDERS.values(), "measurement")
    }
    for path in sorted(root.rglob("*.yaml")):
        _read_file(sources, root, path, validators)
    return sources


def read_tables(root: Path = KNOWLEDGE) -> Sources:
    """The tables of words and patterns alone."""
    sources = Sources()
    for path in sorted((root / READING).glob("*.yaml")):
        _read_file(sources, root, path, {})
    return sources


def _kind_of(file: Path) -> str:
    if file.parts[0] == READING or file.stem in TABLES or file.stem.startswith(NOTES):
        return "table"
    return FOLDERS.get(file.parts[0], "measurement" if file.stem == "measurements" else "")


def _read_file(
    sources: Sources, root: Path, path: Path, validators: dict[str, Draft202012Validator]
) -> None:
    file = path.relative_to(root)
    kind = _kind_of(file)
    try:
        content = yaml.load(path.read_text(encoding="utf8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        sources.blame(str(file), "-", f"not YAML: {' '.join(str(error).split())}")
        return
    if kind == "table":
        name = f"{READING}/{file.stem}" if file.parts[0] == READING else file.stem
        sources.tables[name] = content or {}
    elif not kind or not isinstance(content or [], list):
        sources.blame(str(file), "-", "a list of entries in a known folder is expected")
    else:
        for entry in content or []:
            _take(sources, str(file), kind, entry, validators[kind])


def _take(
    sources: Sources, file: str, kind: str, entry: Any, validator: Draft202012Validator
) -> None:
    errors = list(validator.iter_errors(entry))
    if not errors:
        sources.entries.setdefault(kind, []).append((file, entry))
        return
    label = name_of(entry) if isinstance(entry, dict) else "?"
    for error in errors[:3]:
        where = "/".join(str(step) for step in error.absolute_path) or "entry"
        sources.blame(file, label, f"{where}: {error.message[:200]}")
