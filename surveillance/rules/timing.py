"""How long openings took, kept as counts by duration: no single one is stored. Pure functions."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

# Upper bounds in milliseconds; the last bucket holds what took longer.
BOUNDS = (
    5,
    10,
    15,
    20,
    30,
    40,
    50,
    75,
    100,
    150,
    200,
    300,
    400,
    500,
    750,
    1000,
    1500,
    2000,
    3000,
    5000,
    10_000,
)
BUCKETS = len(BOUNDS) + 1


def bucket_of(milliseconds: float) -> int:
    """Return the number of the bucket that a duration falls into."""
    return bisect_left(BOUNDS, milliseconds)


def quantile(counts: Sequence[int], share: float) -> int | None:
    """Return the duration in milliseconds that this share of openings did not exceed, or None when there are none.

    Within a bucket they are taken to be spread evenly; beyond the last bound that bound is returned.

    Args:
        counts: one for each bucket.
        share: 0.5 for the median.
    """
    total = sum(counts)
    if not total:
        return None
    wanted = share * total
    for place, until in enumerate(accumulate(counts)):
        if until >= wanted and counts[place]:
            if place == len(BOUNDS):
                return BOUNDS[-1]
            low, high = BOUNDS[place - 1] if place else 0, BOUNDS[place]
            into = (wanted - (until - counts[place])) / counts[place]
            return round(low + into * (high - low))
    return BOUNDS[-1]
