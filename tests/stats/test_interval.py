"""Intervals against scipy, by hand, and on samples whose truth is known."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from foveate.errors import UsageError
from foveate.stats import Interval, cluster_means, interval


def one_each(count: int) -> list[int]:
    return list(range(count))


def test_spans_are_averaged_within_their_cluster_first() -> None:
    names, means = cluster_means([1.0, 0.0, np.nan, 1.0, np.nan], ["a", "a", "a", "b", "c"])
    assert names == ["a", "b"]
    assert means.tolist() == [0.5, 1.0]


def test_as_many_clusters_as_values_are_needed() -> None:
    with pytest.raises(UsageError, match=r"\(2,\) values and 3 clusters"):
        cluster_means([1.0, 2.0], ["a", "b", "c"])


def test_interval_of_six_to_nine_clusters_is_scipys_t() -> None:
    values = np.random.default_rng(0).normal(size=8)
    got = interval(values, one_each(8))
    wanted = scipy_stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert got.method == "t"
    assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


@pytest.mark.parametrize(
    ("values", "method"),
    [
        pytest.param([0.1, 0.2, 0.3, 0.4, 0.5], "no interval below 6 clusters", id="too few"),
        pytest.param([], "nothing was scored", id="none"),
    ],
)
def test_no_interval_is_said(values: list[float], method: str) -> None:
    got = interval(values, one_each(len(values)))
    assert (got.low, got.high, got.method) == (None, None, method)


def test_clusters_that_are_all_equal_have_no_interval_of_no_width() -> None:
    got = interval([0.7] * 12, one_each(12))
    assert (got.low, got.high, got.method) == (None, None, "no interval: all clusters are equal")
    assert got.mean == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("right", "spans", "trials"),
    [
        pytest.param([1.0] * 12, 1, 12, id="all right: every recording is a trial"),
        pytest.param([0.0] * 12, 8, 12, id="none right, eight spans a recording: alike as they may be, still twelve"),
        pytest.param([1.0] * 9 + [0.0] * 3, 1, 11, id="one span a recording: n - 1"),
        pytest.param([0.5] * 10, 4, 40, id="no spread: as many as spans, no more"),
    ],
)
def test_shares_of_right_answers_have_wilsons_interval(right: list[float], spans: int, trials: int) -> None:
    values = np.concatenate([[1.0] * round(share * spans) + [0.0] * (spans - round(share * spans)) for share in right])
    clusters = np.repeat(np.arange(len(right)), spans).tolist()
    got = interval(values, clusters)
    # Wilson's ends solve (p - share)^2 = q^2 p (1 - p) / n
    share, quantile = np.mean(right), scipy_stats.t.ppf(0.975, len(right) - 1)
    for end in (got.low, got.high):
        inside = 1e-9 < end < 1 - 1e-9
        assert not inside or (end - share) ** 2 == pytest.approx(quantile**2 * end * (1 - end) / trials)
    assert (got.mean, got.method) == (pytest.approx(share), "Wilson, effective trials")
    assert got.low < got.high


def test_a_wilson_interval_with_normal_quantile_is_scipys() -> None:
    values = [1.0] * 900 + [0.0] * 300
    got = interval(values, one_each(1200))
    wanted = scipy_stats.binomtest(900, 1200).proportion_ci(method="wilson")
    assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high), abs=1e-4)


def test_an_interval_ends_where_its_score_does() -> None:
    found = Interval(0.9, 0.7, 1.1, 12, "t")
    assert (found.within(0.0, 1.0).low, found.within(0.0, 1.0).high) == (0.7, 1.0)
    assert found.within(None, None) == found
    assert Interval(0.9, None, None, 3, "too few").within(0.0, 1.0).low is None


def test_the_bootstrap_is_of_whole_clusters() -> None:
    """By hand: every resample's mean and error from its drawn clusters."""
    means = np.random.default_rng(5).exponential(size=12)
    drawn = means[np.random.default_rng(0).integers(0, 12, (4000, 12))]
    studentised = (drawn.mean(axis=1) - means.mean()) / (drawn.std(axis=1, ddof=1) / np.sqrt(12))
    low, high = np.quantile(studentised, [0.025, 0.975])
    error = means.std(ddof=1) / np.sqrt(12)
    reach = scipy_stats.t.ppf(0.975, 11) * error
    wanted = min(means.mean() - high * error, means.mean() - reach), max(means.mean() - low * error, means.mean() + reach)
    got = interval(means, one_each(12))
    assert (got.low, got.high) == pytest.approx(wanted)
    assert got.low == pytest.approx(means.mean() - reach)  # a long tail to the right: t is wider on the left,
    assert got.high > means.mean() + 1.1 * reach  # the bootstrap on the right


def test_a_thousand_clusters_take_no_gigabyte() -> None:
    """Chunks give what one matrix would."""
    values = np.random.default_rng(5).normal(size=1500)
    got = interval(values, one_each(1500))
    wanted = scipy_stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high), abs=0.005)


def test_studentised_bootstrap_leans_with_the_skew_where_t_is_symmetric() -> None:
    values = np.random.default_rng(1).exponential(size=40)
    got = interval(values, one_each(40))
    assert got.method == "studentised bootstrap, no narrower than t"
    assert got.high - got.mean > 1.1 * (got.mean - got.low)


def test_interval_is_the_same_for_the_same_seed_only() -> None:
    values = np.random.default_rng(1).normal(size=20)
    assert interval(values, one_each(20), seed=3) == interval(values, one_each(20), seed=3)
    assert interval(values, one_each(20), seed=3) != interval(values, one_each(20), seed=4)
