"""A share of independent items with its exact interval."""

from foveate.stats.interval import Interval


def proportion(successes: int, items: int, *, level: float = 0.95) -> Interval:
    """A share with the interval of Clopper and Pearson (1934), which holds its level at any share, 0 and 1 included.

    Args:
        successes: items that count.
        items: all items; none of them may depend on another, so spans of one recording belong into ``interval``.
        level: wanted coverage, or more.
    """
    from scipy.stats import beta

    if items == 0:
        return Interval(float("nan"), None, None, 0, "nothing was scored")
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, successes, items - successes + 1)) if successes else 0.0
    high = float(beta.ppf(1 - tail, successes + 1, items - successes)) if successes < items else 1.0
    return Interval(successes / items, low, high, items, "Clopper-Pearson")
