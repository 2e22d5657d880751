"""When weekly counts are unusual: EARS C1, C2 and C3, and the IDSR comparisons. Pure functions.

EARS: Hutwagner L, et al. The bioterrorism preparedness and response Early Aberration Reporting System (EARS).
J Urban Health 2003;80:i89–96; parameters as in the R package `surveillance` (z 3.09 for C1 and C2, 1.96 for C3),
applied to weeks. The spread is never taken below that of a Poisson count, nor below 1: seven weeks happen to be
alike often enough, and in a quiet place a single case would alarm. With `min_sd=0` it is plain EARS.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev

BASELINE = 7
GAP = 2
Z = 3.09
Z_C3 = 1.96
MIN_SD = 1.0


@dataclass(frozen=True)
class Score:
    """How unusual one week is: the expected count, its spread, and the distance in spreads."""

    expected: float
    spread: float
    value: float

    @property
    def limit(self) -> float:
        """Return the count above which C1 and C2 alarm."""
        return self.expected + Z * self.spread


def c1(counts: Sequence[int], at: int, min_sd: float = MIN_SD) -> Score | None:
    """Return C1 of week `at`: against the 7 weeks before it; None when there are not as many."""
    return _score(counts, at, 0, min_sd)


def c2(counts: Sequence[int], at: int, min_sd: float = MIN_SD) -> Score | None:
    """Return C2 of week `at`: against 7 weeks that end 3 weeks before it, so that a slow rise is seen too."""
    return _score(counts, at, GAP, min_sd)


def c3(counts: Sequence[int], at: int, min_sd: float = MIN_SD) -> float | None:
    """Return C3 of week `at`: what C2 exceeds 1 by, over this week and the two before; alarms above 1.96."""
    scores = [c2(counts, place, min_sd) for place in (at, at - 1, at - 2)]
    if any(score is None for score in scores):
        return None
    return sum(max(0.0, score.value - 1) for score in scores if score)


def _score(counts: Sequence[int], at: int, gap: int, min_sd: float) -> Score | None:
    first = at - gap - BASELINE
    if first < 0 or at >= len(counts):
        return None
    base = counts[first : first + BASELINE]
    expected = mean(base)
    floor = max(min_sd, sqrt(expected)) if min_sd else 0.0
    spread = max(stdev(base), floor)
    return Score(expected, spread, (counts[at] - expected) / spread)
