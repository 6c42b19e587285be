"""Several images in one: side by side, one below the other, or as a contact sheet."""

from collections.abc import Sequence

import numpy as np

from foveate.draw.marks import Image, label
from foveate.errors import UsageError
from foveate.geometry import Size
from foveate.video.resample import resample

GROUND = 24
"""Grey level between images."""


def side_by_side(images: Sequence[Image], *, height_px: int, gap_px: int = 8) -> Image:
    """Images in a row, each resampled to one height at its own proportions.

    Args:
        images: each (height, width, 3).
        height_px: height of the row.
        gap_px: between two images.

    Raises:
        UsageError: where there are no images.
    """
    if not images:
        raise UsageError("side by side needs at least one image, got none")
    sizes = [Size(max(1, round(image.shape[1] * height_px / image.shape[0])), height_px) for image in images]
    total = sum(size.width_px for size in sizes) + gap_px * (len(sizes) - 1)
    row = np.full((height_px, total, 3), GROUND, dtype=np.uint8)
    left = 0
    for image, size in zip(images, sizes, strict=True):
        row[:, left : left + size.width_px] = resample(image, size)
        left += size.width_px + gap_px
    return row


def stacked(images: Sequence[Image], *, gap_px: int = 8) -> Image:
    """Images one below the other, each at its own size and at the left.

    Args:
        images: each (height, width, 3).
        gap_px: between two images.

    Raises:
        UsageError: where there are no images.
    """
    if not images:
        raise UsageError("a stack needs at least one image, got none")
    height = sum(image.shape[0] for image in images) + gap_px * (len(images) - 1)
    stack = np.full((height, max(image.shape[1] for image in images), 3), GROUND, dtype=np.uint8)
    top = 0
    for image in images:
        stack[top : top + image.shape[0], : image.shape[1]] = image
        top += image.shape[0] + gap_px
    return stack


def contact_sheet(
    images: Sequence[Image],
    *,
    columns: int | None = None,
    cell_width_px: int = 320,
    gap_px: int = 6,
    captions: Sequence[str] | None = None,
) -> Image:
    """Images in a grid, row by row, each resampled into a cell of one size.

    Args:
        images: each (height, width, 3); of any sizes.
        columns: in a row; None for a grid about as wide as it is high.
        cell_width_px: width of a cell; its height follows from the first image.
        gap_px: around cells.
        captions: a line on each image.

    Raises:
        UsageError: where there are no images, or not one caption for each.
    """
    if not images:
        raise UsageError("a contact sheet needs at least one image, got none")
    if captions is not None and len(captions) != len(images):
        raise UsageError(f"a contact sheet of {len(images)} images needs as many captions, got {len(captions)}")
    if columns is not None and columns < 1:
        raise UsageError(f"a contact sheet needs at least one column, got {columns}")
    columns = min(columns or int(np.ceil(np.sqrt(len(images)))), len(images))
    cell = Size(cell_width_px, max(1, round(cell_width_px * images[0].shape[0] / images[0].shape[1])))
    rows = -(-len(images) // columns)
    sheet = np.full(
        (rows * (cell.height_px + gap_px) + gap_px, columns * (cell.width_px + gap_px) + gap_px, 3), GROUND, dtype=np.uint8
    )
    for place, image in enumerate(images):
        fitted = fit_inside(image, cell)
        if captions is not None:
            fitted = label(fitted, captions[place])
        left = gap_px + (place % columns) * (cell.width_px + gap_px) + (cell.width_px - fitted.shape[1]) // 2
        top = gap_px + (place // columns) * (cell.height_px + gap_px) + (cell.height_px - fitted.shape[0]) // 2
        sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return sheet


def fit_inside(image: Image, cell_px: Size) -> Image:
    """An image resampled to the largest size of its own proportions inside a cell."""
    scale = min(cell_px.width_px / image.shape[1], cell_px.height_px / image.shape[0])
    return resample(image, Size(max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))))
