"""Every French text has its English: none missing, none fuzzy, none with other placeholders."""

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
