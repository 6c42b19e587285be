"""Agreement of coders beyond chance: Cohen's kappa of two with an interval over recordings, Krippendorff's alpha of any number.

Spans of one recording are no independent evidence, so that an interval resamples recordings (or participants), never spans.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError, hint
from foveate.stats.interval import FEWEST_FOR_BOOTSTRAP, FEWEST_FOR_INTERVAL, NO_SPREAD, TOO_FEW

Values = NDArray[np.float64]
Scale = Literal["nominal", "ordinal", "interval"]


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


def kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    clusters: Sequence[Hashable],
    *,
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
) -> Kappa:
    """The same with an interval over clusters.

    From ten clusters on a studentised bootstrap over clusters, from six to nine a t interval, below six none, as for means.
    The standard error is the linearised one: kappa is a smooth function of the summed table of both coders' labels, and every
    cluster adds its own table (Efron and Tibshirani 1993, chapters 6 and 12).

    Args:
        first: (N,) labels of one coder.
        second: (N,) labels of the other.
        clusters: (N,) the recording of each item.
        level: wanted coverage.
        draws: bootstrap resamples.
        seed: of the resamples.

    Raises:
        UsageError: without an item, or with unequal numbers.
    """
    tables = _tables(first, second, clusters)
    whole = tables.sum(axis=0)
    items, count = int(whole.sum()), len(tables)
    share = whole / items
    agreement, by_chance = float(np.trace(share)), float(share.sum(axis=1) @ share.sum(axis=0))
    value = float(_kappa(whole[None])[0])
    ends, method = _ends(tables, level=level, draws=draws, seed=seed)
    low, high = (None, None) if ends is None else ends
    return Kappa(value, low, high, agreement, by_chance, items, count, method)


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


def _errors(tables: Values, weights: Values) -> Values:
    """(D,) linearised standard errors of kappa where (D, clusters) weights tell how often each cluster's table counts."""
    count, labels = tables.shape[0], tables.shape[1]
    flat = tables.reshape(count, -1)
    summed = weights @ flat
    items = summed.sum(axis=1)
    share = (summed / items[:, None]).reshape(-1, labels, labels)
    chance, value = _by_chance(share), _kappa(share)
    # d kappa / d share[i, j] = ([i = j] - (1 - kappa) (column[i] + row[j])) / (1 - chance)
    beside = share.sum(axis=1)[:, :, None] + share.sum(axis=2)[:, None, :]
    slope = (np.eye(labels) - (1 - value)[:, None, None] * beside) / (1 - chance)[:, None, None]
    slope = slope.reshape(len(weights), -1)
    middle = np.sum(slope * share.reshape(len(weights), -1), axis=1)
    pull = (slope @ flat.T - middle[:, None] * flat.sum(axis=1)) / items[:, None]
    return np.asarray(np.sqrt(np.sum(weights * pull**2, axis=1) * count / (count - 1)))


def _ends(tables: Values, *, level: float, draws: int, seed: int) -> tuple[tuple[float, float] | None, str]:
    from scipy import stats

    count = len(tables)
    value = float(_kappa(tables.sum(axis=0)[None])[0])
    if np.isnan(value):
        return None, "both coders used one and the same label throughout"
    if count < FEWEST_FOR_INTERVAL:
        return None, TOO_FEW
    error = float(_errors(tables, np.ones((1, count)))[0])
    if error < 1e-12:
        return None, NO_SPREAD
    tails = np.array([1 - level, 1 + level]) / 2
    reach, method = stats.t.ppf(tails, count - 1), "t"
    if count >= FEWEST_FOR_BOOTSTRAP:
        weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), draws).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = _errors(tables, weights)
            resampled = _kappa((weights @ tables.reshape(count, -1)).reshape(draws, *tables.shape[1:]))
            kept = spread > 1e-12  # NaN is not
        if np.count_nonzero(kept) >= 0.99 * draws:
            reach, method = np.quantile((resampled[kept] - value) / spread[kept], tails), "studentised bootstrap"
    low, high = value - reach[1] * error, value - reach[0] * error
    return (max(-1.0, float(low)), min(1.0, float(high))), method
