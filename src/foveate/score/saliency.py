"""How well a map of where someone may look tells where they did look, frame by frame.

Definitions: AUC-Judd (Judd, Durand and Torralba, "A benchmark of computational models of saliency", 2012); NSS (Peters, Iyer,
Itti and Koch, Vision Research 2005); KL, CC and SIM as Bylinskii, Judd, Oliva, Torralba and Durand give them ("What do
different evaluation metrics tell us about saliency models?", PAMI 2019), KL of the measured distribution to the predicted.
A constant map has AUC .5 and neither NSS nor CC.

Where programs differ: a cell that was looked at several times counts as often; equal values fall together, none are jittered
apart; the standard deviation is that of all cells (n, not n - 1); SIM scales both maps to sum 1 and subtracts no minimum; and
where a map has nothing at all, KL depends on TINY, which the benchmark's program has as 2.2e-16.
"""

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.geometry import Points
from foveate.score.score import Score

Map = NDArray[np.float64]
"""(rows, columns) non-negative, of any scale, covering the whole frame."""
TINY = 1e-12
"""Added to probabilities before their logarithm is taken."""
NO_POINT = "no gaze point in the frame"
SAME = "the map is the same everywhere"


def auc_judd(predicted: Map, points_px: Points, frame_size_px: tuple[int, int]) -> Score:
    """Area under the curve of hits against false alarms, with one threshold for each gaze point.

    Args:
        predicted: the map.
        points_px: (N, 2) where the wearer looked, in frame pixels; points beyond the frame and NaN are left out.
        frame_size_px: (height, width).
    """
    return auc_judd_at(_checked(predicted), _counts(predicted, points_px, frame_size_px))


def nss(predicted: Map, points_px: Points, frame_size_px: tuple[int, int]) -> Score:
    """Mean of the standardised map at the gaze points; arguments as for ``auc_judd``."""
    return nss_at(_checked(predicted), _counts(predicted, points_px, frame_size_px))


def auc_judd_at(predicted: Map, looked_at: Map) -> Score:
    """``auc_judd`` where it is known how often each cell was looked at, or with what probability.

    Args:
        predicted: values of any shape.
        looked_at: 0 or more, of the same shape and any scale; the cells with 0 make the false alarms.
    """
    values, weights = predicted.ravel(), looked_at.ravel()
    at = weights > 0
    if not at.any():
        return Score.unscored(reason=NO_POINT)
    if at.all():
        return Score.unscored(reason="every cell of the map was looked at")
    thresholds = np.unique(values[at])[::-1]  # ties fall together
    order = np.argsort(values[at])
    # the weight, and the number of other cells, at or above each threshold
    above = np.concatenate([np.cumsum(weights[at][order][::-1])[::-1], [0.0]])
    hits = above[np.searchsorted(values[at][order], thresholds, side="left")] / weights.sum()
    others = np.sort(values[~at])
    false_alarms = 1 - np.searchsorted(others, thresholds, side="left") / len(others)
    x, y = np.concatenate([[0.0], false_alarms, [1.0]]), np.concatenate([[0.0], hits, [1.0]])
    return Score(float(np.trapezoid(y, x)))


def nss_at(predicted: Map, looked_at: Map) -> Score:
    """``nss`` where it is known how often each cell was looked at; arguments as for ``auc_judd_at``."""
    spread = float(predicted.std())
    if not looked_at.any():
        return Score.unscored(reason=NO_POINT)
    if not spread > TINY * max(1.0, float(np.abs(predicted).max())):
        return Score.unscored(reason=SAME)
    return Score(float(np.average((predicted - predicted.mean()) / spread, weights=looked_at)))


def kl(predicted: Map, measured: Map) -> Score:
    """Kullback-Leibler divergence of the measured distribution to the predicted one, in nats; both are scaled to sum 1.

    Args:
        predicted: the map.
        measured: the same grid; for instance ``gaze.target.target`` of the gaze points.
    """
    maps = _distributions(predicted, measured)
    if isinstance(maps, Score):
        return maps
    p, q = maps
    return Score(float(np.sum(q * np.log(TINY + q / (p + TINY)))))


def sim(predicted: Map, measured: Map) -> Score:
    """Similarity (histogram intersection): the sum of the smaller of both values, 1 for equal maps and 0 for disjoint ones.

    Arguments as for ``kl``.
    """
    maps = _distributions(predicted, measured)
    return maps if isinstance(maps, Score) else Score(float(np.minimum(*maps).sum()))


def cc(predicted: Map, measured: Map) -> Score:
    """Pearson's linear correlation coefficient of both maps, -1 to 1; arguments as for ``kl``."""
    maps = _distributions(predicted, measured)
    if isinstance(maps, Score):
        return maps
    p, q = (each - each.mean() for each in maps)
    if any(float(np.abs(each).max()) <= TINY for each in (p, q)):
        return Score.unscored(reason=SAME)
    return Score(float(np.clip((p * q).sum() / np.sqrt((p * p).sum() * (q * q).sum()), -1, 1)))


def _distributions(predicted: Map, measured: Map) -> tuple[Map, Map] | Score:
    """Both maps scaled to sum 1; or why that is not possible."""
    if predicted.shape != measured.shape:
        raise UsageError(f"maps of one grid are needed, got {predicted.shape} and {measured.shape}")
    if not np.isfinite(measured).all():
        return Score.unscored(reason=NO_POINT)
    p, q = _checked(predicted), _checked(measured)
    if not (p.sum() > 0 and q.sum() > 0):
        return Score.unscored(reason="a map without any mass")
    return p / p.sum(), q / q.sum()


def _checked(each: Map) -> Map:
    if each.ndim != 2 or not each.size or not np.isfinite(each).all() or (each < 0).any():
        raise UsageError(f"a map needs rows and columns of finite numbers of 0 or more, got shape {each.shape}")
    return each


def _counts(each: Map, points_px: Points, frame_size_px: tuple[int, int]) -> Map:
    """How many of the points within the frame lie in each cell."""
    points = np.asarray(points_px, dtype=np.float64).reshape(-1, 2)
    height, width = frame_size_px
    with np.errstate(invalid="ignore"):
        inside = (points >= 0).all(axis=1) & (points[:, 0] < width) & (points[:, 1] < height)
    rows, columns = each.shape
    row = np.minimum((points[inside, 1] * rows / height).astype(np.intp), rows - 1)
    column = np.minimum((points[inside, 0] * columns / width).astype(np.intp), columns - 1)
    counts = np.bincount(row * columns + column, minlength=each.size).astype(np.float64)
    return counts.reshape(each.shape)
