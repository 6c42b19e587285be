"""Views on frames whose pixels tell where they are."""

from dataclasses import replace

import numpy as np
import pytest

from drawn import FRAME_PX, drawn_recording
from foveate.errors import UsageError, ViewError
from foveate.geometry import Box, Camera, Size
from foveate.view import VIEWS, Extent, Frame, Glimpse, View, make_view, see, take
from foveate.view.fit import longest_side

CAMERA = Camera(np.array([[100.0, 0, 100], [0, 100, 50], [0, 0, 1]]), np.zeros(5), FRAME_PX)


def frame_at(x: float, y: float, *, camera: Camera | None = None, time_ns: int = 7) -> Frame:
    return Frame(FRAME_PX, time_ns, (x, y), camera)


@pytest.mark.parametrize(
    ("aim", "box"),
    [
        pytest.param((100.0, 50.0), Box(80, 30, 40, 40), id="inside"),
        pytest.param((0.0, 0.0), Box(0, 0, 40, 40), id="top-left-corner"),
        pytest.param((199.9, 99.9), Box(160, 60, 40, 40), id="bottom-right-corner"),
        pytest.param((-500.0, 50.0), Box(0, 30, 40, 40), id="outside-left"),
        pytest.param((100.4, 50.6), Box(80, 31, 40, 40), id="rounded-to-a-pixel"),
    ],
)
def test_gaze_crop_is_shifted_inside_never_shrunk(aim: tuple[float, float], box: Box) -> None:
    (glimpse,) = make_view("gaze", size="40").plan(frame_at(*aim))
    assert glimpse.box_px == box
    assert glimpse.size_px == Size(40, 40)


def test_crop_centre_is_within_half_a_pixel_of_gaze() -> None:
    view = make_view("gaze", size="41")
    for x in np.linspace(30, 170, 29):
        (glimpse,) = view.plan(frame_at(float(x), 50.0))
        assert abs(glimpse.box_px.center_px[0] - x) <= 0.5


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("limit", [400, 16], ids=["native", "shrunk"])
def test_every_view_maps_back_to_scene_pixels(name: str, limit: int) -> None:
    recording = drawn_recording()
    view = replace(make_view(name, size="40", fit=longest_side(limit)), paint=None)
    (seen,) = take(recording.scene, [3], [frame_at(61.0, 47.0)], view)
    image = seen.images[0]
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    corners = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    # a pixel shows the mean of its rectangle of the scene, which is that of the rectangle's corners
    scene_px = (seen.to_scene(corners) + seen.to_scene(corners + 1)) / 2
    # red and green hold the scene pixel's own x and y, whose centre is half a pixel further
    said = image[..., :2].reshape(-1, 2).astype(float) + 0.5
    assert np.abs(said - scene_px).max() <= 0.5 + 0.5  # half a pixel and half a level of rounding
    assert np.abs((said - scene_px).mean(axis=0)).max() < 0.05 if limit == 400 else True
    assert image[0, 0, 2] == 3


def test_full_shows_all_and_center_the_middle() -> None:
    (full,) = make_view("full").plan(frame_at(0, 0))
    (center,) = make_view("center", size="40").plan(frame_at(0, 0))
    assert full.box_px == Box(0, 0, 200, 100)
    assert center.box_px == Box(80, 30, 40, 40)


def test_random_is_seeded_uniform_and_inside() -> None:
    view, again, other = make_view("random", size="40"), make_view("random", size="40"), make_view("random", size="40", seed=1)
    boxes = [view.plan(frame_at(0, 0, time_ns=t))[0].box_px for t in range(2000)]
    assert boxes == [again.plan(frame_at(0, 0, time_ns=t))[0].box_px for t in range(2000)]
    assert boxes != [other.plan(frame_at(0, 0, time_ns=t))[0].box_px for t in range(2000)]
    left = np.array([box.left_px for box in boxes])
    assert (left.min(), left.max()) == (0, 160)
    assert abs(left.mean() - 80) < 4  # standard error 1.04


