"""The warp of a foveated image: dense about one point and sparser with distance from it, as the visual cortex is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.geometry.plane import Points, Size

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Magnification:
    """One axis: a pixel at a distance u from the fovea's centre is given 1 / (1 + |u| / half) of what the centre is given.

    So it comes to lie at a length log(1 + |u| / half) from the centre, and the way back is an exponential: both in closed form.
    Source: Schwartz, "Spatial mapping in the primate sensory projection" (1977), the linear form of cortical magnification
    (Daniel and Whitteridge 1961). There it is radial; here it is taken along each axis, so that an image stays a rectangle
    and its pixels stay rectangles of the scene.
    """

    center_px: float
    """Where it is densest, within the scene."""
    scene_px: int
    """Length of the scene's axis."""
    image_px: int
    """Length of the image's axis."""
    half_px: float
    """Distance at which the density has fallen to a half; infinite for an even grid."""

    def __post_init__(self) -> None:
        if not (0 <= self.center_px <= self.scene_px and self.half_px > 0 and self.scene_px > 0 and self.image_px > 0):
            raise UsageError(
                f"a magnification needs lengths above 0 and a centre within [0, {self.scene_px}], "
                f"got centre {self.center_px:g}, half {self.half_px:g}, image {self.image_px}"
            )

    def to_image(self, x: Values) -> Values:
        """Scene pixels -> image pixels; what is outside the scene goes on at the density of its border."""
        length = self._length(np.asarray(x, dtype=np.float64) - self.center_px)
        return np.asarray((length - self._before) * self._px_per_length, dtype=np.float64)

    def to_scene(self, x: Values) -> Values:
        """Image pixels -> scene pixels: the inverse."""
        length = np.asarray(x, dtype=np.float64) / self._px_per_length + self._before
        if np.isinf(self.half_px):
            return length + self.center_px
        inside = np.clip(length, self._before, self._after)
        size = np.abs(inside)
        distance = np.sign(inside) * self.half_px * np.expm1(size)
        return np.asarray(self.center_px + distance + (length - inside) * self.half_px * np.exp(size), dtype=np.float64)

    @property
    def density(self) -> float:
        """Image pixels per scene pixel at the centre, where there are most."""
        return self._px_per_length / (1.0 if np.isinf(self.half_px) else self.half_px)

    def _length(self, distance: Values) -> Values:
        """Distance from the centre as a length along the cortex, with its sign; straight on beyond the scene's borders."""
        if np.isinf(self.half_px):
            return distance
        inside = np.clip(distance, -self.center_px, self.scene_px - self.center_px)
        size = np.abs(inside)
        length = np.sign(inside) * np.log1p(size / self.half_px)
        return np.asarray(length + (distance - inside) / (self.half_px + size), dtype=np.float64)

    @cached_property
    def _before(self) -> float:
        return float(self._length(np.array(-self.center_px)))

    @cached_property
    def _after(self) -> float:
        return float(self._length(np.array(self.scene_px - self.center_px)))

    @cached_property
    def _px_per_length(self) -> float:
        return self.image_px / (self._after - self._before)


@dataclass(frozen=True)
class Warp:
    """A map of points from a scene frame to a foveated image of it, each axis for itself."""

    x: Magnification
    """Of columns."""
    y: Magnification
    """Of rows."""

    @property
    def inverse(self) -> "Unwarp":
        return Unwarp(self)

    @property
    def size_px(self) -> Size:
        """Of the image."""
        return Size(self.x.image_px, self.y.image_px)

    @property
    def edges_px(self) -> tuple[Values, Values]:
        """Where the image's columns (w + 1,) and rows (h + 1,) begin and end in the scene."""
        across, down = (np.clip(axis.to_scene(np.arange(axis.image_px + 1.0)), 0, axis.scene_px) for axis in (self.x, self.y))
        return across, down

    def __call__(self, point_px: Points) -> Points:
        """Scene pixels -> image pixels, (..., 2) -> (..., 2)."""
        point_px = np.asarray(point_px, dtype=np.float64)
        return np.stack([self.x.to_image(point_px[..., 0]), self.y.to_image(point_px[..., 1])], axis=-1)


@dataclass(frozen=True)
class Unwarp:
    """The inverse of a Warp."""

    inverse: Warp
    """What it undoes."""

    def __call__(self, point_px: Points) -> Points:
        """Image pixels -> scene pixels, (..., 2) -> (..., 2)."""
        point_px = np.asarray(point_px, dtype=np.float64)
        return np.stack([self.inverse.x.to_scene(point_px[..., 0]), self.inverse.y.to_scene(point_px[..., 1])], axis=-1)
