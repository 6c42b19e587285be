"""Paired tests with the recording or participant as the unit: sign flips, Wilcoxon, size of effects, correction of p."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveate.errors import UsageError
from foveate.stats.interval import Interval, Values, chunks, cluster_means, interval_of_means

MOST_FOR_EXACT = 14
"""Up to this many clusters all sign flips (16,384) are enumerated."""


@dataclass(frozen=True)
class PairedTest:
    """What one condition adds to another on the same clusters."""

    difference: Interval
    """Mean difference, first minus second."""
    p: float
    """Two-sided, not corrected for other tests."""
    method: str
    """Exact or drawn sign flips."""


@dataclass(frozen=True)
class Effect:
    """How large a difference is beside its spread, and how many clusters bear it."""

    dz: float | None
    """Mean over standard deviation of the clusters' differences (Cohen 1988; Lakens 2013, equation 6); None without spread."""
    above: int
    """Clusters in which the first is above the second; whether that is better, the score tells."""
    equal: int
    """Clusters without a difference: where all but four have none, no test can reach p = .05."""
    below: int
    """Clusters in which the first is below the second."""


def differences(first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable]) -> Values:
    """The clusters' mean differences, first minus second, shape (K,); a span that lacks one of the two is left out.

    Args:
        first: (N,) values under one condition.
        second: (N,) values of the same spans under the other.
        clusters: (N,) the recording of each span.
    """
    return cluster_means(np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64), clusters)[1]


def paired_test(
    first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable], *, flips: int = 19_999, seed: int = 0
) -> PairedTest:
    """Test whether two conditions differ on the same spans, by flipping the signs of the clusters' mean differences.

    Exact (all flips) up to 14 clusters, so that its size never is above its level. With more, ``flips`` drawn ones, counting
    the observed one too (Phipson and Smyth 2010), and sums that equal the observed one by half (mid-p, Lancaster 1961): scores
    of 0 and 1 have many, and counted whole they would make the test too careful. Sizes: benchmarks/results/nulls.md. Where no
    cluster differs p is 1.

    Args:
        first: (N,) values under one condition.
        second: (N,) values of the same spans under the other; a span that lacks one of the two is left out.
        clusters: (N,) the recording of each span.
        flips: how many sign patterns to draw.
        seed: of the drawn flips, and of the interval's resamples.
    """
    means = differences(first, second, clusters)
    if len(means) == 0:
        raise UsageError("a paired test needs at least one cluster with a score under both conditions, got none")
    p, method = _sign_flip(means, flips=flips, seed=seed)
    return PairedTest(interval_of_means(means, seed=seed), p, method)


def smallest_p(clusters: int) -> float:
    """The least p that the sign flips of so many clusters can give: 2 of all patterns, where every cluster differs one way."""
    return min(1.0, 2.0 ** (1 - clusters))


def effect(means: Values) -> Effect:
    """The size of a difference.

    Args:
        means: (K,) the clusters' mean differences.
    """
    spread = float(means.std(ddof=1)) if len(means) > 1 else 0.0
    above, below = int(np.sum(means > 1e-12)), int(np.sum(means < -1e-12))
    return Effect(float(means.mean()) / spread if spread > 1e-12 else None, above, len(means) - above - below, below)


def wilcoxon(means: Values) -> float | None:
    """Two-sided p of Wilcoxon's (1945) signed rank test, as scipy has it; None where no cluster differs.

    Clusters without a difference are left out, equal differences share their rank. Up to 14 clusters exact, by flipping the
    signs of the ranks (what scipy enumerates as well, a thousand times slower); with more as scipy does: exact without ties up
    to 50, else by the normal approximation.

    Args:
        means: (K,) the clusters' mean differences.
    """
    from scipy import stats

    found = np.round(means[np.abs(means) > 1e-12], 12)  # equal but for rounding must tie
    if len(found) == 0:
        return None
    if len(found) <= MOST_FOR_EXACT:
        return _sign_flip(np.sign(found) * stats.rankdata(np.abs(found)), flips=0, seed=0)[0]
    return float(stats.wilcoxon(found).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction of several p values (Holm 1979), in the order given."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    worst = 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = worst
    return [float(value) for value in adjusted]


def _sign_flip(means: Values, *, flips: int, seed: int) -> tuple[float, str]:
    count = len(means)
    # Sums that are equal but for rounding count as equal.
    equal = 1e-9 * max(1.0, float(np.abs(means).sum()))
    observed = abs(float(means.sum()))
    if count <= MOST_FOR_EXACT:
        return float(np.mean(np.abs(_all_signs(count) @ means) >= observed - equal)), "exact sign flips"
    method = f"{flips:,} drawn sign flips, mid-p"
    if not (np.abs(means) > 1e-12).any():
        return 1.0, method  # half of all flips, by mid-p
    reached = beyond = 0
    for signs in chunks(_drawn_signs(count, flips, seed)):
        sums = np.abs(signs @ means)
        reached += int(np.sum(sums >= observed - equal))
        beyond += int(np.sum(sums > observed + equal))
    return (reached + 1 + beyond) / 2 / (flips + 1), method


@lru_cache(maxsize=2)
def _all_signs(count: int) -> NDArray[np.int8]:
    return (1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)).astype(np.int8)


@lru_cache(maxsize=2)
def _drawn_signs(count: int, flips: int, seed: int) -> NDArray[np.int8]:
    return 1 - 2 * np.random.default_rng(seed).integers(0, 2, (flips, count), dtype=np.int8)
