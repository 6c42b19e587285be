"""Panels keep proportions and order."""

import numpy as np
import pytest

from foveate.draw import contact_sheet, side_by_side
from foveate.errors import UsageError


def plain(height: int, width: int, level: int) -> np.ndarray:
    return np.full((height, width, 3), level, dtype=np.uint8)


def test_side_by_side_keeps_proportions_and_order():
    row = side_by_side([plain(100, 200, 50), plain(40, 40, 90), plain(200, 100, 250)], height_px=80, gap_px=4)
    assert row.shape == (80, 160 + 4 + 80 + 4 + 40, 3)
    assert [int(row[40, column, 0]) for column in (80, 204, 268)] == [50, 90, 250]
    assert int(row[40, 161, 0]) == 24


@pytest.mark.parametrize(
    ("count", "columns", "grid"),
    [(1, None, (1, 1)), (4, None, (2, 2)), (5, None, (2, 3)), (6, 4, (2, 4)), (3, 8, (1, 3))],
)
def test_a_contact_sheet_is_filled_row_by_row(count, columns, grid):
    images = [plain(60, 80, 100 + 10 * place) for place in range(count)]
    sheet = contact_sheet(images, columns=columns, cell_width_px=40, gap_px=2)
    rows, across = grid
    assert sheet.shape == (rows * 32 + 2, across * 42 + 2, 3)
    for place in range(count):
        y, x = 2 + (place // across) * 32 + 15, 2 + (place % across) * 42 + 20
        assert int(sheet[y, x, 0]) == 100 + 10 * place


def test_images_of_other_proportions_are_fitted_not_stretched():
    sheet = contact_sheet([plain(60, 80, 100), plain(80, 20, 200)], columns=2, cell_width_px=80, gap_px=0)
    tall = np.argwhere(sheet[:, :, 0] == 200)
    height, width = tall.max(axis=0) - tall.min(axis=0) + 1
    assert (height, width) == (60, 15)


def test_captions_are_written_on_their_images():
    images = [plain(120, 160, 128)] * 2
    without, captioned = (contact_sheet(images, captions=lines) for lines in (None, ["first", "second"]))
    left, right = (np.s_[:, :329], np.s_[:, 329:])
    assert (without[left] != captioned[left]).any()
    assert (without[right] != captioned[right]).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: side_by_side([], height_px=10), "at least one image"),
        (lambda: contact_sheet([]), "at least one image"),
        (lambda: contact_sheet([plain(2, 2, 0)], captions=[]), "as many captions"),
        (lambda: contact_sheet([plain(2, 2, 0)], columns=0), "at least one column"),
    ],
    ids=["no row", "no sheet", "captions", "columns"],
)
def test_what_cannot_be_drawn(call, message):
    with pytest.raises(UsageError, match=message):
        call()
