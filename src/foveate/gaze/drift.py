"""How far the clock of gaze is off that of the video, from the movement that both see."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S, Times
from foveate.errors import UsageError
from foveate.gaze.clock_error import ClockError, Lag, line_through
from foveate.gaze.fixation import ivt
from foveate.geometry import Points, Size
from foveate.recording.recording import GazeStream, Image, Recording

METHOD = "gaze in fixations against the median movement of the picture"
FLOW_WIDTH_PX = 240
"""Frames are shrunk to this width before they are compared."""
FEWEST_TRACKED = 8
"""Image points that must be found again for a frame's movement to be told."""
STRIDE_S = 1 / 6
"""Over which movement is compared: longer than a frame, so that the tracker's noise counts less."""
HALF_MEAN_MS = 15.0
"""Gaze is averaged over this long on both sides of an instant, as a frame's movement is over its interval."""
SACCADE_WIDTHS_PER_S = 0.6
"""Gaze faster than this share of the frame's width is a saccade, which the picture does not share."""
WORST_WIDTHS = 1 / 240
"""Greatest disagreement that counts, as a share of the frame's width: what moves apart for other reasons weighs no more."""
STEP_MS = 10
BLOCK_S = 1.0
"""Length of the pieces that are drawn anew for the interval; fixations are shorter."""
DRAWS = 400
WIDEST_MS = 160.0
"""An interval wider than this tells nothing."""
FEWEST_SHARED = 0.1
"""Least share of gaze's movement in fixations that the picture's must explain."""


