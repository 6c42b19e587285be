"""The turned square around a palm, and the box around a hand's points."""

import numpy as np
import pytest

from foveate.blaze.anchors import Found
from foveate.hands.landmarks import box_around_points, cut_out, points, square_of


def palm(wrist_px, finger_px):
    point = np.zeros((7, 2))
    point[0], point[2] = wrist_px, finger_px
    return Found(1.0, np.array([300.0, 200, 400, 300]), point)


@pytest.mark.parametrize(
    ("wrist_px", "finger_px", "middle_px", "right_px"),
    [
        # the palm is 100 px long: the square 260 px, its middle 50 px further towards the fingers
        pytest.param((350, 300), (350, 200), (350, 200), (480, 200), id="fingers-up"),
        pytest.param((300, 250), (400, 250), (400, 250), (400, 380), id="fingers-right"),
        pytest.param((350, 200), (350, 300), (350, 300), (220, 300), id="fingers-down"),
    ],
)
def test_fingers_point_up_in_the_square(wrist_px, finger_px, middle_px, right_px):
    square = square_of(palm(wrist_px, finger_px))
    assert square(np.array([middle_px, right_px], dtype=np.float64)) == pytest.approx(np.array([[112, 112], [224, 112]]))
    # nothing is mirrored: turned, and 224 / 260 as large
    assert np.linalg.det(square.matrix[:, :2]) == pytest.approx((224 / 260) ** 2)


def test_points_come_back_to_the_frame():
    square = square_of(palm((320, 280), (390, 210)))
    wanted = np.random.default_rng(0).uniform(0, 500, (21, 2))
    values = np.column_stack([square(wanted), np.full(21, 7.0)]).reshape(63)
    assert points(values, square) == pytest.approx(wanted)


def test_the_square_is_cut_out_of_the_frame_and_black_beyond():
    image = np.zeros((480, 640, 3), np.uint8)
    image[:, 350:] = 255
    seen = cut_out(image, square_of(palm((350, 300), (350, 200))))
    assert seen.shape == (224, 224, 3)
    assert seen[112, 20].tolist() == [0, 0, 0]
    assert seen[112, 200].tolist() == [255, 255, 255]
    turned = cut_out(image, square_of(palm((300, 250), (400, 250))))
    assert turned[20, 112].tolist() == [255, 255, 255]  # what was right is up
    outside = Found(1.0, np.array([300.0, 0, 400, 100]), palm((350, 100), (350, 0)).point_px)
    assert not cut_out(image, square_of(outside))[:100].any()  # the square reaches 130 px above the frame
    assert cut_out(image, square_of(outside))[120:, 120:].all()


def test_a_hands_box_reaches_beyond_its_points_by_a_tenth():
    found = box_around_points(np.array([[100.0, 200], [150, 400], [120, 300]]))
    assert found.tolist() == [80, 180, 170, 420]
