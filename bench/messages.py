"""Measures messages: 2,000 reminders due in one minute, written and handed over by one worker.

usage: python -m bench.messages (needs MongoDB and Redis: `make bench`)

The figure in seconds needs a quiet machine. Processor seconds by message do not: they are printed for the worker and
for the database, beside those of the stand-in, which shares the machine here and is somebody else's in real life.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("CARNET_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
os.environ["CELERY_EAGER"] = "0"
os.environ["MONGODB_NAME"] = "carnet_bench_messages"
os.environ["CACHE_PREFIX"] = "carnet-bench-messages"

REMINDERS = 2000
TARGET_SECONDS = 60
GIVE_UP_SECONDS = 300
DRIVERS = 4
SLOW_ANSWER_SECONDS = 0.3
ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Round:
    """What one round of reminders took."""

    seconds: float = 0.0
    worker: float = 0.0
    database: float = 0.0
    stand_in: float = 0.0
    before: float = 0.0
    after: float = 0.0
    accepted: int = 0


def main() -> int:
    """Print the rate beside that of the stand-in alone. Returns the exit code."""
    from tests.stand_ins import running_stand_in  # noqa: PLC0415 (the environment is made above)

    with running_stand_in() as stand_in:
        stand_in.control("balance", balance=1_000_000)
        os.environ["AFRICASTALKING_URL"] = stand_in.url
        os.environ["AFRICASTALKING_API_KEY"] = "stand-in-key"
        import django  # noqa: PLC0415

        django.setup()
        stand_in.control("hold-reports", hold=True)
        alone = _stand_in_alone()
        rounds = _with_a_worker(stand_in)
    print(f"stand-in alone             {alone:8.0f} messages/s, {DRIVERS} connections")
    for name, found in rounds.items():
        _print(name, found)
    growth = rounds["again"].after - rounds["at once"].after
    print(
        f"worker's memory            {growth:+8.1f} MB from the end of one round to that of the next"
    )
    good = all(
        row.accepted == REMINDERS and row.seconds <= TARGET_SECONDS for row in rounds.values()
    )
    return int(not good)


def _print(name: str, found: Round) -> None:
    each = 1000 / REMINDERS
    print(
        f"{REMINDERS} reminders, {name:15} {found.seconds:6.1f} s  {REMINDERS / found.seconds:5.0f}/s  "
        f"accepted {found.accepted}  CPU per message: worker {found.worker * each:.1f} ms, "
        f"MongoDB {found.database * each:.1f} ms, stand-in {found.stand_in * each:.1f} ms  "
        f"memory {found.before:.0f} -> {found.after:.0f} MB"
    )


def _stand_in_alone() -> float:
    from notifications import gateway  # noqa: PLC0415

    def drive() -> None:
        for number in range(REMINDERS // DRIVERS):
            gateway.send(f"+2376990{number:05d}", "Bonjour")

    began = time.monotonic()
    threads = [threading.Thread(target=drive) for _ in range(DRIVERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return REMINDERS / (time.monotonic() - began)


def _with_a_worker(stand_in: Any) -> dict[str, Round]:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    connection.ensure_connection()
    client = connection.database.client  # type: ignore[attr-defined]
    client.drop_database(connection.database.name)  # type: ignore[attr-defined]
    call_command("migrate", verbosity=0)
    database = client.admin.command("serverStatus")["pid"]
    command = [sys.executable, "-m", "celery", "-q", "-A", "clinic", "worker", "-c", "2"]
    worker = subprocess.Popen(
        [*command, "--loglevel", "error", "--without-gossip", "--without-mingle"], cwd=ROOT
    )
    try:
        time.sleep(6)
        pids = (worker.pid, int(database), stand_in.pid)
        rounds = {"at once": _round(stand_in, pids, 0), "again": _round(stand_in, pids, 1)}
        stand_in.control("faults", slow=1.0, slow_seconds=SLOW_ANSWER_SECONDS)
        rounds[f"answers {SLOW_ANSWER_SECONDS} s"] = _round(stand_in, pids, 2)
        return rounds
    finally:
        worker.terminate()
        worker.wait(30)
        client.drop_database(connection.database.name)  # type: ignore[attr-defined]


def _round(stand_in: Any, pids: tuple[int, int, int], number: int) -> Round:
    """Store appointments whose reminder falls due now, have the worker plan and send, and wait for the last."""
    from notifications.models import Message  # noqa: PLC0415
    from phone.tasks import plan  # noqa: PLC0415

    _book(number)
    taken = len(stand_in.accepted())
    processor = [_processor(pid) for pid in pids]
    found, began = Round(before=_memory(pids[0])), time.monotonic()
    plan.delay()
    while time.monotonic() - began < GIVE_UP_SECONDS:
        time.sleep(0.2)
        if Message.objects.filter(status="submitted").count() >= REMINDERS * (number + 1):
            break
    found.seconds = time.monotonic() - began
    found.worker, found.database, found.stand_in = (
        _processor(pid) - before for pid, before in zip(pids, processor, strict=True)
    )
    found.after, found.accepted = _memory(pids[0]), len(stand_in.accepted()) - taken
    return found


def _book(number: int) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Facility, FacilityKind  # noqa: PLC0415
    from appointments.models import Appointment  # noqa: PLC0415
    from patients.models import Patient  # noqa: PLC0415

    now = timezone.now()
    # Where it is day now: at night reminders wait, and the rounds would measure nothing.
    zone = "Africa/Douala" if 7 <= (now.hour + 1) % 24 < 20 else "Pacific/Auckland"
    place = Facility.objects.create(
        name=f"A{number}", kind=FacilityKind.CLINIC, sms_name="A", time_zone=zone
    )
    rows, booked = [], []
    for count in range(REMINDERS):
        patient = Patient(
            record_number=f"B{number}-{count}", given_name="Marthe", family_name="Ngo", sex="F",
            birth_date=now.date() - timedelta(days=9000), phone=f"+23769{number}0{count:05d}", registered_at=now,
            updated_at=now, facility_ids=[str(place.pk)], registered_in=str(place.pk),
        )  # fmt: skip
        rows.append(patient)
        start = now + timedelta(hours=47, minutes=59)
        appointment = Appointment(
            patient=patient, facility=place, start=start, local_date=start.date().isoformat(), holds_slot=False,
            created_at=now - timedelta(days=9),
        )  # fmt: skip
        booked.append(appointment)
    Patient.objects.bulk_create(rows)
    Appointment.objects.bulk_create(booked)


def _family(parent: int) -> list[Path]:
    """Return the /proc directories of a process and its children."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if parent in (int(directory.name), int(fields[1])):
            found.append(directory)
    return found


def _processor(parent: int) -> float:
    """Return the processor seconds that a process and its children have used."""
    total = 0
    for directory in _family(parent):
        fields = (directory / "stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _memory(parent: int) -> float:
    """Return the resident megabytes of a process and its children."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = sum(int((path / "statm").read_text().split()[1]) for path in _family(parent))
    return total * page / 1_048_576


if __name__ == "__main__":
    sys.exit(main())
