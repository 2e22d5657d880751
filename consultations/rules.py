"""How a consultation may change, and which measurements are plausible. Pure functions."""

from dataclasses import dataclass

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "in-progress": ("finished", "entered-in-error"),
    "finished": ("entered-in-error",),
    "entered-in-error": (),
}


def may_change(status: str, to: str) -> bool:
    """Tell whether a consultation may go from one status to another."""
    return to in TRANSITIONS[status]


@dataclass(frozen=True)
class Range:
    """Limits of a vital sign, in thousandths of its unit.

    Outside `possible` it is refused, outside `usual` it is asked again.
    """

    possible: tuple[int, int]
    usual: tuple[int, int]


# Possible: what a living person can have, so that a slip of the decimal point is caught.
# Usual (adults): WHO, Pocket book of primary health care for children and adults, 2022 (to verify).
RANGES: dict[str, Range] = {
    "weight_kg": Range((300, 400_000), (1_500, 180_000)),
    "height_cm": Range((20_000, 250_000), (40_000, 210_000)),
    "temperature_c": Range((25_000, 45_000), (35_000, 40_500)),
    "systolic_mmhg": Range((30_000, 320_000), (80_000, 200_000)),
    "diastolic_mmhg": Range((10_000, 220_000), (40_000, 120_000)),
    "pulse_per_min": Range((15_000, 320_000), (45_000, 180_000)),
    "respiratory_rate_per_min": Range((3_000, 150_000), (8_000, 60_000)),
    "oxygen_saturation_percent": Range((20_000, 100_000), (90_000, 100_000)),
    "glucose_mmol_l": Range((300, 80_000), (3_000, 25_000)),
    "muac_mm": Range((50_000, 600_000), (115_000, 450_000)),
    "head_circumference_cm": Range((15_000, 70_000), (30_000, 62_000)),
}


def is_possible(name: str, value: int) -> bool:
    """Tell whether `value` (thousandths of the unit) can be true at all."""
    low, high = RANGES[name].possible
    return low <= value <= high


def is_usual(name: str, value: int) -> bool:
    """Tell whether `value` is one that nobody would ask about."""
    low, high = RANGES[name].usual
    return low <= value <= high
