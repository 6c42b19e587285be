"""One gaze point per frame: the nearest valid sample, or the median of those in a window."""

import numpy as np

from foveate.clock import NS_PER_MS, Times, nearest
from foveate.errors import UsageError
from foveate.gaze.frame_gaze import FrameGaze
from foveate.geometry import Points
from foveate.recording.recording import GazeStream

MOST_TOLERANCE_NS = 50 * NS_PER_MS
MOST_SPARSE_NS = 100 * NS_PER_MS


def align(
    gaze: GazeStream, frame_time_ns: Times, *, tolerance_ns: int | None = None, window_ns: int | None = None
) -> FrameGaze:
    """Give every frame a gaze point.

    Args:
        gaze: the samples; only valid ones are used.
        frame_time_ns: (F,) sorted instants of the frames.
        tolerance_ns: greatest distance between a frame and its sample. None for half the frame interval, which is right
            for all frames of a video; for a selection, give ``half_interval_ns`` of all of them. By default at most 50 ms.
        window_ns: use the median point of the valid samples in a window of this length centred on the frame instead.

    Returns:
        One point per frame, with its age (frame minus sample; the median's age in a window) and validity.
    """
    if tolerance_ns is not None and tolerance_ns < 0:
        raise UsageError(f"tolerance_ns must not be negative, got {tolerance_ns}")
    if window_ns is not None and window_ns <= 0:
        raise UsageError(f"window_ns must be positive, got {window_ns}")
    if window_ns is not None and tolerance_ns is not None:
        raise UsageError("give tolerance_ns (nearest sample) or window_ns (median of a window), not both")
    time_ns, point_px = gaze.time_ns[gaze.valid], gaze.point_px[gaze.valid]
    if window_ns is not None:
        return _median(time_ns, point_px, frame_time_ns, window_ns)
    index = nearest(
        time_ns, frame_time_ns, tolerance_ns=half_interval_ns(frame_time_ns) if tolerance_ns is None else tolerance_ns
    )
    found = index >= 0
    point = np.full((len(frame_time_ns), 2), np.nan)
    age_ns = np.zeros(len(frame_time_ns), dtype=np.int64)
    point[found] = point_px[index[found]]
    age_ns[found] = frame_time_ns[found] - time_ns[index[found]]
    return FrameGaze(frame_time_ns, point, age_ns, found)


def half_interval_ns(frame_time_ns: Times) -> int:
    """Half the median interval of frames, at most 50 ms (which a single frame gets)."""
    if len(frame_time_ns) < 2:
        return MOST_TOLERANCE_NS
    return min(round(float(np.median(np.diff(frame_time_ns))) / 2), MOST_TOLERANCE_NS)


def reach_ns(gaze: GazeStream, frame_time_ns: Times) -> int:
    """How far a frame's sample may be: half a frame interval, or half a gaze interval where gaze is sparser than frames.

    With gaze at 5 or 10 Hz (HD-EPIC, Ego-Exo4D) a frame's nearest sample is up to half a gaze interval away. At most 100 ms.
    """
    sparse = 0 if len(gaze) < 2 else round(float(np.median(np.diff(gaze.time_ns))) / 2)
    return max(half_interval_ns(frame_time_ns), min(sparse, MOST_SPARSE_NS))


def _median(time_ns: Times, point_px: Points, frame_time_ns: Times, window_ns: int) -> FrameGaze:
    first = np.searchsorted(time_ns, frame_time_ns - window_ns // 2, side="left")
    last = np.searchsorted(time_ns, frame_time_ns + window_ns // 2, side="right")
    point = np.full((len(frame_time_ns), 2), np.nan)
    age_ns = np.zeros(len(frame_time_ns), dtype=np.int64)
    for frame in np.flatnonzero(last > first):
        inside = slice(first[frame], last[frame])
        point[frame] = np.median(point_px[inside], axis=0)
        # of differences: float64 holds these exactly, but not nanoseconds since 1970
        age_ns[frame] = round(float(np.median(frame_time_ns[frame] - time_ns[inside])))
    return FrameGaze(frame_time_ns, point, age_ns, last > first)
