"""2,000 messages while workers, Redis and MongoDB's primary are killed at random.

Each is accepted exactly once as counted at the stand-in, or marked unknown with its cause. The servers are this
test's own: a replica set of three, a Redis, two Celery workers and a beat as real processes.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from clinic import embedded
from tests.stand_ins import running_stand_in

pytestmark = [pytest.mark.soak, pytest.mark.no_servers]
ROOT = Path(__file__).resolve().parents[2]
MESSAGES = int(os.environ.get("SOAK_MESSAGES", "2000"))
SECONDS, HURTING_SECONDS = 480, 90
KILL_ORDER = ("w1", "primary", "redis", "w2")


class Machines:
    """The processes of this test, each of which may be killed and started again."""

    def __init__(self, home):
        self.home, self.processes = home, {}
        self.ports = [embedded.free_port() for _ in range(3)]
        self.redis_port = embedded.free_port()

    def start(self, name, command, env=None):
        log = (self.home / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, cwd=ROOT, env=env or {**os.environ, "LC_ALL": "C"}, stdout=log, stderr=log,
            stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=embedded.die_with_parent,
        )  # fmt: skip

    def start_mongo(self, number):
        data = self.home / f"mongo{number}"
        log = self.home / f"m{number}.log"
        self.start(f"mongo{number}", embedded.mongod_command(data, self.ports[number], log))

    def start_redis(self):
        log = self.home / "r.log"
        self.start("redis", embedded.redis_command(self.home / "redis", self.redis_port, log))

    def kill(self, name):
        process = self.processes[name]
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self):
        for name in list(self.processes):
            self.kill(name)

    @property
    def mongodb_uri(self):
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        return f"mongodb://{hosts}/?replicaSet=rs0&retryWrites=true"

    def primary(self):
        for number, port in enumerate(self.ports):
            try:
                with MongoClient(
                    "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=500
                ) as client:
                    if client.admin.command("hello").get("isWritablePrimary"):
                        return number
            except PyMongoError:
                continue
        return None


def wait_for(question, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (answer := question()) not in (None, False):
            return answer
        time.sleep(0.2)
    raise AssertionError("it never came")


@pytest.fixture
def machines(tmp_path):
    made = Machines(tmp_path)
    try:
        for number in range(3):
            made.start_mongo(number)
        made.start_redis()
        embedded.wait_for_redis(made.redis_port)
        wait_for(lambda: all(not embedded.port_is_free(port) for port in made.ports))
        members = [{"_id": n, "host": f"127.0.0.1:{port}"} for n, port in enumerate(made.ports)]
        with MongoClient("127.0.0.1", made.ports[0], directConnection=True) as client:
            settings = {"electionTimeoutMillis": 2000}
            config = {"_id": "rs0", "members": members, "settings": settings}
            client.admin.command("replSetInitiate", config)
        wait_for(lambda: made.primary() is not None)
        yield made
    finally:
        made.stop()


WRITE = """
import django; django.setup()
from datetime import timedelta
from django.utils import timezone
from accounts.permissions import SYSTEM
from accounts.models import Facility, FacilityKind
from notifications.queue import enqueue
from types import SimpleNamespace
place = Facility.objects.create(name="A", kind=FacilityKind.CLINIC, sms_name="A")
now = timezone.now()
for n in range({count}):
    who = SimpleNamespace(pk=f"{{n:024x}}", phone=f"+2376770{{n:05d}}", language="fr", accepts_messages=True,
                          given_name="P")
    enqueue(kind="prescription-ready", patient=who, cause=f"soak:{{n}}", by=SYSTEM, now=now, facility=place,
            due_at=now + timedelta(seconds=5 + 80 * n / {count}), expires_at=now + timedelta(hours=5))
