"""The lens of most scene cameras: OpenCV's radial-tangential distortion of a pinhole (rational model)."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foveate.geometry.invert import fold, straighten
from foveate.geometry.plane import Points

FARTHEST = 20.0
"""Tangent of the widest angle that is looked at, 87 degrees."""


@dataclass(frozen=True)
class RadialTangential:
    """Coefficients k1, k2, p1, p2, k3, k4, k5, k6, in OpenCV's order.

    Such a model folds over at some angle: real lenses do not, so beyond it the model says nothing, and neither do we: NaN.
    (Neon's corners lie beyond the fold of its factory calibration.)
    Source: OpenCV, camera calibration and 3D reconstruction.
    """

    coefficients: NDArray[np.float64]
    """(8,)."""
    count: ClassVar[int] = 8
    """Most coefficients that there can be; those that are not given are zero."""

    def bend(self, ray: Points) -> Points:
        """Distorted image coordinates at focal length 1 of rays, (N, 3) -> (N, 2); NaN behind and beyond the fold."""
        forward = np.where(ray[:, 2] > 0, ray[:, 2], np.nan)
        straight = ray[:, :2] / forward[:, None]
        straight[np.hypot(straight[:, 0], straight[:, 1]) > self._fold] = np.nan
        return self._bend(straight)

    def straighten(self, bent: Points) -> Points:
        """Rays of distorted coordinates, (N, 2) -> (N, 3); NaN where no radius inside the fold fits.

        OpenCV's undistortPoints is not used: what it returns beyond the fold projects elsewhere (45 px off in Neon's corners).
        """
        straight = bent
        if self.coefficients.any():
            limit = min(self._fold, FARTHEST)
            straight = straighten(bent, bend=self._bend, growth=lambda radius: radius * self._radial(radius**2), limit=limit)
        return np.concatenate([straight, np.ones((len(straight), 1))], axis=1)

    def turned(self) -> NDArray[np.float64]:
        """The coefficients for a frame that was turned by 90 degrees clockwise."""
        k1, k2, p1, p2, *rest = self.coefficients
        return np.array([k1, k2, p2, -p1, *rest])

    @cached_property
    def _fold(self) -> float:
        """Tangent of the angle up to which the radial model grows; infinite where it always does."""
        found = fold(lambda radius: radius * self._radial(radius**2), upto=FARTHEST)
        return found if found < FARTHEST else float("inf")

    def _radial(self, square: NDArray[np.float64]) -> NDArray[np.float64]:
        k1, k2, _, _, k3, k4, k5, k6 = self.coefficients
        above = 1 + square * (k1 + square * (k2 + square * k3))
        factor: NDArray[np.float64] = above / (1 + square * (k4 + square * (k5 + square * k6)))
        return factor

    def _bend(self, straight: Points) -> Points:
        p1, p2 = self.coefficients[2:4]
        x, y = straight[:, 0], straight[:, 1]
        square = x * x + y * y
        factor = self._radial(square)
        return np.stack(
            [
                x * factor + 2 * p1 * x * y + p2 * (square + 2 * x * x),
                y * factor + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
            ],
            axis=1,
        )
