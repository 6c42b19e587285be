"""How the picture moves, in windows of a recording: image points followed from frame to frame."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.geometry import Points, Size
from foveate.recording.recording import Image, Scene

FLOW_WIDTH_PX = 240
"""Frames are shrunk to this width before they are compared."""
MOST_POINTS = 200
FEWEST_POINTS = 8
"""Image points that must agree for a frame's movement to be told."""
BACK_PX = 0.3
"""A point followed to the next frame and back must end this near to where it began, in the shrunk frame."""
AGREE_PX = 1 / 6
"""Disagreement with the movement of the whole, in the shrunk frame, from which a point weighs little: it moves on its own."""
ROUNDS = 4
"""Of reweighting; the weights no longer change then."""


@dataclass(frozen=True)
class Window:
    """One stretch of a recording that was decoded."""

    frame_ns: Times
    """(F,) instants of its frames."""
    maps: NDArray[np.float64]
    """(F - 1, 2, 3): from each frame to the next, the affine movement of a scene pixel; NaN where it cannot be told."""

    def path_at(self, point_px: Points, frames: slice) -> Points:
        """How far what lies at a point moved up to each of some frames, (F, 2); NaN from where it cannot be told."""
        maps = self.maps[frames.start : frames.stop - 1]
        steps = maps[:, :, :2] @ point_px + maps[:, :, 2]
        return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def watch(scene: Scene, *, windows: int, window_s: float) -> Iterator[Window]:
    """Decode windows spread evenly over a recording and follow the picture in each.

    Args:
        scene: whose frames; only those of the windows are decoded, shrunk to 240 px.
        windows: how many, fewer where the recording is short.
        window_s: their length.
    """
    first_ns, last_ns = int(scene.time_ns[0]), int(scene.time_ns[-1])
    length_ns = round(window_s * NS_PER_S)
    count = max(1, min(windows, (last_ns - first_ns) // length_ns))
    starts = first_ns + np.linspace(0, max(0, last_ns - first_ns - length_ns), count).astype(np.int64)
    width, height = scene.size_px
    small = Size(FLOW_WIDTH_PX, max(1, round(height * FLOW_WIDTH_PX / width)))
    for start_ns in starts.tolist():
        chosen = np.flatnonzero((scene.time_ns >= start_ns) & (scene.time_ns < start_ns + length_ns))
        frames = scene.frames(chosen.tolist(), sizes_px=[small] * len(chosen))
        yield Window(scene.time_ns[chosen], _maps(frames, width / FLOW_WIDTH_PX))


def _maps(frames: Iterable[Image], scale: float) -> NDArray[np.float64]:
    found, before = [], None
    for image in frames:
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        if before is not None:
            found.append(_affine(*_followed(before, gray)))
        before = gray
    maps = np.stack(found) if found else np.empty((0, 2, 3))
    # of scene pixels: a point's place and its movement both grow by the scale
    maps[:, :, 2] *= scale
    return maps


def _followed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[Points, Points]:
    """Image points of a frame and how they moved, (P, 2) each, in the shrunk frame (pyramidal Lucas-Kanade)."""
    points = cv2.goodFeaturesToTrack(before, MOST_POINTS, 0.005, 5)
    if points is None:
        return np.empty((0, 2)), np.empty((0, 2))
    there, seen, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(15, 15), maxLevel=2)
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, there, None, winSize=(15, 15), maxLevel=2)
    kept = (seen & again).ravel() == 1
    kept &= np.linalg.norm((back - points).reshape(-1, 2), axis=1) < BACK_PX
    # a pixel's centre lies half a pixel from its corner, and shrinking keeps corners
    place = points.reshape(-1, 2)[kept].astype(np.float64) + 0.5
    return place, (there - points).reshape(-1, 2)[kept].astype(np.float64)


def _affine(place: Points, moved: Points) -> NDArray[np.float64]:
    """The affine movement that most points share, (2, 3), by least squares with Geman-McClure weights; NaN with too few."""
    if len(place) < FEWEST_POINTS:
        return np.full((2, 3), np.nan)
    middle = place.mean(axis=0)
    known = np.column_stack([(place - middle) / FLOW_WIDTH_PX, np.ones(len(place))])
    weight = np.ones(len(place))
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        fit = np.linalg.lstsq(known * root, moved * root, rcond=None)[0]
        weight = 1 / (1 + np.sum((moved - known @ fit) ** 2, axis=1) / AGREE_PX**2) ** 2
    if float(weight.sum()) < FEWEST_POINTS / 2:
        return np.full((2, 3), np.nan)
    linear = fit[:2].T / FLOW_WIDTH_PX
    return np.column_stack([linear, fit[2] - linear @ middle])
