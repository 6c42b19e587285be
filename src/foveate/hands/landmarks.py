"""The 21 points of a hand: the turned square around a palm that the network is shown, and the way back to the frame.

Source: MediaPipe's hand landmarks (arXiv 2006.10214, section 2.2) and its published graph: the square stands upright along the
line from the wrist to the middle finger, 2.6 times the palm's box and half of it further up; 224 px; presence of at least 0.5.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.blaze.anchors import Found
from foveate.geometry import Affine, Points
from foveate.hands.palm import MIDDLE_FINGER, WRIST

INPUT_PX = 224
MIN_PRESENCE = 0.5
SHAPES = ((1, 63), (1, 1))
"""Points (x, y, depth), and presence."""
SQUARE = 2.6
"""Side of the square, in sides of the palm's box."""
UP = 0.5
"""How much further up than the palm's middle the square's middle lies, in sides of the palm's box."""
SKIN = 0.1
"""Points lie inside the hand, at its joints; the box reaches so much further on each side, in its longer sides (our choice)."""


def square_of(palm: Found) -> Affine:
    """The map from the frame to the 224 px that the network is shown: turned so that the fingers point up."""
    side = float(max(palm.box_px[2:] - palm.box_px[:2]))
    up = palm.point_px[MIDDLE_FINGER] - palm.point_px[WRIST]
    up = up / max(float(np.hypot(*up)), 1e-9)
    right = np.array([-up[1], up[0]])
    middle = (palm.box_px[:2] + palm.box_px[2:]) / 2 + UP * side * up
    turn = np.stack([right, -up]) * INPUT_PX / (SQUARE * side)
    return Affine(np.column_stack([turn, INPUT_PX / 2 - turn @ middle]))


def cut_out(image: NDArray[np.uint8], square: Affine) -> NDArray[np.uint8]:
    """(224, 224, 3) what the square shows of a frame; black beyond it."""
    return np.asarray(cv2.warpAffine(image, square.matrix, (INPUT_PX, INPUT_PX), flags=cv2.INTER_LINEAR), np.uint8)


def points(values: NDArray[np.floating], square: Affine) -> Points:
    """(21, 2) the points in pixels of the frame, out of the network's (63,) numbers."""
    return square.inverse(np.asarray(values, np.float64).reshape(21, 3)[:, :2])


def box_around_points(point_px: Points) -> NDArray[np.float64]:
    """(4,) left, top, right and bottom of the hand whose points these are."""
    low, high = point_px.min(axis=0), point_px.max(axis=0)
    skin = SKIN * float(max(high - low))
    return np.concatenate([low - skin, high + skin])
