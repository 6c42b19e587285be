"""Shares with exact intervals, against statsmodels and against the binomial distribution itself."""

import math

import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from foveate.stats.proportion import proportion


@pytest.mark.parametrize(("successes", "items"), [(0, 10), (10, 10), (1, 10), (37, 40), (500, 1000), (1, 1)])
def test_it_equals_statsmodels(successes: int, items: int) -> None:
    found = proportion(successes, items)
    assert found.mean == successes / items
    assert (found.low, found.high) == pytest.approx(proportion_confint(successes, items, method="beta"), abs=1e-9)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_it_covers_the_true_share_at_least_as_often_as_it_says(share: float) -> None:
    covered = 0.0
    for successes in range(41):
        found = proportion(successes, 40)
        assert found.low is not None
        assert found.high is not None
        covered += binom.pmf(successes, 40, share) * (found.low <= share <= found.high)
    assert 0.95 <= covered < 0.999


def test_of_nothing_there_is_no_share() -> None:
    found = proportion(0, 0)
    assert math.isnan(found.mean)
    assert (found.low, found.high, found.method) == (None, None, "nothing was scored")
