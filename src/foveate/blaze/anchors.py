"""What a detector's numbers mean: boxes and points relative to anchors, and one of many that overlap.

Source: the options of MediaPipe's published graphs: anchors of one size in the middle of cells, a sigmoid of clipped scores, a
weighted suppression at an IoU of 0.3. We shrink a frame by the means of its areas, where MediaPipe samples single pixels, which
breaks up what is small.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.geometry import Points

SAME_IOU = 0.3


@dataclass(frozen=True)
class Found:
    """Something that was found in a frame."""

    score: float
    """In [0, 1]."""
    box_px: NDArray[np.float64]
    """(4,) left, top, right and bottom."""
    point_px: Points
    """(P, 2) its points."""


@dataclass(frozen=True)
class Anchors:
    """What is particular to one detector."""

    input_px: int
    """Side of its square input."""
    per_cell: Mapping[int, int]
    """Stride in pixels of the input -> anchors in each of its cells."""
    points: int
    """Of each thing that it finds."""
    min_score: float
    """What it is less sure of is left out."""

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Of the network's outputs: of an anchor its box's centre and size, then its points; and how sure it is."""
        count = len(self.middle_px)
        return (1, count, 4 + 2 * self.points), (1, count, 1)

    @cached_property
    def middle_px(self) -> Points:
        """(N, 2) the middles of the anchors in pixels of the input: row by row, those of a cell one after another."""
        every = []
        for stride_px, many in self.per_cell.items():
            middle = (np.arange(self.input_px // stride_px) + 0.5) * stride_px
            y, x = np.meshgrid(middle, middle, indexing="ij")
            every.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), many, axis=0))
        return np.concatenate(every)

    def letterbox(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, Points]:
        """A frame in the middle of the black square that the network takes.

        Returns:
            (input_px, input_px, 3); how many pixels of the frame one pixel is; (2,) where the frame's corner lies in it.
        """
        height, width = image.shape[:2]
        scale = max(height, width) / self.input_px
        small_px = max(1, round(width / scale)), max(1, round(height / scale))
        corner = (self.input_px - np.array(small_px)) // 2
        square = np.zeros((self.input_px, self.input_px, 3), np.uint8)
        shown = cv2.resize(image, small_px, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
        square[corner[1] : corner[1] + small_px[1], corner[0] : corner[0] + small_px[0]] = shown
        return square, scale, corner.astype(np.float64)

    def decode(
        self, values: NDArray[np.floating], logits: NDArray[np.floating], *, scale: float, corner_px: Points
    ) -> list[Found]:
        """What the network saw, in pixels of the frame, the surest first; one thing may be there many times.

        Args:
            values: (N, 4 + 2 P) pixels of the input, relative to the anchors.
            logits: (N,) how sure it is of each.
            scale: pixels of the frame in one of the input, as ``letterbox`` has it.
            corner_px: (2,) where the frame's corner lies in the input.
        """
        score = 1 / (1 + np.exp(-np.clip(np.asarray(logits, np.float64), -100, 100)))
        kept = np.flatnonzero(score >= self.min_score)
        kept = kept[np.argsort(-score[kept], kind="stable")]
        middle = self.middle_px[kept]
        found = np.asarray(values, np.float64)[kept].reshape(-1, 2 + self.points, 2)
        size = found[:, 1]
        point = np.concatenate([found[:, :1], found[:, 2:]], axis=1) + middle[:, None]
        box = np.concatenate([point[:, 0] - size / 2, point[:, 0] + size / 2], axis=1)
        in_frame = (point - corner_px) * scale
        box = (box - np.tile(corner_px, 2)) * scale
        return [Found(float(score[row]), box[place], in_frame[place, 1:]) for place, row in enumerate(kept)]


def suppress(found: Iterable[Found]) -> list[Found]:
    """One for all that overlap with the surest: their mean, weighted by score; its score is the surest's.

    Args:
        found: the surest first.
    """
    left, one = list(found), []
    while left:
        same = [each for each in left if iou(each.box_px, left[0].box_px) > SAME_IOU] or left[:1]
        weight = np.array([each.score for each in same]) / sum(each.score for each in same)
        box = np.einsum("n,nk->k", weight, np.stack([each.box_px for each in same]))
        point = np.einsum("n,nkd->kd", weight, np.stack([each.point_px for each in same]))
        one.append(Found(left[0].score, box, point))
        left = [each for each in left if not any(each is other for other in same)]
    return one


def iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Of two boxes (left, top, right, bottom), the area that they share over the area that they cover."""
    sides = np.maximum(0, np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]))
    shared = float(np.prod(sides))
    covered = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2])) - shared
    return shared / covered if covered > 0 else 0.0
