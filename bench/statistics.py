"""Measures the statistics at a million consultations: counting from zero, counting what changed, answering.

usage: python -m bench.statistics [CONSULTATIONS]
"""

import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

FACILITIES, DISTRICTS, YEARS = 40, 10, 1
CHANGED = 1_000
TARGET_REFRESH_S, TARGET_ANSWER_MS = 5.0, 50.0
CODES = (
    "B54",
    "B50.9",
    "J06",
    "A09",
    "I10",
    "E11",
    "J18",
    "K29",
    "L30",
    "N39",
    "R50",
    "M54",
    "A00",
    "B05",
    "G00",
)
WEIGHTS = (180, 60, 150, 90, 80, 50, 40, 60, 50, 50, 60, 80, 0.02, 0.3, 0.1)


def setup() -> None:
    """Start Django on a database of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    os.environ["MONGODB_NAME"] = "carnet_bench_statistics"
    os.environ.setdefault("CACHE_PREFIX", "bench")
    import django  # noqa: PLC0415

    django.setup()


def fill(size: int, now: datetime) -> list[Any]:
    """Write facilities, patients and signed consultations, without going through the pages."""
    from accounts.models import Facility  # noqa: PLC0415
    from clinic.db import collection, random_id  # noqa: PLC0415
    from consultations.models import Consultation  # noqa: PLC0415
    from patients.models import Patient  # noqa: PLC0415

    dice = random.Random(7)
    places = [
        Facility.objects.create(name=f"Clinique {n}", kind="clinic", district=f"District {n % DISTRICTS:02d}")
        for n in range(FACILITIES)
    ]  # fmt: skip
    people = [random_id() for _ in range(max(size // 5, 100))]
    born = datetime.combine(date(1935, 1, 1), datetime.min.time())
    rows: Any = [
        {"_id": key, "sex": dice.choice("FM"), "birth_date": born + timedelta(days=dice.randrange(33_000)),
         "record_number": str(n)}
        for n, key in enumerate(people)
    ]  # fmt: skip
    for start in range(0, len(rows), 20_000):
        collection(Patient).insert_many(rows[start : start + 20_000], ordered=False)
    seconds = YEARS * 365 * 86_400
    naive = now.astimezone(UTC).replace(tzinfo=None)
    for start in range(0, size, 20_000):
        batch = []
        for _ in range(min(20_000, size - start)):
            at = naive - timedelta(seconds=dice.randrange(seconds))
            batch.append({
                "_id": random_id(), "patient_id": dice.choice(people), "facility_id": dice.choice(places).pk,
                "started_at": at, "finished_at": at, "changed_at": at, "status": "finished",
                "diagnoses": [{"code": code, "text": code} for code in dice.choices(CODES, WEIGHTS, k=1)],
            })  # fmt: skip
        collection(Consultation).insert_many(batch, ordered=False)
    return places


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds it took, and what came of it."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def change(places: list[Any], now: datetime) -> None:
    """Write a day's new consultations, spread over the facilities."""
    from clinic.db import collection, random_id  # noqa: PLC0415
    from consultations.models import Consultation  # noqa: PLC0415
    from patients.models import Patient  # noqa: PLC0415

    dice = random.Random(8)
    people = [row["_id"] for row in collection(Patient).find({}, {"_id": 1}).limit(5_000)]
    naive = now.astimezone(UTC).replace(tzinfo=None)
    rows = [
        {
            "_id": random_id(), "patient_id": dice.choice(people), "facility_id": dice.choice(places).pk,
            "started_at": naive - timedelta(minutes=dice.randrange(600)), "finished_at": naive, "changed_at": naive,
            "status": "finished", "diagnoses": [{"code": "B54", "text": "paludisme"}],
        }
        for _ in range(CHANGED)
    ]  # fmt: skip
    collection(Consultation).insert_many(rows)


def answers(now: datetime) -> None:
    """Measure questions over twenty weeks."""
    from surveillance.queries.published import Question, answer  # noqa: PLC0415
    from surveillance.rules.weeks import shift, week_of  # noqa: PLC0415

    last = week_of(now.date())
    for by in (
        ("week", "diagnosis"),
        ("week", "district"),
        ("week", "ageBand"),
        ("diagnosis", "facility"),
    ):
        asked = Question(
            "CM", shift(last, -20), last, by, group="malaria" if "ageBand" in by else ""
        )
        answer(asked)
        times = sorted(timed(lambda asked=asked: answer(asked))[0] * 1000 for _ in range(15))
        verdict = "ok" if times[7] < TARGET_ANSWER_MS else "TOO SLOW"
        print(
            f"20 weeks by {', '.join(by)}: p50 {times[7]:.0f} ms, slowest {times[-1]:.0f} ms, {verdict}"
        )


def main(size: int) -> None:
    """Fill, measure, print, and remove the database."""
    setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from accounts.permissions import SYSTEM  # noqa: PLC0415
    from surveillance import actions  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC)
    try:
        filled, places = timed(lambda: fill(size, now - timedelta(hours=1)))
        print(f"{size:,} consultations in {FACILITIES} facilities written in {filled:.0f} s")
        rebuilt, weeks = timed(lambda: actions.rebuild(by=SYSTEM, now=now - timedelta(minutes=30)))
        print(f"counted from zero: {rebuilt:.1f} s ({weeks:,} weeks of facilities)")
        published, count = timed(lambda: actions.publish_due(by=SYSTEM, now=now))
        print(f"published {count} weeks: {published:.1f} s")
        change(places, now)
        seconds, dirty = timed(lambda: actions.refresh(by=SYSTEM, now=now))
        verdict = "ok" if seconds < TARGET_REFRESH_S else "TOO SLOW"
        print(
            f"{CHANGED:,} new consultations counted: {seconds:.2f} s ({dirty} weeks of facilities), {verdict}"
        )
        answers(now)
    finally:
        connection.connection.drop_database("carnet_bench_statistics")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
