"""Boxes of pixels, and affine maps between them."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

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


class Map(Protocol):
    """An invertible map of points, such as that from a scene frame to what a view shows of it."""

    @property
    def inverse(self) -> "Map":
        """The map back."""
        ...

    def __call__(self, point_px: Points) -> Points:
        """Map points, (..., 2) -> (..., 2)."""
        ...


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
