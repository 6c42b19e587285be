"""Pictures drawn once and laid into a frame at any place, turn and size, each from the nearest of several resolutions."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.recording.recording import Image

Matrix = NDArray[np.float64]
"""(2, 3), maps (x, y, 1); a pixel's centre is at half past its index."""


def placed(x: float, y: float, *, scale: float = 1.0, turn_deg: float = 0.0, mirrored: bool = False) -> Matrix:
    """The map of a picture whose origin comes to (x, y), scaled and turned clockwise."""
    c, s = scale * np.cos(np.radians(turn_deg)), scale * np.sin(np.radians(turn_deg))
    flip = -1.0 if mirrored else 1.0
    return np.array([[c * flip, -s, x], [s * flip, c, y]])


def chained(second: Matrix, first: Matrix) -> Matrix:
    """The map that applies ``first``, then ``second``."""
    return np.concatenate([second[:, :2] @ first[:, :2], (second[:, :2] @ first[:, 2] + second[:, 2])[:, None]], axis=1)


def inverse(matrix: Matrix) -> Matrix:
    """The map back."""
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)


def apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """A point through a map."""
    px, py = matrix[:, :2] @ (x, y) + matrix[:, 2]
    return float(px), float(py)


class Levels:
    """A picture and its halves, quarters, eighths ... made when first wanted."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self._pixels = [pixels]

    def at(self, level: int) -> NDArray[np.uint8]:
        """The picture at 1 / 2**level of its size; edges that do not divide are kept by repeating them."""
        while len(self._pixels) <= level:
            last = self._pixels[-1]
            odd_h, odd_w = last.shape[0] % 2, last.shape[1] % 2
            if odd_h or odd_w:
                last = np.asarray(cv2.copyMakeBorder(last, 0, odd_h, 0, odd_w, cv2.BORDER_REPLICATE), dtype=np.uint8)
            size = (last.shape[1] // 2, last.shape[0] // 2)
            self._pixels.append(np.asarray(cv2.resize(last, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
        return self._pixels[level]


def level_for(matrix: Matrix) -> int:
    """Which level to draw from: the one whose pixels are nearest to the output's."""
    scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    return int(np.clip(np.round(np.log2(1 / scale)), 0, 4))


def for_pixels(matrix: Matrix, level: int, left: int = 0, top: int = 0) -> Matrix:
    """The map between pixel indices of a level and of the output (whose corner is cut off at left, top)."""
    finer = 2.0**level
    linear = matrix[:, :2] * finer
    shift = matrix[:, 2] + linear @ (0.5, 0.5) - (0.5 + left, 0.5 + top)
    return np.concatenate([linear, shift[:, None]], axis=1)


@dataclass(frozen=True)
class Sprite:
    """A picture with transparency."""

    rgba: NDArray[np.uint8]
    """(height, width, 4), colour already multiplied by alpha."""
    origin_px: tuple[float, float]
    """Where its own (0, 0) lies in the picture."""

    @cached_property
    def levels(self) -> Levels:
        return Levels(self.rgba)

    def alpha_at(self, x: float, y: float) -> float:
        """Opacity, 0 to 1, at a point of its own coordinates."""
        column, row = int(np.floor(x + self.origin_px[0])), int(np.floor(y + self.origin_px[1]))
        height, width = self.rgba.shape[:2]
        return float(self.rgba[row, column, 3]) / 255 if 0 <= row < height and 0 <= column < width else 0.0

    def lay(self, frame: Image, matrix: Matrix, opacity: float = 1.0) -> None:
        """Lay the picture over a frame, in place; ``matrix`` maps its own coordinates to the frame's."""
        height, width = self.rgba.shape[:2]
        to_frame = chained(matrix, placed(-self.origin_px[0], -self.origin_px[1]))
        corners = to_frame[:, :2] @ np.array([[0, width, 0, width], [0, 0, height, height]]) + to_frame[:, 2:]
        left, top = np.maximum(np.floor(corners.min(axis=1)).astype(int) - 1, 0)
        right, bottom = np.minimum(np.ceil(corners.max(axis=1)).astype(int) + 1, (frame.shape[1], frame.shape[0]))
        if right <= left or bottom <= top:
            return
        level = level_for(to_frame)
        patch = cv2.warpAffine(
            self.levels.at(level), for_pixels(to_frame, level, left, top), (right - left, bottom - top), flags=cv2.INTER_LINEAR
        )
        blend(frame[top:bottom, left:right], patch, opacity)


def blend(under: Image, over: NDArray[np.uint8], opacity: float) -> None:
    """Lay premultiplied RGBA over RGB, in place."""
    if opacity < 1:
        over = cv2.convertScaleAbs(over, alpha=opacity)
    through = cv2.cvtColor(cv2.bitwise_not(over[..., 3]), cv2.COLOR_GRAY2RGB)
    np.copyto(under, cv2.add(cv2.multiply(under, through, scale=1 / 255), cv2.cvtColor(over, cv2.COLOR_RGBA2RGB)))
