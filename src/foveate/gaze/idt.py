"""Where the gaze rests on the scene, by how little it spreads."""

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Times
from foveate.errors import UsageError
from foveate.gaze.fixation import apart_ns, runs
from foveate.geometry import Points


def idt(
    point: Points,
    time_ns: Times,
    *,
    dispersion: float,
    half_window_ms: float = 10.0,
    min_duration_ms: float = 100.0,
) -> list[slice]:
    """Stretches within which gaze spreads over less than a threshold (dispersion threshold, I-DT).

    A window of the shortest duration is laid on the first sample; where its dispersion, (max x - min x) + (max y - min y), is
    within the threshold, it grows until it is not, and is a fixation; otherwise its first sample is dropped. As the paper has
    it; and a window never spans a loss.

    Args:
        point: (N, 2) finite, in degrees or pixels.
        time_ns: (N,) strictly increasing.
        dispersion: largest spread, in the unit of the points.
        half_window_ms: samples farther apart than twice this, and than two usual intervals, have a loss between them.
        min_duration_ms: length of the window at first; from its first to its last sample.

    Returns:
        Slices of the samples, in order of time.

    Source: Salvucci and Goldberg, "Identifying fixations and saccades in eye-tracking protocols", ETRA 2000.
    """
    if not dispersion > 0:
        raise UsageError(f"dispersion must be positive, got {dispersion}")
    n = len(time_ns)
    if n < 2:
        return []
    run = runs(time_ns, apart_ns(time_ns, half_window_ms))
    run_stop = np.searchsorted(run, run, side="right")
    # the first window of every sample reaches to the first sample that makes it long enough
    reach = np.searchsorted(time_ns, time_ns + round(min_duration_ms * NS_PER_MS))
    reach = np.maximum(reach, np.arange(n) + 1)
    fits = (reach < run_stop) & (_spread(point, reach) <= dispersion)
    starts = np.flatnonzero(fits)
    x, y = point[:, 0].tolist(), point[:, 1].tolist()
    found, at = [], 0
    while (next_start := int(np.searchsorted(starts, at))) < len(starts):
        first = int(starts[next_start])
        at = _grown(x, y, first, int(reach[first]) + 1, int(run_stop[first]), dispersion)
        found.append(slice(first, at))
    return found


def _spread(point: Points, last: NDArray[np.intp]) -> NDArray[np.float64]:
    """Dispersion of the windows [i, last[i]], (N,)."""
    n = len(point)
    low, high = point.copy(), point.copy()
    for step in range(1, int(np.max(last - np.arange(n))) + 1):
        rows = np.flatnonzero(np.arange(n) + step <= np.minimum(last, n - 1))
        low[rows] = np.minimum(low[rows], point[rows + step])
        high[rows] = np.maximum(high[rows], point[rows + step])
    return np.asarray(np.sum(high - low, axis=1), dtype=np.float64)


def _grown(x: list[float], y: list[float], first: int, stop: int, end: int, dispersion: float) -> int:
    """One past the last sample of a window that grows from [first, stop) within the dispersion, at most to ``end``."""
    left, right = min(x[first:stop]), max(x[first:stop])
    top, bottom = min(y[first:stop]), max(y[first:stop])
    for index in range(stop, end):
        left, right = min(left, x[index]), max(right, x[index])
        top, bottom = min(top, y[index]), max(bottom, y[index])
        if right - left + bottom - top > dispersion:
            return index
    return end
