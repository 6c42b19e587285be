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
    n = len(time_ns)
    if n < 3:
        return []
    half_ns = round(half_window_ms * NS_PER_MS)
    apart_ns = max(2 * half_ns, 2 * int(np.median(np.diff(time_ns))))
    index = np.arange(n)
    broken = np.diff(time_ns) > apart_ns
    run = np.concatenate([[0], np.cumsum(broken)])
    run_first = np.searchsorted(run, run, side="left")
    run_last = np.searchsorted(run, run, side="right") - 1
    before = np.clip(np.minimum(np.searchsorted(time_ns, time_ns - half_ns), index - 1), run_first, None)
    after = np.clip(np.maximum(np.searchsorted(time_ns, time_ns + half_ns, side="right") - 1, index + 1), None, run_last)
    step_s = (time_ns[after] - time_ns[before]) / NS_PER_S
    path = np.linalg.norm(point[after] - point[before], axis=1)
    slow = (step_s > 0) & (path < threshold_per_s * step_s)
    # a stretch ends where gaze is fast and where samples are missing
    together = slow[1:] & slow[:-1] & ~broken
    edge = np.diff(np.concatenate([[0], together.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    long_enough = time_ns[stops] - time_ns[starts] >= min_duration_ms * NS_PER_MS
    return [slice(int(a), int(b) + 1) for a, b in zip(starts[long_enough], stops[long_enough], strict=True)]
