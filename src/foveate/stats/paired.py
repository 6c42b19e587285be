"""Intervals and paired tests with the recording as the unit: its spans are averaged first.

Recordings of one experiment differ more than the spans inside them, so that spans are no independent evidence. Everything here
takes one value per span with the recording that it comes from, and works on the recordings' means. Randomness is seeded.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveate.errors import UsageError

FEWEST_FOR_INTERVAL = 6
"""With five clusters no sign-flip test can reach p = .05, and an interval would pretend otherwise."""
FEWEST_FOR_BOOTSTRAP = 10
"""Below this a resample too often repeats one cluster; a t interval is used."""
MOST_FOR_EXACT = 14
"""Up to this many clusters all sign flips (16,384) are enumerated."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over clusters and its confidence interval."""

    mean: float
    """Mean of the cluster means."""
    low: float | None
    """Lower end; None where there are too few clusters."""
    high: float | None
    """Upper end; None where there are too few clusters."""
    clusters: int
    """Clusters that went in."""
    method: str
    """How the ends were found, or why there are none."""


@dataclass(frozen=True)
class PairedTest:
    """What one condition adds to another on the same clusters."""

    difference: Interval
    """Mean difference, first minus second."""
    p: float
    """Two-sided, not corrected for other tests."""
    method: str
    """Exact or drawn sign flips."""


def cluster_means(values: ArrayLike, clusters: Sequence[Hashable]) -> tuple[list[Hashable], Values]:
    """Average the values of each cluster; NaN values are left out, and clusters with nothing else.

    Args:
        values: (N,) one per span; NaN where it has no score.
        clusters: (N,) the recording (or participant) of each.

    Returns:
        The K clusters in order of first appearance, and their means (K,).
    """
    flat = np.asarray(values, dtype=np.float64)
    if flat.shape != (len(clusters),):
        raise UsageError(f"one cluster per value is needed, got {flat.shape} values and {len(clusters)} clusters")
    members: dict[Hashable, list[float]] = {}
    for value, cluster in zip(flat, clusters, strict=True):
        if not np.isnan(value):
            members.setdefault(cluster, []).append(float(value))
    return list(members), np.array([np.mean(found) for found in members.values()], dtype=np.float64)


def interval(
    values: ArrayLike, clusters: Sequence[Hashable], *, level: float = 0.95, draws: int = 4000, seed: int = 0
) -> Interval:
    """Mean over clusters with a confidence interval.

    From ten clusters on a studentised bootstrap (Efron and Tibshirani 1993, chapter 12) over clusters; from six to nine a t
    interval, as also where one resample in a hundred has no spread; below six none.

    Args:
        values: (N,) one per span.
        clusters: (N,) the recording of each.
        level: wanted coverage.
        draws: bootstrap resamples.
        seed: of the resamples.
    """
    return _interval_of_means(cluster_means(values, clusters)[1], level=level, draws=draws, seed=seed)


def paired_test(
    first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable], *, flips: int = 19_999, seed: int = 0
) -> PairedTest:
    """Test whether two conditions differ on the same spans, by flipping the signs of the clusters' mean differences.

    Exact (all flips) up to 14 clusters, else ``flips`` drawn ones, counting the observed one too (Phipson and Smyth 2010).

    Args:
        first: (N,) values under one condition.
        second: (N,) values of the same spans under the other; a span that lacks one of the two is left out.
        clusters: (N,) the recording of each span.
        flips: how many sign patterns to draw.
        seed: of the drawn flips.
    """
    gap = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    means = cluster_means(gap, clusters)[1]
    if len(means) == 0:
        raise UsageError("a paired test needs at least one cluster with a score under both conditions, got none")
    p, method = _sign_flip(means, flips=flips, seed=seed)
    return PairedTest(_interval_of_means(means, level=0.95, draws=4000, seed=seed), p, method)


def equivalence(first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable], *, margin: float) -> float:
    """Whether two conditions differ by less than a margin: the p of two one-sided t tests on cluster means.

    Source: Schuirmann (1987), TOST.

    Args:
        first: (N,) values under one condition.
        second: (N,) values of the same spans under the other.
        clusters: (N,) the recording of each span.
        margin: largest difference that still counts as none, declared before the data are seen.
    """
    from scipy import stats

    gap = cluster_means(np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64), clusters)[1]
    if len(gap) < FEWEST_FOR_INTERVAL:
        return 1.0
    error = gap.std(ddof=1) / np.sqrt(len(gap))
    if error == 0:
        return 0.0 if abs(gap.mean()) < margin else 1.0
    below = stats.t.sf((gap.mean() + margin) / error, len(gap) - 1)
    above = stats.t.cdf((gap.mean() - margin) / error, len(gap) - 1)
    return float(max(below, above))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction of several p values (Holm 1979), in the order given."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    worst = 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, (len(p) - rank) * p[index]))
        adjusted[index] = worst
    return [float(value) for value in adjusted]


def _interval_of_means(means: Values, *, level: float, draws: int, seed: int) -> Interval:
    from scipy import stats

    count = len(means)
    if count == 0:
        return Interval(float("nan"), None, None, 0, "nothing was scored")
    mean = float(means.mean())
    if count < FEWEST_FOR_INTERVAL:
        return Interval(mean, None, None, count, f"no interval below {FEWEST_FOR_INTERVAL} clusters")
    error = float(means.std(ddof=1)) / np.sqrt(count)
    if error < 1e-12:
        return Interval(mean, mean, mean, count, "all clusters are equal")
    if count >= FEWEST_FOR_BOOTSTRAP:
        tails = np.array([1 - level, 1 + level]) / 2
        studentised = _studentised(means, draws=draws, seed=seed)
        if len(studentised) >= 0.99 * draws:
            low, high = np.quantile(studentised, tails)
            return Interval(mean, float(mean - high * error), float(mean - low * error), count, "studentised bootstrap")
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    return Interval(mean, mean - reach, mean + reach, count, "t")


def _studentised(means: Values, *, draws: int, seed: int) -> Values:
    """(resampled mean - mean) / resampled standard error, of the resamples that have spread."""
    rng = np.random.default_rng(seed)
    resampled = means[rng.integers(0, len(means), (draws, len(means)))]
    error = resampled.std(axis=1, ddof=1) / np.sqrt(len(means))
    spread = error > 1e-12
    return np.asarray((resampled.mean(axis=1)[spread] - means.mean()) / error[spread], dtype=np.float64)


def _sign_flip(means: Values, *, flips: int, seed: int) -> tuple[float, str]:
    count = len(means)
    # Sums that are equal but for rounding count as equal.
    reached = abs(means.sum()) - 1e-9 * max(1.0, float(np.abs(means).sum()))
    if count <= MOST_FOR_EXACT:
        signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        return float(np.mean(np.abs(signs @ means) >= reached)), "exact sign flips"
    rng = np.random.default_rng(seed)
    signs = 1 - 2 * rng.integers(0, 2, (flips, count), dtype=np.int8)
    as_far = int(np.sum(np.abs(signs.astype(np.float64) @ means) >= reached))
    return (as_far + 1) / (flips + 1), f"{flips:,} drawn sign flips"
