"""Head motion from the scene video: the rotation that carries one frame's image points to the next."""

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S
from foveate.errors import UsageError
from foveate.gaze.head_motion import HeadMotion
from foveate.geometry import Camera, Points, Size
from foveate.recording.recording import Image, Scene

WIDTH_PX = 240
"""Frames are shrunk to this width before they are compared."""
MOST_POINTS, QUALITY, LEAST_APART_PX = 150, 0.01, 6
"""Corners that are followed from frame to frame."""
FEWEST_POINTS = 8
SCALE_DEG = 0.3
"""A point that disagrees by this much counts a quarter: hands and what is carried move by themselves."""
ROUNDS = 8
LONGEST_S = 0.5
"""Frames farther apart than this are not compared."""


def from_flow(
    scene: Scene, camera: Camera, *, progress: Callable[[int, int], None] | None = None
) -> tuple[HeadMotion | None, str]:
    """The turning of the camera from one frame to the next: a robust rotation of the rays of followed corners.

    Every frame is decoded, at a small size. A head that moves sideways is taken for one that turns, by what lies in the middle
    distance. Between frames that cannot be compared the head counts as still.

    Args:
        scene: the video.
        camera: calibrated or assumed, for its frames.
        progress: called after every frame with how many are done, and of how many.

    Returns:
        The motion at the instants between frames, or None, and a sentence on what was done.
    """
    frames = len(scene.time_ns)
    if frames < 2:
        raise UsageError("head motion by flow needs a scene video of two frames or more")
    width, height = scene.size_px
    small = Size(WIDTH_PX, max(1, round(height * WIDTH_PX / width)))
    scale = np.array([width / small.width_px, height / small.height_px])
    turned = np.full((frames - 1, 3), np.nan)
    shots = (_gray(image) for image in scene.frames(range(frames), sizes_px=[small] * frames))
    for index, (before, after) in enumerate(pairwise(shots)):
        if scene.time_ns[index + 1] - scene.time_ns[index] <= LONGEST_S * NS_PER_S:
            there, later = (camera.rays(points * scale) for points in _followed(before, after))
            turned[index] = _turn_deg(there, later)
        if progress is not None:
            progress(index + 2, frames)
    told = np.isfinite(turned).all(axis=1)
    if not told.any():
        return None, "the video is not used: too few of its corners are found again from frame to frame"
    step_s = np.diff(scene.time_ns)[:, None] / NS_PER_S
    rate = np.where(told[:, None], turned, 0.0) / step_s
    lost = int(np.count_nonzero(~told))
    said = "the head's turning is removed by the movement of the picture"
    middle_ns = scene.time_ns[:-1] + np.diff(scene.time_ns) // 2
    return HeadMotion(middle_ns, rate, "flow"), f"{said}, {lost} of {frames - 1} steps unknown" if lost else said


def _gray(image: Image) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _followed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[Points, Points]:
    """Corners of one frame and where they are in the next, (P, 2) each."""
    corners = cv2.goodFeaturesToTrack(before, MOST_POINTS, QUALITY, LEAST_APART_PX)
    if corners is None:
        return np.empty((0, 2)), np.empty((0, 2))
    found, there, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, None, winSize=(15, 15), maxLevel=3)
    kept = there.ravel() == 1
    return corners.reshape(-1, 2)[kept].astype(np.float64), found.reshape(-1, 2)[kept].astype(np.float64)


def _turn_deg(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """The small rotation of the camera, in degrees about its axes, that moves rays (P, 3) most nearly so; NaN with too few."""
    both = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    before, after = before[both], after[both]
    if len(before) < FEWEST_POINTS:
        return np.full(3, np.nan)
    middle = before + after
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    moved = np.degrees(after - before)
    # the median of one turn per point, about axes across its ray, is a start that outliers do not pull
    turn = np.median(np.cross(moved, middle), axis=0)
    for _ in range(ROUNDS):
        weight = 1 / (1 + np.sum((moved - np.cross(middle, turn)) ** 2, axis=1) / SCALE_DEG**2) ** 2
        # the sum of |moved - middle x turn|^2 is least where (sum of 1 - middle middle^T) turn = sum of moved x middle
        normal = np.sum(weight) * np.eye(3) - np.einsum("p,pi,pj->ij", weight, middle, middle)
        turn = np.linalg.solve(normal + 1e-9 * np.eye(3), weight @ np.cross(moved, middle))
    return np.asarray(turn, dtype=np.float64)
