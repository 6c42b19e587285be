"""Marks are seen on any ground, and stand where they should."""

import numpy as np
import pytest

from foveate.draw import crop_box, gaze_ring, label, open_ring
from foveate.draw.marks import BOX, FAINT, GAZE, RIM
from foveate.geometry import Box

SEEN = 80
"""Levels of luminance by which a mark must differ from its ground."""


def luminance(image: np.ndarray) -> np.ndarray:
    return image.astype(float) @ (0.299, 0.587, 0.114)


GROUNDS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "dark grey": (60, 60, 60),
    "gaze's own colour": GAZE,
    "the box's own colour": BOX,
    "the rim's own colour": RIM,
    "skin": (224, 172, 140),
}
MARKS = {
    "gaze": lambda image: gaze_ring(image, (150.0, 100.0)),
    "faint gaze": lambda image: gaze_ring(image, (150.0, 100.0), color=FAINT),
    "open ring": lambda image: open_ring(image, (150.0, 100.0), radius_px=40.0),
    "box": lambda image: crop_box(image, Box(60, 40, 120, 90)),
    "label": lambda image: label(image, "no gaze"),
}


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS.keys())
@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS.keys())
@pytest.mark.parametrize("height", [200, 720])
def test_a_mark_is_seen_on_any_ground(mark, ground, height):
    image = np.full((height, height * 3 // 2, 3), ground, dtype=np.uint8)
    apart = np.abs(luminance(mark(image)) - luminance(image))
    assert (apart > SEEN).sum() >= 40
    assert (image == ground).all(), "the image itself stays as it was"


@pytest.mark.parametrize("point", [(150.0, 100.0), (37.5, 20.25), (299.0, 199.0), (0.0, 0.0)])
def test_a_ring_is_centred_on_its_point(point):
    canvas = np.zeros((400, 500, 3), dtype=np.uint8) + 90
    moved = (point[0] + 100, point[1] + 100)  # whole ring inside
    changed = np.argwhere((gaze_ring(canvas, moved) != canvas).any(axis=2))
    centre = (changed.min(axis=0) + changed.max(axis=0)) / 2
    assert np.abs(centre[::-1] - moved).max() <= 0.75


@pytest.mark.parametrize("point", [(np.nan, np.nan), (10.0, np.nan), (np.inf, 3.0)], ids=["nan", "half", "infinite"])
def test_no_gaze_draws_no_ring(point):
    image = np.full((100, 100, 3), 70, dtype=np.uint8)
    np.testing.assert_array_equal(gaze_ring(image, point), image)


@pytest.mark.parametrize("point", [(-500.0, 40.0), (1e12, -1e12)], ids=["outside", "far outside"])
def test_gaze_outside_of_the_frame_is_no_error(point):
    image = np.full((100, 100, 3), 70, dtype=np.uint8)
    np.testing.assert_array_equal(gaze_ring(image, point), image)


@pytest.mark.parametrize(
    "box",
    [Box(0, 0, 100, 80), Box(10, 20, 30, 25), Box(99, 79, 1, 1), Box(5, 5, 2, 3)],
    ids=["all", "inside", "a pixel", "tiny"],
)
def test_a_box_is_drawn_inside_of_itself(box):
    image = np.full((80, 100, 3), 128, dtype=np.uint8)
    changed = (crop_box(image, box) != image).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert (columns[0], rows[0]) == box[:2]
    assert (columns[-1], rows[-1]) == (box.left_px + box.width_px - 1, box.top_px + box.height_px - 1)


def test_a_long_label_is_shrunk_to_fit():
    image = np.full((120, 160, 3), 200, dtype=np.uint8)
    for text in ("x" * 30, "Grüße"):
        marked = label(image, text)
        assert (marked[:, -2:] == 200).all()
        assert (marked != image).any()


def test_an_open_ring_leaves_what_is_inside_to_be_seen():
    small = np.full((96, 96, 3), 90, dtype=np.uint8)
    touched = (open_ring(small, (50.0, 40.0), radius_px=12.0) != small).any(axis=2)
    y, x = np.mgrid[:96, :96]
    away = np.hypot(x - 50.0, y - 40.0)
    assert touched[(away > 11) & (away < 13)].all()
    assert not touched[(away < 8) | (away > 16)].any()
    assert (open_ring(small, (np.nan, 40.0), radius_px=12.0) == small).all()
