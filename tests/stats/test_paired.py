"""Paired tests against scipy, statsmodels, and simulations whose truth is known."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from foveate.errors import UsageError
from foveate.stats import Pair, compare, differences, effect, holm, interval, paired_test, smallest_p, wilcoxon


def one_each(count: int) -> list[int]:
    return list(range(count))


@pytest.mark.parametrize("count", [4, 9, 12])
def test_exact_sign_flips_equal_scipys_permutation_test(count: int) -> None:
    rng = np.random.default_rng(count)
    first, second = rng.normal(0.4, 1, count), rng.normal(0, 1, count)
    wanted = scipy_stats.permutation_test(
        (first, second), lambda a, b, axis: np.mean(a - b, axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    got = paired_test(first, second, one_each(count))
    assert got.method == "exact sign flips"
    assert got.p == pytest.approx(wanted.pvalue, abs=1e-9)


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
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1], abs=1e-9)


def test_ties_of_drawn_flips_count_half() -> None:
    """McNemar: with one span a recording, twelve of sixteen that differ for the first; mid-p of the binomial."""
    gap = [1.0] * 12 + [-1.0] * 4 + [0.0] * 14
    got = paired_test(gap, np.zeros(30), one_each(30), flips=199_999)
    exact, at = 2 * scipy_stats.binom.sf(11, 16, 0.5), 2 * scipy_stats.binom.pmf(12, 16, 0.5)
    assert got.method == "199,999 drawn sign flips, mid-p"
    assert got.p == pytest.approx(exact - at / 2, abs=0.003)


@pytest.mark.parametrize("count", [3, 14, 15, 40])
def test_where_no_cluster_differs_p_is_one(count: int) -> None:
    assert paired_test([0.1 + 0.2] * count, [0.3] * count, one_each(count)).p == 1.0


@pytest.mark.parametrize(("differ", "may_reach"), [(4, False), (5, True)])
def test_of_thirty_clusters_five_must_differ(differ: int, may_reach: bool) -> None:
    gap = np.arange(30.0) * (np.arange(30) < differ + 1)
    assert (paired_test(gap, np.zeros(30), one_each(30)).p <= 0.05) is may_reach


def test_given_how_few_clusters_differ_mid_p_finds_up_to_seven_in_a_hundred() -> None:
    """Of eight that differ, seven one way: p = .039, and as much or more comes of chance in 18 of 256."""
    found = [paired_test([1.0] * up + [-1.0] * (8 - up) + [0.0] * 22, [0.0] * 30, one_each(30)).p <= 0.05 for up in range(9)]
    size = sum(scipy_stats.binom.pmf(up, 8, 0.5) for up in range(9) if found[up])
    assert size == pytest.approx(18 / 256)


@pytest.mark.parametrize("count", [7, 30, 80])
def test_wilcoxon_equals_scipy(count: int) -> None:
    gap = np.random.default_rng(count).normal(0.3, 1, count)
    assert wilcoxon(gap) == pytest.approx(scipy_stats.wilcoxon(gap).pvalue, abs=1e-9)


def test_wilcoxon_with_ties_equals_scipy() -> None:
    gap = np.array([1.0, 1.0, 2.0, -1.0, 3.0, 0.5, 2.0])
    assert wilcoxon(gap) == pytest.approx(scipy_stats.wilcoxon(gap).pvalue, abs=1e-9)


def test_wilcoxon_ties_what_is_equal_but_for_rounding() -> None:
    assert wilcoxon(np.array([0.1 + 0.2, 0.3, -0.3, 0.3, 0.3, 0.3])) == wilcoxon(np.array([0.3, 0.3, -0.3, 0.3, 0.3, 0.3]))
    assert wilcoxon(np.zeros(9)) is None


def test_effect_is_mean_over_spread_and_counts_clusters() -> None:
    got = effect(np.array([0.3, 0.1, 0.0, -0.1]))
    assert (got.above, got.equal, got.below) == (2, 1, 1)
    assert got.dz == pytest.approx(0.075 / np.std([0.3, 0.1, 0.0, -0.1], ddof=1))
    assert effect(np.array([0.2, 0.2])).dz is None
    assert effect(np.array([0.2])).dz is None


@pytest.mark.parametrize("clusters", [1, 5, 6, 12])
def test_the_smallest_p_is_that_of_clusters_that_all_differ_one_way(clusters: int) -> None:
    assert paired_test([1.0] * clusters, [0.5] * clusters, one_each(clusters)).p == smallest_p(clusters)


def test_pairs_are_corrected_together() -> None:
    rng = np.random.default_rng(0)
    values = {name: rng.normal(shift, 1, 12) for name, shift in (("a", 0.0), ("b", 1.0), ("c", 0.5))}
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    found = compare("score", [Pair(one, other, (values[one], values[other]), one_each(12)) for one, other in pairs])
    assert [(one.first, one.second) for one in found] == pairs
    assert [one.p_holm for one in found] == holm([one.test.p for one in found])
    assert found[0].test.difference.mean == pytest.approx(differences(values["a"], values["b"], one_each(12)).mean())


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