def test_recordings_draw_their_random_regions_independently() -> None:
    view = make_view("random", size="40")
    frames = [frame_at(0, 0, time_ns=round(t * 1e9)) for t in range(2000)]
    one, two = (
        np.array([view.plan(replace(frame, recording=name))[0].box_px[:2] for frame in frames]) for name in ("p01", "p02")
    )
    for axis in (0, 1):
        assert abs(np.corrcoef(one[:, axis], two[:, axis])[0, 1]) < 0.1  # standard error 0.022
    assert view.plan(replace(frames[0], recording="p\udc8001"))  # a name that is no UTF-8


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("448", Size(200, 100), id="larger-than-the-frame"),
        pytest.param("40px", Size(40, 40), id="px"),
        pytest.param("25%", Size(50, 25), id="percent"),
        pytest.param("20deg", Size(35, 35), id="degrees"),
    ],
)
def test_extent(text: str, size: Size) -> None:
    assert Extent.parse(text).size_px(FRAME_PX, CAMERA) == size


@pytest.mark.parametrize("text", ["", "x", "-3", "0", "12 inches", "101%", "180deg", "nan"])
def test_extent_says_what_is_allowed(text: str) -> None:
    with pytest.raises(UsageError, match=r"pixels|go up to"):
        Extent.parse(text)


def test_degrees_need_a_calibration() -> None:
    with pytest.raises(ViewError, match=r"20deg needs the scene camera's calibration"):
        make_view("gaze", size="20deg").plan(frame_at(1, 1))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        pytest.param("gase", {}, "did you mean 'gaze'.*allowed: full, center, gaze, random", id="typo"),
        pytest.param("gaze", {"seed": 3}, "takes no option 'seed'; allowed: none", id="unknown-option"),
        pytest.param("random", {"sed": 3}, "takes no option 'sed'; allowed: seed", id="mistyped-option"),
    ],
)
def test_make_view_says_what_there_is(name: str, options: dict[str, int], message: str) -> None:
    with pytest.raises(ViewError, match=message):
        make_view(name, **options)


def test_see_equals_take() -> None:
    recording = drawn_recording()
    view = make_view("gaze", size="40", fit=longest_side(20))
    (taken,) = take(recording.scene, [5], [frame_at(70, 50)], view)
    whole = next(iter(recording.scene.frames([5])))
    assert np.array_equal(see(whole, frame_at(70, 50), view).images[0], taken.images[0])


def test_share_of_pixels() -> None:
    (seen,) = take(drawn_recording().scene, [0], [frame_at(70, 50)], make_view("gaze", size="40"))
    assert seen.share_of_pixels == pytest.approx(40 * 40 / (200 * 100))


@pytest.mark.parametrize(
    ("boxes", "share"),
    [
        pytest.param([Box(0, 0, 200, 100), Box(10, 10, 50, 50)], 1.0, id="one-in-the-other"),
        pytest.param([Box(0, 0, 100, 50), Box(50, 25, 100, 50)], (2 * 5000 - 1250) / 20000, id="overlap"),
        pytest.param([Box(0, 0, 20, 10), Box(180, 90, 20, 10)], 0.02, id="apart"),
        pytest.param([Box(5, 5, 20, 10), Box(5, 5, 20, 10)], 0.01, id="the-same"),
    ],
)
def test_pixels_that_are_shown_twice_count_once(boxes: list[Box], share: float) -> None:
    seen = View((), tuple(Glimpse(box, box.size_px) for box in boxes), frame_at(0, 0))
    assert seen.share_of_pixels == pytest.approx(share)


def test_gaze_view_does_not_accept_a_missing_point() -> None:
    with pytest.raises(UsageError, match="a crop needs a finite centre"):
        make_view("gaze").plan(frame_at(float("nan"), 3))


def test_a_mark_does_not_hide_what_it_marks() -> None:
    """At 96 px a ring that is too small or too thick covers the object: a model then tells less than without it."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (1440, 1440, 3), dtype=np.uint8)
    frame = Frame(Size(1440, 1440), 0, (700.0, 500.0))
    fit = longest_side(96)
    (plain,), (marked,) = (see(image, frame, make_view(name, fit=fit)).images for name in ("full", "mark"))
    changed = (plain != marked).any(axis=2)
    assert changed.any()
    assert not changed[28:39, 41:52].any(), "165 px of the scene around the gaze point stay as they are"
