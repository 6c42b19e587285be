"""Means of shares: the interval keeps within 0 and 1, and holds the truth where they are skewed."""

import math

import numpy as np
import pytest
from scipy import stats

from foveate.stats.interval import NO_SPREAD, NOTHING, TOO_FEW, Interval, interval
from foveate.stats.shares import METHOD, interval_of_shares


def test_it_is_as_wide_as_the_delta_method_says_or_wider() -> None:
    shares = np.array([0.9, 0.8, 1.0, 0.95, 1.0, 0.85, 0.7])
    found = interval_of_shares(shares, range(7))
    assert found.low is not None
    assert found.high is not None
    low, middle, high = (math.log(each / (1 - each)) for each in (found.low, found.mean, found.high))
    by_t = stats.t.ppf(0.975, 6) * shares.std(ddof=1) / math.sqrt(7) / (found.mean * (1 - found.mean))
    assert middle - low == pytest.approx(by_t)
    assert by_t * 1.01 < high - middle < by_t * 2  # the bootstrap's
    assert (found.mean, found.clusters, found.method) == (pytest.approx(shares.mean()), 7, METHOD)
    assert found.high < 1


def test_the_other_side_is_the_mirror_image() -> None:
    shares = np.array([0.0, 0.2, 0.05, 0.0, 0.0, 0.1])
    rare, common = interval_of_shares(shares, range(6)), interval_of_shares(1 - shares, range(6))
    assert rare.low is not None
    assert rare.high is not None
    assert (common.low, common.high) == pytest.approx((1 - rare.high, 1 - rare.low))


@pytest.mark.parametrize(
    ("shares", "method"),
    [
        pytest.param([], NOTHING, id="none"),
        pytest.param([0.2, 0.4, 0.6, 0.1, 0.3], TOO_FEW, id="five clusters"),
        pytest.param([0.5] * 9, NO_SPREAD, id="all ties"),
    ],
)
def test_without_evidence_there_is_no_interval(shares: list[float], method: str) -> None:
    found = interval_of_shares(shares, range(len(shares)))
    assert (found.low, found.high, found.method) == (None, None, method)


@pytest.mark.parametrize("other", [pytest.param(0.0, id="one without any"), pytest.param(1.0, id="one that is all")])
def test_one_cluster_beside_others_that_are_nearly_equal_has_an_end_and_no_overflow(other: float) -> None:
    found = interval_of_shares([other, 0.5, 0.5001, 0.4999, 0.5002, 0.5], range(6))
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.mean < found.high <= 1
    assert found.high - found.low > 0.4  # what the one says of the others is next to nothing


@pytest.mark.parametrize("all_of_them", [pytest.param(0.0, id="never"), pytest.param(1.0, id="always")])
def test_never_and_always_have_that_of_one_answer_a_cluster(all_of_them: float) -> None:
    # many spans, that are all alike, are no more evidence than their clusters
    found = interval_of_shares([all_of_them] * 80, [k // 10 for k in range(80)])
    assert found == interval([all_of_them] * 8, range(8))
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.3


@pytest.mark.parametrize("mean", [pytest.param(0.9, id="nine of ten"), pytest.param(0.05, id="one of twenty")])
def test_six_clusters_hold_the_truth_where_shares_are_skewed(mean: float) -> None:
    rng = np.random.default_rng(3)
    drawn = rng.beta(8 * mean, 8 * (1 - mean), (500, 6))
    held = [covers(interval_of_shares(shares, range(6), draws=400), mean) for shares in drawn]
    assert 0.92 <= np.mean(held) <= 0.98
    # what the scale is for
    assert np.mean([covers(interval(shares, range(6)), mean) for shares in drawn]) < 0.9


def covers(found: Interval, truth: float) -> bool:
    return found.low is not None and found.high is not None and found.low <= truth <= found.high
