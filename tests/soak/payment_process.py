"""A process of Carnet on a clock that runs faster, and that is killed at the steps that a plan names.

usage: python -m tests.soak.payment_process worker|beat|web|story

`SOAK_CLOCK` is when the clock was set and how fast it runs; `SOAK_HOME` holds the plan {amount: step} and the pids of
the database's servers. A step kills once: whoever does it the second time goes on.
"""

import json
import os
import runpy
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HOME = Path(os.environ["SOAK_HOME"])
SET_AT, SPEED = (float(part) for part in os.environ["SOAK_CLOCK"].split(","))


def now() -> datetime:
    """Return the time on the fast clock."""
    started = datetime.fromtimestamp(SET_AT, UTC)
    return started + timedelta(seconds=(datetime.now(UTC) - started).total_seconds() * SPEED)


def run_the_clock_fast() -> None:
    """Let Carnet read this clock."""
    from django.utils import timezone

    timezone.now = now


def die(amount: object, step: str) -> None:
    """Kill this process with -9, or the database's primary, if the plan says so and it was not done."""
    wanted = json.loads((HOME / "plan.json").read_text()).get(str(int(amount)))  # type: ignore[call-overload]
    if wanted not in (step, f"primary-{step}"):
        return
    try:
        os.close(os.open(HOME / f"died-{int(amount)}", os.O_CREAT | os.O_EXCL))  # type: ignore[call-overload]
    except FileExistsError:
        return
    os.kill(_primary() if wanted.startswith("primary") else os.getpid(), signal.SIGKILL)


def _primary() -> int:
    from django.db import connection

    connection.ensure_connection()
    _, port = connection.database.client.primary  # type: ignore[attr-defined]
    return int((HOME / f"mongod-{port}.pid").read_text())


def make_mortal() -> None:
    """Put the steps at which it may be killed around what the worker does. Nothing else is changed."""
    from billing import providers
    from billing.actions.phone import asking, sending

    def around(
        where: Any, name: str, before: str = "", after: str = "", when: Any = lambda result: True
    ) -> None:
        true = getattr(where, name)

        def stepped(*args: Any, **kwargs: Any) -> Any:
            subject = kwargs.get("attempt") or args[0]
            if before and when(subject):
                die(subject.amount, before)
            result = true(*args, **kwargs)
            if after and when(result):
                die(subject.amount, after)
            return result

        setattr(where, name, stepped)

    around(sending, "mark_sending", before="noting")
    for name in ("momo", "orange", "orange-web", "mpesa"):
        module = providers.provider(name)
        network = "prepare" if name == "orange-web" else "send"
        around(module, network, before="asking", after="accepted")
        around(module, "ask", after="answered")
    around(asking, "store", before="booking", when=lambda attempt: attempt.status == "succeeded")
    around(asking, "apply", after="booked", when=lambda attempt: attempt.status == "succeeded")


def main(role: str) -> None:
    """Become one of the processes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    run_the_clock_fast()
    if role == "web":
        sys.argv = ["gunicorn", "--config", "clinic/gunicorn.py", "clinic.wsgi:application"]
        runpy.run_module("gunicorn", run_name="__main__")
        return
    if role == "story":
        from tests.soak import payment_story

        payment_story.main()
        return
    from clinic.celery import app

    common = ["--loglevel", "error"]
    if role == "beat":
        app.conf.beat_schedule = {"ask": {"task": "billing.tasks.reconcile", "schedule": 0.5}}
        app.start(["-q", "beat", "--pidfile=", "--schedule", str(HOME / "schedule"), *common])
        return
    app.loader.import_default_modules()
    make_mortal()
    app.start(["-q", "worker", "-c", "3", "--without-gossip", "--without-mingle", *common])


if __name__ == "__main__":
    main(sys.argv[1])
