"""Where gaze rests, told from its own noise: fixations with the small saccades between them cut."""

from dataclasses import dataclass

import numpy as np

from foveate.clock import NS_PER_MS, Times
from foveate.gaze.fixation import ivt, speeds
from foveate.geometry import Points
from foveate.recording.recording import GazeStream

HALF_MEAN_MS = 12.5
"""Gaze is averaged over this long on both sides before its speed is told: small saccades stand out of the noise then."""
HALF_WINDOW_MS = 25.0
MEDIANS = 4.0
"""Gaze faster than so many times its median speed is a saccade."""
MOST_WIDTHS_PER_S = 0.6
"""Gaze faster than this share of the frame's width is a saccade at any rate."""
SHORTEST_MS = 80.0
FEWEST_SAMPLES = 4


@dataclass(frozen=True)
class Rest:
    """One fixation."""

    time_ns: Times
    """(N,) increasing."""
    point_px: Points
    """(N, 2)."""


def rests(gaze: GazeStream, width_px: int) -> list[Rest]:
    """Fixations of a gaze stream, by a speed that its own median sets.

    Args:
        gaze: the samples; only valid ones are used.
        width_px: of the scene's frames.

    Source: a threshold from the median speed is the idea of Engbert and Kliegl (Vision Research 2003), who take one for each of
    its two components.
    """
    keep = gaze.valid.copy()
    keep[keep] = np.diff(gaze.time_ns[keep], prepend=np.iinfo(np.int64).min // 2) > 0
    time_ns, point = gaze.time_ns[keep], gaze.point_px[keep]
    if len(time_ns) < FEWEST_SAMPLES:
        return []
    smooth = _mean(point, time_ns, round(HALF_MEAN_MS * NS_PER_MS))
    speed = speeds(smooth, time_ns, half_window_ms=HALF_WINDOW_MS)
    threshold = min(MEDIANS * float(np.nanmedian(speed)), MOST_WIDTHS_PER_S * width_px)
    if not threshold > 0:
        return []
    found = ivt(smooth, time_ns, threshold_per_s=threshold, half_window_ms=HALF_WINDOW_MS, min_duration_ms=SHORTEST_MS)
    return [Rest(time_ns[one], point[one]) for one in found if one.stop - one.start >= FEWEST_SAMPLES]


def _mean(point: Points, time_ns: Times, half_ns: int) -> Points:
    """Mean of the samples around each."""
    total = np.concatenate([np.zeros((1, 2)), np.cumsum(point, axis=0)])
    first, stop = np.searchsorted(time_ns, time_ns - half_ns), np.searchsorted(time_ns, time_ns + half_ns, side="right")
    return np.asarray((total[stop] - total[first]) / (stop - first)[:, None], dtype=np.float64)