def drift(
    recording: Recording, *, windows: int = 8, window_s: float = 12.0, most_ms: float = 500.0, seed: int = 0
) -> ClockError:
    """The error between the clocks of gaze and video, from windows spread evenly over the recording.

    While the eye rests on something, gaze moves in the frame as the picture does, since the head turns below it. The offset is
    the one at which the movement of gaze within fixations and the median movement of the picture agree best: the summed gain in
    squared distance over gaze that stands still, each distance cut at a greatest one. The interval is that of a bootstrap over
    blocks of a second. Only these windows are decoded.

    Args:
        recording: with scene and gaze.
        windows: how many, fewer where the recording is short.
        window_s: their length.
        most_ms: greatest offset that is looked for.
        seed: of the bootstrap.
    """
    if windows < 1 or not window_s >= 3 or not most_ms >= STEP_MS:
        raise UsageError(
            f"drift needs a window of at least 3 s and 10 ms to look in, got {windows}, {window_s} s, {most_ms} ms"
        )
    scene, gaze = recording.scene, recording.gaze
    first_ns, last_ns = int(scene.time_ns[0]), int(scene.time_ns[-1])
    length_ns = round(window_s * NS_PER_S)
    count = max(1, min(windows, (last_ns - first_ns) // length_ns))
    starts = first_ns + np.linspace(0, max(0, last_ns - first_ns - length_ns), count).astype(np.int64)
    path = _GazePath(gaze, scene.size_px)
    offsets_ms = np.arange(-most_ms, most_ms + STEP_MS / 2, STEP_MS)
    rng = np.random.default_rng(seed)
    result = []
    for start_ns in starts.tolist():
        chosen = np.flatnonzero((scene.time_ns >= start_ns) & (scene.time_ns < start_ns + length_ns))
        sizes = [_shrunk(scene.size_px)] * len(chosen)
        moved = _moved(scene.frames(chosen.tolist(), sizes_px=sizes), scene.size_px.width_px / FLOW_WIDTH_PX)
        found = _offset(path, scene.time_ns[chosen], moved, offsets_ms, rng)
        result.append(Lag((start_ns - first_ns) / NS_PER_S, *found))
    lag_ms, lag_at_min, ms_per_min = line_through(result)
    return ClockError(tuple(result), METHOD, first_ns, lag_ms, lag_at_min, ms_per_min)


class _GazePath:
    """Mean gaze about any instant, within one fixation."""

    def __init__(self, gaze: GazeStream, size_px: Size) -> None:
        self.width_px = size_px.width_px
        keep = gaze.valid & np.concatenate([[True], np.diff(gaze.time_ns) > 0])[: len(gaze)]
        self.time_ns, point = gaze.time_ns[keep], gaze.point_px[keep]
        self.fixation = np.full(len(point), -1)
        for number, one in enumerate(ivt(point, self.time_ns, threshold_per_s=SACCADE_WIDTHS_PER_S * self.width_px)):
            self.fixation[one] = number
        self._sum = np.concatenate([np.zeros((1, 2)), np.cumsum(point, axis=0)])

    def at(self, time_ns: Times) -> tuple[Points, NDArray[np.intp]]:
        """Mean points (N, 2), and the fixations that they lie in, -1 for none."""
        half_ns = round(HALF_MEAN_MS * NS_PER_MS)
        first, stop = np.searchsorted(self.time_ns, time_ns - half_ns), np.searchsorted(self.time_ns, time_ns + half_ns)
        some = stop > first
        a, b = np.minimum(first, len(self.time_ns) - 1), np.maximum(stop - 1, 0)
        fixation = np.where(some & (self.fixation[a] == self.fixation[b]), self.fixation[a], -1)
        return (self._sum[stop] - self._sum[first]) / np.maximum(stop - first, 1)[:, None], fixation


def _shrunk(size_px: Size) -> Size:
    return Size(FLOW_WIDTH_PX, max(1, round(size_px.height_px * FLOW_WIDTH_PX / size_px.width_px)))


def _moved(frames: Iterable[Image], scale: float) -> Points:
    """How far the picture moved up to each frame, in scene pixels, (F, 2); NaN from where it cannot be told."""
    steps, before = [np.zeros(2)], None
    for image in frames:
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        if before is not None:
            steps.append(_step(before, gray) * scale)
        before = gray
    return np.asarray(np.cumsum(steps, axis=0), dtype=np.float64)


def _step(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Median movement of image points between two frames; NaN with too few of them."""
    points = cv2.goodFeaturesToTrack(before, 120, 0.01, 6)
    if points is None:
        return np.full(2, np.nan)
    found, there, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(15, 15), maxLevel=2)
    moved = (found - points)[there.ravel() == 1].reshape(-1, 2)
    return np.asarray(np.median(moved, axis=0), dtype=np.float64) if len(moved) >= FEWEST_TRACKED else np.full(2, np.nan)


def _offset(
    path: _GazePath, frame_ns: Times, moved: Points, offsets_ms: NDArray[np.float64], rng: np.random.Generator
) -> tuple[float | None, tuple[float, float] | None, str]:
    """The best offset of a window with its interval, or why there is none."""
    stride = max(1, round(STRIDE_S * NS_PER_S / float(np.median(np.diff(frame_ns))))) if len(frame_ns) > 1 else 1
    blocks = int((frame_ns[-1] - frame_ns[0]) / NS_PER_S / BLOCK_S) if len(frame_ns) > stride else 0
    if blocks < 2 or not len(path.time_ns):
        return None, None, "too short, or without gaze"
    scene = moved[stride:] - moved[:-stride]
    worst_px = WORST_WIDTHS * path.width_px
    gain, still = np.zeros((len(offsets_ms), len(scene))), np.zeros(len(offsets_ms))
    for k, offset_ms in enumerate(offsets_ms):
        # a sample stamped too early by an offset stands that much before its frame
        at_ns = frame_ns - round(offset_ms * NS_PER_MS)
        point, fixation = path.at(at_ns)
        eye = point[stride:] - point[:-stride]
        both = (fixation[stride:] >= 0) & (fixation[stride:] == fixation[:-stride]) & np.isfinite(scene).all(axis=1)
        apart = np.minimum(np.linalg.norm(eye[both] - scene[both], axis=1), worst_px) ** 2
        alone = np.minimum(np.linalg.norm(eye[both], axis=1), worst_px) ** 2
        gain[k, both], still[k] = alone - apart, float(np.sum(alone))
    total = gain.sum(axis=1)
    best = int(np.argmax(total))
    if not total[best] > FEWEST_SHARED * still[best]:
        return None, None, "too little movement that gaze and picture share"
    of = np.array_split(np.arange(gain.shape[1]), blocks)
    summed = np.stack([gain[:, part].sum(axis=1) for part in of], axis=1)
    drawn = [offsets_ms[np.argmax(summed[:, rng.integers(blocks, size=blocks)].sum(axis=1))] for _ in range(DRAWS)]
    low, high = (float(value) for value in np.percentile(drawn, [2.5, 97.5]))
    if high - low > WIDEST_MS or best in (0, len(offsets_ms) - 1):
        return None, None, "too little movement to tell one offset from another"
    return float(offsets_ms[best]), (low - STEP_MS / 2, high + STEP_MS / 2), ""
