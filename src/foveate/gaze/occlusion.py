"""Whether what was looked at can still be seen in a later frame, and where it is there: forward-backward flow.

Source: Gaze-VLM (arXiv 2510.21356), Algorithm 2. With the flow f_fwd from the earlier frame to the later one and f_bwd back, a
pixel p arrives at p^ = p + f_fwd(p) and fails where Delta = |f_fwd(p) + f_bwd(p^)| exceeds eps. Two rules decide on it:

- ``whole_frame``, the paper's: where more than eta = .60 of all pixels fail at eps = 20 px, the gaze of that frame is dropped.
- ``local``, ours: where more than that share of the pixels around the gaze point fail. What hides a gaze point rarely hides
  most of the frame, so that the paper's rule hardly ever fires (docs/gaze.md has both beside the truth).

Frames are compared gray and small (``WORKING_PX``); points stay in scene pixels. DIS costs by the pixel, so up to four points
of a pair of frames are looked at in a region around each: a coarse flow of the whole frame says where the region lies in the
later frame, however fast the head turned, and a fine one within it says the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.gaze.flow import Field, Flow, Gray
from foveate.geometry import Affine, Box, Points, Size, box_around

WORKING_PX = 360
"""Longer side near which frames are compared; the local rule's pixels are of this size."""
COARSE_PX = 90
"""Longer side at which the whole frame is compared to find where a region went."""
REGION_PX = 96
"""Side of the region around a gaze point."""
DENSE_FROM = 5
"""From this many points of one pair of frames on, one flow of the whole frame replaces their regions."""

PAPER_EPS_PX = 20.0
"""In scene pixels."""
LOCAL_EPS_PX = 1.0
"""In pixels of the working size."""
RADIUS_PX = 15
"""The local rule looks at 31 x 31 pixels of the working size."""
MOST_FAILING = 0.60
"""eta: where a greater share fails, the point is occluded."""


@dataclass(frozen=True)
class FramePair:
    """Two frames of one scene, the earlier and the later, gray and at the working size."""

    before: Gray
    """(h, w)."""
    after: Gray
    """(h, w)."""
    scene_px: Size
    """Size of the scene frames that they were shrunk from."""

    def __post_init__(self) -> None:
        if self.before.shape != self.after.shape or self.before.ndim != 2:
            raise UsageError(f"a pair needs two gray frames of one size, got {self.before.shape} and {self.after.shape}")

    @property
    def to_working(self) -> Affine:
        """From scene pixels to pixels of the working size."""
        height, width = self.before.shape
        return Affine.crop_and_resize(Box(0, 0, *self.scene_px), Size(width, height))


@dataclass(frozen=True)
class Followed:
    """What became of gaze points of an earlier frame in a later one."""

    point_px: Points
    """(N, 2) where they are, in scene pixels of the later frame."""
    failing: NDArray[np.float64]
    """(N,) share of the pixels looked at whose forward and backward flow disagree."""
    occluded: NDArray[np.bool_]
    """(N,) whether that share is too great."""
    beyond: NDArray[np.bool_]
    """(N,) whether the flow carries the point out of the frame."""

    @property
    def kept(self) -> NDArray[np.bool_]:
        return ~(self.occluded | self.beyond)


Check = Callable[[FramePair, Points, Flow], Followed]


def working_size(scene_px: Size) -> Size:
    """The size at which frames are compared: a whole fraction of the scene's, its longer side near ``WORKING_PX``.

    Averaging whole pixels takes a good half of the time of averaging parts of them.
    """
    factor = max(1, round(max(scene_px) / WORKING_PX))
    return Size(max(1, round(scene_px[0] / factor)), max(1, round(scene_px[1] / factor)))


