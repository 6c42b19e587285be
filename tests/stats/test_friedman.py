"""Friedman's test: equal to scipy, over clusters."""

import numpy as np
import pytest
from scipy import stats

from foveate.errors import UsageError
from foveate.stats import friedman


@pytest.mark.parametrize("ties", [False, True], ids=["continuous", "ties"])
def test_it_equals_scipy(ties: bool) -> None:
    values = np.random.default_rng(0).normal(size=(4, 20)) + np.arange(4)[:, None] / 4
    values = values.round() if ties else values
    wanted = stats.friedmanchisquare(*values)
    got = friedman(values, list(range(20)))
    assert (got.statistic, got.p) == pytest.approx((wanted.statistic, wanted.pvalue), abs=1e-9)
    assert (got.conditions, got.clusters) == (4, 20)


def test_spans_are_averaged_first_and_those_that_lack_one_are_left_out() -> None:
    values = np.random.default_rng(0).normal(size=(3, 16))
    clusters = [place // 2 for place in range(16)]
    values[1, 4] = np.nan
    means = values.reshape(3, 8, 2).mean(axis=2)
    means[:, 2] = values[:, 5]
    assert friedman(values, clusters).p == pytest.approx(stats.friedmanchisquare(*means).pvalue)


def test_what_is_equal_but_for_rounding_ties() -> None:
    first, second = np.full(8, 0.1 + 0.2), np.full(8, 0.3)
    assert friedman([first, second, second], list(range(8))).statistic is None


def test_too_few_clusters_or_conditions() -> None:
    values = np.random.default_rng(0).normal(size=(3, 5))
    assert friedman(values, list(range(5))).p is None
    with pytest.raises(UsageError, match="three or more conditions, got 2"):
        friedman(values[:2], list(range(5)))
