"""The MongoDB and Redis servers that come with the Python packages: for development, demo and tests.

`MONGODB_URI` and `REDIS_URL`, when set, always win over the servers started here.

    python -m clinic.embedded          both servers, data under var/, until Ctrl-C
    python -m clinic.embedded mongo    becomes mongod (a line of the Procfile)
    python -m clinic.embedded redis    becomes redis-server or valkey-server
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from clinic.embedded.binaries import (
    VAR,
    ServerError,
    check_processor,
    explain_mongod_failure,
    find_mongod,
    find_redis,
)

__all__ = [
    "MONGO_PORT",
    "REDIS_PORT",
    "VAR",
    "ServerError",
    "Servers",
    "check_processor",
    "ensure_servers",
    "find_mongod",
    "find_redis",
]

MONGO_PORT = 27117
REDIS_PORT = 6479
CACHE_GB = 0.5
OPLOG_MB = 256
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (only test data, in a directory of mode 0700)
SHARED_MEMORY_NEEDED = 2 * 1024**3
TEMPORARY_PREFIX = "carnet-servers-"

NOT_INITIATED = 94
INVALID_CONFIG = 93
ALREADY_INITIATED = 23


class Servers(NamedTuple):
    """The addresses of the two servers, as `MONGODB_URI` and `REDIS_URL` take them."""

    mongodb_uri: str
    redis_url: str


def mongodb_uri(port: int) -> str:
    """Return the address of an embedded mongod on `port`."""
    return f"mongodb://127.0.0.1:{port}/?replicaSet=rs0&directConnection=true"


def redis_url(port: int) -> str:
    """Return the address of an embedded Redis on `port`."""
    return f"redis://127.0.0.1:{port}/0"


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mongod_command(data: Path, port: int, log: Path) -> list[str]:
    """Return the command of a replica set of one: without a replica set there are no transactions."""
    data.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(find_mongod()), "--dbpath", str(data), "--port", str(port), "--replSet", "rs0"]
    command += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--oplogSize", str(OPLOG_MB)]
    command += ["--wiredTigerCacheSizeGB", str(CACHE_GB), "--logpath", str(log), "--logappend"]
    # What a process that died was changing stays taken as long as its transaction may live.
    command += ["--setParameter", "transactionLifetimeLimitSeconds=30"]
    return [*command, "--setParameter", "diagnosticDataCollectionEnabled=false"]


def redis_command(data: Path, port: int, log: Path) -> list[str]:
    """Return the command of a Redis that keeps what it is told: an append-only file, synced each second."""
    data.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(find_redis()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(data)]
    return [
        *command,
        "--appendonly",
        "yes",
        "--save",
        "",
        "--logfile",
        str(log),
        "--daemonize",
        "no",
    ]


def initiate(port: int, timeout: float = START_SECONDS) -> None:
    """Wait for a mongod, make it a replica set of one if it is none yet, wait until it takes writes.

    Data that was moved to another port is told its new address.

    Raises:
        ServerError: it did not take writes within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    with MongoClient[dict[str, object]](
        "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=int(timeout * 1000)
    ) as client:
        try:
            _become_replica_set(client, member)
            while time.monotonic() < deadline:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return
                time.sleep(0.02)
        except PyMongoError as error:
            raise ServerError(
                f"MongoDB on port {port} did not become a replica set: {error}"
            ) from error
    raise ServerError(
        f"MongoDB on port {port} takes no writes after {timeout:.0f} s: see var/log/mongod.log."
    )


def _become_replica_set(
    client: "MongoClient[dict[str, object]]", member: dict[str, object]
) -> None:
    try:
        client.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code == NOT_INITIATED:
            with contextlib.suppress(OperationFailure):
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            return
        if error.code != INVALID_CONFIG:
            raise
        config = client.local["system.replset"].find_one() or {}
        config |= {"version": int(str(config.get("version", 0))) + 1, "members": [member]}
        client.admin.command("replSetReconfig", config, force=True)


def wait_for_redis(port: int, timeout: float = START_SECONDS) -> None:
    """Wait until a Redis answers PING on `port`.

    Raises:
        ServerError: no answer within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=1) as connection,
        ):
            connection.sendall(b"PING\r\n")
            if connection.recv(16).startswith(b"+PONG"):
                return
        time.sleep(0.02)
    raise ServerError(f"Redis on port {port} did not answer within {timeout:.0f} s: see its log.")


def die_with_parent() -> None:
    """Ask Linux to stop this process when the one that started it ends, however it ends."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"LC_ALL": "C"},
        start_new_session=True,
        preexec_fn=die_with_parent,  # no threads yet; a killed test run leaves no server
    )


def stop(process: "subprocess.Popen[bytes]", timeout: float = STOP_SECONDS) -> None:
    """Ask a server to stop; after `timeout` seconds, kill it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-4000:]
    except OSError:
        return ""


@contextlib.contextmanager
def running_mongod(data: Path, port: int, log: Path) -> Iterator[str]:
    """Run a mongod and yield its address.

    Raises:
        ServerError: it cannot run here, or stopped at once.
    """
    process = _start(mongod_command(data, port, log))
    try:
        deadline = time.monotonic() + START_SECONDS
        while port_is_free(port):
            if process.poll() is not None:
                raise ServerError(explain_mongod_failure(process.returncode, _tail(log)))
            if time.monotonic() > deadline:
                raise ServerError(
                    f"MongoDB did not listen within {START_SECONDS:.0f} s: see {log}."
                )
            time.sleep(0.02)
        initiate(port)
        yield mongodb_uri(port)
    finally:
        stop(process)


@contextlib.contextmanager
def running_redis(data: Path, port: int, log: Path) -> Iterator[str]:
    """Run a Redis and yield its address.

    Raises:
        ServerError: it cannot run here.
    """
    process = _start(redis_command(data, port, log))
    try:
        wait_for_redis(port)
        yield redis_url(port)
    finally:
        stop(process)


def temporary_home() -> Path:
    """Return where throw-away data goes: memory when there is plenty of it, else the usual place."""
    if (
        os.access(SHARED_MEMORY, os.W_OK)
        and shutil.disk_usage(SHARED_MEMORY).free > SHARED_MEMORY_NEEDED
    ):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


def sweep(home: Path) -> None:
    """Remove throw-away data whose owner is gone (the name carries the owner's process id)."""
    for left in home.glob(f"{TEMPORARY_PREFIX}*"):
        owner = left.name.removeprefix(TEMPORARY_PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def ensure_servers(data_dir: Path | None = None) -> Iterator[Servers]:
    """Yield the addresses of MongoDB and Redis, starting on free ports what the environment does not name.

    Args:
        data_dir: where the data stays; left out, it is thrown away at the end.

    Raises:
        ServerError: a server cannot run here.
    """
    with contextlib.ExitStack() as stack:
        home = data_dir or _throw_away(stack)
        mongo = os.environ.get("MONGODB_URI") or stack.enter_context(
            running_mongod(home / "mongo", free_port(), home / "log" / "mongod.log")
        )
        redis = os.environ.get("REDIS_URL") or stack.enter_context(
            running_redis(home / "redis", free_port(), home / "log" / "redis.log")
        )
        yield Servers(mongo, redis)


def _throw_away(stack: contextlib.ExitStack) -> Path:
    home = temporary_home()
    sweep(home)
    made = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{os.getpid()}-", dir=home))
    stack.callback(shutil.rmtree, made, ignore_errors=True)
    return made
