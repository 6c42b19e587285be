"""Whether two conditions differ by less than a margin: "as good as" is said only after this test."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

from numpy.typing import ArrayLike

from foveate.errors import UsageError
from foveate.stats.interval import FEWEST_FOR_INTERVAL, t_quantile
from foveate.stats.paired import differences

ALL_EQUAL = "the difference is the same in all clusters, so that no spread tells how sure one may be"


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided t tests against a margin."""

    margin: float
    """Largest difference that still counts as none, declared before the data were seen."""
    p: float | None
    """That they differ by the margin or more, either way; None where it cannot be tested."""
    p_not_worse: float | None
    """That the first is worse by the margin or more."""
    low: float | None
    """Lower end of the 90% interval of the difference: within the margins both ways exactly where p < .05."""
    high: float | None
    """Its upper end."""
    clusters: int
    why_not: str = ""
    """Why it cannot be tested."""

    @property
    def is_shown(self) -> bool:
        """Whether one may say "as good as" at the 5% level."""
        return self.p is not None and self.p < 0.05


def equivalence(first: ArrayLike, second: ArrayLike, clusters: Sequence[Hashable], *, margin: float) -> Equivalence:
    """Test whether two conditions differ by less than a margin, by two one-sided t tests on cluster means.

    Source: Schuirmann (1987), TOST. ``p_not_worse`` is one of the two alone (non-inferiority). Below six clusters there is no
    test, and none where all clusters differ equally: right-or-wrong scores often do by chance, and without spread every margin
    would seem to hold.

    Args:
        first: (N,) values under one condition.
        second: (N,) values of the same spans under the other; a span that lacks one of the two is left out.
        clusters: (N,) the recording of each span.
        margin: largest difference that still counts as none, declared before the data are seen.

    Raises:
        UsageError: for a margin that is not above 0, or infinite.
    """
    from scipy import stats

    if not 0 < margin < inf:
        raise UsageError(f"a margin of equivalence is finite and above 0, got {margin:g}")
    means = differences(first, second, clusters)
    count = len(means)
    if count < FEWEST_FOR_INTERVAL:
        return Equivalence(margin, None, None, None, None, count, f"it needs {FEWEST_FOR_INTERVAL} clusters, got {count}")
    mean, error = float(means.mean()), float(means.std(ddof=1)) / sqrt(count)
    if error < 1e-12:
        return Equivalence(margin, None, None, None, None, count, ALL_EQUAL)
    worse = float(stats.t.sf((mean + margin) / error, count - 1))
    better = float(stats.t.cdf((mean - margin) / error, count - 1))
    reach = t_quantile(0.95, count - 1) * error
    return Equivalence(margin, max(worse, better), worse, mean - reach, mean + reach, count)
