"""The gaze's mass on a view's visual tokens."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.patches import whole
from foveate.gaze.target import target
from foveate.geometry import Size
from foveate.model.model import Region
from foveate.model.places import place
from foveate.view import Frame, make_view, see
from foveate.view.fit import longest_side
from foveate.view.target import view_target

SCENE, GAZE = Size(960, 720), (700.0, 200.0)
FRAME = Frame(SCENE, 0, GAZE, gaze_px=np.array([GAZE]))
BLANK = np.zeros((720, 960, 3), dtype=np.uint8)


def patches_of(view):
    """A patch for every 8 x 8 px of an image, as far as they are whole."""
    return [whole((image.shape[0] // 8, image.shape[1] // 8), image.shape[:2]) for image in view.images]


@pytest.mark.parametrize("name", ["full", "gaze", "dual", "warp", "mass", "mark"])
def test_the_peak_lies_where_the_image_shows_the_gaze(name):
    view = see(BLANK, FRAME, make_view(name, size="240", fit=longest_side(128)))
    made = view_target(view, np.array([GAZE]), patches_of(view), sigma_px=10.0)
    assert made.valid
    assert made.flat.sum() == pytest.approx(1)
    for image, glimpse, block in zip(view.images, view.glimpses, made.probability, strict=True):
        x, y = glimpse.to_view(np.array(GAZE)) / np.array(image.shape[1::-1]) * np.array(block.shape[::-1])
        row, column = np.unravel_index(block.argmax(), block.shape)
        # the Gaussian is symmetric in the scene, but a patch of a warped image holds more of it where the image is dense
        assert abs(row + 0.5 - y) <= 1
        assert abs(column + 0.5 - x) <= 1


def test_the_whole_frame_is_the_plain_target():
    view = see(BLANK, FRAME, make_view("full"))
    made = view_target(view, np.array([GAZE]), [whole((9, 12), (720, 960))])
    np.testing.assert_allclose(made.probability[0], target(np.array([GAZE]), (9, 12), (720, 960)), atol=1e-12)


def test_a_view_that_looks_elsewhere_is_masked():
    view = see(BLANK, FRAME, make_view("center", size="240"))
    assert not view_target(view, np.array([[30.0, 30.0]]), patches_of(view)).valid


def test_tokens_that_a_finer_image_replaces_carry_nothing():
    view = see(BLANK, FRAME, make_view("foveated", size="240", fit=longest_side(128)))
    patches = patches_of(view)
    regions = [Region.of(glimpse.box_px, SCENE) for glimpse in view.glimpses]
    kept = np.concatenate(place([(each.rows, each.columns) for (each,) in patches], regions).kept)
    made = view_target(view, np.array([GAZE]), patches, sigma_px=10.0).of(kept)
    assert made.valid
    assert 0 < kept.sum() < len(kept)
    assert made.flat[~kept].max() == 0
    assert made.flat.sum() == pytest.approx(1)
    assert made.probability[0].sum() == pytest.approx(1, abs=1e-6), "all of it lies on the finest image, once"
    assert not view_target(view, np.array([GAZE]), patches).of(np.zeros(len(kept), dtype=bool)).valid
    with pytest.raises(UsageError, match="needs as many marks of which are kept"):
        made.of(kept[:-1])


def test_every_image_needs_its_patches():
    view = see(BLANK, FRAME, make_view("dual", size="240", fit=longest_side(128)))
    with pytest.raises(UsageError, match="a view of 2 images needs the patches of each, got 1"):
        view_target(view, np.array([GAZE]), [whole((4, 4), (128, 128))])
