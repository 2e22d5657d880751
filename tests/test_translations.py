"""Every French text has its English: none missing, none fuzzy, none with other placeholders."""

import ast
import importlib.util
import re
import shutil
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")


def load_script():
    spec = importlib.util.spec_from_file_location("messages_script", ROOT / "bin/messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sources(entry):
    return [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]


def translations(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")
def test_no_text_lacks_its_english(tmp_path):
    catalogue = polib.pofile(str(load_script().collect(tmp_path)))
    assert len(catalogue) > 300
    missing = [
        entry.msgid
        for entry in catalogue
        if not translations(entry) or not all(translations(entry)) or entry.fuzzy
    ]
    assert missing == []


def test_placeholders_survive_translation():
    """All of them, but for the number itself where it is one: "once a day"."""
    for entry in polib.pofile(str(CATALOGUE)):
        pairs = zip(sources(entry), translations(entry), strict=True)
        for form, (source, text) in enumerate(pairs):
            wanted, found = sorted(PLACEHOLDER.findall(source)), sorted(PLACEHOLDER.findall(text))
            is_one = entry.msgid_plural and form == 0
            assert found == wanted or (is_one and sorted([*found, "%(n)s"]) == wanted), entry.msgid


def test_the_compiled_catalogue_is_the_one_that_was_written():
    compiled = {
        entry.msgid: translations(entry)
        for entry in polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    }
    written = {entry.msgid: translations(entry) for entry in polib.pofile(str(CATALOGUE))}
    assert len(written) > 300
    assert compiled == written


def test_the_source_language_is_french():
    english = re.compile(r"\b(the|your|please|patient's|with|not found)\b", re.IGNORECASE)
    suspicious = [
        entry.msgid for entry in polib.pofile(str(CATALOGUE)) if english.search(entry.msgid)
    ]
    assert suspicious == []


def eager_calls(tree: ast.AST) -> list[int]:
    """Lines on which `_` is called when the module is loaded, not when a function runs."""
    found, left = [], [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_":
            found.append(node.lineno)
        left += ast.iter_child_nodes(node)
    return found


def test_no_text_is_translated_once_for_everybody_when_its_module_is_loaded() -> None:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if parts[0] in (".venv", "var") or {"tests", "migrations"} & set(parts):
            continue
        text = path.read_text()
        if "import gettext as _" in text and (lines := eager_calls(ast.parse(text))):
            found["/".join(parts)] = lines
    assert found == {}
    assert eager_calls(ast.parse("A = _('x')\ndef f():\n    return _('y')")) == [1]
