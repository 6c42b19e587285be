"""From which amount on is one thing no longer better than another: where a curve falls to a level, with an interval."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.stats import cluster_means


@dataclass(frozen=True)
class Crossing:
    """Where a curve reaches a level; None stands for beyond the largest amount."""

    at: float | None
    """In the curve's own unit."""
    low: float | None
    """Lower end of the 95% interval."""
    high: float | None
    """Upper end."""
    recordings: int
    """How many it was estimated from."""

    def text(self, unit: str, most: float) -> str:
        """In words, where ``most`` is the largest amount that was tried."""
        at, low, high = (f"beyond {most:g}" if value is None else f"{value:.3g}" for value in (self.at, self.low, self.high))
        return f"{at} {unit} [{low}, {high}]"


def crossing(
    amounts: Sequence[float],
    curve: Sequence[NDArray[np.float64]],
    level: NDArray[np.float64],
    recordings: Sequence[Hashable],
    *,
    draws: int = 4000,
    seed: int = 0,
) -> Crossing:
    """Where the mean of a curve first falls to the mean of a level, by straight lines between the amounts.

    The interval is that of a bootstrap over recordings (percentiles): each draw resamples recordings, for all amounts alike.

    Args:
        amounts: (A,) increasing.
        curve: for each amount (N,) values of the same spans.
        level: (N,) values of these spans, which no amount changes.
        recordings: (N,) of each span.
        draws: resamples.
        seed: of the resamples.
    """
    gaps = np.stack([cluster_means(values - level, recordings)[1] for values in curve], axis=1)  # (recordings, A)
    rng = np.random.default_rng(seed)
    resampled = gaps[rng.integers(0, len(gaps), (draws, len(gaps)))].mean(axis=1)
    found = np.array([_first_zero(np.asarray(amounts, dtype=np.float64), row) for row in resampled])
    # an order statistic, since a mean of an endless value and a finite one is endless
    low, high = np.quantile(found, (0.025, 0.975), method="inverted_cdf")
    at = _first_zero(np.asarray(amounts, dtype=np.float64), gaps.mean(axis=0))
    return Crossing(_or_none(at), _or_none(low), _or_none(high), len(gaps))


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _first_zero(amounts: NDArray[np.float64], gap: NDArray[np.float64]) -> float:
    """The first amount at which a gap is gone; endless where it never is."""
    gone = np.flatnonzero(gap <= 0)
    if not len(gone):
        return np.inf
    k = int(gone[0])
    if k == 0:
        return float(amounts[0])
    share = gap[k - 1] / (gap[k - 1] - gap[k])
    return float(amounts[k - 1] + share * (amounts[k] - amounts[k - 1]))
