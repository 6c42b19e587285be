"""Images that are parts of one picture at several scales: each place is shown once, at its finest, and keeps its position.

Source: Segment This Thing (arXiv 2506.11131) and Look, Focus, Act (arXiv 2507.15833) tokenise nested squares around a gaze
point, each without what the next finer one shows, for encoders trained on just that layout. We do it to the tokens of a model
as published: what its vision encoder makes of whole images is left out or kept, and kept tokens take the positions that the
same places have in the whole picture at the finest scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Size
from foveate.model.model import Model, Region, TimedImage

EDGE = 1e-9
"""How far over the edge of a region a cell still lies inside, in shares of the picture: what rounding may leave."""


@dataclass(frozen=True)
class Places:
    """Which visual tokens of a picture's images are kept, and where they lie."""

    kept: tuple[NDArray[np.bool_], ...]
    """Of each image, (rows * columns,) in reading order: False where a finer image shows all of a token's cell."""
    row: tuple[NDArray[np.float64], ...]
    """Of each image, where its kept tokens lie: rows of the whole picture at the finest scale; fractions are right."""
    column: tuple[NDArray[np.float64], ...]
    """The same across."""
    extent: int
    """How many rows or columns, whichever are more, the whole picture has at the finest scale, rounded up."""


def place(grids: Sequence[tuple[int, int]], regions: Sequence[Region]) -> Places:
    """Keep of images that lie on one picture what no finer one shows, and tell where it lies.

    A cell goes only where a single finer image holds all of it, so nothing of the picture is lost; cells on the edge of a
    finer image stay and show some of it twice. A token's position is the middle of its cell, less a half: of a picture in one
    image these are the plain row and column.

    Args:
        grids: (rows, columns) of visual tokens of each image.
        regions: where each lies on the picture.
    """
    cells = [(region.width / columns, region.height / rows) for (rows, columns), region in zip(grids, regions, strict=True)]
    areas = [width * height for width, height in cells]
    width, height = cells[int(np.argmin(areas))]
    kept, row, column = [], [], []
    for (rows, columns), region, area in zip(grids, regions, areas, strict=True):
        across = region.left + np.arange(columns + 1) * (region.width / columns)
        down = region.top + np.arange(rows + 1) * (region.height / rows)
        shown = np.zeros((rows, columns), dtype=bool)
        for finer, its_area in zip(regions, areas, strict=True):
            if its_area < area:
                inside = _inside(down, finer.top, finer.height)[:, None] & _inside(across, finer.left, finer.width)
                shown |= inside
        kept.append(~shown.ravel())
        at_row, at_column = np.meshgrid(_middle(down) / height - 0.5, _middle(across) / width - 0.5, indexing="ij")
        row.append(at_row.ravel()[kept[-1]])
        column.append(at_column.ravel()[kept[-1]])
    return Places(tuple(kept), tuple(row), tuple(column), ceil(max(1 / width, 1 / height) - 1e-6))


def _inside(edges: NDArray[np.floating[Any]], start: float, length: float) -> NDArray[np.bool_]:
    """(cells,) whether a cell between two edges lies between a start and an end."""
    return np.asarray((edges[:-1] >= start - EDGE) & (edges[1:] <= start + length + EDGE))


def _middle(edges: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    return np.asarray((edges[:-1] + edges[1:]) / 2)


def pictures(images: Sequence[TimedImage]) -> list[list[TimedImage]]:
    """Images by the picture that they lie on: those of one time that tell their regions together, every other alone."""
    groups: list[list[TimedImage]] = []
    for image in images:
        last = groups[-1][-1] if groups else None
        if last is not None and None not in (image.region, last.region) and image.time_s == last.time_s:
            groups[-1].append(image)
        else:
            groups.append([image])
    return groups


@runtime_checkable
class PlacingModel(Model, Protocol):
    """A model that can be told where images lie on a common picture."""

    places_tokens: bool
    """Whether this one can."""

    def placed_tokens(self, sizes_px: Sequence[Size], regions: Sequence[Region]) -> list[int]:
        """Visual tokens that are kept of each image of one picture."""
        ...


def places_tokens(model: Model) -> bool:
    """Whether a model can be told where images lie on a common picture."""
    return isinstance(model, PlacingModel) and model.places_tokens


def tokens_of_picture(model: Model, sizes_px: Sequence[Size], regions: Sequence[Region]) -> list[int | None]:
    """Visual tokens of each image of one picture; of a model that is not told where they lie, all of them.

    Args:
        model: who is shown them.
        sizes_px: of the images.
        regions: where each lies on the picture.
    """
    if isinstance(model, PlacingModel) and model.places_tokens:
        return list(model.placed_tokens(sizes_px, regions))
    return model.visual_tokens(sizes_px)