def consistency(forward: Field, backward: Field) -> NDArray[np.float32]:
    """Delta = |f_fwd(p) + f_bwd(p^)|, (h, w): how far from where it started a pixel ends that goes there and back.

    The backward flow is read at p^, between pixels linearly. Where p^ leaves the frame it cannot be read: Delta is inf, so
    that the pixel fails (the paper does not say).
    """
    if forward.shape != backward.shape or forward.ndim != 3 or forward.shape[2] != 2:
        raise UsageError(f"two flows (h, w, 2) of one size are needed, got {forward.shape} and {backward.shape}")
    height, width = forward.shape[:2]
    row, column = np.mgrid[:height, :width].astype(np.float32)
    x, y = column + forward[..., 0], row + forward[..., 1]
    back = cv2.remap(np.ascontiguousarray(backward), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    delta = np.linalg.norm(forward + back, axis=2)
    inside = (x >= -0.5) & (y >= -0.5) & (x <= width - 0.5) & (y <= height - 0.5)
    return np.where(inside, delta, np.float32(np.inf))


def whole_frame(pair: FramePair, point_px: Points, flow: Flow) -> Followed:
    """The paper's rule: all points of a frame go or stay, by the share of the whole frame that fails.

    Args:
        pair: the frames.
        point_px: (N, 2) finite points in scene pixels of the earlier frame.
        flow: the method.
    """
    forward, backward = flow(pair.before, pair.after), flow(pair.after, pair.before)
    eps_px = PAPER_EPS_PX * max(pair.before.shape) / max(pair.scene_px)
    share = float(np.mean(consistency(forward, backward) > eps_px))
    points = pair.to_working(point_px)
    return _followed(pair, points + _at(forward, points), np.full(len(points), share))


def local(pair: FramePair, point_px: Points, flow: Flow) -> Followed:
    """Each point by the share that fails of the pixels around it; arguments as of ``whole_frame``."""
    points = pair.to_working(point_px)
    if len(points) >= DENSE_FROM:
        forward = flow(pair.before, pair.after)
        delta = consistency(forward, flow(pair.after, pair.before))
        return _followed(pair, points + _at(forward, points), np.array([_share(delta, point) for point in points]))
    moved, failing = np.empty_like(points), np.empty(len(points))
    for number, (before, after, point, shift) in enumerate(_regions(pair, points, flow)):
        forward = flow(before, after)
        moved[number] = points[number] + _at(forward, point[None])[0] + shift
        failing[number] = _share(consistency(forward, flow(after, before)), point)
    return _followed(pair, moved, failing)


def unchecked(pair: FramePair, point_px: Points, flow: Flow) -> Followed:
    """Points are moved and none is held for occluded; arguments as of ``whole_frame``."""
    points = pair.to_working(point_px)
    if len(points) >= DENSE_FROM:
        moved = points + _at(flow(pair.before, pair.after), points)
    else:
        moved = points.copy()
        for number, (before, after, point, shift) in enumerate(_regions(pair, points, flow)):
            moved[number] += _at(flow(before, after), point[None])[0] + shift
    return _followed(pair, moved, np.zeros(len(points)))


CHECKS: dict[str, Check] = {"local": local, "whole_frame": whole_frame}
"""Name -> the rule."""


def _followed(pair: FramePair, moved: Points, failing: NDArray[np.float64]) -> Followed:
    there = pair.to_working.inverse(moved)
    inside = ((there >= 0) & (there < pair.scene_px)).all(axis=1)
    return Followed(there, failing, failing > MOST_FAILING, np.asarray(~inside))


def _regions(pair: FramePair, points: Points, flow: Flow) -> Iterator[tuple[Gray, Gray, Points, Points]]:
    """For each point the region around it, the region of the later frame to which the picture there has moved roughly, the
    point in the first, and how far apart the two lie."""
    if not len(points):
        return
    height, width = pair.before.shape
    frame, side = Size(width, height), Size(REGION_PX, REGION_PX)
    factor = min(1.0, COARSE_PX / max(frame))
    small = Size(max(1, round(width * factor)), max(1, round(height * factor)))
    coarse = flow(*(cv2.resize(image, small, interpolation=cv2.INTER_AREA) for image in (pair.before, pair.after)))
    for point in points:
        column, row = (point * small / frame).astype(int)
        around = coarse[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3].reshape(-1, 2)
        shift = np.median(around, axis=0) * frame / small
        here = box_around((point[0], point[1]), side, frame)
        there = box_around((point[0] + shift[0], point[1] + shift[1]), side, frame)
        yield _cut(pair.before, here), _cut(pair.after, there), point - here[:2], np.subtract(there[:2], here[:2])


def _cut(image: Gray, box: Box) -> Gray:
    left, top, width, height = box
    return image[top : top + height, left : left + width]


def _at(field: Field, points: Points) -> Points:
    """A flow at points, (N, 2) -> (N, 2), between pixel centres linearly."""
    x, y = ((points - 0.5).astype(np.float32)).T
    read = cv2.remap(np.ascontiguousarray(field), x[:, None], y[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(read.reshape(-1, 2), dtype=np.float64)


def _share(delta: NDArray[np.float32], point: Points) -> float:
    """Which share of the pixels around a point fails; at a border, of those that are there."""
    height, width = delta.shape
    column, row = (int(np.clip(point[axis], 0, (width, height)[axis] - 1)) for axis in (0, 1))
    rows, columns = (slice(max(0, middle - RADIUS_PX), middle + RADIUS_PX + 1) for middle in (row, column))
    return float(np.mean(delta[rows, columns] > LOCAL_EPS_PX))
