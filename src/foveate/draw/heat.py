"""A map over an image: what it marks is tinted and keeps its light, the rest is dimmed."""

import numpy as np
from numpy.typing import NDArray

from foveate.draw.marks import GAZE, Color, Image
from foveate.errors import UsageError

DIM = 0.45
"""Light that is left where the map is 0."""
TINT = 0.6
"""Share of the colour where the map is 1."""


def heat(image: Image, strength: NDArray[np.float64], *, color: Color = GAZE) -> Image:
    """A copy with a map laid over it.

    Args:
        image: (height, width, 3).
        strength: (height, width), from 0 to 1.
        color: of the tint.

    Raises:
        UsageError: for a map of another size or range.
    """
    if strength.shape != image.shape[:2] or not ((strength >= 0) & (strength <= 1)).all():
        raise UsageError(
            f"heat over an image of {image.shape[:2]} needs numbers from 0 to 1 of that shape, got {strength.shape}"
        )
    part = strength[..., None]
    lit = image * (DIM + (1 - DIM) * part)
    return np.asarray((lit * (1 - TINT * part) + np.array(color) * TINT * part).round(), dtype=np.uint8)
