"""What all tests share: a clean database for each test that asks for one, and the cast."""

import os

os.environ.setdefault("CARNET_ENV", "test")

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# continuous integration tries the same examples each time: what it refuses can be seen again; here they are new ones
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

KEPT = {"auth_permission", "django_content_type", "django_migrations"}


def is_ours(name: str) -> bool:
    """Tell whether tests write the collection; the profiler's own is the server's."""
    return name not in KEPT and not name.startswith("system.")


def empty_collections() -> None:
    """Delete from every collection that is not empty."""
    from django.db import connection

    database = connection.database
    for name in database.list_collection_names():
        if is_ours(name):
            collection = database[name]
            if collection.find_one({}, {"_id": 1}) is not None:
                collection.delete_many({})


@pytest.fixture
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Give the test an empty database and cache."""
    from django.core.cache import cache

    with django_db_blocker.unblock():
        empty_collections()
        cache.clear()
        yield
        empty_collections()


@pytest.fixture(autouse=True)
def _no_database_unless_asked(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail a test that reaches the database without asking for it."""
    if {"db", "server", "browser_page"} & set(request.fixturenames):
        return
    from django_mongodb_backend.base import DatabaseWrapper

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("This test reached the database: ask for the `db` fixture.")

    monkeypatch.setattr(DatabaseWrapper, "get_collection", refuse)


_SNAPSHOT: dict[str, Any] = {}


@pytest.fixture
def cast(db: None) -> Any:
    """The named staff of two clinics and two pharmacies, one of whom must see nothing.

    They are made once in a run; afterwards their documents are put back as they were.
    """
    from copy import deepcopy

    from django.db import connection

    from tests.factories import make_cast

    if not _SNAPSHOT:
        people = make_cast()
        names = [name for name in connection.database.list_collection_names() if is_ours(name)]
        _SNAPSHOT["documents"] = {name: list(connection.database[name].find()) for name in names}
        _SNAPSHOT["cast"] = people
    else:
        for name, documents in _SNAPSHOT["documents"].items():
            if documents:
                connection.database[name].insert_many(deepcopy(documents))
    return deepcopy(_SNAPSHOT["cast"])


@pytest.fixture(scope="session")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The pages, served by threads of this process for all tests that need them over HTTP."""
    from pytest_django.live_server_helper import LiveServer

    with django_db_blocker.unblock():
        running = LiveServer("127.0.0.1")
        yield running
        running.stop()


@pytest.fixture
def site(db: None, cast: Any, server: Any) -> Any:
    """The server over the database of the test, with the cast."""
    return server


@pytest.fixture
def live_server() -> None:
    """Refuse pytest-django's fixture of this name.

    It flushes everything after the test: permissions come back with other ids, and in every later test the cast's
    grants point at none (403).
    """
    pytest.fail(
        "Ask for `site`: `live_server` flushes the permissions that the cast's grants name."
    )
