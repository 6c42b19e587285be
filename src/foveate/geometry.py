"""Where things are: boxes, affine maps between a view and its scene frame, and the scene camera.

The one convention: pixels of the distorted scene frame as stored upright, float64, origin top left, x to the right, y down.
Points are kept as the vendor wrote them; whether a vendor counts from a pixel's corner or its centre is not mended.
"""

from dataclasses import dataclass
from functools import cached_property
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
    """A pinhole scene camera with OpenCV's radial-tangential distortion (rational model).

    Such a model folds over at some angle: real lenses do not, so beyond it the model says nothing, and neither do we: NaN.
    (Neon's corners lie beyond the fold of its factory calibration.)
    """

    matrix: NDArray[np.float64]
    """(3, 3) intrinsics in pixels of a frame of ``size_px``."""
    distortion: NDArray[np.float64]
    """(K,) coefficients k1, k2, p1, p2, k3, k4, k5, k6 as OpenCV orders them; K at most 8."""
    size_px: Size
    """Frame for which the matrix holds."""

    def __post_init__(self) -> None:
        if self.matrix.shape != (3, 3) or self.distortion.ndim != 1 or len(self.distortion) > 8:
            raise UsageError(
                f"a camera needs a (3, 3) matrix and at most 8 distortion coefficients, "
                f"got shapes {self.matrix.shape} and {self.distortion.shape}"
            )
        if not (np.isfinite(self.matrix).all() and np.isfinite(self.distortion).all() and self.matrix[[0, 1], [0, 1]].all()):
            raise UsageError("a camera's matrix and distortion must be finite and its focal lengths not zero")

    def rays(self, point_px: Points) -> Points:
        """Unit vectors in camera coordinates (x right, y down, z forward) of pixels, (N, 2) -> (N, 3).

        NaN where the pixel is NaN or beyond the model's fold. ``pixels`` maps every ray back within 0.01 px.
        """
        inverse = np.linalg.inv(self.matrix)
        bent = np.asarray(point_px, dtype=np.float64).reshape(-1, 2) @ inverse[:2, :2].T + inverse[:2, 2]
        straight = self._straighten(bent)
        rays = np.concatenate([straight, np.ones((len(straight), 1))], axis=1)
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), dtype=np.float64)

    def pixels(self, ray: Points) -> Points:
        """Pixels of rays in camera coordinates, (N, 3) -> (N, 2); NaN behind the camera and beyond the model's fold."""
        ray = np.asarray(ray, dtype=np.float64).reshape(-1, 3)
        forward = np.where(ray[:, 2] > 0, ray[:, 2], np.nan)
        straight = ray[:, :2] / forward[:, None]
        straight[np.hypot(straight[:, 0], straight[:, 1]) > self._fold] = np.nan
        mapped: Points = self._bend(straight) @ self.matrix[:2, :2].T + self.matrix[:2, 2]
        return mapped

    def degrees(self, point_px: Points) -> Points:
        """Azimuth (right) and elevation (down) from the optical axis in degrees, (N, 2) -> (N, 2)."""
        ray = self.rays(point_px)
        azimuth = np.arctan2(ray[:, 0], ray[:, 2])
        elevation = np.arctan2(ray[:, 1], np.hypot(ray[:, 0], ray[:, 2]))
        angle: Points = np.degrees(np.stack([azimuth, elevation], axis=1))
        return angle

    def from_degrees(self, angle_deg: Points) -> Points:
        """Pixels of azimuth (right) and elevation (down), (N, 2) -> (N, 2): the inverse of ``degrees``."""
        azimuth, elevation = np.radians(np.asarray(angle_deg, dtype=np.float64).reshape(-1, 2)).T
        level = np.cos(elevation)
        return self.pixels(np.stack([np.sin(azimuth) * level, np.sin(elevation), np.cos(azimuth) * level], axis=1))

    @property
    def px_per_deg(self) -> float:
        """Pixels per degree at the optical axis, mean of x and y."""
        focal_px = (self.matrix[0, 0] + self.matrix[1, 1]) / 2
        return float(focal_px * np.tan(np.radians(1.0)))

    @cached_property
    def _fold(self) -> float:
        """The radius (tangent of the angle) up to which the radial model grows; infinite where it always does."""
        radius = np.linspace(0.0, 20.0, 200_001)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            bent = radius * self._radial(radius**2)
            falls = ~(np.diff(bent) > 0)
        return float(radius[int(np.argmax(falls))]) if falls.any() else float("inf")

    def _radial(self, square: NDArray[np.float64]) -> NDArray[np.float64]:
        k1, k2, _, _, k3, k4, k5, k6 = np.pad(self.distortion, (0, 8 - len(self.distortion)))
        above = 1 + square * (k1 + square * (k2 + square * k3))
        factor: NDArray[np.float64] = above / (1 + square * (k4 + square * (k5 + square * k6)))
        return factor

    def _bend(self, straight: Points) -> Points:
        """Distort normalised coordinates, (N, 2) -> (N, 2). Source: OpenCV, camera calibration, rational model."""
        p1, p2 = np.pad(self.distortion, (0, 8 - len(self.distortion)))[2:4]
        x, y = straight[:, 0], straight[:, 1]
        square = x * x + y * y
        factor = self._radial(square)
        return np.stack(
            [
                x * factor + 2 * p1 * x * y + p2 * (square + 2 * x * x),
                y * factor + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
            ],
            axis=1,
        )

    def _straighten(self, bent: Points) -> Points:
        """Undo ``_bend``: the radius from a table, then Newton's method; NaN where no radius inside the fold fits.

        OpenCV's undistortPoints is not used: what it returns beyond the fold projects elsewhere (45 px off in Neon's corners).
        """
        table = np.linspace(0.0, min(self._fold, 20.0), 4001)
        radius = np.hypot(bent[:, 0], bent[:, 1])
        guess = np.interp(radius, table * self._radial(table**2), table)
        straight = bent * np.where(radius > 0, guess / np.where(radius > 0, radius, 1.0), 1.0)[:, None]
        step = 1e-6
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            for _ in range(12):
                error = self._bend(straight) - bent
                by_x = (self._bend(straight + [step, 0]) - self._bend(straight - [step, 0])) / (2 * step)
                by_y = (self._bend(straight + [0, step]) - self._bend(straight - [0, step])) / (2 * step)
                area = by_x[:, 0] * by_y[:, 1] - by_x[:, 1] * by_y[:, 0]
                move_x = (error[:, 0] * by_y[:, 1] - error[:, 1] * by_y[:, 0]) / area
                move_y = (by_x[:, 0] * error[:, 1] - by_x[:, 1] * error[:, 0]) / area
                straight = straight - np.stack([move_x, move_y], axis=1)
            off_px = np.abs(self._bend(straight) - bent).max(axis=1) * np.abs(self.matrix[:2, :2]).max()
            found = (off_px < 0.005) & (np.hypot(straight[:, 0], straight[:, 1]) <= self._fold)
        mapped: Points = np.where(found[:, None], straight, np.nan)
        return mapped
