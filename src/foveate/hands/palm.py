"""Palms in a frame: what the palm network's numbers mean, and one palm out of many that overlap.

Source: MediaPipe's palm detection (arXiv 2006.10214, section 2.1) and the options of its published graph: an input of 192 px,
anchors at strides 8, 16, 16 and 16 with two of one size in every cell, a score of 0.5, a weighted suppression at an IoU of 0.3.
We shrink a frame by the means of its areas, where MediaPipe samples single pixels, which breaks up what is small.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Points

INPUT_PX = 192
ANCHORS_PER_CELL = {8: 2, 16: 6}
"""Stride in pixels of the input -> anchors in each of its cells."""
MIN_SCORE = 0.5
SAME_PALM_IOU = 0.3
WRIST, MIDDLE_FINGER = 0, 2
"""Which of a palm's seven points are the wrist and the middle finger's first joint."""
VALUES = 18
"""Of an anchor: its box's centre and size, then seven points."""
SHAPES = ((1, 2016, VALUES), (1, 2016, 1))


@dataclass(frozen=True)
class Palm:
    """A palm that was found."""

    score: float
    """In [0, 1]."""
    box_px: NDArray[np.float64]
    """(4,) left, top, right and bottom."""
    point_px: Points
    """(7, 2) the wrist, joints of the fingers and the thumb."""


def letterbox(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, Points]:
    """A frame in the middle of the black square that the network takes.

    Returns:
        (192, 192, 3); how many pixels of the frame one pixel is; (2,) where the frame's corner lies in the square.
    """
    height, width = image.shape[:2]
    scale = max(height, width) / INPUT_PX
    small_px = max(1, round(width / scale)), max(1, round(height / scale))
    corner = (INPUT_PX - np.array(small_px)) // 2
    square = np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)
    shown = cv2.resize(image, small_px, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
    square[corner[1] : corner[1] + small_px[1], corner[0] : corner[0] + small_px[0]] = shown
    return square, scale, corner.astype(np.float64)


def anchors() -> Points:
    """(2016, 2) the middles of the anchors in pixels of the input: row by row, those of a cell one after another."""
    every = []
    for stride_px, many in ANCHORS_PER_CELL.items():
        middle = (np.arange(INPUT_PX // stride_px) + 0.5) * stride_px
        y, x = np.meshgrid(middle, middle, indexing="ij")
        every.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), many, axis=0))
    return np.concatenate(every)


def decode(values: NDArray[np.floating], logits: NDArray[np.floating], *, scale: float, corner_px: Points) -> list[Palm]:
    """The palms that the network saw, in pixels of the frame, the surest first; of one palm there may be many.

    Args:
        values: (2016, 18) pixels of the input, relative to the anchors.
        logits: (2016,) how sure it is of each.
        scale: pixels of the frame in one of the input, as ``letterbox`` has it.
        corner_px: (2,) where the frame's corner lies in the input.
    """
    score = 1 / (1 + np.exp(-np.clip(np.asarray(logits, np.float64), -100, 100)))
    kept = np.flatnonzero(score >= MIN_SCORE)
    kept = kept[np.argsort(-score[kept], kind="stable")]
    middle = anchors()[kept]
    found = np.asarray(values, np.float64)[kept].reshape(-1, VALUES // 2, 2)
    size = found[:, 1]
    point = np.concatenate([found[:, :1], found[:, 2:]], axis=1) + middle[:, None]
    box = np.concatenate([point[:, 0] - size / 2, point[:, 0] + size / 2], axis=1)
    in_frame = (point - corner_px) * scale
    box = (box - np.tile(corner_px, 2)) * scale
    return [Palm(float(score[row]), box[place], in_frame[place, 1:]) for place, row in enumerate(kept)]


def suppress(palms: list[Palm]) -> list[Palm]:
    """One palm for all that overlap with the surest: their mean, weighted by score; its score is the surest's."""
    left, one = list(palms), []
    while left:
        same = [palm for palm in left if iou(palm.box_px, left[0].box_px) > SAME_PALM_IOU] or left[:1]
        weight = np.array([palm.score for palm in same]) / sum(palm.score for palm in same)
        box = np.einsum("n,nk->k", weight, np.stack([palm.box_px for palm in same]))
        point = np.einsum("n,nkd->kd", weight, np.stack([palm.point_px for palm in same]))
        one.append(Palm(left[0].score, box, point))
        left = [palm for palm in left if not any(palm is each for each in same)]
    return one


def iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Of two boxes (left, top, right, bottom), the area that they share over the area that they cover."""
    sides = np.maximum(0, np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]))
    shared = float(np.prod(sides))
    covered = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - shared
    return shared / covered if covered > 0 else 0.0
