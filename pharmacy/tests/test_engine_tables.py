"""What texts are read by stands in tables: no words in the code, and mistakes in a table are named."""

import ast
import re
from pathlib import Path

import pytest

from pharmacy import safety
from pharmacy.safety import load
from pharmacy.safety.compile_reading import EXACT, in_both_cases
from pharmacy.safety.lexicon import STAGES
from pharmacy.safety.writing import thousandths

from .engine_small import compile_small

CODE = Path(safety.__file__).parent
READERS = (
    "allergens", "amounts", "harmed", "lexicon", "names", "pieces", "reading", "results", "scope", "taken", "text",
    "times", "told", "writing",
)  # fmt: skip
ESCAPES = re.compile(r"\\[a-zA-Z]|a-z")
index = load().index["reading"]


def patterns_in(module):
    for node in ast.walk(ast.parse((CODE / f"{module}.py").read_text(encoding="utf8"))):
        named = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
        if named and node.args and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


@pytest.mark.parametrize("module", READERS)
def test_no_pattern_in_the_code_of_the_reader_holds_a_word(module):
    wordy = [
        pattern
        for pattern in patterns_in(module)
        if re.search("[a-z]{2}", ESCAPES.sub("", pattern))
    ]
    assert wordy == []


def test_the_tables_hold_what_the_reader_works_by():
    assert set(index["stages"]) == set(STAGES)
    assert sum(len(stage["steps"]) for stage in index["stages"].values()) > 150
    assert len(index["results"]["tests"]) > 30
    assert len(index["words"]) > 35


def test_every_word_and_pattern_of_the_tables_is_asked_for_in_the_code():
    code = "".join((CODE / f"{module}.py").read_text(encoding="utf8") for module in READERS)
    given = {
        name for table in ("words", "codes", "beginnings", "patterns") for name in index[table]
    }
    conditions = {
        step.get("unless") for stage in index["stages"].values() for step in stage["steps"]
    }
    cuts = {"abbreviated", "abbreviated_head", "weeks_and_days", "number_and_unit"}
    asked = set(re.findall(r'"([a-z_]+)"', code)) | conditions | cuts
    assert given - asked == set()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("steps:\n  - {was: '(', becomes: ''}", "missing ), unterminated subpattern"),
        ("steps:\n  - {was: '{nothing}x', becomes: ''}", "unknown part 'nothing'"),
        ("steps:\n  - {was: 'x'}", "one of becomes, joins, says, pressure are expected"),
        ("steps:\n  - {was: 'x', becomes: '', says: []}", "are expected"),
        ("steps:\n  - {was: 'x', becomes: '', when: 1}", "are expected"),
        ("steps:\n  - {was: '(x)', says: [[0, a]], takes: middle}", "one of first, least"),
        ("steps:\n  - {was: 'x', becomes: '', unless: never}", "unknown pattern"),
        ("steps:\n  - {was: '(?P<x>x)', becomes: ''}", "(?P is not known everywhere"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_file(table, said):
    found = [str(problem) for problem in compile_small(reading__marks=table)[1].problems]
    assert any(one.startswith("reading/marks.yaml") and said in one for one in found), found


def test_a_test_of_the_laboratory_needs_units_that_are_known():
    table = "units: {}\ntests:\n  - {test: x, names: x, units: {furlong: '1'}, least: 0, most: 1}"
    found = [str(problem) for problem in compile_small(reading__results=table)[1].problems]
    assert any("unknown unit 'furlong'" in one for one in found), found


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        (f"pas {EXACT}SA)x", "[Pp][Aa][Ss] (?:SA)[Xx]"),
        (rf"[ae]é\d\u2212{EXACT}[Dd])", r"[AaEe][Éé]\d\u2212(?:[Dd])"),
    ],
)
def test_case_matters_only_within_an_exact_group(written, spelled):
    assert in_both_cases(written) == spelled
    assert re.fullmatch(spelled, spelled) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [("-2,5", -2500), ("\u2212 3", -3000), ("1 200", 1200000), ("0.35", 350), ("-0,5", -500)],
)
def test_a_figure_is_read_in_thousandths(written, value):
    assert thousandths(written) == value
