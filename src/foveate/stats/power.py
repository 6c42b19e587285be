"""What a study of so many clusters could have found."""

import numpy as np


def power(dz: float, clusters: int, *, level: float = 0.05) -> float:
    """How often a two-sided paired t test of so many clusters finds an effect.

    Args:
        dz: mean over standard deviation of the clusters' differences.
        clusters: at least two.
        level: of the test.
    """
    from scipy import stats

    freedom, centre = clusters - 1, abs(dz) * np.sqrt(clusters)
    reach = stats.t.ppf(1 - level / 2, freedom)
    beyond = stats.nct.sf(reach, freedom, centre), stats.nct.cdf(-reach, freedom, centre)
    return float(np.nansum(beyond))  # scipy's lower tail is NaN where it is too small for a number


def detectable(spread: float, clusters: int, *, level: float = 0.05, wanted: float = 0.8) -> float | None:
    """Minimum detectable effect: the least true difference that such a study finds as often as wanted (Bloom 1995).

    Args:
        spread: standard deviation of the clusters' differences, ddof 1.
        clusters: of the study.
        level: of the test; of several under Holm's correction, that of the strictest.
        wanted: the power.

    Returns:
        In the unit of the score; None below two clusters.
    """
    from scipy.optimize import brentq

    if clusters < 2:
        return None
    most = 1.0
    while power(most, clusters, level=level) < wanted:
        most *= 2
    return float(brentq(lambda dz: power(dz, clusters, level=level) - wanted, 0.0, most, xtol=1e-13)) * spread
