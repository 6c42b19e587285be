"""Whether any of three or more conditions differs from the others."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from foveate.errors import UsageError
from foveate.stats.interval import FEWEST_FOR_INTERVAL, cluster_means


@dataclass(frozen=True)
class Friedman:
    """Friedman's test over clusters."""

    statistic: float | None
    """Chi-square, corrected for ties; None where no cluster tells the conditions apart."""
    p: float | None
    """None below six clusters, or without a statistic."""
    conditions: int
    clusters: int
    """With a score under every condition."""


def friedman(values: Sequence[ArrayLike], clusters: Sequence[Hashable]) -> Friedman:
    """Friedman's (1937) test on cluster means, p from the chi-square distribution, as scipy has it.

    Args:
        values: of each of three or more conditions (N,) the same spans; a span that lacks one of them is left out.
        clusters: (N,) the recording of each span.

    Raises:
        UsageError: for fewer than three conditions.
    """
    from scipy import stats

    if len(values) < 3:
        raise UsageError(f"Friedman's test takes three or more conditions, got {len(values)}: two have a paired test")
    table = np.array([np.asarray(each, dtype=np.float64) for each in values])
    table[:, np.isnan(table).any(axis=0)] = np.nan
    # equal but for rounding must tie
    means = np.round([cluster_means(row, clusters)[1] for row in table], 12)
    count = means.shape[1]
    if count == 0 or (means == means[0]).all():
        return Friedman(None, None, len(values), count)
    found = stats.friedmanchisquare(*means)
    return Friedman(float(found.statistic), float(found.pvalue) if count >= FEWEST_FOR_INTERVAL else None, len(values), count)
