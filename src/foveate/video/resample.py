"""Images resampled to a size, without aliasing."""

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Size


def resample(image: NDArray[np.uint8], size_px: Size) -> NDArray[np.uint8]:
    """An image at another size: area average when it shrinks, bicubic when it grows, untouched when it fits.

    Args:
        image: (height, width, 3).
        size_px: wanted width and height.
    """
    height, width = image.shape[:2]
    if (width, height) == tuple(size_px):
        return image
    shrinks = size_px[0] <= width and size_px[1] <= height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, tuple(size_px), interpolation=method), dtype=np.uint8)
