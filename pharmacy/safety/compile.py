"""Compiles the knowledge files into the index that the engine loads.

usage: python -m pharmacy.safety.compile [--keep-going] [--check]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from .compile_conditions import Conditions, compile_derived, compile_phrases
from .compile_names import Drugs, compile_allergens, compile_classes, compile_substances
from .compile_reading import compile_reading, text_cuts
from .compile_rules import Compiler, compile_doses, compile_rules, expression
from .sources import KNOWLEDGE, Sources, read_sources
from .text import fold

INDEX = Path(__file__).resolve().parent / "index.json"
FORMAT = 3
Index = dict[str, Any]


def build(sources: Sources) -> Index:
    """The whole index of what could be compiled; the rest is in `sources.problems`."""
    names = compile_substances(sources)
    drugs = Drugs(sources, names)
    conditions = Conditions(sources)
    allergens = compile_allergens(sources, drugs)
    measurements = {entry["id"]: entry for _, entry in sources.of("measurement")}
    compiler = Compiler(sources, drugs, conditions, allergens["allergens"], measurements)
    rules = compile_rules(compiler)
    doses = compile_doses(compiler)
    asked = _measurements(compiler, measurements)
    index: Index = {
        "format": FORMAT,
        "version": sources.version,
        **names,
        **allergens,
        "drop": _drop(sources),
        "classes": compile_classes(drugs),
        **compile_phrases(sources, conditions, text_cuts(sources)),
        "derived": compile_derived(sources, conditions),
        "measurements": asked,
        "reading": compile_reading(sources),
        "rules": rules,
        "doses": doses,
        "sets": compiler.sets,
        "groups": conditions.groups,
        "codes": {code: sorted(groups) for code, groups in conditions.by_code.items()},
    }
    index["hash"] = content_hash(index)
    return index


def _drop(sources: Sources) -> dict[str, list[str]]:
    salts = sources.tables.get("salts", {})
    return {
        key: sorted({fold(str(word)) for word in salts.get(key, [])} - {""})
        for key in ("salts", "forms")
    }


def _measurements(compiler: Compiler, measurements: Index) -> Index:
    asked = {}
    for name, entry in sorted(measurements.items()):
        compiler.file, compiler.owner = "measurements.yaml", name
        facts = {key: value for key, value in entry.items() if key not in ("id", "ask_when")}
        asked[name] = facts | {
            "ask": expression(compiler, entry["ask_when"]) if "ask_when" in entry else None
        }
    return asked


def content_hash(index: Index) -> str:
    """The SHA-256 of the index without its hash."""
    content = {key: value for key, value in index.items() if key != "hash"}
    return hashlib.sha256(dump(content).encode()).hexdigest()


def dump(index: Index) -> str:
    """The index as canonical JSON text: sorted keys, one entry a line so that diffs can be read."""
    tables = [f"{_compact(key)}:{_one_a_line(index[key])}" for key in sorted(index)]
    return "{\n" + ",\n".join(tables) + "\n}"


def _one_a_line(value: Any) -> str:
    if isinstance(value, dict) and value:
        lines = [f"{_compact(key)}:{_compact(value[key])}" for key in sorted(value)]
        return "{\n" + ",\n".join(lines) + "\n}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def compile_knowledge(root: Path = KNOWLEDGE) -> tuple[Index, Sources]:
    """(index, sources with all problems found) of the knowledge under root."""
    sources = read_sources(root)
    return build(sources), sources


def main(arguments: list[str] | None = None) -> int:
    """Compile and write the index; 1 if there were problems."""
    parser = argparse.ArgumentParser(prog="python -m pharmacy.safety.compile")
    parser.add_argument("--keep-going", action="store_true", help="write what compiles")
    parser.add_argument("--check", action="store_true", help="only compare with the written index")
    options = parser.parse_args(arguments)
    index, sources = compile_knowledge()
    for problem in sources.problems:
        sys.stderr.write(f"{problem}\n")
    counts = {key: len(index[key]) for key in ("substances", "products", "names", "classes")}
    counts |= {key: len(index[key]) for key in ("labels", "phrases", "allergens", "rules", "doses")}
    sys.stdout.write(f"{counts} problems: {len(sources.problems)}\n")
    if sources.problems and not options.keep_going:
        return 1
    text = dump(index) + "\n"
    if options.check:
        return 0 if INDEX.exists() and INDEX.read_text(encoding="utf8") == text else 1
    INDEX.write_text(text, encoding="utf8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
