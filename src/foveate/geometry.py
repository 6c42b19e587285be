"""Where things are: boxes, affine maps between a view and its scene frame, and the scene camera.

The one convention: pixels of the distorted scene frame as stored upright, float64, origin top left, x to the right, y down.
Points are kept as the vendor wrote them; whether a vendor counts from a pixel's corner or its centre (half a pixel) is not mended.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError

Points = NDArray[np.float64]


class Size(NamedTuple):
    """Width and height in pixels."""

    width_px: int
    height_px: int


class Box(NamedTuple):
    """A rectangle of whole pixels: [left, left + width) x [top, top + height)."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int

    @property
    def size_px(self) -> Size:
        return Size(self.width_px, self.height_px)

    @property
    def center_px(self) -> tuple[float, float]:
        return self.left_px + self.width_px / 2, self.top_px + self.height_px / 2


def box_around(point_px: tuple[float, float], size_px: Size, frame_px: Size) -> Box:
    """The box of a size centred on a point, shifted inside the frame at a border; never shrunk below min(size, frame).

    Args:
        point_px: (x, y) that should be the centre.
        size_px: wanted size; an axis longer than the frame becomes the frame's.
        frame_px: size of the frame.
    """
    if not all(np.isfinite(point_px)):
        raise UsageError(f"a crop needs a finite centre, got {point_px}")
    width, height = min(size_px[0], frame_px[0]), min(size_px[1], frame_px[1])
    left = int(np.clip(round(point_px[0] - width / 2), 0, frame_px[0] - width))
    top = int(np.clip(round(point_px[1] - height / 2), 0, frame_px[1] - height))
    return Box(left, top, width, height)


@dataclass(frozen=True)
class Affine:
    """An invertible map of points, (x, y) -> matrix @ (x, y, 1)."""

    matrix: NDArray[np.float64]
    """(2, 3)."""

    @classmethod
    def crop_and_resize(cls, box_px: Box, size_px: Size) -> "Affine":
        """From scene pixels to the pixels of a crop resized to a size."""
        scale_x, scale_y = size_px[0] / box_px.width_px, size_px[1] / box_px.height_px
        return cls(np.array([[scale_x, 0.0, -box_px.left_px * scale_x], [0.0, scale_y, -box_px.top_px * scale_y]]))

    @property
    def inverse(self) -> "Affine":
        return Affine(np.asarray(cv2.invertAffineTransform(self.matrix), dtype=np.float64))

    def __call__(self, point_px: Points) -> Points:
        """Map points, (..., 2) -> (..., 2)."""
        mapped: Points = np.asarray(point_px, dtype=np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]
        return mapped


@dataclass(frozen=True)
class Camera:
    """A pinhole scene camera with OpenCV's radial-tangential distortion."""

    matrix: NDArray[np.float64]
    """(3, 3) intrinsics in pixels of a frame of ``size_px``."""
    distortion: NDArray[np.float64]
    """(K,) coefficients k1, k2, p1, p2, k3 ... as OpenCV orders them."""
    size_px: Size
    """Frame for which the matrix holds."""

    def rays(self, point_px: Points) -> Points:
        """Unit vectors in camera coordinates (x right, y down, z forward) of pixels, (N, 2) -> (N, 3); NaN stays NaN."""
        flat = np.asarray(point_px, dtype=np.float64).reshape(-1, 1, 2)
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-9)
        normal = cv2.undistortPoints(flat, self.matrix, self.distortion, criteria=criteria)
        rays = np.concatenate([normal[:, 0], np.ones((len(flat), 1))], axis=1)
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), dtype=np.float64)

    def pixels(self, ray: Points) -> Points:
        """Pixels of rays in camera coordinates, (N, 3) -> (N, 2)."""
        ray = np.asarray(ray, dtype=np.float64)
        point, _ = cv2.projectPoints(ray.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), self.matrix, self.distortion)
        return np.asarray(point[:, 0], dtype=np.float64)

    def degrees(self, point_px: Points) -> Points:
        """Azimuth (right) and elevation (down) from the optical axis in degrees, (N, 2) -> (N, 2)."""
        ray = self.rays(point_px)
        azimuth = np.arctan2(ray[:, 0], ray[:, 2])
        elevation = np.arctan2(ray[:, 1], np.hypot(ray[:, 0], ray[:, 2]))
        return np.degrees(np.stack([azimuth, elevation], axis=1))

    @property
    def px_per_deg(self) -> float:
        """Pixels per degree at the optical axis, mean of x and y."""
        focal_px = (self.matrix[0, 0] + self.matrix[1, 1]) / 2
        return float(focal_px * np.tan(np.radians(1.0)))
