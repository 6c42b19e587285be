"""Words under an image, so that they hide nothing of it."""

from collections.abc import Sequence

import cv2
import numpy as np

from foveate.draw.marks import Color, Image
from foveate.geometry import Size

PAPER: Color = (24, 24, 24)
INK: Color = (235, 235, 235)
LINE_PX = 20
"""Height of a line of text."""
SCALE = 0.45
"""Of the font; about 8 px a letter."""
TAB_PX = 6
"""Width of the coloured edge before the words."""


def captioned(image: Image, lines: Sequence[str], *, color: Color | None = None, place_px: Size | None = None) -> Image:
    """An image on a plate with lines of text below it.

    Args:
        image: (height, width, 3).
        lines: each is shrunk to fit the width; characters beyond ASCII, which the font lacks, become '?'.
        color: of an edge beside the words, to tell whose they are; None for none.
        place_px: in the middle of which the image stands, where that is larger than the image; None for its own size.

    Returns:
        (height + lines, width, 3).
    """
    height, width = image.shape[:2]
    across, place = Size(width, height) if place_px is None else (max(width, place_px[0]), max(height, place_px[1]))
    plate = np.full((place + LINE_PX * len(lines) + LINE_PX // 2, across, 3), PAPER, dtype=np.uint8)
    left, top = (across - width) // 2, (place - height) // 2
    plate[top : top + height, left : left + width] = image
    left = 0
    if color is not None and lines:
        plate[place + 4 : place + 4 + LINE_PX * len(lines), :TAB_PX] = color
        left = TAB_PX
    for number, line in enumerate(lines, start=1):
        plain = line.encode("ascii", "replace").decode()
        (wide, _), _ = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, SCALE, 1)
        scale = SCALE * min(1.0, 0.94 * (across - left - 8) / max(1, wide))  # letters come out a little wider than measured
        baseline = place + LINE_PX * number - 3
        cv2.putText(plate, plain, (left + 5, baseline), cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)
    return plate
