"""Measures the safety engine: time a check, orders a second, load time, memory, growth with rules.

usage: python -m bench.engine
"""

from __future__ import annotations

import copy
import gc
import json
import random
import resource
import subprocess
import sys
import time
from typing import Any

from pharmacy.safety import Allergy, Condition, Line, Measurement, Patient, check, load
from pharmacy.safety.knowledge import INDEX, Knowledge

SEED = 20260
ORDERS = 400
LINES, CURRENT, CONDITIONS, ALLERGIES = 10, 20, 10, 5
TARGET_P50_MS, TARGET_P99_MS, TARGET_ORDERS_S = 1.0, 3.0, 1000
TARGET_LOAD_S, TARGET_MB = 0.5, 60
Order = tuple[Patient, tuple[Line, ...], tuple[Line, ...]]


def _lines(dice: random.Random, knowledge: Knowledge, count: int, prefix: str) -> tuple[Line, ...]:
    names = sorted(knowledge.substances)
    return tuple(
        Line(
            f"{prefix}{place}",
            dice.choice(names),
            dice.choice(("oral", "oral", "oral", "iv", "im")),
            dice.choice((5, 50, 250, 500)) * 1000,
            "",
            dice.randint(1, 3),
        )
        for place in range(count)
    )


def orders(knowledge: Knowledge, count: int) -> list[Order]:
    """Random orders of ten lines, twenty current medicines, ten conditions, five allergies."""
    dice = random.Random(SEED)
    codes = sorted(code for code in knowledge.labels if code[:1].isalpha())
    allergens = sorted(knowledge.index["allergens"]) or sorted(knowledge.substances)
    return [
        (
            Patient(
                age_days=dice.randint(10, 33000),
                sex=dice.choice("MF"),
                weight_g=dice.randint(3000, 90000),
                conditions=tuple(
                    Condition("", dice.choice(codes), "active", f"c{place}")
                    for place in range(CONDITIONS)
                ),
                allergies=tuple(
                    Allergy(dice.choice(allergens), f"a{place}") for place in range(ALLERGIES)
                ),
                measurements=(Measurement("potassium_mmol_l", 4200, 3, "k"),),
            ),
            _lines(dice, knowledge, LINES, "o"),
            _lines(dice, knowledge, CURRENT, "c"),
        )
        for _ in range(count)
    ]


def timed(knowledge: Knowledge, sample: list[Order]) -> list[float]:
    """Milliseconds of processor time of each check, sorted, once every name was met before."""
    for patient, order, current in sample:
        check(knowledge, patient, order, current)
    taken = []
    gc.collect()
    gc.freeze()
    for patient, order, current in sample:
        start = time.process_time()
        check(knowledge, patient, order, current)
        taken.append((time.process_time() - start) * 1000)
    return sorted(taken)


def at(taken: list[float], share: float) -> float:
    """The value below which the share of all lies."""
    return taken[min(int(len(taken) * share), len(taken) - 1)]


def multiplied(index: dict[str, Any], times: int) -> dict[str, Any]:
    """The index with each rule copied: the copies speak of substances nobody orders."""
    grown = copy.copy(index)
    invented = [f"synthetic {number}" for number in range(50 * (times - 1))]
    grown["sets"] = [*index["sets"], *([name] for name in invented)]
    first = len(index["sets"])
    extra = [
        {**rule, "id": f"{rule['id']}.{copy_}", "subject": first + (place % max(len(invented), 1))}
        for copy_ in range(1, times)
        for place, rule in enumerate(index["rules"])
    ]
    grown["rules"] = [*index["rules"], *extra]
    return grown


def loading() -> tuple[float, float]:
    """(seconds to load, megabytes the loaded knowledge adds), in a process of its own."""
    script = (
        "import resource,time;from pharmacy.safety import load;"
        "m=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;t=time.perf_counter();k=load();"
        "s=time.perf_counter()-t;"
        "print(s,(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss-m)/1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    seconds, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def say(name: str, value: float, target: float, unit: str, *, least: bool = False) -> None:
    """One line: the figure, its target, and the ratio (1 or less is within)."""
    ratio = target / value if least else value / target
    verdict = "ok" if ratio <= 1 else "OVER"
    sys.stdout.write(
        f"{name:32} {value:10.3f} {unit:9} target {target:8.1f}  ratio {ratio:6.2f}  {verdict}\n"
    )


def main() -> None:
    """Print every figure with its target and ratio."""
    seconds, megabytes = loading()
    knowledge = load()
    sample = orders(knowledge, ORDERS)
    taken = timed(knowledge, sample)
    rate = len(taken) * 1000 / sum(taken)
    sys.stdout.write(f"engine: {len(knowledge.rules)} rules, {len(knowledge.doses)} dose entries\n")
    say("engine load", seconds, TARGET_LOAD_S, "s")
    say("engine memory", megabytes, TARGET_MB, "MB")
    say("engine p50", at(taken, 0.5), TARGET_P50_MS, "ms")
    say("engine p99", at(taken, 0.99), TARGET_P99_MS, "ms")
    say("engine orders a second", rate, TARGET_ORDERS_S, "/s", least=True)
    _small(knowledge)
    index = json.loads(INDEX.read_text(encoding="utf8"))
    base = at(taken, 0.5)
    for times in (1, 4, 16):
        grown = Knowledge(multiplied(index, times))
        p50 = at(timed(grown, sample), 0.5)
        say(f"engine p50, {times}x rules ({len(grown.rules)})", p50, base * 1.5, "ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak memory of this run {peak:.0f} MB\n")


def _small(knowledge: Knowledge) -> None:
    sample = [
        (patient, order[:2], current[:3]) for patient, order, current in orders(knowledge, ORDERS)
    ]
    taken = timed(knowledge, sample)
    say("engine p50, 2 lines x 3 current", at(taken, 0.5), TARGET_P50_MS, "ms")


if __name__ == "__main__":
    main()
