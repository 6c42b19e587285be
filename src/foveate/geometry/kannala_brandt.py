"""Kannala and Brandt's fisheye: the distance from the centre is a polynomial of the angle from the axis."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foveate.geometry.invert import angles_of, fold, rays_of, straighten
from foveate.geometry.plane import Points


@dataclass(frozen=True)
class KannalaBrandt:
    """Coefficients k1 .. k4 of r = a (1 + k1 a^2 + k2 a^4 + k3 a^6 + k4 a^8), a the angle in radians; NaN beyond its fold.

    Source: Kannala and Brandt, "A generic camera model and calibration method" (2006), as OpenCV's fisheye module and Project
    Aria's KannalaBrandtK3 have it. Unlike OpenCV's, rays beyond 90 degrees are allowed where the polynomial still grows.
    """

    coefficients: NDArray[np.float64]
    """(4,)."""
    count: ClassVar[int] = 4
    """Most coefficients that there can be; those that are not given are zero."""

    def bend(self, ray: Points) -> Points:
        """Distorted image coordinates at focal length 1 of rays, (N, 3) -> (N, 2); NaN beyond the fold."""
        vector = angles_of(ray)
        vector[np.hypot(vector[:, 0], vector[:, 1]) > self._fold] = np.nan
        return self._bend(vector)

    def straighten(self, bent: Points) -> Points:
        """Rays of distorted coordinates, (N, 2) -> (N, 3); NaN where no angle inside the fold fits."""
        return rays_of(straighten(bent, bend=self._bend, growth=self._growth, limit=self._fold))

    def turned(self) -> NDArray[np.float64]:
        """The coefficients for a frame that was turned by 90 degrees clockwise: the same, the lens is round."""
        return self.coefficients

    @cached_property
    def _fold(self) -> float:
        """The angle up to which the polynomial grows, in radians."""
        return fold(self._growth, upto=np.pi)

    def _growth(self, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return angle * self._radial(angle**2)

    def _radial(self, square: NDArray[np.float64]) -> NDArray[np.float64]:
        k1, k2, k3, k4 = self.coefficients
        factor: NDArray[np.float64] = 1 + square * (k1 + square * (k2 + square * (k3 + square * k4)))
        return factor

    def _bend(self, vector: Points) -> Points:
        bent: Points = vector * self._radial((vector**2).sum(axis=1))[:, None]
        return bent
