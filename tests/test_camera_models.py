"""Kannala-Brandt and FISHEYE624 lenses, turned cameras and undistortion, against OpenCV and numbers worked out by hand."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foveate.errors import UsageError
from foveate.geometry import LENSES, Camera, Size, Undistortion

MATRIX = np.array([[400.0, 0, 310], [0, 390, 250], [0, 0, 1]])
FRAME = Size(640, 480)
ARIA = [0.405, -0.496, 0.2367, 0.9948, -1.574, 0.6087, -0.00037, -0.00074, -0.00058, -0.00022, 0.00019, -0.0002]
LENS = {
    "radial_tangential": [-0.2, 0.03, 0.001, -0.002],
    "kannala_brandt": [0.04, -0.04, 0.012, -0.003],
    "fisheye624": ARIA,
}


def camera(model: str, distortion: list[float] | None = None, **more) -> Camera:
    return Camera(MATRIX, np.array(LENS[model] if distortion is None else distortion), FRAME, model, **more)


def rays(steepest_deg: float) -> np.ndarray:
    """Rays all around the axis, up to an angle."""
    angle, around = np.meshgrid(np.radians(np.linspace(0, steepest_deg, 12)), np.linspace(0, 2 * np.pi, 17))
    across = np.stack([np.cos(around), np.sin(around)], axis=-1) * np.sin(angle)[..., None]
    return np.concatenate([across, np.cos(angle)[..., None]], axis=-1).reshape(-1, 3)


def test_every_lens_has_a_case():
    assert LENS.keys() == LENSES.keys()


def test_kannala_brandt_is_opencvs_fisheye():
    k1_to_k4 = np.array([0.04, -0.04, 0.012, -0.003])
    expected, _ = cv2.fisheye.projectPoints(rays(75)[:, None], np.zeros(3), np.zeros(3), MATRIX, k1_to_k4)
    assert np.allclose(camera("kannala_brandt").pixels(rays(75)), expected[:, 0], atol=1e-6)


def test_kannala_brandt_sees_behind_where_its_polynomial_grows():
    wide = camera("kannala_brandt", [0.0, 0.0, 0.0, 0.0])
    sideways = np.array([[np.sin(2.0), 0, np.cos(2.0)]])
    assert np.allclose(wide.pixels(sideways), [[310 + 400 * 2.0, 250]])
    assert np.allclose(wide.rays(np.array([[310 + 400 * 2.0, 250]])), sideways)
    assert np.isnan(wide.pixels(np.array([[0.0, 0, -1], [0, 0, 0]]))).all()


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        # a ray at a = 0.5 rad to the right and down in equal parts: v = 0.5 (0.6, 0.8), |v|^2 = 0.25
        pytest.param({}, (0.3, 0.4), id="equidistant"),
        pytest.param({0: 0.4}, (0.3 * 1.1, 0.4 * 1.1), id="k0 0.4: 1 + 0.4 * 0.25"),
        pytest.param({5: 64.0}, (0.3 * (1 + 64 / 4096), 0.4 * (1 + 64 / 4096)), id="k5: 0.5^12 = 1/4096"),
        # p0: 2 (v . p) v + |v|^2 p = 0.01 * (2 * 0.3 * 0.3 + 0.25, 2 * 0.3 * 0.4)
        pytest.param({6: 0.01}, (0.3 + 0.01 * 0.43, 0.4 + 0.01 * 0.24), id="p0"),
        pytest.param({7: 0.01}, (0.3 + 0.01 * 0.24, 0.4 + 0.01 * (2 * 0.16 + 0.25)), id="p1"),
        pytest.param({8: 0.02, 9: 0.04}, (0.3 + 0.02 * 0.25 + 0.04 * 0.0625, 0.4), id="s0 s1 are across"),
        pytest.param({10: 0.02, 11: 0.04}, (0.3, 0.4 + 0.02 * 0.25 + 0.04 * 0.0625), id="s2 s3 are down"),
    ],
)
def test_fisheye624_by_hand(coefficients, expected):
    distortion = np.zeros(12)
    for place, value in coefficients.items():
        distortion[place] = value
    ray = np.array([[np.sin(0.5) * 0.6, np.sin(0.5) * 0.8, np.cos(0.5)]])
    assert np.allclose(camera("fisheye624", distortion).pixels(ray), [[310 + 400 * expected[0], 250 + 390 * expected[1]]])


@pytest.mark.parametrize("model", LENS)
def test_rays_map_back_to_their_pixels(model):
    lens = camera(model)
    point = np.stack(np.meshgrid(np.linspace(0, 639, 33), np.linspace(0, 479, 25)), axis=-1).reshape(-1, 2)
    ray = lens.rays(point)
    seen = np.isfinite(ray).all(axis=1)
    assert seen.mean() > 0.95
    assert np.allclose(np.linalg.norm(ray[seen], axis=1), 1)
    assert np.abs(lens.pixels(ray[seen]) - point[seen]).max() < 0.01
    assert np.abs(lens.from_degrees(lens.degrees(point[seen])) - point[seen]).max() < 0.01


coefficient = st.floats(-0.05, 0.05)


@settings(deadline=None, max_examples=40)
@given(
    st.one_of(
        st.tuples(st.just("radial_tangential"), st.lists(st.floats(-0.01, 0.01), min_size=8, max_size=8)),
        st.tuples(st.just("kannala_brandt"), st.lists(coefficient, min_size=4, max_size=4)),
        st.tuples(st.just("fisheye624"), st.lists(st.floats(-0.01, 0.01), min_size=12, max_size=12)),
    ),
    st.floats(-35, 35),
    st.floats(-35, 35),
)
@example(("radial_tangential", [0, 0, 0, 0, 0, -0.01, 0, 0]), 0.0, 0.0)  # grows without bound at a radius of 10
def test_degrees_there_and_back_through_any_mild_lens(lens, azimuth, elevation):
    model, distortion = lens
    seen = camera(model, distortion)
    point = seen.from_degrees(np.array([[azimuth, elevation]]))
    assert np.allclose(seen.degrees(point), [[azimuth, elevation]], atol=1e-4)


def test_a_fold_is_the_end_of_the_field():
    # a (1 - a^2) grows up to a = 1 / sqrt(3): 33.08 degrees
    folded = camera("kannala_brandt", [-1.0])
    assert np.isnan(folded.from_degrees(np.array([[33.0, 0.0], [33.2, 0.0]]))).any(axis=1).tolist() == [False, True]
    highest_px = 400 * (1 - 1 / 3) / np.sqrt(3)
    point = np.array([[310 + highest_px - 0.1, 250], [310 + highest_px + 0.1, 250]])
    assert np.isnan(folded.rays(point)).any(axis=1).tolist() == [False, True]


def test_the_makers_field_is_the_end_too():
    narrow = camera("fisheye624", field_deg=20.0)
    assert np.isnan(narrow.from_degrees(np.array([[19.9, 0.0], [20.1, 0.0]]))).any(axis=1).tolist() == [False, True]
    inside, outside = camera("fisheye624").from_degrees(np.array([[0.0, 19.9], [0.0, 20.1]]))
    assert np.isnan(narrow.rays(np.stack([inside, outside]))).any(axis=1).tolist() == [False, True]


@pytest.mark.parametrize("model", LENS)
def test_turned_clockwise(model):
    """What is at (x, y) is at (height - 1 - y, x) afterwards, and its ray turned along: right becomes down."""
    lens, turned = camera(model), camera(model).turned()
    ray = rays(30)
    point = lens.pixels(ray)
    assert turned.size_px == (480, 640)
    expected = np.stack([479 - point[:, 1], point[:, 0]], axis=1)
    assert np.allclose(turned.pixels(np.stack([-ray[:, 1], ray[:, 0], ray[:, 2]], axis=1)), expected, atol=1e-6)


def test_four_turns_are_none():
    lens = camera("fisheye624")
    again = lens.turned().turned().turned().turned()
    assert np.allclose(again.matrix, lens.matrix)
    assert np.array_equal(again.distortion, lens.distortion)


@pytest.mark.parametrize(
    ("model", "wide_px", "high_px"),
    [
        pytest.param("radial_tangential", 2 * 400 * np.tan(np.radians(20)), 2 * 390 * np.tan(np.radians(20)), id="pinhole"),
        pytest.param("kannala_brandt", 400 * np.radians(40), 390 * np.radians(40), id="equidistant"),
    ],
)
def test_chord(model, wide_px, high_px):
    assert camera(model, []).chord_px(40) == pytest.approx((wide_px, high_px))


def test_chord_beyond_the_field_is_infinite():
    assert camera("fisheye624", field_deg=20.0).chord_px(41) == (np.inf, np.inf)


@pytest.mark.parametrize("model", LENS)
def test_undistorted_points_lie_where_a_pinhole_sees_them(model):
    ray = rays(35)
    straight = Undistortion.of(camera(model))
    expected = ray[:, :2] / ray[:, 2:] @ MATRIX[:2, :2].T + MATRIX[:2, 2]
    point = camera(model).pixels(ray)
    assert np.abs(straight.points(point) - expected).max() < 0.01
    assert np.abs(straight.back(expected) - point).max() < 0.01


@pytest.mark.parametrize("model", LENS)
def test_an_undistorted_frame_shows_a_dot_where_its_point_is(model):
    straight = Undistortion.of(camera(model))
    image = np.zeros((480, 640, 3), np.uint8)
    image[95:106, 195:206] = 255
    shown = straight.frame(image)[..., 0].astype(np.float64)
    y, x = np.indices(shown.shape)
    center = np.array([(x * shown).sum(), (y * shown).sum()]) / shown.sum()
    assert np.abs(center - straight.points(np.array([[200.0, 100.0]]))[0]).max() < 0.3


def test_undistorted_black_where_nothing_was_seen():
    narrow = camera("fisheye624", field_deg=20.0)
    shown = Undistortion.of(narrow).frame(np.full((480, 640, 3), 200, np.uint8))
    assert shown[250, 310].tolist() == [200] * 3
    assert not shown[0, 0].any()


def test_undistortion_asks_for_its_own_size():
    with pytest.raises(UsageError, match=r"frames are .*640.* got an image of .*10"):
        Undistortion.of(camera("fisheye624")).frame(np.zeros((10, 10, 3), np.uint8))


@pytest.mark.parametrize(
    ("model", "distortion", "message"),
    [
        pytest.param("fisheye", [], "no camera model 'fisheye'; allowed: radial_tangential, kannala_brandt", id="unknown"),
        pytest.param("kannala_brandt", [0.0] * 5, "at most 4 distortion coefficients .kannala_brandt", id="too many"),
        pytest.param("fisheye624", [0.0] * 13, "at most 12", id="far too many"),
        pytest.param("fisheye624", [np.inf], "finite", id="infinite"),
    ],
)
def test_a_camera_that_cannot_be(model, distortion, message):
    with pytest.raises(UsageError, match=message):
        Camera(MATRIX, np.array(distortion), FRAME, model)


def test_a_camera_with_skew_is_not_turned():
    with pytest.raises(UsageError, match="skew"):
        Camera(np.array([[400.0, 3, 310], [0, 390, 250], [0, 0, 1]]), np.zeros(0), FRAME).turned()
