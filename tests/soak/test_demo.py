"""`make demo` from its start to its end, however that end comes."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pymongo
import pytest

from clinic.embedded import free_port, port_is_free
from tests.composition import ROOT
from tests.soak.installation import until

pytestmark = [pytest.mark.soak, pytest.mark.no_servers]


class Demo:
    """One `make demo` with data of its own."""

    def __init__(self, home):
        self.home = home
        self.ports = {name: free_port() for name in ("PORT", "MONGO_PORT", "REDIS_PORT")}
        given = {
            k: v
            for k, v in os.environ.items()
            if k not in {"MONGODB_URI", "REDIS_URL", "CARNET_ENV"}
        }
        self.environment = given | {name: str(port) for name, port in self.ports.items()}
        self.environment |= {"CARNET_VAR": str(home), "DEMO_PATIENTS": "40"}
        self.make = None

    def start(self, command="demo"):
        with (self.home / "output").open("wb") as output:
            self.make = subprocess.Popen(
                ["make", command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: self.make.poll() is not None or self.is_up(), "the demo is up")
        assert self.make.poll() is None, self.said()

    def said(self):
        return (self.home / "output").read_text()

    def is_up(self):
        return "Ctrl-C stops everything" in self.said()

    def processes(self):
        """Return what runs of this demo, with the command line of each."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                inside = f"CARNET_RUN={self.home}/run".encode() in (entry / "environ").read_bytes()
                line = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                inside = inside or Path(os.readlink(entry / "cwd")).is_relative_to(self.home)
            except OSError:
                continue
            if inside:
                found[int(entry.name)] = line
        return found

    def process(self, pattern):
        """Return the oldest process whose command line has the pattern."""
        return min(pid for pid, line in self.processes().items() if re.search(pattern, line))

    def end(self):
        """Return make's exit code, after checking that nothing of the demo is left."""
        code = self.make.wait(60)
        until(lambda: not self.processes(), "every process has ended", seconds=15)
        until(lambda: all(map(port_is_free, self.ports.values())), "every port is free", seconds=15)
        return code

    def demo_program(self):
        """Return the process of bin/run_demo.py, the child of make."""
        children = Path(f"/proc/{self.make.pid}/task/{self.make.pid}/children").read_text().split()
        return int(children[0])


@pytest.fixture
def demo(tmp_path):
    one = Demo(tmp_path)
    yield one
    if one.make and one.make.poll() is None:
        os.killpg(one.make.pid, signal.SIGKILL)
    for pid in one.processes():
        os.kill(pid, signal.SIGKILL)


def patients(demo):
    with pymongo.MongoClient(
        "127.0.0.1", demo.ports["MONGO_PORT"], directConnection=True
    ) as client:
        return sorted(one["_id"] for one in client.carnet.patients.find({}, {"_id": 1}))


def test_ctrl_c_ends_every_process_and_the_data_stays(demo):
    demo.start()
    assert httpx.get(f"http://127.0.0.1:{demo.ports['PORT']}/healthz").json()["status"] == "ok"
    before = patients(demo)
    assert len(before) >= 40
    commands = " ".join(demo.processes().values())
    for program in ("mongod", "redis-server", "gunicorn", " worker ", " beat "):
        assert program in commands or (program == "redis-server" and "valkey-server" in commands)
    os.killpg(demo.make.pid, signal.SIGINT)
    demo.end()
    demo.start()
    assert patients(demo) == before
    os.kill(demo.make.pid, signal.SIGTERM)
    assert demo.end() != 0
    subprocess.run(["make", "clean-demo"], cwd=ROOT, env=demo.environment, check=True)
    assert not (demo.home / "mongo").exists()


@pytest.mark.parametrize(
    "victim",
    ["bin/mongod ", r"(redis|valkey)-server", "gunicorn ", "celery .*worker", "celery .*beat"],
)
def test_a_killed_part_ends_the_whole_with_a_sentence(demo, victim):
    demo.start()
    os.kill(demo.process(victim), signal.SIGKILL)
    demo.make.wait(60)
    assert "one of its processes ended" in demo.said()
    assert demo.end() != 0


def test_a_killed_program_ends_its_processes(demo):
    demo.start()
    os.kill(demo.demo_program(), signal.SIGKILL)
    assert demo.end() != 0


def test_what_a_crash_left_is_swept_and_the_data_survives(demo):
    demo.start()
    before = patients(demo)
    supervisor = demo.process("honcho")
    for pid in (demo.demo_program(), supervisor):
        os.kill(pid, signal.SIGKILL)
    demo.make.wait(30)
    os.kill(demo.process("bin/mongod "), signal.SIGKILL)
    time.sleep(0.5)
    assert demo.processes()
    demo.start()
    assert re.search(r"Stopped \d+ processes that a run which crashed had left", demo.said())
    assert patients(demo) == before
    os.killpg(demo.make.pid, signal.SIGINT)
    demo.end()


def test_the_power_goes_and_everything_comes_back(demo):
    demo.start()
    before = patients(demo)
    with pymongo.MongoClient(
        "127.0.0.1", demo.ports["MONGO_PORT"], directConnection=True
    ) as client:
        client.carnet.soak_writes.with_options(
            write_concern=pymongo.WriteConcern("majority")
        ).insert_one({"_id": 1})
    for pid in (demo.make.pid, *demo.processes()):
        os.kill(pid, signal.SIGKILL)
    demo.make.wait(30)
    demo.end()
    demo.start()
    assert patients(demo) == before
    with pymongo.MongoClient(
        "127.0.0.1", demo.ports["MONGO_PORT"], directConnection=True
    ) as client:
        assert client.carnet.soak_writes.count_documents({}) == 1
    os.killpg(demo.make.pid, signal.SIGINT)
    demo.end()


@pytest.mark.parametrize("seconds", [0.3, 1, 2, 3, 5])
def test_ctrl_c_while_it_starts_leaves_nothing(demo, seconds):
    with (demo.home / "output").open("ab") as output:
        demo.make = subprocess.Popen(
            ["make", "demo"],
            cwd=ROOT,
            env=demo.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    time.sleep(seconds)
    os.killpg(demo.make.pid, signal.SIGINT)
    demo.end()
