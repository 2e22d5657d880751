"""Run the whole of Carnet on this machine until Ctrl-C: `make demo`, `make run`, `make clean-demo`.

    run_demo.py            servers, migrations, the demo clinic, web, worker, beat; prints what to try
    run_demo.py --dev      the same without the demo clinic, and the web process reloads changed code
    run_demo.py --clean    removes the data

Honcho starts and stops the processes of the Procfile; this program checks first that they can run,
prepares the database between the servers and the rest, and sweeps up what a crash has left.
"""

import contextlib
import fcntl
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from clinic import embedded  # noqa: E402 (the project is not an installed package)
from clinic.embedded import ServerError  # noqa: E402
from clinic.embedded.preflight import (  # noqa: E402
    LOOPBACK,
    address,
    check_web_port,
    choose_servers,
    number,
)

RUN = embedded.VAR / "run"
READY = RUN / "ready"
LOCK = RUN / "demo.lock"
LOADING = embedded.VAR / "demo-is-loading"
HEALTH_SECONDS = 90.0
STOP_SECONDS = 20.0

DONE = """
Carnet runs at {address}

  receptionist   registers, finds, books            password of all: carnet-demo
  nurse          vital signs, pregnancy
  doctor         consults, prescribes
  pharmacist     dispenses, asks the doctor
  laboratory     orders and results
  admin          users, roles, the audit trail
  authority      statistics, no record

To try: sign in as doctor, open a diabetic patient of today's list and prescribe glucose: the alert
names the diagnosis. Sign in as pharmacist in a private window: that line cannot be dispensed until
the doctor has amended it. Then, as admin, look up who has seen this record.
{phone}

Ctrl-C stops everything; the data stays until `make clean-demo`.
"""
DONE_DEV = "\nCarnet runs at {address} and reloads changed code. Ctrl-C stops everything.\n"


class Stopped(SystemExit):
    """Somebody asked for the end: Ctrl-C, or a signal."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of this checkout's demo. The kernel lets go of it when we end, however we end.

    Raises:
        ServerError: another one runs.
    """
    RUN.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            where = lock.read().strip() or "it is starting"
            raise ServerError(
                f"Carnet already runs from this directory ({where}): stop it there with Ctrl-C first."
            ) from None
        _write(lock, f"process {os.getpid()}, {address()}")
        yield
        _write(lock, "")


def _write(lock: TextIO, text: str) -> None:
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()


def left_over() -> list[int]:
    """Return the processes started from this directory, this one excepted."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(entry.name) != os.getpid() and is_ours(entry):
                found.append(int(entry.name))
    return found


def is_ours(entry: Path) -> bool:
    """Tell whether the process of a /proc entry runs for this directory.

    Its environment carries CARNET_RUN; Redis overwrites its own, and is known by its working directory.
    """
    if f"CARNET_RUN={RUN}".encode() in (entry / "environ").read_bytes().split(b"\0"):
        return True
    is_redis = (entry / "comm").read_text().strip() in {"redis-server", "valkey-server"}
    return is_redis and (entry / "cwd").resolve() == embedded.VAR / "redis"


def sweep() -> int:
    """Stop what is left of a run, grand-children too; return how many processes that were."""
    first = left_over()
    for sent, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + seconds
        remaining = left_over()
        for pid in remaining:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
        while left_over() and time.monotonic() < deadline:
            time.sleep(0.05)
    return len(first)


def environment(servers: list[str]) -> dict[str, str]:
    """Return the environment of every process of this run."""
    found = {
        "BIND": f"{os.environ.get('HOST') or LOOPBACK}:{number('PORT', 8000)}",
        "CARNET_READY": str(READY),
        "CARNET_RUN": str(RUN),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    if not os.environ.get("AFRICASTALKING_API_KEY") and not os.environ.get("CARNET_NO_GATEWAYS"):
        found |= stand_in_account()
    if "mongo" in servers:
        found["MONGODB_URI"] = embedded.mongodb_uri(number("MONGO_PORT", embedded.MONGO_PORT))
    if "redis" in servers:
        found["REDIS_URL"] = embedded.redis_url(number("REDIS_PORT", embedded.REDIS_PORT))
    return found


def phone_line() -> str:
    """Return where the simulated phones are, when the stand-in runs."""
    url = os.environ.get("AFRICASTALKING_URL", "")
    if LOOPBACK not in url:
        return ""
    return f"A patient's phone (SMS and the USSD menu): {url}/simulator?phone=%2B237699000001\n"


def stand_in_account() -> dict[str, str]:
    """Return the account with which messages go to the stand-in, and where that one calls back."""
    port, secret = number("GATEWAYS_PORT", 8010), secrets.token_hex(20)
    back = f"{address()}phone/{secret}"
    return {
        "AFRICASTALKING_URL": f"http://{LOOPBACK}:{port}/africastalking",
        "AFRICASTALKING_API_KEY": "stand-in-key",
        "PHONE_CALLBACK_SECRET": secret,
        "AT_DELIVERY_URL": f"{back}/delivery/",
        "AT_INCOMING_URL": f"{back}/incoming/",
        "AT_OPTOUT_URL": f"{back}/optout/",
        "AT_USSD_URL": f"{back}/ussd/",
        "AT_USSD_END_URL": f"{back}/ussd-end/",
    }


def start_honcho(servers: list[str]) -> "subprocess.Popen[bytes]":
    """Start the processes of the Procfile; honcho itself is stopped when this program is killed."""
    names = [*servers, "web", "worker", "beat"]
    if importlib.util.find_spec("gateways") and not os.environ.get("CARNET_NO_GATEWAYS"):
        names.append("gateways")
    command = [sys.executable, "-m", "honcho", "--env", os.devnull, "start", *names]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=embedded.die_with_parent,  # no threads yet
    )


def stop_honcho(honcho: "subprocess.Popen[bytes]") -> None:
    """Stop every process of this run, and wait for it."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        embedded.stop(honcho, STOP_SECONDS)
    sweep()
    READY.unlink(missing_ok=True)


