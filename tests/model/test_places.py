"""Images of several scales on one picture: each place once, at its finest, with its position."""

import numpy as np
import pytest

from foveate.geometry import Box, Size
from foveate.model import TimedImage
from foveate.model.mock import MockModel
from foveate.model.model import WHOLE, Region
from foveate.model.places import pictures, place, places_tokens, tokens_of_picture

NESTED = {
    # (rows, columns) of each image, finest first, and where it lies
    "aligned": ([(8, 8), (8, 8), (8, 8)], [Region(0.375, 0.375, 0.25, 0.25), Region(0.25, 0.25, 0.5, 0.5), WHOLE]),
    "anywhere": ([(10, 10), (9, 10), (7, 10)], [Region(0.31, 0.42, 0.2, 0.27), Region(0.2, 0.29, 0.4, 0.51), WHOLE]),
    "in a corner": ([(10, 10), (10, 10), (10, 10)], [Region(0, 0, 0.3, 0.3), Region(0, 0, 0.55, 0.55), WHOLE]),
    "coarse first": ([(6, 8), (9, 9)], [WHOLE, Region(0.5, 0.1, 0.3, 0.4)]),
    "one": ([(5, 7)], [WHOLE]),
}


@pytest.mark.parametrize(("grids", "regions"), NESTED.values(), ids=NESTED)
def test_every_place_is_kept_and_twice_only_on_edges(grids: list[tuple[int, int]], regions: list[Region]) -> None:
    kept = place(grids, regions).kept
    shown = np.zeros((1000, 1000), dtype=int)
    finest = np.full((1000, 1000), np.inf)
    x = (np.arange(1000) + 0.5) / 1000
    edge_cells = 0.0
    for (rows, columns), region, mask in zip(grids, regions, kept, strict=True):
        row = np.floor((x - region.top) / region.height * rows).astype(int)
        column = np.floor((x - region.left) / region.width * columns).astype(int)
        within = ((row >= 0) & (row < rows))[:, None] & ((column >= 0) & (column < columns))
        of_cell = mask.reshape(rows, columns)[row.clip(0, rows - 1)[:, None], column.clip(0, columns - 1)]
        shown += within & of_cell
        area = region.width * region.height / rows / columns
        finest = np.where(within, np.minimum(finest, area), finest)
        # what a finer image inside has along its four edges, in cells of this one
        edge_cells += 2 * (rows + columns) * area
    assert shown.min() == 1
    total = sum(mask.sum() * r.width * r.height / mask.size for mask, r in zip(kept, regions, strict=True))
    assert 1 - 1e-9 <= total <= 1 + edge_cells
    assert (shown > 1).mean() == pytest.approx(total - 1, abs=0.01)


def test_aligned_scales_cover_the_picture_exactly_once() -> None:
    placed = place(*NESTED["aligned"])
    assert [int(mask.sum()) for mask in placed.kept] == [64, 48, 48]
    # the finest cell is 1/32 of the picture, so the picture is 32 rows high
    assert placed.extent == 32
    assert placed.row[0].min() == 12
    assert placed.column[0].max() == 19


def test_a_picture_in_one_image_has_plain_rows_and_columns() -> None:
    placed = place([(3, 5)], [WHOLE])
    assert placed.kept[0].all()
    assert placed.extent == 5
    np.testing.assert_allclose(placed.row[0], np.repeat(np.arange(3), 5), atol=1e-12)
    np.testing.assert_allclose(placed.column[0], np.tile(np.arange(5), 3), atol=1e-12)


@pytest.mark.parametrize(("grids", "regions"), NESTED.values(), ids=NESTED)
def test_positions_are_those_of_the_same_places_in_the_whole_picture(
    grids: list[tuple[int, int]], regions: list[Region]
) -> None:
    placed = place(grids, regions)
    cells = [(region.width / columns, region.height / rows) for (rows, columns), region in zip(grids, regions, strict=True)]
    width, height = min(cells, key=np.prod)
    for (rows, columns), region, mask, row, column in zip(grids, regions, placed.kept, placed.row, placed.column, strict=True):
        cell_row, cell_column = np.divmod(np.flatnonzero(mask), columns)
        top, left = region.top + cell_row * region.height / rows, region.left + cell_column * region.width / columns
        # the middle of the position's cell of the finest grid over the whole picture lies in the middle of the token's own
        np.testing.assert_allclose((row + 0.5) * height, top + region.height / rows / 2)
        np.testing.assert_allclose((column + 0.5) * width, left + region.width / columns / 2)
        assert row.max(initial=0) < placed.extent
        assert column.max(initial=0) < placed.extent


def test_images_of_one_time_that_tell_their_regions_are_one_picture() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    images = [TimedImage(pixels, *rest) for rest in ((1.0, WHOLE), (1.0, WHOLE), (2.0, WHOLE), (2.0,), (2.0,), (2.0, WHOLE))]
    assert [len(group) for group in pictures(images)] == [2, 1, 1, 1, 1]


def test_only_a_model_that_places_tokens_leaves_any_out() -> None:
    sizes, regions = [Size(224, 224)] * 2, [Region.of(Box(112, 112, 224, 224), Size(448, 448)), WHOLE]
    assert tokens_of_picture(MockModel(), sizes, regions) == [64, 48]
    assert tokens_of_picture(MockModel(places_tokens=False), sizes, regions) == [64, 64]
    assert places_tokens(MockModel())
    assert not places_tokens(MockModel(places_tokens=False))
