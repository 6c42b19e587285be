"""The foveated image: its map, its density and its pixels."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.geometry import Box, Magnification, Size, Warp
from foveate.view import Frame, Glimpse, make_view, see
from foveate.view.fit import longest_side
from foveate.view.warp import half_density_px

SIZES = [
    pytest.param(Size(1440, 1440), (720.0, 720.0), id="square-middle"),
    pytest.param(Size(1440, 1440), (0.0, 1439.5), id="square-corner"),
    pytest.param(Size(1600, 1200), (1313.7, 88.2), id="neon"),
    pytest.param(Size(200, 100), (61.0, 47.0), id="smaller-than-the-crop"),
    pytest.param(Size(1088, 1080), (-400.0, 5000.0), id="gaze-off-the-frame"),
]


def planned(size_px: Size, aim_px: tuple[float, float], **options: object) -> Glimpse:
    (glimpse,) = make_view("warp", **options).plan(Frame(size_px, 0, aim_px))  # type: ignore[arg-type]
    return glimpse


@pytest.mark.parametrize(("size_px", "aim_px"), SIZES)
@pytest.mark.parametrize("limit", [None, 96], ids=["native", "budget"])
def test_points_come_back_to_their_place(size_px: Size, aim_px: tuple[float, float], limit: int | None) -> None:
    glimpse = planned(size_px, aim_px, **({} if limit is None else {"fit": longest_side(limit)}))
    rng = np.random.default_rng(0)
    points = rng.uniform(-100, np.array(size_px) + 100, (500, 2))  # those outside of the frame too
    there = glimpse.to_view(points)
    assert np.abs(glimpse.to_view.inverse(there) - points).max() < 1e-6
    assert np.abs(glimpse.to_view.inverse.inverse(points) - there).max() < 1e-9
    corners = glimpse.to_view(np.array([[0.0, 0.0], size_px]))
    assert np.allclose(corners, [[0, 0], glimpse.size_px], atol=1e-9)


@pytest.mark.parametrize(("size_px", "aim_px"), SIZES)
def test_it_is_dense_at_the_gaze_sparser_outside_and_never_blown_up(size_px: Size, aim_px: tuple[float, float]) -> None:
    glimpse = planned(size_px, aim_px)
    assert glimpse.warp is not None
    for axis, aim, edges in zip((glimpse.warp.x, glimpse.warp.y), aim_px, glimpse.warp.edges_px, strict=True):
        widths = np.diff(edges)
        assert widths.min() >= 1 - 1e-6
        assert axis.density <= 1 + 1e-9
        # going away from the densest pixel, pixels of the image only grow
        densest = int(np.clip(np.searchsorted(edges, aim) - 1, 0, len(widths) - 1))
        assert (np.diff(widths[densest + 1 :]) >= -1e-9).all()
        assert (np.diff(widths[:densest]) <= 1e-9).all()


def test_the_crop_takes_its_share_of_each_side_and_keeps_more_detail_than_the_frame_shrunk() -> None:
    glimpse = planned(Size(1440, 1440), (720.0, 720.0), fit=longest_side(96))
    left, right = glimpse.to_view(np.array([[496.0, 720.0], [944.0, 720.0]]))[:, 0]
    assert right - left == pytest.approx(48, abs=0.01)
    assert glimpse.warp is not None
    assert glimpse.warp.x.density > 2 * 96 / 1440


def test_gaze_at_a_border_still_shows_all_of_the_frame() -> None:
    glimpse = planned(Size(1440, 1440), (1440.0, 0.0))
    assert np.allclose(glimpse.to_view.inverse(np.array([[0.0, 0.0], glimpse.size_px])), [[0, 0], [1440, 1440]])


@pytest.mark.parametrize("share", [0.0, 1.0, float("nan")])
def test_a_share_is_a_part_of_a_side(share: float) -> None:
    with pytest.raises(UsageError, match="share of a warped image's sides must be between 0 and 1"):
        make_view("warp", share=share)


def test_an_even_grid_where_the_fovea_needs_no_more() -> None:
    assert half_density_px(1000, 400, 500, 0.5) == float("inf")
    assert half_density_px(1000, 1000, 100, 0.5) == float("inf")
    even = Magnification(10.0, 100, 50, float("inf"))
    assert np.allclose(even.to_image(np.array([0.0, 10.0, 100.0])), [0, 5, 50])
    assert np.allclose(even.to_scene(np.array([0.0, 5.0, 50.0])), [0, 10, 100])


@pytest.mark.parametrize("wrong", [{"center_px": -1.0}, {"half_px": 0.0}, {"image_px": 0}, {"center_px": float("nan")}])
def test_a_magnification_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="a magnification needs lengths above 0 and a centre within"):
        Magnification(**{"center_px": 1.0, "scene_px": 10, "image_px": 5, "half_px": 1.0, **wrong})  # type: ignore[arg-type]


def test_stripes_too_fine_for_the_periphery_are_grey_there_and_sharp_at_the_gaze() -> None:
    size = Size(1440, 1440)
    stripes = np.repeat(np.where(np.arange(1440) // 2 % 2, 255, 0).astype(np.uint8)[None, :, None], 1440, axis=0)
    stripes = np.repeat(stripes, 3, axis=2)
    image = see(stripes, Frame(size, 0, (720.0, 720.0)), make_view("warp")).images[0].astype(float)
    middle, edge = image[200, 214:234, 0], image[200, :24, 0]
    assert np.ptp(middle) > 150
    # an alias would be as strong as the stripes; the mean over 4 px and more of them leaves a part of one
    assert np.abs(edge - 127.5).max() < 50


def test_a_pixel_is_the_exact_mean_of_its_rectangle() -> None:
    rng = np.random.default_rng(1)
    scene = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    warp = Warp(Magnification(31.3, 80, 20, 9.0), Magnification(12.8, 60, 15, 7.0))
    image = Glimpse(Box(0, 0, 80, 60), Size(20, 15), warp).image(scene)
    assert image.shape == (15, 20, 3)
    fine = np.repeat(np.repeat(scene.astype(float), 100, axis=0), 100, axis=1)  # a hundredth of a pixel
    across, down = (np.round(edges * 100).astype(int) for edges in warp.edges_px)
    for row, column in ((0, 0), (3, 8), (7, 19), (14, 2)):
        mean = fine[down[row] : down[row + 1], across[column] : across[column + 1]].mean(axis=(0, 1))
        assert np.abs(image[row, column] - mean).max() < 1.5


def test_a_scene_drawn_smaller_gives_nearly_the_same() -> None:
    ramp = np.zeros((720, 720, 3), dtype=np.uint8)
    ramp[..., 0] = (np.arange(720) / 720 * 255)[None]
    glimpse = planned(Size(720, 720), (300.0, 300.0), fit=longest_side(64))
    half = ramp[::2, ::2]
    assert np.abs(glimpse.image(ramp).astype(int) - glimpse.image(half)).max() <= 2
