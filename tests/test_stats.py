"""Intervals and tests against scipy, statsmodels, and simulations whose truth is known."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from foveate.errors import UsageError
from foveate.stats import cluster_means, equivalence, holm, interval, paired_test


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
    assert (got.low, got.high) == pytest.approx((wanted.low, wanted.high))


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


def test_clusters_that_are_all_equal_have_no_width() -> None:
    got = interval([1.0] * 12, one_each(12))
    assert (got.low, got.mean, got.high) == (1.0, 1.0, 1.0)


def test_studentised_bootstrap_leans_with_the_skew_where_t_is_symmetric() -> None:
    values = np.random.default_rng(1).exponential(size=40)
    got = interval(values, one_each(40))
    assert got.method == "studentised bootstrap"
    assert got.high - got.mean > 1.1 * (got.mean - got.low)


def test_interval_is_the_same_for_the_same_seed_only() -> None:
    values = np.random.default_rng(1).normal(size=20)
    assert interval(values, one_each(20), seed=3) == interval(values, one_each(20), seed=3)
    assert interval(values, one_each(20), seed=3) != interval(values, one_each(20), seed=4)


@pytest.mark.parametrize("count", [4, 9, 12])
def test_exact_sign_flips_equal_scipys_permutation_test(count: int) -> None:
    rng = np.random.default_rng(count)
    first, second = rng.normal(0.4, 1, count), rng.normal(0, 1, count)
    wanted = scipy_stats.permutation_test(
        (first, second), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    got = paired_test(first, second, one_each(count))
    assert got.method == "exact sign flips"
    assert got.p == pytest.approx(wanted.pvalue)


def test_drawn_sign_flips_come_near_the_t_test_on_normal_differences() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(0.35, 1, 60), rng.normal(0, 1, 60)
    got = paired_test(first, second, one_each(60))
    assert got.p == pytest.approx(scipy_stats.ttest_rel(first, second).pvalue, abs=0.01)


def test_a_span_without_one_of_the_two_scores_is_left_out() -> None:
    got = paired_test([1.0, 1.0, np.nan], [0.0, np.nan, 0.0], ["a", "b", "c"])
    assert (got.difference.clusters, got.difference.mean) == (1, 1.0)
    with pytest.raises(UsageError, match="at least one cluster"):
        paired_test([np.nan], [0.0], ["a"])


def test_holm_equals_statsmodels() -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = [0.01, 0.04, 0.03, 0.005, 0.6]
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])


@pytest.mark.parametrize(
    ("shift", "spread", "small"),
    [(0.0, 0.05, True), (0.1, 0.05, False), (0.0, 1.0, False), (0.0, 0.0, True)],
    ids=["equal", "shifted", "noisy", "identical"],
)
def test_equivalence_needs_a_small_difference_and_little_noise(shift: float, spread: float, small: bool) -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(size=30)
    p = equivalence(base + shift + spread * rng.normal(size=30), base, one_each(30), margin=0.05)
    assert (p < 0.05) is small


def test_equivalence_equals_two_one_sided_scipy_tests() -> None:
    gap = np.random.default_rng(0).normal(0.01, 0.1, 25)
    wanted = max(
        scipy_stats.ttest_1samp(gap, -0.05, alternative="greater").pvalue,
        scipy_stats.ttest_1samp(gap, 0.05, alternative="less").pvalue,
    )
    assert equivalence(gap, np.zeros(25), one_each(25), margin=0.05) == pytest.approx(wanted)


def test_size_and_coverage_at_thirty_clusters() -> None:
    """PROMISES: on 4,000 null simulations a test's size is 3.5-6.5%, coverage 93.5-96.5%."""
    rng = np.random.default_rng(0)
    rejected = covered = 0
    for seed in range(4000):
        # Eight spans a recording, right or wrong, at a rate of its own: as exact match is.
        rate = rng.beta(4, 4, (30, 1))
        first, second = (rng.random((2, 30, 8)) < rate).mean(axis=2)
        rejected += paired_test(first, second, one_each(30), flips=499, seed=seed).p <= 0.05
        got = interval(first, one_each(30), draws=400, seed=seed)
        covered += got.low <= 0.5 <= got.high
    assert 0.035 <= rejected / 4000 <= 0.065
    assert 0.935 <= covered / 4000 <= 0.965
