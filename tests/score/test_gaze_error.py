"""How far a gaze point is off."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.geometry import Camera, Size
from foveate.score.gaze_error import angular_error, pixel_error

CAMERA = Camera(np.array([[100.0, 0, 100], [0, 100.0, 50], [0, 0, 1]]), np.zeros(5), Size(200, 100))


def test_pixels():
    predicted, measured = np.array([[0.0, 0], [3, 4], [np.nan, 1]]), np.array([[0.0, 0], [0, 0], [5, 5]])
    assert pixel_error(predicted, measured).value == 2.5
    assert "no frame with both" in pixel_error(predicted[2:], measured[2:]).reason


def test_angles_are_those_between_rays():
    middle = np.array([[100.0, 50.0]] * 3)
    there = np.array([[200.0, 50.0], [100.0, 50.0 + 100 * np.tan(np.radians(30.0))], [np.nan, 0.0]])
    assert angular_error(there, middle, CAMERA).value == pytest.approx((45 + 30) / 2)
    assert angular_error(middle, middle, CAMERA).value == pytest.approx(0, abs=1e-9)
    assert "no camera calibration" in angular_error(there, middle, None).reason
    assert "no frame with both" in angular_error(there[2:], middle[2:], CAMERA).reason


@pytest.mark.parametrize("error", [pixel_error, lambda a, b: angular_error(a, b, CAMERA)], ids=["pixels", "degrees"])
def test_each_point_needs_its_own(error):
    with pytest.raises(UsageError, match="one predicted point per measured one is needed, got 1 and 2"):
        error(np.zeros((1, 2)), np.zeros((2, 2)))
