"""Every unique index of a large collection fits the shard key that ADR 6 chose for it."""

import re

import pytest
from django.apps import apps
from django.db.models import UniqueConstraint

from clinic.db import Document
from tests.composition import ROOT

pytestmark = pytest.mark.no_servers

TEXT = (ROOT / "docs" / "adr" / "0006-shard-keys.md").read_text()
SHARDED = dict(re.findall(r"^\| `(\w+)` \| `([\w, ]+)`(?: hashed)? \|", TEXT, re.MULTILINE))
HASHED = set(re.findall(r"^\| `(\w+)` \| `\w+` hashed \|", TEXT, re.MULTILINE))
NOT_SHARDED = set(
    re.findall(r"`(\w+)`", re.findall(r"^Not sharded.*?: (.*?)\. They", TEXT, re.MULTILINE)[0])
)
TO_REPLACE = set(re.findall(r"^\| `(one_\w+)` \|", TEXT, re.MULTILINE))


def columns(model, fields):
    return [model._meta.get_field(name.lstrip("-")).column for name in fields]


def unique_indexes():
    """Yield collection, name and columns of each unique index but that of `_id`."""
    for model in apps.get_models():
        for one in model._meta.total_unique_constraints or ():
            yield model._meta.db_table, one.name, columns(model, one.fields)
        for one in model._meta.constraints:
            if isinstance(one, UniqueConstraint) and one.condition is not None:
                yield model._meta.db_table, one.name, columns(model, one.fields)
        for field in model._meta.local_fields:
            if field.unique and not field.primary_key:
                yield model._meta.db_table, field.column, [field.column]


def test_the_page_is_read():
    assert len(SHARDED) >= 11
    assert {"access_log", "auditlog_logentry"} == HASHED
    assert "patients" in NOT_SHARDED


def test_each_collection_and_field_exists():
    models = {model._meta.db_table: model for model in apps.get_models()}
    assert set(models) >= NOT_SHARDED
    for collection, key in SHARDED.items():
        known = {field.column for field in models[collection]._meta.local_fields}
        assert set(key.split(", ")) <= known, collection


def test_each_unique_index_fits_its_shard_key_or_has_its_replacement():
    unfit = set()
    for collection, name, indexed in unique_indexes():
        if collection in SHARDED:
            key = SHARDED[collection].split(", ")
            if collection in HASHED or indexed[: len(key)] != key:
                unfit.add(name)
    assert unfit == TO_REPLACE


def test_each_collection_of_carnet_is_decided():
    ours = {model._meta.db_table for model in apps.get_models() if issubclass(model, Document)}
    assert ours - set(SHARDED) - NOT_SHARDED == set()
