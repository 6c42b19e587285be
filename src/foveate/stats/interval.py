"""A mean over clusters with its confidence interval; how many clusters there must be is decided here.

Recordings of one study differ more than the spans inside them, so that spans are no independent evidence: everything here
works on the clusters' means. Randomness is seeded. What each interval covers is measured in benchmarks/results/nulls.md.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foveate.errors import UsageError

FEWEST_FOR_INTERVAL = 6
"""With five clusters no sign-flip test can reach p = .05, and an interval would pretend otherwise."""
FEWEST_FOR_BOOTSTRAP = 10
"""Below this a resample too often repeats one cluster; a t interval is used."""
TOO_FEW = f"no interval below {FEWEST_FOR_INTERVAL} clusters"
NOTHING = "nothing was scored"
NO_SPREAD = "no interval: all clusters are equal"
CHUNK = 2_000_000
"""Numbers of a matrix of resamples or signs that are worked on at a time."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean over clusters and its confidence interval."""

    mean: float
    """Mean of the cluster means."""
    low: float | None
    """Lower end; None where there are too few clusters, or they have no spread to judge by."""
    high: float | None
    """Upper end; None as the lower."""
    clusters: int
    """Clusters that went in."""
    method: str
    """How the ends were found, or why there are none."""

    def within(self, low: float | None, high: float | None) -> "Interval":
        """The same, cut off where the measure ends; None is no end."""
        if self.low is None or self.high is None:
            return self
        lowest, highest = -np.inf if low is None else low, np.inf if high is None else high
        return replace(self, low=max(self.low, lowest), high=min(self.high, highest))


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
    known = np.flatnonzero(~np.isnan(flat))
    place: dict[Hashable, int] = {}
    of = np.array([place.setdefault(clusters[row], len(place)) for row in known.tolist()], dtype=np.intp)
    return list(place), np.bincount(of, weights=flat[known]) / np.bincount(of)


def interval(
    values: ArrayLike,
    clusters: Sequence[Hashable],
    *,
    right_or_wrong: bool = True,
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> Interval:
    """Mean over clusters with a confidence interval.

    Right or wrong (values 0 or 1): Wilson's interval with the effective number of trials of Korn and Graubard (1998),
    which keeps its width where every answer is right. Other values: from ten clusters on a studentised bootstrap (Efron and
    Tibshirani 1993, chapter 12) over clusters, at neither end narrower than the t interval: the one covers where values are
    skewed, the other where tails are heavy (benchmarks/results/nulls.md). From six to nine clusters the t interval, as also
    where one resample in a hundred has no spread. Below six none.

    Args:
        values: (N,) one per span.
        clusters: (N,) the recording of each.
        right_or_wrong: whether values that are all 0 or 1 are that. False for a score of another kind: where its values all
            happen to be 1 it has no spread to judge by, and so no interval.
        level: wanted coverage.
        draws: bootstrap resamples.
        seed: of the resamples.
    """
    flat = np.asarray(values, dtype=np.float64)
    means = cluster_means(flat, clusters)[1]
    known = flat[~np.isnan(flat)]
    if right_or_wrong and len(means) >= FEWEST_FOR_INTERVAL and np.isin(known, (0.0, 1.0)).all():
        return _wilson(means, trials=len(known), level=level)
    return interval_of_means(means, level=level, draws=draws, seed=seed)


def interval_of_means(means: Values, *, level: float = 0.95, draws: int = 4000, seed: int = 0) -> Interval:
    """The interval of clusters whose means are known already, as of differences.

    Args:
        means: (K,) one per cluster.
        level: wanted coverage.
        draws: bootstrap resamples.
        seed: of the resamples.
    """
    count = len(means)
    if count < FEWEST_FOR_INTERVAL:
        mean = float(means.mean()) if count else float("nan")
        return Interval(mean, None, None, count, TOO_FEW if count else NOTHING)
    mean, error = float(means.mean()), float(means.std(ddof=1)) / sqrt(count)
    if error < 1e-12:
        return Interval(mean, None, None, count, NO_SPREAD)
    reach = t_quantile((1 + level) / 2, count - 1) * error
    by_t = Interval(mean, mean - reach, mean + reach, count, "t")
    if count < FEWEST_FOR_BOOTSTRAP:
        return by_t
    off, errors = resampled(means, draws=draws, seed=seed)
    if len(off) < 0.99 * draws:
        return by_t
    ends = np.quantile(off / errors, np.array([1 + level, 1 - level]) / 2)
    low, high = (mean - float(end) * error for end in ends)
    return Interval(mean, min(low, mean - reach), max(high, mean + reach), count, "studentised bootstrap, no narrower than t")


def t_quantile(share: float, freedom: int) -> float:
    """Of Student's distribution."""
    from scipy import stats

    return float(stats.t.ppf(share, freedom))


def _wilson(means: Values, *, trials: int, level: float) -> Interval:
    """Wilson's (1927) interval of a share, with a t quantile, and as many trials as its spread over clusters is worth.

    ``trials`` is the number of spans, and the most that the effective number can be. Where all are right, or none, spread tells
    nothing of how alike the spans of a cluster are: then every cluster is one trial.
    """
    count, share = len(means), float(means.mean())
    quantile = t_quantile((1 + level) / 2, count - 1)
    error = float(means.std(ddof=1)) / sqrt(count)
    worth = float(trials) if error < 1e-12 else min(float(trials), share * (1 - share) / error**2)
    if share in (0.0, 1.0):
        worth = float(count)
    shrink = 1 + quantile**2 / worth
    centre = (share + quantile**2 / worth / 2) / shrink
    reach = quantile / shrink * sqrt(share * (1 - share) / worth + quantile**2 / worth**2 / 4)
    return Interval(share, max(0.0, centre - reach), min(1.0, centre + reach), count, "Wilson, effective trials")


def resampled(means: Values, *, draws: int, seed: int) -> tuple[Values, Values]:
    """Resamples of the clusters that have spread, so ``draws`` or fewer: how far the mean is off, and its standard error."""
    count = len(means)
    centred = means - means.mean()
    off, errors = [], []
    for times in chunks(_times_drawn(count, draws, seed)):
        mean = times @ centred / count
        variance = (times @ centred**2 - count * mean**2) / (count - 1)
        kept = variance > 1e-9 * means.var()  # less is rounding: the resample repeats one value
        off.append(mean[kept])
        errors.append(np.sqrt(variance[kept] / count))
    return np.concatenate(off), np.concatenate(errors)


def chunks(matrix: NDArray[np.uint16] | NDArray[np.int8]) -> Iterator[Values]:
    """A matrix of small integers as numbers, some rows at a time: of many clusters it would fill memory at once."""
    rows = max(1, CHUNK // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), rows):
        yield matrix[start : start + rows].astype(np.float64)


@lru_cache(maxsize=2)
def _times_drawn(count: int, draws: int, seed: int) -> NDArray[np.uint16]:
    """How often every cluster is in every resample, shape (draws, count)."""
    drawn = np.random.default_rng(seed).integers(0, count, (draws, count))
    places = drawn + count * np.arange(draws)[:, None]
    times = np.bincount(places.ravel(), minlength=draws * count).reshape(draws, count).astype(np.uint16)
    times.setflags(write=False)
    return times
