""" "As good as": equal to two one-sided tests of scipy."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from foveate.errors import UsageError
from foveate.stats import equivalence


def one_each(count: int) -> list[int]:
    return list(range(count))


@pytest.mark.parametrize(
    ("shift", "spread", "small"),
    [(0.0, 0.05, True), (0.1, 0.05, False), (0.0, 1.0, False)],
    ids=["equal", "shifted", "noisy"],
)
def test_equivalence_needs_a_small_difference_and_little_noise(shift: float, spread: float, small: bool) -> None:
    rng = np.random.default_rng(0)
    base = rng.uniform(size=30)
    found = equivalence(base + shift + spread * rng.normal(size=30), base, one_each(30), margin=0.05)
    assert found.is_shown is small


def test_equivalence_equals_two_one_sided_scipy_tests() -> None:
    gap = np.random.default_rng(0).normal(0.01, 0.1, 25)
    wanted = max(
        scipy_stats.ttest_1samp(gap, -0.05, alternative="greater").pvalue,
        scipy_stats.ttest_1samp(gap, 0.05, alternative="less").pvalue,
    )
    assert equivalence(gap, np.zeros(25), one_each(25), margin=0.05).p == pytest.approx(wanted, abs=1e-9)


def test_the_interval_lies_within_the_margins_exactly_where_it_is_shown() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        gap = rng.normal(rng.uniform(-0.05, 0.05), 0.1, 20)
        found = equivalence(gap, np.zeros(20), one_each(20), margin=0.05)
        assert found.is_shown is (found.low > -0.05 and found.high < 0.05)
        wanted = scipy_stats.ttest_1samp(gap, 0.0).confidence_interval(0.9)
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_better_by_more_than_the_margin_is_not_worse_and_not_as_good() -> None:
    gap = np.random.default_rng(2).normal(0.3, 0.05, 12)
    found = equivalence(gap, np.zeros(12), one_each(12), margin=0.05)
    assert (found.is_shown, found.p_not_worse < 0.001) == (False, True)


def test_too_few_clusters_give_no_test() -> None:
    found = equivalence([0.0] * 5, [0.0] * 5, one_each(5), margin=0.05)
    assert (found.p, found.low, found.is_shown) == (None, None, False)
    assert found.why_not == "it needs 6 clusters, got 5"


@pytest.mark.parametrize("gap", [0.0, 0.3], ids=["no difference", "one and the same"])
def test_without_spread_nothing_is_shown(gap: float) -> None:
    found = equivalence([1.0] * 20, [1.0 - gap] * 20, one_each(20), margin=0.5)
    assert (found.p, found.p_not_worse, found.low, found.is_shown) == (None, None, None, False)
    assert "the same in all clusters" in found.why_not


@pytest.mark.parametrize("clusters", [6, 8, 20])
def test_right_or_wrong_answers_that_are_worse_by_the_margin_are_seldom_as_good(clusters: int) -> None:
    """One answer a cluster, the second always right, the first in nine of ten: eight clusters are often equal by chance."""
    rng = np.random.default_rng(clusters)
    right = (rng.random((500, clusters)) < 0.9).astype(np.float64)
    shown = [equivalence(row, np.ones(clusters), one_each(clusters), margin=0.1).is_shown for row in right]
    assert np.mean(shown) <= 0.065


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan"), float("inf")])
def test_a_margin_is_finite_and_above_zero(margin: float) -> None:
    with pytest.raises(UsageError, match="finite and above 0, got"):
        equivalence([0.0], [0.0], ["a"], margin=margin)
