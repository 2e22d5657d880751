"""The one place that knows the database is MongoDB: ids, documents, transactions, guarded changes."""

import json
import os
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from bson import ObjectId
from django.db import DatabaseError, connection, models
from django.db.models import QuerySet
from django_mongodb_backend.fields import ObjectIdAutoField
from django_mongodb_backend.models import EmbeddedModel
from django_mongodb_backend.transaction import atomic, on_commit
from pymongo.errors import PyMongoError

from clinic.trail import before_claim, beside_a_change, log_claim

__all__ = [
    "BusyError",
    "Document",
    "Embedded",
    "StaleDocumentError",
    "atomic",
    "claim",
    "collection",
    "in_transaction",
    "on_commit",
    "random_id",
    "retried",
]

P = ParamSpec("P")
R = TypeVar("R")

MAX_TRIES = 10
BUSY_SECONDS = 5


def random_id() -> ObjectId:
    """Return an id of 12 random bytes: it cannot be walked, and a device can make one just the same."""
    return ObjectId(os.urandom(12))


class Document(models.Model):
    """A collection of its own: a random id, never used for order."""

    id = ObjectIdAutoField(primary_key=True, db_column="_id", default=random_id)

    class Meta:
        abstract = True

    def get_additional_data(self) -> dict[str, Any]:
        """Return what django-auditlog keeps beside a change of this document."""
        return beside_a_change(self)


class Embedded(EmbeddedModel):  # type: ignore[misc]
    """A part of a document. Its text is all of its fields, so that the audit trail sees every change."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Return a canonical text (JSON) of all fields that are set, in their declared order."""
        return json.dumps(_plain(self), ensure_ascii=False)

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def _plain(value: object) -> Any:
    if isinstance(value, Embedded):
        pairs = ((f.attname, getattr(value, f.attname)) for f in value._meta.concrete_fields)
        return {name: _plain(part) for name, part in pairs if part not in (None, "", [])}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | str) else str(value)


class BusyError(DatabaseError):
    """Somebody else holds what is to be changed, for longer than was waited: a process that died, at most 30 s."""

    code = "busy"


class StaleDocumentError(Exception):
    """The document was changed by somebody else since it was read."""

    code = "stale-document"


def in_transaction() -> bool:
    """Tell whether a transaction is open on this thread's connection."""
    return bool(getattr(connection, "in_atomic_block_mongo", False))


def retried(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one transaction; on a write conflict run all of it again, at most 10 times.

    Inside an open transaction the function simply joins it: the outermost call retries.

    Raises:
        BusyError: when the conflict lasts.
        DatabaseError: when the error is not a passing one.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            return function(*args, **kwargs)
        for attempt in range(MAX_TRIES):
            try:
                with atomic():
                    return function(*args, **kwargs)
            except (DatabaseError, PyMongoError) as error:
                if not is_passing(error):
                    raise
                if attempt == MAX_TRIES - 1:
                    raise BusyError from error
                time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 (jitter)
        raise AssertionError("unreachable")

    return run


def is_passing(error: BaseException) -> bool:
    """Tell whether the server marked the error as one that a new try may cure."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, PyMongoError) and (
            seen.has_error_label("TransientTransactionError")
            or seen.has_error_label("UnknownTransactionCommitResult")
        ):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def claim(queryset: QuerySet[Any], **changes: object) -> None:
    """Change exactly one document that still is as `queryset` describes it, and write the change into the trail.

    Args:
        queryset: names the document and the state it must still have (`pk=…, rev=…`).
        changes: the new values.

    Raises:
        StaleDocumentError: when it no longer is in that state. Nothing was changed.
    """
    before = before_claim(queryset, changes)
    if queryset.update(**changes) != 1:
        raise StaleDocumentError(queryset.model.__name__)
    if before is not None:
        log_claim(before, changes)


def collection(model: type[models.Model]) -> Any:
    """Return the pymongo collection of a model, for aggregation pipelines and validators."""
    connection.ensure_connection()
    return cast(Any, connection).database[model._meta.db_table]
