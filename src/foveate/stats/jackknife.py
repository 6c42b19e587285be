"""Standard errors of what is worked out of all clusters together, by leaving each out in turn.

For a number that is no mean over clusters (an agreement, a strength), so that ``interval`` does not apply.
"""

import numpy as np
from numpy.typing import NDArray

from foveate.stats.interval import t_quantile

Values = NDArray[np.float64]


def jackknife_error(left_out: Values) -> Values:
    """Standard error over clusters.

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, equation 11.5.

    Args:
        left_out: (clusters, ...) the number without each cluster.

    Returns:
        (...) its standard error.
    """
    count = len(left_out)
    return np.asarray(np.sqrt((count - 1) / count * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0)))


def reach(clusters: int, level: float) -> float:
    """How many standard errors a t interval reaches to either side."""
    return t_quantile((1 + level) / 2, clusters - 1)
