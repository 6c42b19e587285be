"""A mean over clusters of shares of something, with an interval that keeps within 0 and 1."""

from collections.abc import Hashable, Sequence
from math import log, sqrt, tanh

import numpy as np
from numpy.typing import ArrayLike

from foveate.stats.interval import FEWEST_FOR_INTERVAL, Interval, cluster_means, interval, interval_of_means, resampled
from foveate.stats.jackknife import reach

METHOD = "studentised bootstrap of log odds, no narrower than t"


def interval_of_shares(
    values: ArrayLike, clusters: Sequence[Hashable], *, level: float = 0.95, draws: int = 4000, seed: int = 0
) -> Interval:
    """Mean share with a confidence interval, from six clusters on.

    As ``interval`` for values that are not right or wrong, but of log(mean / (1 - mean)), whose standard error is that of the
    mean by the delta method (Agresti 2013, Categorical Data Analysis, section 3.1): a studentised bootstrap over clusters, at
    neither end narrower than the t interval. Means of shares are skewed near 0 and 1, where an interval on their own scale
    reaches too little inwards and past the end (benchmarks/results/coverage.md). Where every share is 0, or every share 1, it
    is that of ``interval`` for one answer per cluster, all wrong or all right; where all are equal and neither, there is none.

    Args:
        values: (N,) shares from 0 to 1, one per span; NaN is left out.
        clusters: (N,) the recording (or participant) of each.
        level: wanted coverage.
        draws: bootstrap resamples.
        seed: of the resamples.
    """
    means = cluster_means(values, clusters)[1]
    count = len(means)
    if count < FEWEST_FOR_INTERVAL:
        return interval_of_means(means, level=level)
    mean, error = float(means.mean()), float(means.std(ddof=1)) / sqrt(count)
    if mean in (0.0, 1.0):
        return interval(means, range(count), level=level)
    if error < 1e-12:
        return interval_of_means(means, level=level)
    middle, error = log(mean / (1 - mean)), error / (mean * (1 - mean))
    ends = reach(count, level) * np.array([1.0, -1.0])
    off, errors = resampled(means, draws=draws, seed=seed)
    drawn = mean + off
    if (inside := (drawn > 0) & (drawn < 1)).any():
        drawn, errors = drawn[inside], errors[inside]
        studentised = (np.log(drawn / (1 - drawn)) - middle) * drawn * (1 - drawn) / errors
        wide = np.quantile(studentised, np.array([1 + level, 1 - level]) / 2)
        ends = np.array([max(ends[0], wide[0]), min(ends[1], wide[1])])
    # 1 / (1 + exp(-x)), but without exp, which overflows for an end that lies very far out: where all clusters but one are
    # nearly equal, resamples without that one have next to no spread
    low, high = ((1 + tanh((middle - end * error) / 2)) / 2 for end in ends.tolist())
    return Interval(mean, low, high, count, METHOD)
