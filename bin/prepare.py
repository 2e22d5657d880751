"""Make .venv and install the pinned requirements; return at once when nothing changed.

    python3 bin/prepare.py          what Carnet runs on
    python3 bin/prepare.py --dev    and what its tests and lint need

Uses the standard library alone and parses on old Pythons, so that those hear one clear sentence too.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11")

NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|Network is unreachable"
    r"|No route to host|ConnectTimeoutError|ReadTimeoutError|ProxyError|Connection refused"
)
NO_SPACE = re.compile(r"No space left on device|\[Errno 28\]")
CERTIFICATE = re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLError")


def fail(sentence):
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def use_new_enough_python():
    if sys.version_info[:2] >= OLDEST:
        return
    for name in NEWER:
        found = shutil.which(name)
        if found and runs(found):
            os.execv(found, [found, *sys.argv])
    fail(
        "Carnet needs Python 3.11 or newer and this is {}.{}: install python3.11 and python3.11-venv, "
        "or run `make PYTHON=/path/to/a/newer/python3 ...`.".format(*sys.version_info[:2])
    )


def runs(interpreter):
    """Whether the name on PATH is a Python indeed, and not the shim of a version manager."""
    tried = subprocess.run([interpreter, "-c", ""], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return tried.returncode == 0


def check_venv_module():
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    if os.path.exists("/etc/debian_version"):
        fail(
            "Python's venv module is missing: run `sudo apt-get install python3-venv` and try again."
        )
    fail("Python's venv and ensurepip modules are missing: install them and try again.")


def fingerprint(requirements):
    """What .venv was made for: the pinned list, this Python and this place (scripts hold its path)."""
    with open(os.path.join(ROOT, requirements), "rb") as pinned:
        seen = hashlib.sha256(pinned.read())
    seen.update("{} {}.{}".format(VENV, *sys.version_info[:2]).encode())
    return seen.hexdigest()


def stamp_path(requirements):
    return os.path.join(VENV, ".installed-" + requirements)


def is_current(requirements):
    try:
        with open(stamp_path(requirements)) as stamp:
            same = stamp.read() == fingerprint(requirements)
    except OSError:
        return False
    return same and os.path.exists(python())


def python():
    return os.path.join(VENV, "bin", "python")


def venv_works():
    """Whether .venv was made here, by this Python, and has pip."""
    asked = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run(
            [python(), "-c", asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        with open(os.path.join(VENV, "bin", "pip")) as script:
            here = VENV in script.readline()
    except OSError:
        return False
    return (
        here
        and said.returncode == 0
        and said.stdout.decode().split() == ["%d.%d" % sys.version_info[:2]]
    )


def make_venv():
    if venv_works():
        return
    if os.path.islink(VENV):  # venv --clear would empty what the link points to
        fail(".venv is a link to {}: remove the link and try again.".format(os.readlink(VENV)))
    check_venv_module()
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if made.returncode != 0:
        said = made.stdout.decode(errors="replace")
        if "ensurepip" in said:
            fail(
                "Python's venv module is incomplete: run `sudo apt-get install python3-venv` and try again."
            )
        last = (said.strip().splitlines() or ["it printed nothing"])[-1]
        fail("Making .venv failed: {}".format(last))


def install(requirements):
    log_path = os.path.join(ROOT, "var", "log", "pip.log")
    os.makedirs(os.path.dirname(log_path), exist_ok=True)
    sys.stdout.write("Installing the packages of {} (about a minute)...\n".format(requirements))
    sys.stdout.flush()
    command = [
        python(),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--retries",
        "2",
    ]
    with open(log_path, "wb") as log:
        done = subprocess.run(
            [*command, "-r", os.path.join(ROOT, requirements)], stdout=log, stderr=subprocess.STDOUT
        )
    if done.returncode != 0:
        with open(log_path, errors="replace") as log:
            fail(explain(log.read(), log_path))


def explain(output, log_path):
    """Return the sentence that tells why pip failed and what to do."""
    if NO_SPACE.search(output):
        return "The disk is full: free about 1 GB and try again."
    if CERTIFICATE.search(output):
        return (
            "The package index's certificate was refused: set PIP_CERT to your network's "
            "certificate file and try again."
        )
    if NO_NETWORK.search(output):
        return (
            "The package index cannot be reached: connect this machine to the Internet "
            "(or set PIP_INDEX_URL) and try again."
        )
    errors = [line for line in output.splitlines() if line.startswith("ERROR")]
    last = (errors or output.strip().splitlines() or ["it printed nothing"])[0]
    return "pip failed ({}): {} holds the whole story.".format(
        last, os.path.relpath(log_path, ROOT)
    )


def main():
    use_new_enough_python()
    requirements = "requirements-dev.txt" if "--dev" in sys.argv[1:] else "requirements.txt"
    if is_current(requirements) or is_current("requirements-dev.txt"):
        return
    os.makedirs(os.path.join(ROOT, "var", "run"), exist_ok=True)
    with open(os.path.join(ROOT, "var", "run", "prepare.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current(requirements):
            return
        make_venv()
        install(requirements)
        with open(stamp_path(requirements), "w") as stamp:
            stamp.write(fingerprint(requirements))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
