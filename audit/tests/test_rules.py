"""A change inside an embedded part is told field by field."""

import json
from typing import Any

import pytest

from audit.rules import FieldChange, field_changes

pytestmark = pytest.mark.no_servers
LATEX = {"fact_id": "a" * 24, "status": "active", "substance": "latex"}
BEES = {"fact_id": "b" * 24, "status": "active", "substance": "abeilles"}


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("Kribi", "Limbé", [("x", "Kribi", "Limbé")]),
        ("None", "Limbé", [("x", "", "Limbé")]),
        ("[]", text([LATEX]), [
            ("x[latex].fact_id", "", "a" * 24), ("x[latex].status", "", "active"),
            ("x[latex].substance", "", "latex"),
        ]),
        (text([LATEX]), text([BEES, {**LATEX, "status": "resolved"}]), [
            ("x[abeilles].fact_id", "", "b" * 24), ("x[abeilles].status", "", "active"),
            ("x[abeilles].substance", "", "abeilles"), ("x[latex].status", "active", "resolved"),
        ]),
        (text([LATEX, BEES]), text([LATEX]), [
            ("x[abeilles].fact_id", "b" * 24, ""), ("x[abeilles].status", "active", ""),
            ("x[abeilles].substance", "abeilles", ""),
        ]),
        (text({"blood_type": "O+"}), text({"blood_type": "O+", "allergies": [LATEX]}), [
            ("x.allergies[latex].fact_id", "", "a" * 24), ("x.allergies[latex].status", "", "active"),
            ("x.allergies[latex].substance", "", "latex"),
        ]),
        (text([{"dose": 1}, {"dose": 2}]), text([{"dose": 1}, {"dose": 3}]), [("x[2].dose", "2", "3")]),
        ("['a']", "['a', 'b']", [("x", "['a']", "['a', 'b']")]),
        ("{not json", "{", [("x", "{not json", "{")]),
        (text([1, 2]), text([1]), [("x", "[1, 2]", "[1]")]),
    ],
)  # fmt: skip
def test_a_change_is_told_field_by_field(
    before: str, after: str, told: list[tuple[str, str, str]]
) -> None:
    assert field_changes({"x": [before, after]}) == [FieldChange(*one) for one in told]


def test_what_is_equal_and_what_is_no_pair_is_told_truly() -> None:
    assert field_changes({"x": [text([LATEX]), text([LATEX])]}) == []
    groups = {"type": "m2m", "operation": "add", "objects": ["a"]}
    assert FieldChange("groups.operation", "", "add") in field_changes({"groups": groups})
