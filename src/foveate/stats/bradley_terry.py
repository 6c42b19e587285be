"""How strong each of several things is, out of choices between two of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.stats.interval import FEWEST_FOR_INTERVAL, TOO_FEW
from foveate.stats.jackknife import jackknife_error, reach

Values = NDArray[np.float64]
REGULARISED = 0.01
"""Added to every rate of choix's chain: without it one that always wins would be infinitely strong."""
METHOD = "t, jackknife over clusters"
NOT_ORDERED = "no interval: some won all their choices, or never met the others"


@dataclass(frozen=True)
class Strengths:
    """Natural logarithms that sum to 0: P(a beats b) = 1 / (1 + exp(b - a))."""

    value: Values
    """(things,)"""
    low: Values | None
    """(things,) lower ends of their intervals; None below six clusters, or where choices do not order all things."""
    high: Values | None
    """(things,) upper ends."""
    method: str
    """How the ends were found, or why there are none."""


def bradley_terry(wins: Values, *, level: float = 0.95) -> Strengths:
    """Bradley and Terry's (1952) strengths with t intervals, whose standard errors are a jackknife over clusters.

    There is no interval where some things never lost to others: how far apart these are is decided by the regularisation, not
    by choices (Ford 1957). A percentile bootstrap over clusters covers too little here (benchmarks/results/coverage.md).

    Args:
        wins: (clusters, things, things) how often each beat each in each cluster; a tie is half a win for both.
        level: wanted coverage.
    """
    whole, count = wins.sum(axis=0), len(wins)
    value = _fitted(whole)
    if count < FEWEST_FOR_INTERVAL:
        return Strengths(value, None, None, TOO_FEW)
    if not _ordered(whole):
        return Strengths(value, None, None, NOT_ORDERED)
    error = jackknife_error(np.array([_fitted(whole - own) for own in wins]))
    return Strengths(value, value - reach(count, level) * error, value + reach(count, level) * error, METHOD)


def _fitted(wins: Values) -> Values:
    """choix's I-LSR (Maystre and Grossglauser 2015)."""
    import choix

    found: Any = choix.ilsr_pairwise_dense(wins, alpha=REGULARISED, max_iter=1000)
    return np.asarray(found - np.mean(found), dtype=np.float64)


def _ordered(wins: Values) -> bool:
    """Whether a chain of wins leads from each thing to each."""
    steps = np.eye(len(wins)) + (wins > 0)
    return bool((np.linalg.matrix_power(steps, len(wins)) > 0).all())
