"""Words stand under an image and hide nothing of it."""

import numpy as np
import pytest

from foveate.draw import captioned
from foveate.geometry import Size


@pytest.mark.parametrize("place_px", [None, Size(100, 60), Size(200, 90)], ids=["own-size", "the-same-size", "larger"])
def test_the_image_is_whole_and_in_the_middle(place_px: Size | None) -> None:
    image = np.full((60, 100, 3), 200, dtype=np.uint8)
    plate = captioned(image, ["first", "second"], color=(255, 0, 0), place_px=place_px)
    width, height = place_px or (100, 60)
    top, left = (height - 60) // 2, (width - 100) // 2
    assert plate.shape[1] == width
    assert (plate[top : top + 60, left : left + 100] == 200).all()
    below = plate[height:]
    assert (below.max(axis=2) > 150).any()
    assert (below == (255, 0, 0)).all(axis=2).any()


def test_a_long_line_is_shrunk_into_its_plate() -> None:
    plate = captioned(np.zeros((20, 120, 3), dtype=np.uint8), ["a line that is far too long for this picture"])
    assert not (plate[20:, -2:].max(axis=2) > 100).any()
