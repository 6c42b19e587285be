"""Faces in one frame, by the two networks of MediaPipe's face detection: one finds them, the other confirms them from near.

Source: MediaPipe's published graphs. The full-range network takes 192 px and has one anchor in every cell of 4 px; the short-
range one takes 128 px, with anchors as the palm network has them; black is -1, points are six. We depart where it serves not
to miss a face: a lower score counts, and beside the whole frame, which leaves few pixels of a small face, the full-range
network is shown tiles of it, down to the frame's own pixels. It then sees faces in leaves and walls; so the short-range
network is shown each of them large, in the middle, and must see a face there too.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.blaze.anchors import Anchors, Found, iou, suppress
from foveate.blaze.network import Network
from foveate.blaze.wheel import read_networks
from foveate.recording.recording import Image

FAR, NEAR = "face_detection_full_range_sparse.tflite", "face_detection_short_range.tflite"
FINDS = Anchors(input_px=192, per_cell={4: 1}, points=6, min_score=0.4)
CONFIRMS = Anchors(input_px=128, per_cell={8: 2, 16: 6}, points=6, min_score=0.5)
TILES_PX = (320, 192)
"""Sides of the tiles that are looked at beside the whole frame."""
OVERLAP = 0.25
"""Least part of a tile that its neighbour has too, so that a face on the seam is whole in one of them."""
AROUND = 2.5
"""Side of the square that is looked at from near, in longer sides of the face's box."""
SAME_FACE_IOU = 0.3


class FaceDetector:
    """Both networks, ready to look."""

    def __init__(self, path: Path | None, *, option: str) -> None:
        """Load them.

        Args:
            path: a wheel of mediapipe, or a folder with both files; None for the installed mediapipe.
            option: how the user names the path, for errors.

        Raises:
            MissingExtraError: without the extra ``hands``.
            ModelError: where the networks are not there, or others.
        """
        (far, near), self.source = read_networks(path, (FAR, NEAR), of="faces", option=option)
        self.fingerprint = sha256(far + near).hexdigest()[:12]
        """Twelve digits that tell these weights from others."""
        named = {"outputs": ("regressors", "classificators")}
        self._far = Network(far, "the full-range network", side_px=FINDS.input_px, shapes=FINDS.shapes, black=-1.0)
        self._near = Network(
            near, "the short-range network", side_px=CONFIRMS.input_px, shapes=CONFIRMS.shapes, black=-1.0, **named
        )

    def __call__(self, image: Image) -> list[Found]:
        """The faces in one frame, the surest first; of one that lies on a seam there may be two."""
        found: list[Found] = []
        for left, top, part in _parts(image):
            found += [_moved(each, left, top) for each in _look(self._far, FINDS, part)]
        once = suppress(sorted(found, key=lambda each: -each.score))
        return [each for each in once if self._is_one(image, each)]

    def _is_one(self, image: Image, found: Found) -> bool:
        """Whether the short-range network, from near, sees a face in the same place."""
        left, top, square = _around(image, found.box_px)
        seen = (_moved(each, left, top) for each in _look(self._near, CONFIRMS, square))
        return any(iou(each.box_px, found.box_px) > SAME_FACE_IOU for each in seen)


def _look(network: Network, anchors: Anchors, image: Image) -> list[Found]:
    square, scale, corner_px = anchors.letterbox(image)
    values, logits = network(square)
    return anchors.decode(values[0], logits[0, :, 0], scale=scale, corner_px=corner_px)


def _moved(found: Found, left: int, top: int) -> Found:
    """What was found in a part of a frame, in pixels of the frame."""
    at = np.array([left, top], dtype=np.float64)
    return Found(found.score, found.box_px + np.tile(at, 2), found.point_px + at)


def _parts(image: Image) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """The whole frame, then its tiles, each with its left and top."""
    height, width = image.shape[:2]
    yield 0, 0, image
    for side in TILES_PX:
        if side < max(height, width):
            for top in _starts(height, side):
                for left in _starts(width, side):
                    yield left, top, image[top : top + side, left : left + side]


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin that cover a length."""
    count = max(1, int(np.ceil((length - side * OVERLAP) / (side * (1 - OVERLAP)))))
    return [round(start) for start in np.linspace(0, max(0, length - side), count).tolist()]


def _around(image: Image, box_px: NDArray[np.float64]) -> tuple[int, int, NDArray[np.uint8]]:
    """The square around a box, black beyond the frame, with its left and top."""
    side = max(2, round(AROUND * float(max(box_px[2:] - box_px[:2]))))
    left, top = np.round((box_px[:2] + box_px[2:]) / 2 - side / 2).astype(int).tolist()
    square = np.zeros((side, side, 3), np.uint8)
    shown = image[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    at_y, at_x = max(0, -top), max(0, -left)
    square[at_y : at_y + shown.shape[0], at_x : at_x + shown.shape[1]] = shown
    return left, top, square