def until(answer: Callable[[], bool], honcho: "subprocess.Popen[bytes]", what: str) -> None:
    """Wait until `answer` is true.

    Raises:
        ServerError: a process ended, or it took too long.
    """
    deadline = time.monotonic() + HEALTH_SECONDS
    while not answer():
        if honcho.poll() is not None:
            raise ServerError(
                f"{what} failed: the reason stands above, or in {embedded.VAR / 'log'}."
            )
        if time.monotonic() > deadline:
            raise ServerError(
                f"{what} took more than {HEALTH_SECONDS:.0f} s: see {embedded.VAR / 'log'}."
            )
        time.sleep(0.05)


def listens(port: int) -> Callable[[], bool]:
    """Return a question: does a server listen on `port`?"""
    return lambda: not embedded.port_is_free(port)


def wait_for_servers(servers: list[str], honcho: "subprocess.Popen[bytes]") -> None:
    """Wait for the embedded servers, and make the MongoDB one a replica set."""
    mongo_port = number("MONGO_PORT", embedded.MONGO_PORT)
    redis_port = number("REDIS_PORT", embedded.REDIS_PORT)
    if "mongo" in servers:
        until(listens(mongo_port), honcho, "Starting MongoDB")
        embedded.initiate(mongo_port)
    if "redis" in servers:
        until(listens(redis_port), honcho, "Starting Redis")
        embedded.wait_for_redis(redis_port)


def prepare_database(*, with_demo: bool, own_server: bool) -> None:
    """Migrate, and load the demo clinic into an empty database.

    A load that was interrupted leaves a mark; its half is thrown away, on a server of our own only.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    import django  # noqa: PLC0415 (reads the environment that was made above)
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    django.setup()
    connection.ensure_connection()
    database: Any = connection.database  # type: ignore[attr-defined]
    if own_server and LOADING.exists():
        database.client.drop_database(database.name)
    call_command("migrate", interactive=False, verbosity=0)
    if with_demo:
        if own_server and database["patients"].find_one({}, {"_id": 1}) is None:
            LOADING.touch()
        call_command("load_demo")
        LOADING.unlink(missing_ok=True)
    connection.close()


def healthy() -> bool:
    """Tell whether the web process says that MongoDB and Redis answer."""
    try:
        with urllib.request.urlopen(f"{address()}healthz", timeout=5) as answer:  # noqa: S310 (http, local)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def ask_to_stop(number: int, frame: FrameType | None) -> None:
    """Turn a signal into an exception, so that every `finally` runs."""
    raise Stopped(0)


def run(*, dev: bool) -> int:
    """Start everything, say so, and stop everything at the end. Returns the exit code."""
    with alone():
        swept = sweep()
        if swept:
            say(f"Stopped {swept} processes that a run which crashed had left.")
        check_web_port()
        servers = choose_servers()
        os.environ.update(environment(servers))
        if dev:
            os.environ.update(RELOAD="1", WEB_CONCURRENCY=os.environ.get("WEB_CONCURRENCY", "1"))
        READY.unlink(missing_ok=True)
        honcho = start_honcho(servers)
        try:
            wait_for_servers(servers, honcho)
            prepare_database(with_demo=not dev, own_server="mongo" in servers)
            READY.touch()
            until(healthy, honcho, "Starting the web process")
            say((DONE_DEV if dev else DONE).format(address=address(), phone=phone_line()))
            honcho.wait()
            raise ServerError(
                "Carnet stopped, because one of its processes ended: the reason stands above."
            )
        finally:
            stop_honcho(honcho)


def clean() -> int:
    """Remove the data of the embedded servers. Returns the exit code."""
    with alone():
        sweep()
        for name in ("mongo", "redis", "log", "static"):
            shutil.rmtree(embedded.VAR / name, ignore_errors=True)
        LOADING.unlink(missing_ok=True)
        for left in RUN.glob("beat-schedule*"):
            left.unlink(missing_ok=True)
    say(f"Removed the demo's data from {embedded.VAR}.")
    if os.environ.get("MONGODB_URI"):
        say("The database that MONGODB_URI names was left alone: drop it there.")
    return 0


def main(arguments: list[str]) -> int:
    """Do what the arguments ask. Returns the exit code."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, ask_to_stop)
    try:
        if "--clean" in arguments:
            return clean()
        return run(dev="--dev" in arguments)
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
