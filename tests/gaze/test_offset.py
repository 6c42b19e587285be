"""Offset correction in pixels, degrees and time."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.offset import shift
from foveate.geometry import Camera, Size

PINHOLE = Camera(np.array([[900.0, 0, 800], [0, 900, 600], [0, 0, 1]]), np.zeros(5), Size(1600, 1200))
FOLDED = Camera(PINHOLE.matrix, np.array([-0.13, 0.109, 0, 0, 0, 0.17, 0.05, 0.0256]), PINHOLE.size_px)


def test_pixels(make):
    moved = shift(make([0, 5], [10, 20], lost=[1]), offset_px=(3, -4))
    assert np.array_equal(moved.point_px, [[13, 16], [np.nan, np.nan]], equal_nan=True)
    assert moved.valid.tolist() == [True, False]
    assert moved.notes == ("gaze moved by 3 px right and -4 px down",)


def test_milliseconds(make):
    moved = shift(make([0, 5]), offset_ms=-12.5)
    assert moved.time_ns.tolist() == [-12_500_000, -7_500_000]
    assert moved.notes == ("gaze times moved by -12.5 ms",)


def test_degrees_of_a_pinhole(make):
    gaze = make([0], [800])
    gaze = shift(gaze, offset_px=(0, 600 - 1600))  # on the optical axis
    moved = shift(gaze, offset_deg=(2, 0), camera=PINHOLE)
    assert moved.point_px.tolist() == [[pytest.approx(800 + 900 * np.tan(np.radians(2))), pytest.approx(600)]]


def test_degrees_there_and_back(make):
    gaze = make(range(5), [100, 250, 400, 500, 590])
    moved = shift(shift(gaze, offset_deg=(1.5, -0.7), camera=FOLDED), offset_deg=(-1.5, 0.7), camera=FOLDED)
    assert np.allclose(moved.point_px, gaze.point_px, atol=0.01)


def test_a_point_that_leaves_the_lens_is_lost_and_counted(make):
    gaze = make([0, 5], [10, 400])
    moved = shift(gaze, offset_deg=(-20, 0), camera=FOLDED)
    assert moved.valid.tolist() == [False, True]
    assert "1 gaze samples lie beyond the camera model's field: not valid" in moved.notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"offset_px": (1, 1), "offset_deg": (1, 1)}, "offset_px or offset_deg, not both", id="both"),
        pytest.param({"offset_deg": (1, 1)}, "needs the camera's calibration", id="no camera"),
        pytest.param({"offset_px": (float("nan"), 1)}, "must be finite", id="nan"),
    ],
)
def test_options_that_are_not_allowed(make, options, message):
    with pytest.raises(UsageError, match=message):
        shift(make([0]), **options)


def test_nothing_to_do(make):
    gaze = make([0, 5], [1, 2])
    assert np.array_equal(shift(gaze).point_px, gaze.point_px)
    assert shift(gaze).notes == ()
