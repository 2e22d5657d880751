"""Measures messages: 2,000 reminders due in one minute, written and handed over by one worker.

usage: python -m bench.messages (needs MongoDB and Redis: `make bench`)
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("CARNET_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
os.environ["CELERY_EAGER"] = "0"
os.environ["MONGODB_NAME"] = "carnet_bench_messages"
os.environ["CACHE_PREFIX"] = "carnet-bench-messages"

REMINDERS = 2000
TARGET_SECONDS = 60
DRIVERS = 4
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print the rate beside that of the stand-in alone. Returns the exit code."""
    from tests.stand_ins import running_stand_in  # noqa: PLC0415 (the environment is made above)

    with running_stand_in() as stand_in:
        stand_in.control("hold-reports", hold=True)
        os.environ["AFRICASTALKING_URL"] = stand_in.url
        os.environ["AFRICASTALKING_API_KEY"] = "stand-in-key"
        import django  # noqa: PLC0415

        django.setup()
        alone = _stand_in_alone(stand_in)
        stand_in.control("reset")
        stand_in.control("hold-reports", hold=True)
        written, sent, growth = _measure(stand_in)
    print(f"stand-in alone             {alone:8.0f} messages/s")
    print(f"{REMINDERS} reminders written     {written:8.1f} s   {REMINDERS / written:6.0f}/s")
    print(f"handed over by one worker  {sent:8.1f} s   {REMINDERS / sent:6.0f}/s")
    print(f"both together              {written + sent:8.1f} s   target {TARGET_SECONDS} s")
    print(f"worker memory growth       {growth:8.1f} MB between the first and the last hundred")
    return int(written + sent > TARGET_SECONDS)


def _stand_in_alone(stand_in: object) -> float:
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


def _measure(stand_in: object) -> tuple[float, float, float]:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    connection.ensure_connection()
    connection.database.client.drop_database(connection.database.name)  # type: ignore[attr-defined]
    call_command("migrate", verbosity=0)
    _book()
    command = [
        sys.executable,
        "-m",
        "celery",
        "-q",
        "-A",
        "clinic",
        "worker",
        "-c",
        "2",
        "--loglevel",
        "error",
    ]
    worker = subprocess.Popen([*command, "--without-gossip", "--without-mingle"], cwd=ROOT)
    try:
        time.sleep(6)
        return _watch(worker.pid)
    finally:
        worker.terminate()
        worker.wait(30)
        connection.database.client.drop_database(connection.database.name)  # type: ignore[attr-defined]


def _book() -> None:
    """Store appointments whose reminder falls due now."""
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Facility, FacilityKind  # noqa: PLC0415
    from appointments.models import Appointment  # noqa: PLC0415
    from patients.models import Patient  # noqa: PLC0415

    now = timezone.now()
    zone = "Africa/Douala" if 7 <= (now.hour + 1) % 24 < 20 else "Pacific/Auckland"
    place = Facility.objects.create(
        name="A", kind=FacilityKind.CLINIC, sms_name="A", time_zone=zone
    )
    rows, booked = [], []
    for number in range(REMINDERS):
        patient = Patient(
            record_number=f"B{number}", given_name="Marthe", family_name="Ngo", sex="F",
            birth_date=now.date() - timedelta(days=9000), phone=f"+2376990{number:05d}", registered_at=now,
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


def _watch(worker: int) -> tuple[float, float, float]:
    from notifications.models import Message  # noqa: PLC0415
    from notifications.tasks import sweep  # noqa: PLC0415
    from phone.tasks import plan  # noqa: PLC0415

    began = time.monotonic()
    plan()
    written = time.monotonic() - began
    began = time.monotonic()
    sweep()
    first = 0.0
    while (
        left := Message.objects.exclude(status="submitted").count()
    ) and time.monotonic() - began < 300:
        first = first or (_memory(worker) if left < REMINDERS - 100 else 0.0)
        time.sleep(0.2)
    return written, time.monotonic() - began, _memory(worker) - first


def _memory(worker: int) -> float:
    """Return the resident megabytes of a worker and its children."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if worker in (int(fields["Pid"]), int(fields["PPid"])):
            total += int(fields.get("VmRSS", "0 kB").split()[0]) / 1024
    return total


if __name__ == "__main__":
    sys.exit(main())
