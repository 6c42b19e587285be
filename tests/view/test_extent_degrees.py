"""Sizes in degrees, for any camera that can tell the chord of an angle."""

import numpy as np
import pytest

from foveate.geometry import Camera, Size
from foveate.view import Extent

FRAME = Size(1000, 800)
MATRIX = np.array([[500.0, 0, 500], [0, 400, 400], [0, 0, 1]])
PINHOLE = Camera(MATRIX, np.zeros(5), FRAME)
FISHEYE = Camera(MATRIX, np.zeros(4), FRAME, "kannala_brandt", field_deg=60.0)


@pytest.mark.parametrize(
    ("camera", "size", "expected"),
    [
        pytest.param(
            PINHOLE, "40deg", Size(round(1000 * np.tan(np.radians(20))), round(800 * np.tan(np.radians(20)))), id="flat"
        ),
        pytest.param(FISHEYE, "40deg", Size(round(500 * np.radians(40)), round(400 * np.radians(40))), id="equidistant"),
        pytest.param(FISHEYE, "130deg", FRAME, id="more than the field is the frame"),
        pytest.param(PINHOLE, "179deg", FRAME, id="never more than the frame"),
    ],
)
def test_degrees(camera, size, expected):
    assert Extent.parse(size).size_px(FRAME, camera) == expected
