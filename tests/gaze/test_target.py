"""The gaze's mass on visual patches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad

from foveate.errors import UsageError
from foveate.gaze.patches import Patches, tiles_and_thumbnail, whole
from foveate.gaze.target import sigma_of_degrees, target, target_on, target_over
from foveate.geometry import Affine, Box, Camera, Size

SCENE = (960, 1280)


def sampled(points, grid, size, sigma):
    """The paper's way: a map of every pixel, then sums over patches."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    heat = sum(np.exp(-0.5 * ((x - px) ** 2 + (y - py) ** 2) / sigma**2) for px, py in points)
    rows, columns = grid
    blocks = heat.reshape(rows, size[0] // rows, columns, size[1] // columns).sum(axis=(1, 3))
    return blocks / blocks.sum()


@pytest.mark.parametrize(
    ("points", "grid", "size", "sigma"),
    [
        pytest.param([(300, 500)], (16, 16), (960, 1280), 20.0, id="clip"),
        pytest.param([(300, 500), (310, 480), (900, 20)], (12, 16), (960, 1280), 50.0, id="several points"),
        pytest.param([(5, 955)], (8, 8), (960, 1280), 30.0, id="corner"),
        pytest.param([(-15, 400)], (8, 8), (960, 1280), 30.0, id="just outside"),
    ],
)
def test_equals_the_sampled_map(points, grid, size, sigma):
    ours, theirs = target(np.array(points, float), grid, size, sigma), sampled(points, grid, size, sigma)
    assert np.abs(ours - theirs).max() < 1e-4 * theirs.max()


def test_equals_the_integral():
    point, sigma, (height, width), (rows, columns) = (333.3, 471.9), 37.0, (500, 700), (3, 7)  # edges within pixels
    ours = target(np.array([point]), (rows, columns), (height, width), sigma)
    density = lambda y, x: np.exp(-0.5 * ((x - point[0]) ** 2 + (y - point[1]) ** 2) / sigma**2)  # noqa: E731
    total = dblquad(density, 0, width, 0, height, epsabs=1e-10)[0]
    for row, column in [(2, 3), (1, 3), (2, 2), (0, 0)]:
        x, y = np.array([column, column + 1]) * width / columns, np.array([row, row + 1]) * height / rows
        assert ours[row, column] == pytest.approx(dblquad(density, *x, *y, epsabs=1e-12)[0] / total, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(0, 1279.99),
    y=st.floats(0, 959.99),
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    sigma=st.floats(0.5, 500),
)
def test_peak_is_in_the_patch_that_holds_the_gaze(x, y, rows, columns, sigma):
    """Among the mistakes of the paper's released code: a row marginal in place of the grid, negative mass, peaks elsewhere."""
    mass = target(np.array([[x, y]]), (rows, columns), SCENE, sigma)
    assert mass.shape == (rows, columns)
    assert mass.sum() == pytest.approx(1)
    assert mass.min() >= 0
    row, column = min(int(y / (960 / rows)), rows - 1), min(int(x / (1280 / columns)), columns - 1)
    # the patches are alike in size, so the one around the point holds most, up to a border that cuts the Gaussian
    assert mass[row, column] >= mass.max() - 1e-9


def test_rows_and_columns_are_told_apart():
    mass = target(np.array([[1200.0, 30.0]]), (4, 8), SCENE, 20.0)
    assert np.unravel_index(mass.argmax(), mass.shape) == (0, 7)
    assert mass[0, 7] > 0.9


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(np.empty((0, 2)), id="no point"),
        pytest.param(np.full((3, 2), np.nan), id="lost"),
        pytest.param(np.array([[5000.0, 100.0]]), id="far outside"),
    ],
)
def test_nothing_valid_is_masked_and_not_zero(points):
    made = target_on(points, whole((4, 4), SCENE))
    assert not made.valid
    assert np.isnan(made.flat).all()


def test_lost_points_weigh_nothing():
    some = np.array([[100.0, 100.0], [np.nan, np.nan], [900.0, 700.0]])
    np.testing.assert_array_equal(target(some, (6, 6), SCENE), target(some[[0, 2]], (6, 6), SCENE))


BOX = Box(200, 100, 448, 336)


def turned(point_px):
    """From a picture that shows the scene turned by 90 degrees clockwise: (x, y) -> (y, height - x)."""
    point_px = np.asarray(point_px)
    return np.stack([point_px[..., 1], SCENE[0] - point_px[..., 0]], axis=-1)


def bent(point_px):
    """A warp along each axis for itself, dense around (400, 300)."""
    at = np.asarray(point_px) / [224, 224] * 2 - 1
    return np.array([400.0, 300.0]) + 500 * np.sinh(1.5 * at) / np.sinh(1.5)


