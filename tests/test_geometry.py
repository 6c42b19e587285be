"""Boxes, affine maps and cameras, against known answers and OpenCV."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveate.errors import UsageError
from foveate.geometry import Affine, Box, Camera, Size, box_around
from foveate.recording import open_recording
from shared_data import shared

MATRIX = np.array([[900.0, 0, 800], [0, 890, 600], [0, 0, 1]])
FRAME = Size(1600, 1200)
NEON = [-0.13, 0.109, -1.5e-4, -2.5e-4, 0.0, 0.17, 0.05, 0.0256]
LENSES = {
    "no distortion": [],
    "4 coefficients": [-0.2, 0.03, 0.001, -0.002],
    "5 coefficients": [-0.3, 0.1, 0.001, -0.001, -0.01],
    "neon": NEON,
}


def camera(distortion) -> Camera:
    return Camera(MATRIX, np.array(distortion, dtype=np.float64), FRAME)


def grid() -> np.ndarray:
    return np.stack(np.meshgrid(np.linspace(0, 1600, 41), np.linspace(0, 1200, 31)), axis=-1).reshape(-1, 2)


@pytest.mark.parametrize(
    ("point", "size", "expected"),
    [
        pytest.param((100, 100), (40, 20), Box(80, 90, 40, 20), id="inside"),
        pytest.param((0, 0), (40, 20), Box(0, 0, 40, 20), id="shifted from the corner"),
        pytest.param((199, 250), (40, 20), Box(160, 130, 40, 20), id="outside below"),
        pytest.param((100, 75), (400, 400), Box(0, 0, 200, 150), id="larger than the frame"),
    ],
)
def test_box_around(point, size, expected):
    assert box_around(point, Size(*size), Size(200, 150)) == expected


def test_box_around_nothing():
    with pytest.raises(UsageError, match="finite centre"):
        box_around((float("nan"), 1.0), Size(4, 4), Size(20, 20))


@given(
    st.builds(Box, *[st.integers(0, 2000)] * 2, *[st.integers(1, 2000)] * 2),
    st.builds(Size, *[st.integers(1, 2000)] * 2),
    st.tuples(*[st.floats(-3000, 3000)] * 2),
)
def test_crop_and_resize_there_and_back(box, size, point):
    there = Affine.crop_and_resize(box, size)
    assert np.allclose(there.inverse(there(np.array(point))), point, atol=1e-6)
    corners = np.array([[box.left_px, box.top_px], [box.left_px + box.width_px, box.top_px + box.height_px]], dtype=float)
    assert np.allclose(there(corners), [[0, 0], size], atol=1e-6)


@pytest.mark.parametrize("distortion", LENSES.values(), ids=LENSES.keys())
def test_rays_map_back_to_their_pixels(distortion):
    point = grid()
    ray = camera(distortion).rays(point)
    seen = np.isfinite(ray).all(axis=1)
    central = np.linalg.norm(point - [800, 600], axis=1) < 700
    assert seen[central].all()
    assert np.allclose(np.linalg.norm(ray[seen], axis=1), 1)
    assert np.abs(camera(distortion).pixels(ray[seen]) - point[seen]).max() < 0.01


@pytest.mark.parametrize("distortion", LENSES.values(), ids=LENSES.keys())
def test_pixels_are_those_of_opencv(distortion):
    angle = np.radians(np.stack(np.meshgrid(np.linspace(-35, 35, 15), np.linspace(-30, 30, 13)), axis=-1).reshape(-1, 2))
    ray = np.stack([np.tan(angle[:, 0]), np.tan(angle[:, 1]), np.ones(len(angle))], axis=1)
    expected, _ = cv2.projectPoints(ray[:, None], np.zeros(3), np.zeros(3), MATRIX, np.array(distortion or [0.0] * 4))
    assert np.allclose(camera(distortion).pixels(ray), expected[:, 0], atol=1e-6)


def test_beyond_the_fold_there_is_no_ray():
    corner = np.array([[0.0, 0.0], [1599, 1199], [800, 600]])
    assert np.isnan(camera(NEON).rays(corner)).any(axis=1).tolist() == [True, True, False]
    steep = np.array([[np.tan(np.radians(70)), 0, 1], [0, 0, -1], [0, 0, 1.0]])
    assert np.isnan(camera(NEON).pixels(steep)).any(axis=1).tolist() == [True, True, False]


def test_missing_points_stay_missing():
    point = np.array([[np.nan, np.nan], [800, 600]])
    assert np.isnan(camera(NEON).degrees(point)).any(axis=1).tolist() == [True, False]


def test_degrees_of_a_pinhole():
    pinhole = camera([])
    point = np.array([[800 + 900 * np.tan(np.radians(10)), 600], [800, 600 - 890 * np.tan(np.radians(5))]])
    assert np.allclose(pinhole.degrees(point), [[10, 0], [0, -5]])
    assert pinhole.px_per_deg == pytest.approx(895 * np.tan(np.radians(1)))


def test_degrees_there_and_back():
    point = grid()
    seen = np.isfinite(camera(NEON).rays(point)).all(axis=1)
    assert np.abs(camera(NEON).from_degrees(camera(NEON).degrees(point[seen])) - point[seen]).max() < 0.01


@pytest.mark.parametrize(
    ("matrix", "distortion", "message"),
    [
        pytest.param(np.eye(2), np.zeros(4), r"shapes \(2, 2\)", id="matrix"),
        pytest.param(MATRIX, np.zeros(12), r"at most 8", id="too many coefficients"),
        pytest.param(MATRIX * np.nan, np.zeros(4), "finite", id="nan"),
        pytest.param(np.zeros((3, 3)), np.zeros(4), "not zero", id="no focal length"),
    ],
)
def test_a_camera_that_cannot_be(matrix, distortion, message):
    with pytest.raises(UsageError, match=message):
        Camera(matrix, distortion, FRAME)


def test_a_real_neon_maps_every_pixel_back_or_says_nothing():
    neon = open_recording(shared("neon_multi_part")).camera
    point = grid()
    ray = neon.rays(point)
    seen = np.isfinite(ray).all(axis=1)
    assert seen.mean() > 0.98
    assert np.abs(neon.pixels(ray[seen]) - point[seen]).max() < 0.01
    assert np.linalg.norm(point[~seen] - [817, 613], axis=1).min() > 950
