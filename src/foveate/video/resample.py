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

    So every place is low-passed by as much as it is thinned out, and nothing aliases. Sums up to fractional edges come from
    running sums, in one pass over each axis.

    Args:
        image: (height, width, 3).
        columns_px: (w + 1,) increasing edges of the columns, within [0, width].
        rows_px: (h + 1,) increasing edges of the rows, within [0, height].

    Returns:
        (h, w, 3).
    """
    # rows first: what is left of the frame is a row for each row that is wanted
    mean = _mean_between(_mean_between(image, rows_px).swapaxes(0, 1), columns_px).swapaxes(0, 1)
    return np.ascontiguousarray(np.clip(np.rint(mean), 0, 255).astype(np.uint8))


def _mean_between(values: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over the first axis between fractional edges, (N, ...) -> (E - 1, ...)."""
    whole = np.minimum(np.floor(edges).astype(np.intp), len(values) - 1)
    part = (edges - whole).reshape(-1, *[1] * (values.ndim - 1))
    exact = np.uint32 if values.dtype == np.uint8 else np.float64
    before = np.zeros((len(values), *values.shape[1:]), dtype=exact)
    np.cumsum(values[:-1], axis=0, dtype=exact, out=before[1:])
    upto = before[whole] + part * values[whole]
    return np.asarray(np.diff(upto, axis=0) / np.diff(edges).reshape(part[1:].shape), dtype=np.float64)