def rotated(point_px):
    turn = np.radians(20.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * 3.0
    return (np.asarray(point_px) - 112) @ matrix.T + [420.0, 310.0]


MAPS = {
    "crop and resize": (Affine.crop_and_resize(BOX, Size(224, 168)).inverse, (168, 224)),
    "turned": (turned, (1280, 960)),
    "warp": (bent, (224, 224)),
    "rotated": (rotated, (224, 224)),
}


@pytest.mark.parametrize("name", MAPS)
def test_follows_the_map_of_a_view(name):
    """The mass on each patch is that of points drawn in the scene and found on the patch."""
    to_scene, size = MAPS[name]
    point, sigma, grid = np.array([420.0, 290.0]), 40.0, (5, 7)
    made = target_on(point[None], whole(grid, size), sigma_px=sigma, to_scene=to_scene)
    steps = 4 * 35  # a fine lattice on the picture: the density in the scene times the scene area of its cells
    y, x = np.meshgrid((np.arange(steps) + 0.5) / steps * size[0], (np.arange(steps) + 0.5) / steps * size[1], indexing="ij")
    at, step = np.stack([x, y], axis=-1), 1e-4
    right = (to_scene(at + [step, 0]) - to_scene(at - [step, 0])) / (2 * step)
    below = (to_scene(at + [0, step]) - to_scene(at - [0, step])) / (2 * step)
    area = np.abs(right[..., 0] * below[..., 1] - right[..., 1] * below[..., 0])
    heat = area * np.exp(-0.5 * ((to_scene(at) - point) ** 2).sum(axis=-1) / sigma**2)
    sums = heat.reshape(grid[0], steps // grid[0], grid[1], steps // grid[1]).sum(axis=(1, 3))
    np.testing.assert_allclose(made.probability[0], sums / sums.sum(), atol=2e-3)
    assert made.valid


def test_gaze_beyond_a_crop_is_masked():
    to_scene = Affine.crop_and_resize(BOX, Size(224, 168)).inverse
    assert not target_on(np.array([[1100.0, 800.0]]), whole((4, 4), (168, 224)), to_scene=to_scene).valid


def test_tiles_and_thumbnail_share_the_mass():
    patches = tiles_and_thumbnail((2, 3), (4, 4), SCENE)
    made = target_on(np.array([[700.0, 200.0]]), patches, sigma_px=20.0)
    assert sum(map(len, patches)) == 7 * 16 == len(made.flat)
    assert made.flat.sum() == pytest.approx(1)
    tiles, thumbnail = made.probability[:6], made.probability[6]
    assert thumbnail.sum() == pytest.approx(0.5)
    assert [float(tile.sum()) > 0.49 for tile in tiles] == [False, True, False, False, False, False]
    np.testing.assert_allclose(thumbnail * 2, target(np.array([[700.0, 200.0]]), (4, 4), SCENE))


def test_two_images_of_one_frame_sum_to_one():
    crop = (whole((4, 4), (336, 448)), Affine.crop_and_resize(BOX, Size(448, 336)).inverse)
    made = target_over(np.array([[300.0, 200.0]]), [crop, (whole((4, 4), SCENE), None)])
    assert made.flat.sum() == pytest.approx(1)
    assert made.probability[0].sum() == pytest.approx(0.5, abs=1e-6)


def test_degrees_become_pixels_at_each_point():
    camera = Camera(np.array([[800.0, 0, 640], [0, 800.0, 480], [0, 0, 1]]), np.zeros(5), Size(1280, 960))
    sigma = sigma_of_degrees(np.array([[640.0, 480.0], [1240.0, 480.0]]), camera, 1.0)
    assert sigma[0] == pytest.approx(800 * np.radians(1.0), rel=1e-3)
    tangent = 600 / 800  # off the axis a pinhole stretches: 1 / cos^2 along, 1 / cos across
    assert sigma[1] == pytest.approx(800 * np.radians(1.0) * np.array([1 + tangent**2, np.sqrt(1 + tangent**2)]), rel=1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: target(np.zeros((1, 2)), (4, 4), SCENE, 0.0), "sigma_px must be positive and finite, got 0.0", id="0"
        ),
        pytest.param(lambda: target(np.zeros((1, 2)), (4, 4), SCENE, np.nan), "sigma_px must be positive", id="NaN"),
        pytest.param(lambda: target(np.zeros((1, 2)), (4, 4), SCENE, np.inf), "sigma_px must be positive", id="infinite"),
        pytest.param(lambda: Patches(0, 3, (0, 0, 1, 1)), "at least one row and one column, got 0 x 3", id="no rows"),
        pytest.param(lambda: Patches(2, 3, (0, 0, 0, 1)), "box of positive width and height", id="no width"),
        pytest.param(lambda: target_on(np.zeros((1, 2)), ()), "at least one grid", id="no grid"),
    ],
)
def test_says_what_is_wrong(make, message):
    with pytest.raises(UsageError, match=message):
        make()
