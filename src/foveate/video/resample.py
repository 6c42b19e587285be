"""Images resampled to a size or onto an uneven grid, without aliasing."""

from typing import Any

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


def resample_at(
    image: NDArray[np.uint8], *, columns_px: NDArray[np.float64], rows_px: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """An image on a grid of columns and rows of any widths, each pixel the exact mean of what it covers.

    So every place is low-passed by as much as it is thinned out, and nothing aliases. The sums come from an integral image,
    which is linear within a pixel, so that fractional edges are exact.

    Args:
        image: (height, width, 3).
        columns_px: (w + 1,) increasing edges of the columns, within [0, width].
        rows_px: (h + 1,) increasing edges of the rows, within [0, height].

    Returns:
        (h, w, 3).
    """
    height, width = image.shape[:2]
    depth = cv2.CV_32S if height * width * 255 < 2**31 else cv2.CV_64F
    upto = _between(_between(cv2.integral(image, sdepth=depth), rows_px, axis=0), columns_px, axis=1)
    area = np.diff(rows_px)[:, None, None] * np.diff(columns_px)[None, :, None]
    mean = np.diff(np.diff(upto, axis=0), axis=1) / area
    return np.clip(np.rint(mean), 0, 255).astype(np.uint8)


def _between(sums: NDArray[Any], edges: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """Running sums at fractional edges along an axis."""
    whole = np.minimum(np.floor(edges).astype(np.intp), sums.shape[axis] - 2)
    part = (edges - whole).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    low, high = np.take(sums, whole, axis), np.take(sums, whole + 1, axis)
    return np.asarray(low + part * (high - low), dtype=np.float64)
