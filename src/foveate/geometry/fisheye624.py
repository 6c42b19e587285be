"""Project Aria's fisheye: six radial, two tangential and four thin-prism coefficients."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from foveate.geometry.invert import angles_of, fold, rays_of, straighten
from foveate.geometry.plane import Points


@dataclass(frozen=True)
class Fisheye624:
    """Coefficients k0 .. k5, p0, p1, s0 .. s3 (FISHEYE624, "FisheyeRadTanThinPrism"); NaN beyond its fold.

    With a the angle from the axis in radians and d its direction in the image, v = a (1 + k0 a^2 + .. + k5 a^12) d bends to
    v + 2 (v . p) v + |v|^2 p + |v|^2 (s0, s2) + |v|^4 (s1, s3).
    Source: Project Aria's documentation, camera intrinsic models. Unlike there, a ray behind the camera has no image.
    """

    coefficients: NDArray[np.float64]
    """(12,)."""
    count: ClassVar[int] = 12
    """Most coefficients that there can be; those that are not given are zero."""

    def bend(self, ray: Points) -> Points:
        """Distorted image coordinates at focal length 1 of rays, (N, 3) -> (N, 2); NaN behind and beyond the fold."""
        vector = angles_of(ray)
        vector[np.hypot(vector[:, 0], vector[:, 1]) > self._fold] = np.nan
        return self._bend(vector)

    def straighten(self, bent: Points) -> Points:
        """Rays of distorted coordinates, (N, 2) -> (N, 3); NaN where no angle inside the fold fits."""
        return rays_of(straighten(bent, bend=self._bend, growth=self._growth, limit=self._fold))

    def turned(self) -> NDArray[np.float64]:
        """The coefficients for a frame that was turned by 90 degrees clockwise: p, (s0, s2) and (s1, s3) turn along."""
        p0, p1, s0, s1, s2, s3 = self.coefficients[6:]
        return np.array([*self.coefficients[:6], -p1, p0, -s2, -s3, s0, s1])

    @cached_property
    def _fold(self) -> float:
        """The angle up to which the polynomial grows, in radians."""
        return fold(self._growth, upto=np.pi / 2)

    def _growth(self, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return angle * self._radial(angle**2)

    def _radial(self, square: NDArray[np.float64]) -> NDArray[np.float64]:
        factor: NDArray[np.float64] = np.polynomial.polynomial.polyval(square, np.array([1.0, *self.coefficients[:6]]))
        return factor

    def _bend(self, vector: Points) -> Points:
        p, (s0, s1, s2, s3) = self.coefficients[6:8], self.coefficients[8:]
        radial = vector * self._radial((vector**2).sum(axis=1))[:, None]
        square = (radial**2).sum(axis=1, keepdims=True)
        bent: Points = radial * (1 + 2 * radial @ p)[:, None] + square * (p + [s0, s2] + square * np.array([s1, s3]))
        return bent
