"""Phone payments with real processes, killed with -9 at each step: the matrix, printed.

A replica set of three, Redis, the stand-ins, a web process that takes the callbacks, a Celery worker and a beat. The
clock of Carnet runs ten times faster, so that a payment expires in 90 seconds.
"""

import json
import os
import subprocess
import sys
import time

import pytest

from clinic import embedded
from tests.soak.payment_cells import CASES, CELLS, PROVIDERS
from tests.soak.test_messages import ROOT, machines, wait_for  # noqa: F401 (a fixture)
from tests.stand_ins import running_stand_in

pytestmark = [pytest.mark.soak, pytest.mark.no_servers]
SPEED = 10
SECONDS = 800
ACCOUNT = {
    "MOMO_SUBSCRIPTION_KEY": "stand-in-collections", "MOMO_API_USER": "5f1b0f4e-0d0a-4a5f-9c3e-0f5f3c1d2e11",
    "MOMO_API_KEY": "stand-in-api-key", "ORANGE_CLIENT_ID": "stand-in-client",
    "ORANGE_CLIENT_SECRET": "stand-in-secret", "ORANGE_CHANNEL": "699000000", "ORANGE_PIN": "2222",
    "ORANGE_X_AUTH_TOKEN": "c3RhbmQtaW4tdXNlcjpzdGFuZC1pbi1wYXNzd29yZA==", "ORANGE_WEB_CLIENT_ID": "stand-in-client",
    "ORANGE_WEB_CLIENT_SECRET": "stand-in-secret", "ORANGE_WEB_MERCHANT_KEY": "stand-in-merchant",
    "MPESA_CONSUMER_KEY": "stand-in-consumer", "MPESA_CONSUMER_SECRET": "stand-in-consumer-secret",
    "MPESA_SHORT_CODE": "174379", "MPESA_PASSKEY": "stand-in-passkey",
}  # fmt: skip


def environment(machines, stand_ins, port):  # noqa: F811
    home = stand_ins.removesuffix("/")
    return {
        **os.environ, **ACCOUNT, "CARNET_ENV": "test", "CELERY_EAGER": "0", "MONGODB_URI": machines.mongodb_uri,
        "MONGODB_NAME": "carnet_soak", "CACHE_PREFIX": "soak", "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "REDIS_URL": f"redis://127.0.0.1:{machines.redis_port}/0", "STAND_INS": home,
        "MOMO_URL": f"{home}/momo", "ORANGE_URL": f"{home}/orange", "ORANGE_WEB_URL": f"{home}/orange",
        "MPESA_URL": f"{home}/daraja", "PUBLIC_URL": f"http://127.0.0.1:{port}", "BIND": f"127.0.0.1:{port}",
        "WEB_CONCURRENCY": "1", "SOAK_HOME": str(machines.home), "SOAK_CLOCK": f"{time.time()},{SPEED}",
    }  # fmt: skip


def start(machines, role, env):  # noqa: F811
    machines.start(role, [sys.executable, "-m", "tests.soak.payment_process", role], env)


def watch(machines, story, env):  # noqa: F811
    """Start again what was killed, until the story is told."""
    began, killed = time.monotonic(), 0
    while story.poll() is None:
        assert time.monotonic() - began < SECONDS, "the story never ended"
        time.sleep(0.3)
        for number in range(3):
            if machines.processes[f"mongo{number}"].poll() is not None:
                killed += 1
                time.sleep(1.5)
                machines.start_mongo(number)
                note_pid(machines, number)
        if (machines.home / "kill-worker").exists():
            time.sleep(0.5)
            machines.kill("worker")
            (machines.home / "kill-worker").unlink()
            start(machines, "worker", env)
        if machines.processes["beat"].poll() is not None:
            start(machines, "beat", env)
    return killed


def note_pid(machines, number):  # noqa: F811
    pid = machines.processes[f"mongo{number}"].pid
    (machines.home / f"mongod-{machines.ports[number]}.pid").write_text(str(pid))


def show(capsys, rows, seconds, killed):
    by_cell = {(row["case"], row["provider"]): row for row in rows}
    lines = [f"{'':36}" + "".join(f"{name:20}" for name in PROVIDERS)]
    for case in CASES:
        found = [by_cell[case, name] for name in PROVIDERS]
        said = [row["state"] + (" (late)" if row["late"] else "") for row in found]
        marks = [f"WRONG {row['wrong']} " if row["wrong"] else "" for row in found]
        lines.append(
            f"{case:36}" + "".join(f"{m + s:20}" for m, s in zip(marks, said, strict=True))
        )
    lines.append(f"{len(rows)} payments in {seconds:.0f} s; the primary was killed {killed} times")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")


def test_every_payment_ends_right_whoever_is_killed(machines, capsys):  # noqa: F811
    plan = {str(cell.amount): cell.step for cell in CELLS if cell.step}
    (machines.home / "plan.json").write_text(json.dumps(plan))
    for number in range(3):
        note_pid(machines, number)
    port = embedded.free_port()
    with running_stand_in() as stand_in:
        env = environment(machines, stand_in.url.removesuffix("africastalking"), port)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=env, check=True
        )
        for role in ("web", "worker", "beat"):
            start(machines, role, env)
        wait_for(lambda: not embedded.port_is_free(port))
        began = time.monotonic()
        command = [sys.executable, "-m", "tests.soak.payment_process", "story"]
        with (machines.home / "story.log").open("w") as log:
            story = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True
            )
            try:
                killed = watch(machines, story, env)
            finally:
                story.kill()
        told = story.stdout.read()
    assert told, (machines.home / "story.log").read_text()[-3000:]
    found = json.loads(told)
    show(capsys, found["cells"], time.monotonic() - began, killed)
    assert [row for row in found["cells"] if row["wrong"]] == []
    assert found["books"] == []
    assert killed >= len(PROVIDERS) * 2
