"""A backup is of one moment, whole or refused, and comes back as it was."""

import datetime
import threading

import pymongo
import pytest
from bson import Decimal128, ObjectId
from pymongo.errors import DuplicateKeyError, WriteError

from clinic import backup
from clinic.embedded import ensure_servers

pytestmark = pytest.mark.no_servers

NOW = datetime.datetime(2026, 3, 1, 2, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def client():
    with ensure_servers() as servers, pymongo.MongoClient(servers.mongodb_uri) as client:
        yield client


@pytest.fixture
def source(client):
    name = f"backup_{ObjectId()}"
    database = client[name]
    database.create_collection(
        "dispensings",
        validator={"$jsonSchema": {"required": ["check_id"]}},
        validationAction="error",
    )
    database.dispensings.insert_many(
        [
            {"check_id": n, "amount": Decimal128("12.50"), "at": NOW.replace(tzinfo=None)}
            for n in range(2500)
        ]
    )
    database.appointments.create_index(
        "slot", unique=True, name="one_booking", partialFilterExpression={"status": "booked"}
    )
    database.appointments.insert_one(
        {"slot": 9, "status": "booked", "note": "é", "parts": [{"a": [1]}]}
    )
    yield database
    client.drop_database(name)
    client.drop_database(f"{name}_back")


def everything(database):
    return {
        name: (list(database[name].find().sort("_id")), database[name].index_information())
        for name in sorted(database.list_collection_names())
    }


def test_what_is_restored_is_what_was_saved(client, source, tmp_path):
    path = backup.create(client, source.name, tmp_path, NOW)
    assert path.name == f"{source.name}-20260301T020000Z.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    back = client[f"{source.name}_back"]
    assert backup.restore(client, back.name, path) == {"dispensings": 2500, "appointments": 1}
    assert everything(back) == everything(source)


def test_validators_and_partial_unique_indexes_hold_after_a_restore(client, source, tmp_path):
    back = client[f"{source.name}_back"]
    backup.restore(client, back.name, backup.create(client, source.name, tmp_path, NOW))
    with pytest.raises(WriteError, match="Document failed validation"):
        back.dispensings.insert_one({"amount": 1})
    with pytest.raises(DuplicateKeyError):
        back.appointments.insert_one({"slot": 9, "status": "booked"})
    back.appointments.insert_one({"slot": 9, "status": "cancelled"})


def test_a_backup_during_writes_is_of_one_moment(client, source, tmp_path):
    stop = threading.Event()

    def write():
        with client.start_session() as session:
            while not stop.is_set():
                pair = ObjectId()
                with session.start_transaction():
                    source.appointments.insert_one(
                        {"pair": pair, "slot": str(pair)}, session=session
                    )
                    source.dispensings.insert_one({"pair": pair, "check_id": 1}, session=session)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        path = backup.create(client, source.name, tmp_path, NOW)
    finally:
        stop.set()
        writer.join()
    back = client[f"{source.name}_back"]
    backup.restore(client, back.name, path)
    halves = [set(back[name].distinct("pair")) for name in ("appointments", "dispensings")]
    assert halves[0] == halves[1]
    assert len(source.appointments.distinct("pair")) > len(halves[0])


def test_a_database_that_holds_something_is_never_overwritten(client, source, tmp_path):
    path = backup.create(client, source.name, tmp_path, NOW)
    before = everything(source)
    with pytest.raises(backup.BackupError, match="not empty"):
        backup.restore(client, source.name, path)
    assert everything(source) == before


def test_a_damaged_archive_is_refused_before_anything_is_written(client, source, tmp_path):
    path = backup.create(client, source.name, tmp_path, NOW)
    whole = path.read_bytes()
    back = client[f"{source.name}_back"]
    for spoilt in (whole[: len(whole) // 2], whole[:200] + b"x" + whole[201:], b"", b"no archive"):
        path.write_bytes(spoilt)
        with pytest.raises(backup.BackupError):
            backup.restore(client, back.name, path)
        assert back.list_collection_names() == []


def test_an_empty_database_is_not_saved_as_if_it_were_one(client, tmp_path):
    with pytest.raises(backup.BackupError, match="empty"):
        backup.create(client, "no_such_database", tmp_path, NOW)
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_are_removed_and_other_files_stay(tmp_path):
    for day in range(1, 6):
        (tmp_path / f"carnet-2026030{day}T020000Z.tar.gz").touch()
    (tmp_path / "carnet_dev-20260301T020000Z.tar.gz").touch()
    gone = backup.prune(tmp_path, "carnet", 2)
    assert [path.name[7:15] for path in gone] == ["20260301", "20260302", "20260303"]
    assert len(list(tmp_path.iterdir())) == 3
    assert backup.prune(tmp_path, "carnet", 0) != []
    assert len(list(tmp_path.glob("carnet-*"))) == 1
