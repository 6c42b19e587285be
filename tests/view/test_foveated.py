"""Images of several scales, one within the other, at one budget."""

from itertools import pairwise

import numpy as np
import pytest

from drawn import FRAME_PX, drawn_recording
from foveate.description.budget import within_budget
from foveate.errors import UsageError, ViewError
from foveate.geometry import Box, Size
from foveate.model.mock import MockModel
from foveate.model.model import Region
from foveate.model.places import tokens_of_picture
from foveate.view import Frame, Glimpse, make_view, take
from foveate.view.fit import longest_side, native

SQUARE, WIDE = Size(1440, 1440), Size(1600, 1200)


def frame(size: Size = SQUARE, x: float = 700.0, y: float = 600.0) -> Frame:
    return Frame(size, 0, (x, y))


def tokens(model: MockModel, glimpses: tuple[Glimpse, ...], size: Size) -> int:
    regions = [Region.of(glimpse.box_px, size) for glimpse in glimpses]
    return sum(count or 0 for count in tokens_of_picture(model, [glimpse.size_px for glimpse in glimpses], regions))


def test_scales_grow_in_even_steps_to_the_whole_frame() -> None:
    glimpses = make_view("foveated").plan(frame(WIDE))
    assert [glimpse.box_px for glimpse in glimpses] == [
        Box(476, 376, 448, 448),
        Box(276, 234, 847, 733),
        Box(0, 0, 1600, 1200),
    ]
    assert [glimpse.size_px for glimpse in glimpses] == [Size(448, 448), Size(448, 388), Size(448, 336)]


@pytest.mark.parametrize(
    ("size", "ratio", "images"),
    [
        pytest.param("448", 2.0, 3, id="halves"),
        pytest.param("448", 1.5, 4, id="finer-steps"),
        pytest.param("448", 10.0, 2, id="never-less-than-the-frame-as-well"),
        pytest.param("100", 2.0, 5, id="a-small-fovea"),
        pytest.param("1500", 2.0, 1, id="all-of-the-frame"),
    ],
)
def test_how_many_images(size: str, ratio: float, images: int) -> None:
    glimpses = make_view("foveated", size=size, ratio=ratio).plan(frame())
    assert len(glimpses) == images
    assert glimpses[-1].box_px == Box(0, 0, *SQUARE)


@pytest.mark.parametrize("aim", [(0.0, 0.0), (1599.0, 600.0), (801.3, 37.9), (1600.0, 1200.0)])
@pytest.mark.parametrize("size", ["448", "101", "33%"])
def test_each_holds_the_one_before_and_is_coarser(aim: tuple[float, float], size: str) -> None:
    glimpses = make_view("foveated", size=size).plan(frame(WIDE, *aim))
    for inner, outer in pairwise(glimpses):
        (left, top, width, height), (its_left, its_top, its_width, its_height) = outer.box_px, inner.box_px
        assert left <= its_left
        assert top <= its_top
        assert its_left + its_width <= left + width
        assert its_top + its_height <= top + height
        assert outer.size_px.width_px / width < inner.size_px.width_px / its_width


PLACES = [(700.0, 600.0), (0.0, 0.0), (1400.0, 30.0), (333.3, 901.7)]


@pytest.mark.parametrize("places", [True, False], ids=["placed", "several images"])
@pytest.mark.parametrize("budget", [7, 16, 64, 100, 256, 400, 640, 768])
def test_the_budget_is_held_and_used(places: bool, budget: int) -> None:
    model = MockModel(places_tokens=places)
    view = make_view("foveated", fit=within_budget(model, budget))
    for x, y in PLACES:
        spent = tokens(model, view.plan(frame(SQUARE, x, y)), SQUARE)
        assert 0.75 * min(budget, 600) <= spent <= budget


def test_places_buy_a_finer_image_for_the_same_tokens() -> None:
    sides = [
        make_view("foveated", fit=within_budget(MockModel(places_tokens=places), 256)).plan(frame())[0].size_px.width_px
        for places in (True, False)
    ]
    assert sides[0] > sides[1] * 1.05


def test_without_a_budget_the_crop_keeps_its_pixels_and_the_others_its_length() -> None:
    boxes = [Box(0, 0, 100, 50), Box(0, 0, 400, 400)]
    assert native.nested(boxes, Size(400, 400)) == (Size(100, 50), Size(100, 100))
    # of two images each may have half of the pixels of one of 80
    assert longest_side(80).nested(boxes, Size(400, 400)) == (Size(57, 28), Size(57, 57))


def test_a_budget_below_one_token_an_image_is_refused() -> None:
    with pytest.raises(ViewError, match=r"mock takes at least 3 visual tokens for the 3 images of a frame.*raise --budget"):
        make_view("foveated", fit=within_budget(MockModel(places_tokens=False), 2)).plan(frame())


@pytest.mark.parametrize("ratio", [1.0, 0.5, -2.0, float("nan")])
def test_a_ratio_grows(ratio: float) -> None:
    with pytest.raises(UsageError, match="ratio of a foveated view's scales must be above 1"):
        make_view("foveated", ratio=ratio)


def test_every_image_shows_its_part_of_the_frame() -> None:
    recording = drawn_recording()
    (seen,) = take(recording.scene, [3], [Frame(FRAME_PX, 7, (61.0, 47.0))], make_view("foveated", size="20"))
    assert len(seen.images) > 2
    assert seen.share_of_pixels == 1
    for number, image in enumerate(seen.images):
        # red and green hold the scene pixel's own x and y
        middle = np.array([[image.shape[1] / 2, image.shape[0] / 2]])
        said = image[..., :2].reshape(-1, 2).astype(float).mean(axis=0) + 0.5
        np.testing.assert_allclose(said, seen.to_scene(middle, image=number)[0], atol=1)
