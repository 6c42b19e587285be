"""Agreement of coders beyond chance: Cohen's kappa of two with an interval over recordings, Krippendorff's alpha of any number.

Spans of one recording are no independent evidence, so that an interval leaves out recordings (or participants), never spans.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError, hint
from foveate.stats.interval import FEWEST_FOR_INTERVAL, NO_SPREAD, TOO_FEW
from foveate.stats.jackknife import jackknife_error, reach

Values = NDArray[np.float64]
Scale = Literal["nominal", "ordinal", "interval"]
METHOD = "t of log(1 - kappa), jackknife over clusters"
ONE_LABEL = "both coders used one and the same label throughout"
RESTS_ON_ONE = "no interval: but for one of the clusters, both coders used one and the same label throughout"


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa of two coders."""

    value: float
    """1 for full agreement, 0 for what chance alone gives; NaN where both used one and the same label throughout."""
    low: float | None
    """Lower end of its interval; None where there is none."""
    high: float | None
    """Upper end."""
    agreement: float
    """Share of items with the same label."""
    by_chance: float
    """The share that two coders with these shares of labels would have by chance."""
    items: int
    clusters: int
    """Recordings (or participants) that the items come from."""
    method: str
    """How the ends were found, or why there are none."""


def cohens_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Cohen's kappa of two coders who labelled the same items.

    Source: Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20.

    Args:
        first: (N,) labels of one coder.
        second: (N,) labels of the other, item by item.

    Returns:
        Kappa; NaN where chance alone agrees fully, since both used one and the same label throughout.

    Raises:
        UsageError: without an item, or with unequal numbers.
    """
    return float(_kappa(_tables(first, second, [0] * len(first)).sum(axis=0)[None])[0])


def kappa(first: Sequence[Hashable], second: Sequence[Hashable], clusters: Sequence[Hashable], *, level: float = 0.95) -> Kappa:
    """The same with an interval over clusters, from six of them on.

    A t interval of log(1 - kappa), whose standard error is a jackknife over clusters (Efron and Tibshirani 1993, chapter 11) by
    the delta method. 1 - kappa is a ratio, disagreement over that of chance, and on the logarithm's scale its error is even to
    both sides: kappa's own is not, and a studentised bootstrap of kappa covers too little where nearly all agree or a label is
    rare (benchmarks/results/coverage.md). The ends never pass 1.

    Args:
        first: (N,) labels of one coder.
        second: (N,) labels of the other.
        clusters: (N,) the recording of each item.
        level: wanted coverage.

    Raises:
        UsageError: without an item, or with unequal numbers.
    """
    tables = _tables(first, second, clusters)
    whole = tables.sum(axis=0)
    items, count = int(whole.sum()), len(tables)
    share = whole / items
    agreement, by_chance = float(np.trace(share)), float(share.sum(axis=1) @ share.sum(axis=0))
    ends, method = _ends(tables, level=level)
    low, high = (None, None) if ends is None else ends
    return Kappa(float(_kappa(whole[None])[0]), low, high, agreement, by_chance, items, count, method)


def krippendorffs_alpha(ratings: Sequence[Sequence[Hashable | None]], *, scale: Scale = "nominal") -> float:
    """Krippendorff's alpha: agreement of any number of raters, each of whom may have left items out.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability; an item with fewer than two ratings counts for
    nothing.

    Args:
        ratings: (raters, items), a row for each rater; None or NaN where one did not rate.
        scale: ``nominal`` (labels), ``ordinal`` (ranks, such as Likert points) or ``interval`` (numbers with equal steps).

    Returns:
        1 for full agreement, 0 for chance, below 0 for disagreement; NaN where all ratings are the same, or no item has two.

    Raises:
        UsageError: for rows of unequal length, a scale that is none, or ratings that are no numbers where the scale needs them.
    """
    if scale not in get_args(Scale):
        raise UsageError(f"there is no scale {scale!r}{hint(scale, get_args(Scale))}; one of: {', '.join(get_args(Scale))}")
    if len(lengths := sorted({len(row) for row in ratings})) > 1:
        raise UsageError(f"every rater needs one rating per item (None for none), got rows of {lengths[0]} to {lengths[-1]}")
    units = [[value for value in unit if not _is_missing(value)] for unit in zip(*ratings, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values = list(dict.fromkeys(value for unit in units for value in unit))
    if scale != "nominal":
        if odd := [value for value in values if isinstance(value, bool) or not isinstance(value, int | float | np.number)]:
            raise UsageError(f"ratings on the scale {scale} are numbers, got {odd[0]!r}")
        values = sorted(values)  # numbers, as was just checked
    places = {value: place for place, value in enumerate(values)}
    met = np.zeros((len(values), len(values)))
    for unit in units:
        found = np.bincount([places[value] for value in unit], minlength=len(values)).astype(np.float64)
        met += (np.outer(found, found) - np.diag(found)) / (len(unit) - 1)
    each = met.sum(axis=1)
    apart = DISTANCES[scale](values, each) if values else met
    # pairs drawn from all ratings without putting one back: the disagreement of chance
    expected = float(each @ apart @ each) / (each.sum() - 1) if len(values) > 1 else 0.0
    return 1.0 - float(np.sum(met * apart)) / expected if expected else float("nan")


def _nominal(values: Sequence[Hashable], each: Values) -> Values:
    return 1.0 - np.eye(len(values))


def _ordinal(values: Sequence[Hashable], each: Values) -> Values:
    # a rating lies in the middle of all that share its rank
    rank = np.cumsum(each) - each / 2
    return np.asarray((rank[:, None] - rank) ** 2)


def _interval(values: Sequence[Hashable], each: Values) -> Values:
    number = np.array(values, dtype=np.float64)
    return np.asarray((number[:, None] - number) ** 2)


DISTANCES: dict[Scale, Callable[[Sequence[Hashable], Values], Values]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
}
"""Scale -> (the values in order, how many ratings have each) -> (values, values) squared distances."""


def _is_missing(value: Hashable | None) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def _tables(first: Sequence[Hashable], second: Sequence[Hashable], clusters: Sequence[Hashable]) -> Values:
    """(clusters, labels, labels) how often a cluster's items have one label by the first and another by the second coder."""
    if not len(first) == len(second) == len(clusters):
        raise UsageError(
            f"both coders need one label per item, got {len(first)} and {len(second)} labels of {len(clusters)} items"
        )
    if not len(first):
        raise UsageError("agreement needs at least one item that both coders labelled, got none")
    labels = {label: place for place, label in enumerate(dict.fromkeys([*first, *second]))}
    groups = {group: place for place, group in enumerate(dict.fromkeys(clusters))}
    tables = np.zeros((len(groups), len(labels), len(labels)))
    np.add.at(tables, ([groups[c] for c in clusters], [labels[a] for a in first], [labels[b] for b in second]), 1.0)
    return tables


