"""Textured pictures whose movement is known."""

import cv2
import numpy as np


def texture(seed: int, size: int = 600) -> np.ndarray:
    """(size, size) gray: grain of every size, the coarser the stronger, as in photographs."""
    rng = np.random.default_rng(seed)
    image = np.zeros((size, size), np.float32)
    for octave in range(1, 8):
        grain = rng.standard_normal((max(4, size >> octave),) * 2).astype(np.float32)
        image += cv2.resize(grain, (size, size), interpolation=cv2.INTER_CUBIC) * 1.6**octave
    return np.clip(128 + 50 * image / image.std(), 0, 255).astype(np.uint8)


def shifted(seed: int, by: tuple[int, int], size: tuple[int, int] = (270, 360)) -> tuple[np.ndarray, np.ndarray]:
    """Two windows (height, width) of one texture: what is at p in the first is at p + by (x, y) in the second."""
    whole, (height, width), margin = texture(seed), size, 100
    before = whole[margin : margin + height, margin : margin + width]
    top, left = margin - by[1], margin - by[0]
    return before.copy(), whole[top : top + height, left : left + width].copy()
