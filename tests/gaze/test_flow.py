"""Optical flow behind one interface."""

import cv2
import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.flow import make_flow
from gaze.pictures import shifted, texture


@pytest.mark.parametrize("by", [(0, 0), (5, 0), (-4, 7), (12, -9)])
@pytest.mark.parametrize("size", [pytest.param((270, 360), id="frame"), pytest.param((96, 96), id="region")])
def test_dis_finds_a_translation(by, size):
    moved = make_flow("dis")(*shifted(3, by, size))
    assert moved.shape == (*size, 2)
    assert moved.dtype == np.float32
    inside = moved[20:-20, 20:-20].reshape(-1, 2)
    assert np.median(np.abs(inside - by), axis=0).max() < 0.1


def test_a_small_image_does_not_change_the_flow_of_larger_ones():
    """A DIS object that has seen a small image works at a finer scale for ever after."""
    pair, small = shifted(1, (3, 2)), shifted(1, (1, 1), (24, 24))
    one = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    first = one.calc(*pair, None)
    one.calc(*small, None)
    assert not np.array_equal(one.calc(*pair, None), first), "OpenCV's trap is gone: one object would do"
    flow = make_flow("dis")
    flow(*small)
    assert np.array_equal(flow(*pair), first)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (11, 11), (40, 7)])
def test_dis_takes_images_of_any_size(size):
    image = texture(0)[: size[0], : size[1]]
    assert np.abs(make_flow("dis")(image, image)).max() == 0
    assert make_flow("dis")(image, image).shape == (*size, 2)


def test_dis_takes_a_crop_that_is_not_contiguous():
    before, after = shifted(2, (4, 3))
    flow = make_flow("dis")
    cut = flow(before[30:130, 40:140], after[30:130, 40:140])
    whole = flow(before[30:130, 40:140].copy(), after[30:130, 40:140].copy())
    assert np.array_equal(cut, whole)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(np.zeros((20, 20), np.uint8), np.zeros((20, 21), np.uint8), r"one size, got \(20, 20\)", id="sizes"),
        pytest.param(np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20, 3), np.uint8), "gray images", id="colour"),
        pytest.param(np.zeros((20, 20)), np.zeros((20, 20)), "of float64", id="floats"),
        pytest.param(np.zeros((0, 20), np.uint8), np.zeros((0, 20), np.uint8), "gray images", id="empty"),
    ],
)
def test_what_is_no_pair_is_refused(before, after, message):
    with pytest.raises(UsageError, match=message):
        make_flow("dis")(before, after)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        pytest.param("diss", {}, "no flow 'diss'; did you mean 'dis'; allowed: dis", id="typo"),
        pytest.param("dis", {"weights": "x"}, "'dis' takes no option 'weights'; allowed: none", id="option"),
    ],
)
def test_names_and_options(name, options, message):
    with pytest.raises(UsageError, match=message):
        make_flow(name, **options)
