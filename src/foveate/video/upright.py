"""How a stored frame is turned upright: the display matrix of its container, as quarter turns and a mirror."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Box, Size

UNIT = 1 << 16


@dataclass(frozen=True)
class Turn:
    """Upright = the stored frame, mirrored left to right where told, then turned clockwise."""

    clockwise_deg: int = 0
    """0, 90, 180 or 270."""
    mirrored: bool = False
    """Whether the stored frame is mirrored left to right first."""

    def size(self, stored_px: Size) -> Size:
        """Upright size of a stored size; its own inverse."""
        return Size(*stored_px[::-1]) if self.clockwise_deg % 180 else Size(*stored_px)

    def stored_box(self, box_px: Box, stored_px: Size) -> Box:
        """The stored pixels of an upright box."""
        left, top, width, height = box_px
        upright = self.size(stored_px)
        right, bottom = upright.width_px - left - width, upright.height_px - top - height
        turned = {
            0: Box(left, top, width, height),
            90: Box(top, right, height, width),
            180: Box(right, bottom, width, height),
            270: Box(bottom, left, height, width),
        }[self.clockwise_deg]
        if not self.mirrored:
            return turned
        return turned._replace(left_px=stored_px.width_px - turned.left_px - turned.width_px)

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A stored image upright."""
        if self == Turn():
            return image
        return np.ascontiguousarray(np.rot90(image[:, ::-1] if self.mirrored else image, -self.clockwise_deg // 90))


def turn_of(matrix: Any) -> Turn:
    """The nearest turn to a display matrix, 9 int32 values in row order of (a b u; c d v; x y w) with 16.16 fixed point.

    A point (x, y) is shown at (a x + c y, b x + d y), y down (ISO 14496-12, 8.3.2).
    """
    a, b, _, c, d = np.asarray(matrix, dtype=np.float64)[:5] / UNIT
    mirrored = a * d - b * c < 0
    if mirrored:  # the mirror comes first: it negates the x axis
        a, b = -a, -b
    return Turn(int(np.round(np.degrees(np.arctan2(b, a)) / 90)) * 90 % 360, bool(mirrored))
