"""Where the gaze rests on the scene, by its speed."""

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S, Times
from foveate.errors import UsageError


def ivt(
    point: NDArray[np.float64],
    time_ns: Times,
    *,
    threshold_per_s: float,
    half_window_ms: float = 25.0,
    min_duration_ms: float = 100.0,
) -> list[slice]:
    """Stretches in which gaze moves more slowly than a threshold (velocity threshold, I-VT).

    A sample's speed is the distance between the samples ``half_window_ms`` before and after it, over their distance in time;
    the paper takes neighbours, which at 200 Hz tells the tracker's noise rather than the eye's speed. A stretch never spans
    two samples that are farther apart than the window: across a loss nothing is known.

    Args:
        point: (N, D) finite, in degrees or pixels.
        time_ns: (N,) strictly increasing.
        threshold_per_s: in the unit of the points, per second.
        half_window_ms: at least one sample on either side is taken, however slow the tracker.
        min_duration_ms: shorter stretches are left out.

    Returns:
        Slices of the samples, in order of time.

    Source: Salvucci and Goldberg, "Identifying fixations and saccades in eye-tracking protocols", ETRA 2000.
    """
    if not threshold_per_s > 0:
        raise UsageError(f"threshold_per_s must be positive, got {threshold_per_s}")
    if len(time_ns) < 3:
        return []
    speed = speeds(point, time_ns, half_window_ms=half_window_ms)
    # a stretch ends where gaze is fast and where samples are missing
    broken = np.diff(time_ns) > apart_ns(time_ns, half_window_ms)
    slow = speed < threshold_per_s
    found = joined(slow[1:] & slow[:-1] & ~broken)
    return [one for one in found if time_ns[one.stop - 1] - time_ns[one.start] >= min_duration_ms * NS_PER_MS]


def speeds(point: NDArray[np.float64], time_ns: Times, *, half_window_ms: float) -> NDArray[np.float64]:
    """Speed at every sample over a window about it, (N, D) -> (N,), in the unit of the points per second.

    NaN at a sample that stands alone. The window is cut off at losses.
    """
    before, after = window(time_ns, half_window_ms=half_window_ms)
    step_s = (time_ns[after] - time_ns[before]) / NS_PER_S
    alone = step_s <= 0
    path = np.linalg.norm(point[after] - point[before], axis=1)
    return np.where(alone, np.nan, path / np.where(alone, 1.0, step_s))


def window(time_ns: Times, *, half_window_ms: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For every sample the first and the last of those within a half window, at least its neighbours, never beyond a loss."""
    half_ns = round(half_window_ms * NS_PER_MS)
    index = np.arange(len(time_ns))
    run = runs(time_ns, apart_ns(time_ns, half_window_ms))
    first, last = np.searchsorted(run, run, side="left"), np.searchsorted(run, run, side="right") - 1
    before = np.maximum(np.minimum(np.searchsorted(time_ns, time_ns - half_ns), index - 1), first)
    after = np.minimum(np.maximum(np.searchsorted(time_ns, time_ns + half_ns, side="right") - 1, index + 1), last)
    return before, after


def apart_ns(time_ns: Times, half_window_ms: float) -> int:
    """Samples farther apart than this have a loss between them: a window, or two usual intervals where that is longer."""
    usual_ns = int(np.median(np.diff(time_ns))) if len(time_ns) > 1 else 0
    return max(2 * round(half_window_ms * NS_PER_MS), 2 * usual_ns)


def runs(time_ns: Times, far_ns: float) -> NDArray[np.intp]:
    """For every sample the number of the run that it lies in; a run ends where two samples are farther apart than that."""
    return np.concatenate([[0], np.cumsum(np.diff(time_ns) > far_ns)])[: len(time_ns)].astype(np.intp)


def joined(together: NDArray[np.bool_]) -> list[slice]:
    """Slices of samples out of (N - 1,) which of them go with the next one."""
    edge = np.diff(np.concatenate([[0], together.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    return [slice(int(a), int(b) + 1) for a, b in zip(starts, stops, strict=True)]
