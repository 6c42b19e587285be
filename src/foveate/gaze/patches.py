"""Where an image's visual tokens lie on it: one grid, or tiles and a thumbnail."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError


@dataclass(frozen=True)
class Patches:
    """Visual tokens that cover a part of an image in rows and columns."""

    rows: int
    columns: int
    box_px: tuple[float, float, float, float]
    """Left, top, width and height of that part; fractions are right where a patch ends within a pixel."""

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise UsageError(f"a grid needs at least one row and one column, got {self.rows} x {self.columns}")
        if not (all(map(isfinite, self.box_px)) and self.box_px[2] > 0 and self.box_px[3] > 0):
            raise UsageError(f"patches need a box of positive width and height, got {self.box_px}")

    def __len__(self) -> int:
        return self.rows * self.columns

    @property
    def x_edges_px(self) -> NDArray[np.float64]:
        """(columns + 1,) left to right."""
        return np.asarray(self.box_px[0] + np.arange(self.columns + 1) * (self.box_px[2] / self.columns), dtype=np.float64)

    @property
    def y_edges_px(self) -> NDArray[np.float64]:
        """(rows + 1,) top to bottom."""
        return np.asarray(self.box_px[1] + np.arange(self.rows + 1) * (self.box_px[3] / self.rows), dtype=np.float64)


def whole(grid: tuple[int, int], image_size_px: tuple[int, int]) -> tuple[Patches, ...]:
    """One grid over the whole image: CLIP's and SigLIP's squares, Qwen's dynamic (h, w) after merging.

    Args:
        grid: (rows, columns).
        image_size_px: (height, width).
    """
    height, width = image_size_px
    return (Patches(*grid, (0.0, 0.0, float(width), float(height))),)


def tiles_and_thumbnail(
    tiles: tuple[int, int], grid: tuple[int, int], image_size_px: tuple[int, int], *, thumbnail: bool = True
) -> tuple[Patches, ...]:
    """Tiles in reading order, each with its own grid, then the whole image once more: InternVL, SmolVLM, LLaVA-OneVision.

    Args:
        tiles: (rows, columns) of tiles.
        grid: (rows, columns) of patches in each of them, and in the thumbnail.
        image_size_px: (height, width).
        thumbnail: whether the whole image follows.
    """
    height, width = image_size_px[0] / tiles[0], image_size_px[1] / tiles[1]
    parts = [Patches(*grid, (column * width, row * height, width, height)) for row, column in np.ndindex(tiles)]
    return (*parts, *(whole(grid, image_size_px) if thumbnail else ()))
