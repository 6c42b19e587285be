"""Palms and faces out of their networks' numbers, worked out by hand."""

import numpy as np
import pytest

from foveate.blaze.anchors import Found, iou, suppress
from foveate.hands.palm import PALMS


@pytest.mark.parametrize(
    ("row", "middle_px"),
    [
        pytest.param(0, (4, 4), id="the-first-cell"),
        pytest.param(1, (4, 4), id="two-a-cell"),
        pytest.param(2, (12, 4), id="then-to-the-right"),
        pytest.param(48, (4, 12), id="then-the-next-row"),
        pytest.param(1152, (8, 8), id="coarse-cells"),
        pytest.param(1158, (24, 8), id="six-a-coarse-cell"),
        pytest.param(2015, (184, 184), id="the-last"),
    ],
)
def test_anchors_lie_in_the_middle_of_cells(row, middle_px):
    assert PALMS.middle_px.shape == (2016, 2)
    assert tuple(PALMS.middle_px[row]) == middle_px


def numbers(rows):
    """What the network gives where it sees the palms of ``rows`` (row, logit, offset, size, points) and nothing else."""
    values, logits = np.zeros((2016, 18), np.float32), np.full(2016, -20, np.float32)
    for row, logit, offset, size, point in rows:
        logits[row] = logit
        values[row] = [*offset, *size, *np.tile(point, 7)]
    return values, logits


def test_a_palm_is_told_in_pixels_of_the_frame():
    # a frame of 1920 x 1080 px: ten of its pixels in one, its corner 42 px below that of the square
    values, logits = numbers(
        [(2, 0.0, (8, 96), (30, 40), (3, 4)), (1158, np.log(9), (0, 50), (10, 10), (0, 0)), (7, -0.01, (0, 0), (9, 9), (0, 0))]
    )
    surest, other = PALMS.decode(values, logits, scale=10.0, corner_px=np.array([0.0, 42.0]))
    assert (surest.score, other.score) == (pytest.approx(0.9), 0.5)
    assert surest.box_px.tolist() == [190, 110, 290, 210]
    # its anchor is (12, 4): centre (20, 100), 15 px to either side and 20 px up and down
    assert other.box_px.tolist() == [50, 380, 350, 780]
    assert other.point_px.tolist() == [[150, -340]] * 7


@pytest.mark.parametrize(
    ("height_px", "width_px", "scale", "corner_px", "inside"),
    [
        pytest.param(1080, 1920, 10.0, (0, 42), (slice(42, 150), slice(0, 192)), id="wide"),
        pytest.param(400, 200, 400 / 192, (48, 0), (slice(0, 192), slice(48, 144)), id="tall"),
        pytest.param(96, 96, 0.5, (0, 0), (slice(0, 192), slice(0, 192)), id="small"),
    ],
)
def test_a_frame_stands_in_the_middle_of_a_black_square(height_px, width_px, scale, corner_px, inside):
    square, told, corner = PALMS.letterbox(np.full((height_px, width_px, 3), 200, np.uint8))
    assert (told, tuple(corner)) == (pytest.approx(scale), corner_px)
    assert (square[inside] == 200).all()
    assert square.sum() == square[inside].sum()


def palm(score, left, top, right, bottom):
    return Found(score, np.array([left, top, right, bottom], dtype=np.float64), np.full((7, 2), float(left)))


def test_what_overlaps_is_one_palm_the_mean_by_score():
    found = suppress([palm(0.8, 0, 0, 100, 100), palm(0.6, 500, 0, 600, 100), palm(0.2, 10, 0, 110, 100)])
    assert [each.score for each in found] == [0.8, 0.6]
    assert found[0].box_px == pytest.approx([2, 0, 102, 100])
    assert found[0].point_px == pytest.approx(np.full((7, 2), 2.0))
    assert found[1].box_px.tolist() == [500, 0, 600, 100]


def test_nothing_seen_is_no_palm():
    assert suppress(PALMS.decode(*numbers([]), scale=1.0, corner_px=np.zeros(2))) == []


@pytest.mark.parametrize(
    ("other", "share"),
    [
        pytest.param((0, 0, 10, 10), 1.0, id="same"),
        pytest.param((5, 0, 15, 10), 1 / 3, id="half"),
        pytest.param((10, 0, 20, 10), 0.0, id="beside"),
        pytest.param((20, 20, 30, 30), 0.0, id="across"),
    ],
)
def test_iou(other, share):
    assert iou(np.array([0.0, 0, 10, 10]), np.array(other, dtype=np.float64)) == pytest.approx(share)
    assert iou(np.zeros(4), np.zeros(4)) == 0
