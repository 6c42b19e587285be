"""Heat tints where its map is 1, dims where it is 0."""

import numpy as np
import pytest

from foveate.draw import heat, stacked
from foveate.errors import UsageError


def test_full_heat_is_tinted_and_none_is_dimmed():
    image = np.full((4, 6, 3), 200, dtype=np.uint8)
    strength = np.zeros((4, 6))
    strength[1, 2] = 1.0
    drawn = heat(image, strength, color=(255, 0, 100))
    assert drawn[1, 2].tolist() == [0.4 * 200 + 0.6 * 255, 0.4 * 200, 0.4 * 200 + 0.6 * 100]
    assert (np.delete(drawn.reshape(-1, 3), 1 * 6 + 2, axis=0) == 90).all()
    assert (image == 200).all(), "the image itself is left as it is"


@pytest.mark.parametrize(
    ("strength", "message"),
    [
        (np.zeros((6, 4)), r"of that shape, got \(6, 4\)"),
        (np.full((4, 6), 1.5), "from 0 to 1"),
        (np.full((4, 6), np.nan), "from 0"),
    ],
    ids=["shape", "above 1", "NaN"],
)
def test_says_what_does_not_fit(strength, message):
    with pytest.raises(UsageError, match=message):
        heat(np.zeros((4, 6, 3), dtype=np.uint8), strength)


def test_a_stack_keeps_sizes_and_order():
    stack = stacked([np.full((10, 20, 3), 50, dtype=np.uint8), np.full((5, 30, 3), 90, dtype=np.uint8)], gap_px=3)
    assert stack.shape == (18, 30, 3)
    assert [int(stack[row, column, 0]) for row, column in ((9, 19), (9, 20), (11, 0), (13, 29))] == [50, 24, 24, 90]
    with pytest.raises(UsageError, match="at least one image"):
        stacked([])
