"""When a disease needs attention: the thresholds of IDSR, and how an alert may change. Pure functions.

WHO AFRO, Technical Guidelines for Integrated Disease Surveillance and Response, 3rd ed., 2019, and WHO, Meningitis
outbreak response in sub-Saharan Africa, 2014 (thresholds for meningitis); as coded in public IDSR tools, to verify
against the national list. They are what counts until a country's authority changes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import mean, stdev

from surveillance.rules.detection import Z_C3, Z, c1, c2, c3

TRANSITIONS: dict[str, tuple[str, ...]] = {
    # An alert that becomes graver is open again.
    "open": ("acknowledged", "closed"),
    "acknowledged": ("investigated", "closed", "open"),
    "investigated": ("closed", "open"),
    "closed": ("open",),
}
LEVELS = ("alert", "epidemic")
SMALL_POPULATION = 30_000  # below it, numbers of cases instead of rates (meningitis)
LEAST_FOR_COMPARISON = 5  # fewer cases are never compared with other weeks
YEARS = 5


@dataclass(frozen=True)
class Threshold:
    """When a group of diagnoses alarms.

    Attributes:
        group: key of a group of diagnoses.
        method: `cases` in so many weeks; `rate` per 100,000 (cases where the population is small or unknown);
            `rise` by a factor over last week and the mean of four weeks, or above both the 75th percentile and
            the mean + 2 SD of the same three weeks in 5 years; or `ears`.
        alert: cases; for `rate` cases per 100,000; for `rise` the factor.
        epidemic: the same for an epidemic; 0 when numbers alone do not tell.
        weeks: over how many weeks cases are added.
        version: grows when somebody changes it; 1 is as delivered.
    """

    group: str
    method: str
    alert: float
    epidemic: float = 0
    weeks: int = 1
    version: int = 1
    is_active: bool = True


ONE_CASE = (
    "cholera", "haemorrhagic-fever", "lassa", "yellow-fever", "afp", "neonatal-tetanus", "anthrax", "plague",
    "rabies", "rift-valley-fever", "dengue", "chikungunya", "zika", "mpox", "dracunculiasis", "diphtheria",
    "smallpox", "influenza-novel", "typhoid", "maternal-death", "perinatal-death",
)  # fmt: skip
THRESHOLDS: tuple[Threshold, ...] = (
    *(Threshold(group, "cases", 1) for group in ONE_CASE),
    *(Threshold(group, "cases", 5, weeks=4) for group in ("measles", "rubella", "mumps")),
    Threshold("meningitis", "rate", 3, 10),
    Threshold("malaria", "rise", 1.5),
    *(
        Threshold(group, "ears", Z)
        for group in ("bloody-diarrhoea", "diarrhoea", "pneumonia", "influenza", "covid", "hepatitis")
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """An alarm: how grave, how many cases at least, and what they were compared with."""

    level: str
    numerator: int
    least: int
    denominator: int
    why: str


def judge(
    threshold: Threshold, counts: Sequence[int], at: int, population: int = 0
) -> Verdict | None:
    """Return the alarm of week `at` of a district, or None.

    Args:
        threshold: the rule.
        counts: cases by week, oldest first, without gaps.
        at: which week is judged.
        population: of the district; 0 when unknown.
    """
    if not threshold.is_active or counts[at] == 0:
        return None
    return METHODS[threshold.method](threshold, counts, at, population)


def _cases(threshold: Threshold, counts: Sequence[int], at: int, population: int) -> Verdict | None:
    return _reached(
        sum(counts[max(at - threshold.weeks + 1, 0) : at + 1]),
        ceil(threshold.alert), ceil(threshold.epidemic), population, "cases",
    )  # fmt: skip


def _reached(count: int, alert: int, epidemic: int, population: int, why: str) -> Verdict | None:
    if epidemic and count >= epidemic:
        return Verdict("epidemic", count, epidemic, population, why)
    return Verdict("alert", count, alert, population, why) if count >= alert else None


def _rate(threshold: Threshold, counts: Sequence[int], at: int, population: int) -> Verdict | None:
    count = counts[at]
    if population >= SMALL_POPULATION:
        per = population / 100_000
        alert, epidemic = ceil(threshold.alert * per), ceil(threshold.epidemic * per)
        return _reached(count, alert, epidemic, population, "rate")
    if count >= 2 and _doubles(counts, at):
        return Verdict("epidemic", count, 2, population, "doubling")
    return _reached(count, 2, 5, population, "small-population")


def _doubles(counts: Sequence[int], at: int) -> bool:
    """Tell whether cases doubled from week to week over three weeks."""
    if at < 2 or counts[at - 2] == 0:
        return False
    return counts[at - 1] >= 2 * counts[at - 2] and counts[at] >= 2 * counts[at - 1]


def _rise(threshold: Threshold, counts: Sequence[int], at: int, population: int) -> Verdict | None:
    count = counts[at]
    if count < LEAST_FOR_COMPARISON:
        return None
    before = counts[max(at - 4, 0) : at]
    if before and before[-1] and count >= threshold.alert * max(before[-1], mean(before)):
        return Verdict("alert", count, LEAST_FOR_COMPARISON, population, "rise")
    past = [
        counts[at - 52 * year + near] for year in range(1, YEARS + 1) for near in (-1, 0, 1)
        if at - 52 * year + near >= 0
    ]  # fmt: skip
    if len(past) < 3 * YEARS:
        return None
    usual = max(sorted(past)[len(past) * 3 // 4], mean(past) + 2 * stdev(past))
    if count > usual:
        return Verdict("alert", count, LEAST_FOR_COMPARISON, population, "percentile")
    return None


def _ears(threshold: Threshold, counts: Sequence[int], at: int, population: int) -> Verdict | None:
    count = counts[at]
    if count < LEAST_FOR_COMPARISON:
        return None
    now = c2(counts, at)
    for why, score in (("ears-c1", c1(counts, at)), ("ears-c2", now)):
        if score and score.value > threshold.alert:
            return Verdict("alert", count, LEAST_FOR_COMPARISON, population, why)
    sums = c3(counts, at)
    # C3 also remembers weeks that are over: it counts only while this week is unusual itself.
    if now and sums is not None and sums > Z_C3 and now.value > Z_C3:
        return Verdict("alert", count, LEAST_FOR_COMPARISON, population, "ears-c3")
    return None


METHODS = {"cases": _cases, "rate": _rate, "rise": _rise, "ears": _ears}


def graver(one: str, other: str) -> bool:
    """Tell whether level `one` is graver than `other`."""
    return LEVELS.index(one) > LEVELS.index(other)