def _kappa(tables: Values) -> Values:
    """(T,) kappa of (T, labels, labels) tables; NaN where chance agrees fully."""
    share = tables / tables.sum(axis=(1, 2), keepdims=True)
    seen, chance = np.trace(share, axis1=1, axis2=2), _by_chance(share)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(chance < 1 - 1e-12, (seen - chance) / (1 - chance), np.nan))


def _by_chance(share: Values) -> Values:
    return np.asarray(np.sum(share.sum(axis=2) * share.sum(axis=1), axis=1))


def _ends(tables: Values, *, level: float) -> tuple[tuple[float, float] | None, str]:
    """Both ends of the interval of (clusters, labels, labels) tables, or none; how they were found, or why there are none."""
    whole, count = tables.sum(axis=0), len(tables)
    value = float(_kappa(whole[None])[0])
    if np.isnan(value):
        return None, ONE_LABEL
    if count < FEWEST_FOR_INTERVAL:
        return None, TOO_FEW
    if value > 1 - 1e-12:
        return None, NO_SPREAD
    left_out = _kappa(whole - tables)
    if np.isnan(left_out).any():
        return None, RESTS_ON_ONE
    error = float(jackknife_error(left_out))
    if error < 1e-12:
        return None, NO_SPREAD
    times = float(np.exp(reach(count, level) * error / (1 - value)))
    return (max(-1.0, 1 - (1 - value) * times), 1 - (1 - value) / times), METHOD
