"""Backup and restore of Carnet's database, without any tool but this program.

    python -m clinic.backup create DIRECTORY              one archive, of one moment
    python -m clinic.backup check ARCHIVE                 is it whole?
    python -m clinic.backup restore ARCHIVE --database N  into an empty database
    python -m clinic.backup daily DIRECTORY --keep 14     one archive a day, the oldest removed

`MONGODB_URI` and `MONGODB_NAME` name the database, as for the rest of Carnet. An archive is a .tar.gz
with the files of a `mongodump` directory and a manifest. It holds medical records: it is written
readable by its owner alone, and must be kept encrypted (docs/operations.md).
"""

import argparse
import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bson import decode_file_iter, json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError

DEFAULT_URI = "mongodb://127.0.0.1:27117/?replicaSet=rs0&directConnection=true"
MANIFEST = "manifest.json"
BATCH = 1000
CHUNK = 1024 * 1024
DAY_SECONDS = 86_400
RAW: CodecOptions[RawBSONDocument] = DEFAULT_RAW_BSON_OPTIONS

Client = MongoClient[dict[str, Any]]
Session = ClientSession


class BackupError(Exception):
    """The backup or the restore was not done. The message says why."""

    code = "backup-failed"


def create(client: Client, database: str, directory: Path, now: datetime) -> Path:
    """Write an archive of the whole database as it is at one moment, check it, and return its path.

    Args:
        client: a client of a replica set.
        database: the database's name.
        directory: where the archive goes; made when missing.
        now: the time that names it.

    Raises:
        BackupError: there is nothing to save, or the archive does not read back.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / f"{database}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    unfinished = path.with_name(f".{path.name}.part")
    source = client[database]
    described = sorted(source.list_collections(), key=lambda one: str(one["name"]))
    kept = [one for one in described if not str(one["name"]).startswith("system.")]
    if not kept:
        raise BackupError(f"The database {database} is empty: nothing was saved.")
    try:
        unfinished.touch(mode=0o600)
        with tarfile.open(unfinished, "w:gz", compresslevel=6) as archive:
            _write(archive, source, kept, directory, now)
        check(unfinished)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _write(
    archive: tarfile.TarFile,
    source: Database[dict[str, Any]],
    described: list[Any],
    directory: Path,
    now: datetime,
) -> None:
    saved: dict[str, dict[str, object]] = {}
    # One snapshot for all collections: a record and what refers to it are of the same moment.
    with source.client.start_session(snapshot=True) as session:
        for one in described:
            name = str(one["name"])
            _add(archive, f"{source.name}/{name}.metadata.json", _metadata(source, one))
            if one.get("type") == "collection":
                with tempfile.TemporaryFile(dir=directory) as dump:
                    saved[name] = _dump(source[name], session, dump)
                    entry = tarfile.TarInfo(f"{source.name}/{name}.bson")
                    entry.size, entry.mode, entry.mtime = dump.tell(), 0o600, int(now.timestamp())
                    dump.seek(0)
                    archive.addfile(entry, dump)
    manifest = {
        "database": source.name,
        "at": now.astimezone(UTC).isoformat(),
        "collections": saved,
    }
    _add(archive, MANIFEST, json.dumps(manifest, indent=1))


def _metadata(source: Database[dict[str, Any]], one: Any) -> str:
    is_view = one.get("type") == "view"
    indexes = [] if is_view else [dict(index) for index in source[str(one["name"])].list_indexes()]
    return json_util.dumps(
        {
            "options": one.get("options", {}),
            "indexes": indexes,
            "collectionName": one["name"],
            "type": one.get("type", "collection"),
        },
        json_options=json_util.CANONICAL_JSON_OPTIONS,
    )


def _add(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


def _dump(collection: Collection[Any], session: Session, dump: Any) -> dict[str, object]:
    digest, count = hashlib.sha256(), 0
    raw = collection.with_options(codec_options=RAW)
    for document in raw.find({}, session=session, batch_size=BATCH):
        dump.write(document.raw)
        digest.update(document.raw)
        count += 1
    return {"documents": count, "sha256": digest.hexdigest()}


def check(path: Path) -> dict[str, Any]:
    """Read an archive from end to end and return its manifest.

    Raises:
        BackupError: it is damaged, cut short or incomplete.
    """
    digests: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for name, content in _members(archive):
                if name == MANIFEST:
                    manifest = json.load(content)
                elif name.endswith(".bson"):
                    digests[Path(name).name.removesuffix(".bson")] = _digest(content)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise BackupError(f"{path} cannot be read: {error}.") from error
    if (
        digests != {name: one["sha256"] for name, one in manifest.get("collections", {}).items()}
        or not manifest
    ):
        raise BackupError(f"{path} is damaged: its content is not what its manifest says.")
    return manifest


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, BinaryIO]]:
    for member in archive:
        content = archive.extractfile(member)
        if content is not None:
            yield member.name, content  # type: ignore[misc]


def _digest(content: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def restore(client: Client, database: str, path: Path) -> dict[str, int]:
    """Write an archive into an empty database: documents, validators and indexes.

    Args:
        client: a client of the server.
        database: the name to restore under, which must hold no collection.
        path: the archive.

    Returns:
        the number of documents in each collection, which is the number the archive names.

    Raises:
        BackupError: the archive is damaged, the database is not empty, or a count differs.
    """
    manifest = check(path)
    target = client[database]
    if target.list_collection_names():
        raise BackupError(
            f"The database {database} is not empty: restore under another name (--database), "
            "look at it, and then point MONGODB_NAME at it."
        )
    indexes: dict[str, list[dict[str, Any]]] = {}
    with tarfile.open(path, "r:gz") as archive:
        for name, content in _members(archive):
            collection = Path(name).name.partition(".metadata.json")[0].removesuffix(".bson")
            if name.endswith(".metadata.json"):
                indexes[collection] = _make(target, collection, content.read().decode())
            elif name.endswith(".bson"):
                _fill(target[collection], content)
    for name, specifications in indexes.items():
        _index(target, name, specifications)
    found = {name: target[name].count_documents({}) for name in manifest["collections"]}
    if found != {name: one["documents"] for name, one in manifest["collections"].items()}:
        raise BackupError(
            f"After the restore the database {database} does not hold what the archive names."
        )
    return found


def _make(target: Database[dict[str, Any]], name: str, text: str) -> list[dict[str, Any]]:
    described = json_util.loads(text, json_options=json_util.CANONICAL_JSON_OPTIONS)
    options = {key: value for key, value in described["options"].items() if key != "uuid"}
    target.command({"create": name, **options})
    return [index for index in described["indexes"] if index["name"] != "_id_"]


def _fill(collection: Collection[Any], content: BinaryIO) -> None:
    documents = decode_file_iter(content, codec_options=RAW)
    while batch := list(islice(documents, BATCH)):
        # What was in the database goes back into it, also what is older than a validator.
        collection.insert_many(batch, bypass_document_validation=True)


def _index(
    target: Database[dict[str, Any]], name: str, specifications: list[dict[str, Any]]
) -> None:
    wanted = [{k: v for k, v in one.items() if k not in {"v", "ns"}} for one in specifications]
    if wanted:
        target.command({"createIndexes": name, "indexes": wanted})


def prune(directory: Path, database: str, keep: int) -> list[Path]:
    """Remove the oldest archives of `database` but `keep` (1 or more); return what was removed."""
    found = sorted(directory.glob(f"{database}-????????T??????Z.tar.gz"))
    gone = found[: -max(1, keep)]
    for path in gone:
        path.unlink()
    return gone


def daily(client: Client, database: str, directory: Path, keep: int) -> None:
    """Make an archive now and every day; a failed one is said, tried again in an hour, and removes nothing."""
    while True:
        try:
            say(f"saved {create(client, database, directory, datetime.now(UTC))}")
            prune(directory, database, keep)
            time.sleep(DAY_SECONDS)
        except (BackupError, PyMongoError, OSError) as error:
            say(f"NOT saved: {error}")
            time.sleep(3600)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    """Return what the command line asks."""
    parser = argparse.ArgumentParser(
        prog="python -m clinic.backup", description="Backup and restore."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("create", "daily"):
        one = commands.add_parser(name)
        one.add_argument("directory", type=Path)
        one.add_argument("--keep", type=int, default=14)
    commands.add_parser("check").add_argument("archive", type=Path)
    one = commands.add_parser("restore")
    one.add_argument("archive", type=Path)
    one.add_argument("--database", default=os.environ.get("MONGODB_NAME") or "carnet")
    return parser.parse_args()


def main() -> None:
    """Do what the command line asks."""
    asked = arguments()
    database = os.environ.get("MONGODB_NAME") or "carnet"
    if asked.command == "check":
        manifest = check(asked.archive)
        say(
            f"whole: {manifest['database']} at {manifest['at']}, {len(manifest['collections'])} collections"
        )
        return
    client: Client = MongoClient(os.environ.get("MONGODB_URI") or DEFAULT_URI)
    if asked.command == "create":
        say(str(create(client, database, asked.directory, datetime.now(UTC))))
    elif asked.command == "daily":
        daily(client, database, asked.directory, asked.keep)
    else:
        say(f"restored {sum(restore(client, asked.database, asked.archive).values())} documents")


if __name__ == "__main__":
    try:
        main()
    except (BackupError, PyMongoError) as error:
        sys.exit(str(error))
