"""Marks on an image: gaze, crop box, a few words; each with a dark rim, so that any ground shows it."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Box

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""
Color = tuple[int, int, int]

GAZE: Color = (255, 176, 0)
BOX: Color = (0, 224, 255)
FAINT: Color = (200, 200, 200)
RIM: Color = (16, 16, 16)
SUBPIXEL_BITS = 4


def line_px(image: Image) -> int:
    """A line width that is seen but does not hide, for an image of this size."""
    return max(1, round(int(min(image.shape[:2])) / 240))


def gaze_ring(image: Image, point_px: Sequence[float], *, radius_px: float | None = None, color: Color = GAZE) -> Image:
    """A copy with a ring and a dot around a gaze point; unchanged where the point is not finite.

    Args:
        image: (height, width, 3).
        point_px: (x, y); may lie outside.
        radius_px: of the ring; None for a fortieth of the shorter side.
        color: of the ring.
    """
    marked = image.copy()
    if not np.isfinite(point_px).all():
        return marked
    width = line_px(image)
    radius = max(4.0, min(image.shape[:2]) / 40) if radius_px is None else radius_px
    _circle(marked, point_px, radius, RIM, 3 * width + 2)
    _circle(marked, point_px, radius, color, width + 1)
    _circle(marked, point_px, 1.6 * width, RIM, cv2.FILLED)
    _circle(marked, point_px, 0.9 * width, color, cv2.FILLED)
    return marked


def open_ring(image: Image, point_px: Sequence[float], *, radius_px: float, color: Color = GAZE) -> Image:
    """A copy with a thin ring around a point that leaves what is inside to be seen; unchanged where the point is not finite.

    Args:
        image: (height, width, 3).
        point_px: (x, y); may lie outside.
        radius_px: of the ring.
        color: of the ring.
    """
    marked = image.copy()
    if np.isfinite(point_px).all():
        width = line_px(image)
        _circle(marked, point_px, radius_px, RIM, width + 2)
        _circle(marked, point_px, radius_px, color, width)
    return marked


def _circle(marked: Image, point_px: Sequence[float], radius_px: float, color: Color, thickness: int) -> None:
    # far outside nothing is seen, and cv2 takes only 32-bit fixed point
    x, y = (round(float(np.clip(value, -1e5, 1e5)) * (1 << SUBPIXEL_BITS)) for value in point_px)
    cv2.circle(marked, (x, y), round(radius_px * (1 << SUBPIXEL_BITS)), color, thickness, cv2.LINE_AA, SUBPIXEL_BITS)


def crop_box(image: Image, box_px: Box, *, color: Color = BOX) -> Image:
    """A copy with the outline of a box, drawn inside of it.

    Args:
        image: (height, width, 3).
        box_px: what was cut out.
        color: of the line.
    """
    marked = image.copy()
    width = line_px(image)
    left, top, right, bottom = box_px.left_px, box_px.top_px, *_far_corner(box_px)
    for inset, shade in ((0, RIM), (width, color), (2 * width, RIM)):
        for line in range(inset, inset + width):
            if left + line <= right - line and top + line <= bottom - line:
                cv2.rectangle(marked, (left + line, top + line), (right - line, bottom - line), shade, 1)
    return marked


def _far_corner(box_px: Box) -> tuple[int, int]:
    """The last pixel of a box."""
    return box_px.left_px + box_px.width_px - 1, box_px.top_px + box_px.height_px - 1


def label(image: Image, text: str, *, color: Color = (255, 255, 255)) -> Image:
    """A copy with a line of text on a dark plate at the top left, shrunk where it would not fit.

    Args:
        image: (height, width, 3).
        text: one line; characters beyond ASCII, which the font lacks, become '?'.
        color: of the letters.
    """
    marked = image.copy()
    plain = text.encode("ascii", "replace").decode()
    how: dict[str, Any] = {"fontFace": cv2.FONT_HERSHEY_SIMPLEX, "thickness": max(1, line_px(image) // 2)}
    scale = max(0.35, min(image.shape[0], image.shape[1]) / 900)
    while True:
        (width, height), below = cv2.getTextSize(plain, fontScale=scale, **how)
        pad = height // 2
        if width + 2 * pad < image.shape[1] - 2 or height <= 2:
            break
        scale *= 0.9
    cv2.rectangle(marked, (0, 0), (width + 2 * pad, height + below + 2 * pad), RIM, cv2.FILLED)
    cv2.putText(marked, plain, (pad, pad + height), fontScale=scale, color=color, lineType=cv2.LINE_AA, **how)
    return marked
