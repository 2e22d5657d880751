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


def translations(entry):
    return [entry.msgstr, *entry.msgstr_plural.values()] if entry.msgstr_plural else [entry.msgstr]


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")
def test_no_text_lacks_its_english(tmp_path):
    catalogue = polib.pofile(str(load_script().collect(tmp_path)))
    assert len(catalogue) > 300
    missing = [entry.msgid for entry in catalogue if not all(translations(entry)) or "fuzzy" in entry.flags]
    assert missing == []


def test_placeholders_survive_translation():
    for entry in polib.pofile(str(CATALOGUE)):
        wanted = set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
        for text in translations(entry):
            assert set(PLACEHOLDER.findall(text)) <= wanted, entry.msgid


def test_the_compiled_catalogue_is_the_one_that_was_written():
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(CATALOGUE.with_suffix(".mo")))}
    for entry in polib.pofile(str(CATALOGUE)):
        if not entry.obsolete and entry.msgstr:
            assert compiled[entry.msgid] == entry.msgstr


def test_the_source_language_is_french():
    english = re.compile(r"\b(the|your|please|patient's|with|not found)\b", re.IGNORECASE)
    suspicious = [entry.msgid for entry in polib.pofile(str(CATALOGUE)) if english.search(entry.msgid)]
    assert suspicious == []
