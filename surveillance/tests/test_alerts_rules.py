"""The thresholds below, at and above; simulated seasons; and how often quiet years alarm for nothing."""

import random

import pytest

from surveillance.rules.alerts import ONE_CASE, THRESHOLDS, Threshold, graver, judge

pytestmark = pytest.mark.no_servers
BY_GROUP = {threshold.group: threshold for threshold in THRESHOLDS}


def level(group, counts, population=0):
    found = judge(BY_GROUP[group], counts, len(counts) - 1, population)
    return found.level if found else None


@pytest.mark.parametrize("group", ONE_CASE)
def test_one_case_is_enough(group):
    assert level(group, [0, 1]) == "alert"
    assert level(group, [1, 0]) is None


@pytest.mark.parametrize(
    ("counts", "population", "expected"),
    [
        ([1], 0, None), ([2], 0, "alert"), ([4], 0, "alert"), ([5], 0, "epidemic"),
        ([1], 29_999, None), ([2], 29_999, "alert"),
        ([0, 2], 100_000, None), ([3], 100_000, "alert"), ([9], 100_000, "alert"), ([10], 100_000, "epidemic"),
        ([2], 60_000, "alert"), ([1], 60_000, None), ([6], 60_000, "epidemic"), ([8], 300_000, None),
        ([1, 2, 4], 0, "epidemic"), ([1, 2, 3], 0, "alert"),
    ],
)  # fmt: skip
def test_meningitis(counts, population, expected):
    assert level("meningitis", counts, population) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([4], None), ([5], "alert"), ([2, 1, 1, 1], "alert"), ([2, 0, 1, 1, 1], None), ([5, 0], None)],
)
def test_measles_adds_up_four_weeks(counts, expected):
    assert level("measles", counts) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([10, 14], None), ([10, 15], "alert"), ([2, 4], None), ([0, 9], None), ([4, 6], "alert")],
)
def test_malaria_rises_by_half(counts, expected):
    assert level("malaria", counts) == expected


def test_malaria_above_what_the_same_weeks_of_five_years_saw():
    years = [20, 22, 18, 21] * 66  # 264 weeks
    assert level("malaria", [*years[:262], 22, 22]) is None  # within mean + 2 SD
    assert level("malaria", [*years[:262], 23, 25]) == "alert"
    assert level("malaria", [*years[52:262], 23, 25]) is None  # four years are too few


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([5] * 9 + [11], None),
        ([5] * 9 + [12], "alert"),
        ([0] * 9 + [4], None),
        ([5] * 6 + [50], None),
    ],
)
def test_ears_needs_history_and_five_cases(counts, expected):
    assert level("diarrhoea", counts) == expected


def test_a_rule_that_was_switched_off_is_silent():
    assert judge(Threshold("cholera", "cases", 1, is_active=False), [9], 0) is None
    assert graver("epidemic", "alert")
    assert not graver("alert", "alert")


def poisson(dice, mean):
    """Return a Poisson number (Knuth)."""
    limit, count, product = 2.718281828459045**-mean, 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return count


def alarms(group, counts, first=0, population=0):
    rule = BY_GROUP[group]
    return [at for at in range(first, len(counts)) if judge(rule, counts, at, population)]


def test_a_simulated_cholera_season_fires_in_its_first_week():
    season = [0] * 20 + [1, 3, 8, 15, 9, 4, 0, 0]
    assert alarms("cholera", season) == list(range(20, 26))


def test_a_simulated_meningitis_season_goes_from_alert_to_epidemic():
    dice = random.Random(5)
    season = [poisson(dice, mean) for mean in [0.3] * 20 + [2, 5, 9, 16, 22, 14, 6, 2]]
    levels = [judge(BY_GROUP["meningitis"], season, at, 90_000) for at in range(len(season))]
    fired = [at for at, verdict in enumerate(levels) if verdict]
    assert 20 <= fired[0] <= 22
    assert "epidemic" in {verdict.level for verdict in levels if verdict}
    assert all(at >= 20 for at in fired)


def test_a_simulated_malaria_epidemic_fires_while_it_rises():
    dice = random.Random(8)
    season = [poisson(dice, mean) for mean in [30] * 30 + [45, 75, 120, 150, 110, 70, 40]]
    assert any(30 <= at <= 32 for at in alarms("malaria", season))


def seasonal(dice, mean, weeks=52 * 10):
    from math import cos, pi

    return [poisson(dice, mean * (1 + 0.4 * cos(2 * pi * week / 52))) for week in range(weeks)]


@pytest.mark.parametrize(
    ("group", "mean", "most"),
    [
        ("malaria", 60, 3), ("malaria", 15, 5), ("diarrhoea", 25, 5), ("diarrhoea", 8, 3), ("pneumonia", 3, 2),
        ("meningitis", 0.1, 1), ("measles", 0.2, 1),
    ],
)  # fmt: skip
def test_false_alarms_a_year_on_seasonal_noisy_quiet_years(group, mean, most, capsys):
    """Five watched years without any epidemic, in 10 districts; docs/statistics.md has the figures."""
    counts = [seasonal(random.Random(seed), mean) for seed in range(10)]
    a_year = sum(len(alarms(group, series, 260, 50_000)) for series in counts) / 10 / 5
    with capsys.disabled():
        text = f"  {group}, {mean} cases a week: {a_year:.1f} false alarms a year and district"
        print(text)  # noqa: T201
    assert a_year <= most
