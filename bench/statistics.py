"""Measures the statistics on the way to a million consultations: counting from zero, what changed, answering.

usage: python -m bench.statistics [CONSULTATIONS]

At a tenth, a half and all of the consultations (1,000,000 when not said; or BENCH_CONSULTATIONS), so that growth shows.
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
USUAL_SIZE, STEPS = 1_000_000, (0.1, 0.5, 1.0)
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


def lay_out(size: int) -> tuple[list[Any], list[Any]]:
    """Write facilities and patients. Returns the facilities and the ids of the patients."""
    from accounts.models import Facility  # noqa: PLC0415
    from clinic.db import collection, random_id  # noqa: PLC0415
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
    return places, people


def fill(count: int, seed: int, places: list[Any], people: list[Any], now: datetime) -> None:
    """Write signed consultations, spread over the year, without going through the pages."""
    from clinic.db import collection, random_id  # noqa: PLC0415
    from consultations.models import Consultation  # noqa: PLC0415

    dice = random.Random(seed)
    seconds = YEARS * 365 * 86_400
    naive = now.astimezone(UTC).replace(tzinfo=None)
    for start in range(0, count, 20_000):
        batch = []
        for _ in range(min(20_000, count - start)):
            at = naive - timedelta(seconds=dice.randrange(seconds))
            code = dice.choices(CODES, WEIGHTS, k=1)[0]
            batch.append({
                "_id": random_id(), "patient_id": dice.choice(people), "facility_id": dice.choice(places).pk,
                "started_at": at, "finished_at": at, "changed_at": at, "status": "finished",
                "diagnoses": [{"code": code, "text": code}],
            })  # fmt: skip
        collection(Consultation).insert_many(batch, ordered=False)


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


def answers(now: datetime) -> list[tuple[str, float, float]]:
    """Measure questions over twenty weeks. Returns what was asked, the median and the slowest in ms."""
    from surveillance.queries.published import Question, answer  # noqa: PLC0415
    from surveillance.rules.weeks import shift, week_of  # noqa: PLC0415

    last, found = week_of(now.date()), []
    for by in (
        ("week", "diagnosis"),
        ("week", "district"),
        ("week", "ageBand"),
        ("diagnosis", "facility"),
    ):
        group = "malaria" if "ageBand" in by else ""
        asked = Question("CM", shift(last, -20), last, by, group=group)
        answer(asked)
        times = sorted(timed(lambda asked=asked: answer(asked))[0] * 1000 for _ in range(15))
        found.append((", ".join(by), times[7], times[-1]))
    return found


def measure(count: int, seed: int, places: list[Any], people: list[Any], now: datetime) -> bool:
    """Write more consultations, measure, print. Returns whether all targets were met."""
    from accounts.permissions import SYSTEM  # noqa: PLC0415
    from consultations.models import Consultation  # noqa: PLC0415
    from surveillance import actions  # noqa: PLC0415
    from surveillance.models import PublishedTable, PublishedWeek  # noqa: PLC0415

    filled, _ = timed(lambda: fill(count, seed, places, people, now - timedelta(hours=1)))
    PublishedWeek.objects.all().delete()
    PublishedTable.objects.all().delete()
    rebuilt, weeks = timed(lambda: actions.rebuild(by=SYSTEM, now=now - timedelta(minutes=30)))
    published, many = timed(lambda: actions.publish_due(by=SYSTEM, now=now))
    change(places, now)
    seconds, dirty = timed(lambda: actions.refresh(by=SYSTEM, now=now))
    found = answers(now)
    ok = seconds < TARGET_REFRESH_S and all(median < TARGET_ANSWER_MS for _, median, _ in found)
    print(
        f"{Consultation.objects.count():>9,} consultations ({count:,} more written in {filled:.0f} s)"
    )
    print(f"          from zero {rebuilt:.1f} s ({weeks:,} weeks of facilities)")
    print(f"          {many} weeks published in {published:.1f} s")
    print(
        f"          {CHANGED:,} new ones counted in {seconds:.2f} s ({dirty} weeks of facilities)"
    )
    for by, median, slowest in found:
        print(f"          20 weeks by {by}: p50 {median:.0f} ms, slowest {slowest:.0f} ms")
    targets = f"refresh < {TARGET_REFRESH_S:.0f} s and answers < {TARGET_ANSWER_MS:.0f} ms"
    print(f"          {targets}: {'ok' if ok else 'MISSED'}")
    return ok


def main(size: int | None = None) -> int:
    """Fill, measure at each step, and remove the database; 1 when a target was missed."""
    setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    wanted = size or int(os.environ.get("BENCH_CONSULTATIONS") or USUAL_SIZE)
    now = datetime.now(UTC)
    try:
        places, people = lay_out(wanted)
        print(
            f"{FACILITIES} facilities in {DISTRICTS} districts, {len(people):,} patients, {YEARS} year"
        )
        done, met = 0, []
        for seed, step in enumerate(STEPS):
            count = int(wanted * step) - done
            done += count
            met.append(measure(count, seed, places, people, now))
    finally:
        connection.connection.drop_database("carnet_bench_statistics")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else None))
