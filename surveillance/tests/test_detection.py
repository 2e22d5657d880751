"""EARS on a series whose values are known, and at its edges."""

import pytest

from surveillance.rules.detection import c1, c2, c3

pytestmark = pytest.mark.no_servers
SERIES = (2, 3, 1, 4, 2, 3, 2, 5, 4, 9, 14)


@pytest.mark.parametrize(
    ("at", "mean", "sd", "z"), [(9, 2.429, 0.976, 6.73), (10, 2.857, 1.345, 8.28)]
)
def test_c2_of_the_check_series(at, mean, sd, z):
    score = c2(SERIES, at, min_sd=0)
    assert (round(score.expected, 3), round(score.spread, 3)) == (mean, sd)
    assert round(score.value, 2) == z


def test_the_first_weeks_that_can_be_watched():
    assert [c1(SERIES, 6), c2(SERIES, 8), c3(SERIES, 10)] == [None, None, None]
    assert c1(SERIES, 7) is not None
    assert c2(SERIES, 9) is not None
    assert c3((*SERIES, 3), 11) is not None


def test_c3_adds_what_exceeds_one_over_three_weeks():
    series = (*SERIES, 12)
    parts = [max(0, c2(series, at).value - 1) for at in (9, 10, 11)]
    assert c3(series, 11) == pytest.approx(sum(parts))


def test_a_single_case_in_a_quiet_place_is_no_alarm():
    score = c2([0] * 9 + [3], 9)
    assert score.limit == pytest.approx(3.09)
    assert not score.limit < 3
