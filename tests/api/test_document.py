"""The OpenAPI document: every body has an example, every POST that writes may be repeated under a key."""

from typing import Any

import pytest

from clinic.api.docs import document

pytestmark = pytest.mark.no_servers
# These write nothing, or answer a repetition themselves: tokens must not lie in a cache.
WITHOUT_KEY = {
    "/api/v1/auth/token", "/api/v1/auth/refresh", "/api/v1/patients/search", "/api/v1/prescriptions/check",
}  # fmt: skip


def operations() -> list[tuple[str, str, Any]]:
    paths = document()["paths"]
    return [
        (path, method, told) for path, methods in paths.items() for method, told in methods.items()
    ]


def test_every_body_has_an_example() -> None:
    without = [
        (method, path)
        for path, method, told in operations()
        for content in told.get("requestBody", {}).get("content", {}).values()
        if not content.get("examples")
    ]
    assert without == []


def test_every_post_that_writes_takes_a_key() -> None:
    without = {
        path
        for path, method, told in operations()
        if method == "post"
        and "Idempotency-Key" not in [one["name"] for one in told.get("parameters", ())]
    }
    assert without == WITHOUT_KEY


def test_every_way_to_write_a_unit_and_a_route_stands_for_one_that_exists() -> None:
    from clinic.api.words import ROUTE_WORDS, SEX_WORDS, UNIT_WORDS, folded
    from patients.api.shapes import ROUTES, UNITS

    for words, known in ((UNIT_WORDS, UNITS), (ROUTE_WORDS, ROUTES), (SEX_WORDS, ("M", "F"))):
        assert set(words.values()) <= set(known)
        meanings: dict[str, set[str]] = {}
        for word, meant in [*words.items(), *((name, name) for name in known)]:
            meanings.setdefault(folded(word), set()).add(meant)
        assert {word: many for word, many in meanings.items() if len(many) > 1} == {}
