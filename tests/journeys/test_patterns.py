"""The patterns by which notes are read find the same in a browser as on the server, so that both can read alike."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from pharmacy.safety import load

NOTES = Path(__file__).parents[2] / "pharmacy" / "tests"
LETTERS = r"\p{L}\p{N}_"
FIND = """([patterns, texts]) => patterns.map(([expression, flags]) => {
  const pattern = new RegExp(expression, flags);
  return texts.map(text => [...text.matchAll(pattern)].map(found => found[0]));
})"""


def patterns(table: Any) -> list[tuple[str, bool]]:
    """Every [expression, whether case is ignored] anywhere in a table."""
    if isinstance(table, dict):
        return [one for value in table.values() for one in patterns(value)]
    if not isinstance(table, list):
        return []
    if len(table) == 2 and isinstance(table[0], str) and isinstance(table[1], bool):
        return [(table[0], table[1])]
    return [one for value in table for one in patterns(value)]


def in_javascript(expression: str) -> str:
    """The expression with letters, digits and the ends of words as Python means them: of any script."""
    written, in_class = "", False
    for token in re.findall(r"\\u[0-9a-f]{4}|\\.|.", expression, re.DOTALL):
        in_class = (in_class or token == "[") and token != "]"
        if token == r"\w":
            written += LETTERS if in_class else f"[{LETTERS}]"
        elif token == r"\b":
            written += f"(?:(?<=[{LETTERS}])(?![{LETTERS}])|(?<![{LETTERS}])(?=[{LETTERS}]))"
        elif token == r"\-" and not in_class:
            written += "-"
        else:
            written += token
    return written.replace(r"[^\W\d]", r"[\p{L}_]")


def test_patterns_find_the_same_in_the_browser(chromium: Browser) -> None:
    found = patterns(load().index["reading"])
    texts = [
        line
        for name in ("notes.txt", "notes-told.txt", "dangers.txt", "dangers-told.txt")
        for line in (NOTES / name).read_text(encoding="utf8").splitlines()
    ]
    here = [
        [
            [match[0] for match in re.finditer(expression, text, re.IGNORECASE * ignored)]
            for text in texts
        ]
        for expression, ignored in found
    ]
    written = [
        [in_javascript(expression), "giu" if ignored else "gu"] for expression, ignored in found
    ]
    page = chromium.new_page()
    there = page.evaluate(FIND, [written, texts])
    page.close()
    different = [
        (expression, text, json.dumps(one), json.dumps(other))
        for (expression, _), ours, theirs in zip(found, here, there, strict=True)
        for text, one, other in zip(texts, ours, theirs, strict=True)
        if one != other
    ]
    assert different == []
    assert len(found) > 250
    assert sum(bool(match) for per_text in here for match in per_text) > 1000
