"""One-euro smoothing: steady while the eye rests, quick when it jumps."""

import math
from dataclasses import replace

import numpy as np

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.errors import UsageError
from foveate.geometry import Points
from foveate.recording.recording import GazeStream


def one_euro(
    gaze: GazeStream,
    *,
    min_cutoff_hz: float = 1.0,
    beta_per_px: float = 0.005,
    derivative_cutoff_hz: float = 5.0,
    max_gap_ms: float = 75.0,
) -> GazeStream:
    """Low-pass valid points with a cut-off that grows with their speed; it looks back only, so it can run live.

    The filter starts anew after a gap, so that a point never leans on one from before a blink. x and y share one speed, so
    that a jump is followed alike in every direction; the paper filters each axis for itself.

    Args:
        gaze: the samples; those that are not valid pass through.
        min_cutoff_hz: cut-off at rest; lower is steadier and later.
        beta_per_px: growth of the cut-off, in Hz per px/s.
        derivative_cutoff_hz: cut-off of the speed itself.
        max_gap_ms: pause after which the filter starts anew.

    Source: Casiez, Roussel and Vogel, "1 euro filter", CHI 2012, algorithm 1.
    """
    if not (min_cutoff_hz > 0 and derivative_cutoff_hz > 0 and beta_per_px >= 0):
        raise UsageError(
            "one_euro needs min_cutoff_hz > 0, derivative_cutoff_hz > 0 and beta_per_px >= 0, "
            f"got {min_cutoff_hz}, {derivative_cutoff_hz}, {beta_per_px}"
        )
    valid = np.flatnonzero(gaze.valid)
    step_s = np.diff(gaze.time_ns[valid], prepend=gaze.time_ns[valid[:1]]) / NS_PER_S
    step_s[step_s > max_gap_ms * NS_PER_MS / NS_PER_S] = 0.0
    point = gaze.point_px.copy()
    point[valid] = _filter(gaze.point_px[valid], step_s.tolist(), min_cutoff_hz, beta_per_px, derivative_cutoff_hz)
    note = f"smoothed: one-euro, {min_cutoff_hz:g} Hz at rest, {beta_per_px:g} Hz per px/s"
    return replace(gaze, point_px=point, notes=(*gaze.notes, note))


def _filter(point_px: Points, steps_s: list[float], rest_hz: float, beta: float, derivative_hz: float) -> Points:
    """Filter (N, 2) points; a step of 0 s starts anew."""
    out = []
    x = y = speed_x = speed_y = last_x = last_y = 0.0
    for (raw_x, raw_y), step_s in zip(point_px.tolist(), steps_s, strict=True):
        if step_s == 0.0:
            x, y, speed_x, speed_y = raw_x, raw_y, 0.0, 0.0
        else:
            weight = _weight(step_s, derivative_hz)
            speed_x += weight * ((raw_x - last_x) / step_s - speed_x)
            speed_y += weight * ((raw_y - last_y) / step_s - speed_y)
            weight = _weight(step_s, rest_hz + beta * math.hypot(speed_x, speed_y))
            x += weight * (raw_x - x)
            y += weight * (raw_y - y)
        last_x, last_y = raw_x, raw_y
        out.append((x, y))
    return np.array(out, dtype=np.float64).reshape(-1, 2)


def _weight(step_s: float, cutoff_hz: float) -> float:
    """Weight of the newest value in an exponential filter."""
    turn = 2 * math.pi * cutoff_hz * step_s
    return turn / (turn + 1)