"""


def environment(machines, stand_in):
    return {
        **os.environ, "CARNET_ENV": "test", "CELERY_EAGER": "0", "MONGODB_URI": machines.mongodb_uri,
        "MONGODB_NAME": "carnet_soak", "CACHE_PREFIX": "soak", "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "REDIS_URL": f"redis://127.0.0.1:{machines.redis_port}/0", "AFRICASTALKING_URL": stand_in.url,
        "AFRICASTALKING_API_KEY": "stand-in-key",
    }  # fmt: skip


def start_program(machines, name, env):
    """Start a worker, or beat."""
    command = [sys.executable, "-m", "celery", "-q", "-A", "clinic"]
    if name == "beat":
        command += ["beat", "--pidfile=", "--schedule", str(machines.home / "schedule")]
    else:
        command += ["worker", "-c", "2", "-n", name, "--without-gossip", "--without-mingle"]
    machines.start(name, [*command, "--loglevel", "error"], env)


def run(machines, stand_in, env, rows):
    """Let it run, hurting one machine after the other, until nothing is left or the time is up."""
    chance, killed, began = random.Random(11), Counter(), time.monotonic()
    next_kill = began + 6
    while time.monotonic() - began < SECONDS and (rows_left := left(rows)) != 0:
        time.sleep(1)
        if machines.processes["beat"].poll() is not None:
            start_program(machines, "beat", env)
        if time.monotonic() - began > HURTING_SECONDS:
            stand_in.control("faults", **CALM)
        elif time.monotonic() > next_kill and rows_left is not None:
            hurt(machines, KILL_ORDER[sum(killed.values()) % 4], env, killed)
            next_kill = time.monotonic() + chance.uniform(4, 9)
    return killed, time.monotonic() - began


def test_every_message_is_accepted_once_or_says_why_not(machines, capsys):
    with running_stand_in() as stand_in:
        env = environment(machines, stand_in)
        for command in (["manage.py", "migrate", "-v", "0"], ["-c", WRITE.format(count=MESSAGES)]):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True)
        stand_in.control("faults", **{**CALM, "lost": 0.01, "refused": 0.02, "busy": 0.02})
        for name in ("w1", "w2", "beat"):
            start_program(machines, name, env)
        with MongoClient(machines.mongodb_uri, serverSelectionTimeoutMS=20_000) as client:
            rows = client["carnet_soak"]["notifications"]
            killed, seconds = run(machines, stand_in, env, rows)
            found = list(rows.find())
        counted = Counter(row["number"] for row in stand_in.accepted())
    tally = Counter((row["status"], row["status_reason"]) for row in found)
    report(capsys, killed, tally, counted, seconds)
    assert len(found) == MESSAGES
    assert [number for number, times in counted.items() if times > 1] == [], "sent twice"
    assert {row["status"] for row in found} <= {"submitted", "unknown"}
    assert all(counted[row["phone"]] == 1 for row in found if row["status"] == "submitted")
    assert all(row["status_reason"] for row in found if row["status"] == "unknown")
    assert set(killed) == set(KILL_ORDER)


CALM = {"lost": 0.0, "refused": 0.0, "busy": 0.0, "no_report": 1.0}


def left(rows):
    try:
        return rows.count_documents({"status": {"$in": ["queued", "sending"]}})
    except PyMongoError:
        return None


def hurt(machines, what, env, killed):
    """Kill one machine the hard way, and start it again a little later."""
    if what == "primary":
        number = machines.primary()
        if number is None:
            return
        machines.kill(f"mongo{number}")
        time.sleep(4)
        machines.start_mongo(number)
    else:
        machines.kill(what)
        time.sleep(1)
        machines.start_redis() if what == "redis" else start_program(machines, what, env)
    killed[what] += 1


def report(capsys, killed, tally, counted, seconds):
    lines = [f"{MESSAGES} messages in {seconds:.0f} s; killed: {dict(killed)}"]
    lines += [f"  {status:10} {why:18} {count}" for (status, why), count in sorted(tally.items())]
    lines += [f"  accepted at the stand-in: {sum(counted.values())} for {len(counted)} numbers"]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
