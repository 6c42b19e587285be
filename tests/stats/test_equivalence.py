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
    [(0.0, 0.05, True), (0.1, 0.05, False), (0.0, 1.0, False), (0.0, 0.0, True)],
    ids=["equal", "shifted", "noisy", "identical"],
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


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan")])
def test_a_margin_is_above_zero(margin: float) -> None:
    with pytest.raises(UsageError, match="above 0, got"):
        equivalence([0.0], [0.0], ["a"], margin=margin)
