"""The scene camera: pixel -> ray -> degrees and back, with the lens models of LENSES."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.geometry.fisheye624 import Fisheye624
from foveate.geometry.kannala_brandt import KannalaBrandt
from foveate.geometry.plane import Points, Size
from foveate.geometry.radial_tangential import RadialTangential

CLOSE_PX = 0.005
"""A ray counts as that of a pixel if it maps back to within this."""


class Lens(Protocol):
    """How a lens bends rays, at focal length 1; undistorted near its axis."""

    count: ClassVar[int]
    """Most coefficients that it takes."""

    def bend(self, ray: Points) -> Points:
        """Distorted image coordinates of rays, (N, 3) -> (N, 2); NaN where the model says nothing."""
        ...

    def straighten(self, bent: Points) -> Points:
        """Rays of distorted image coordinates, (N, 2) -> (N, 3), of any length; NaN where none is found."""
        ...

    def turned(self) -> NDArray[np.float64]:
        """The coefficients for a frame that was turned by 90 degrees clockwise."""
        ...


LENSES: dict[str, type[RadialTangential] | type[KannalaBrandt] | type[Fisheye624]] = {
    "radial_tangential": RadialTangential,
    "kannala_brandt": KannalaBrandt,
    "fisheye624": Fisheye624,
}
"""Camera.model -> its lens."""


@dataclass(frozen=True)
class Camera:
    """A scene camera: a lens and where its image lies on the frame. Beyond what its model describes there is NaN."""

    matrix: NDArray[np.float64]
    """(3, 3) intrinsics in pixels of a frame of ``size_px``."""
    distortion: NDArray[np.float64]
    """(K,) coefficients of the model, in the order that its class tells; fewer than it takes end in zeros."""
    size_px: Size
    """Frame for which the matrix holds."""
    model: str = "radial_tangential"
    """Key of LENSES."""
    field_deg: float | None = None
    """Greatest angle from the axis for which the maker vouches; None for as far as the model goes."""

    def __post_init__(self) -> None:
        if self.model not in LENSES:
            raise UsageError(f"there is no camera model {self.model!r}; allowed: {', '.join(LENSES)}")
        most = LENSES[self.model].count
        if self.matrix.shape != (3, 3) or self.distortion.ndim != 1 or len(self.distortion) > most:
            raise UsageError(
                f"a camera needs a (3, 3) matrix and at most {most} distortion coefficients ({self.model}), "
                f"got shapes {self.matrix.shape} and {self.distortion.shape}"
            )
        if not (np.isfinite(self.matrix).all() and np.isfinite(self.distortion).all() and self.matrix[[0, 1], [0, 1]].all()):
            raise UsageError("a camera's matrix and distortion must be finite and its focal lengths not zero")

    @cached_property
    def lens(self) -> Lens:
        """The lens alone."""
        kind = LENSES[self.model]
        return kind(np.pad(np.asarray(self.distortion, dtype=np.float64), (0, kind.count - len(self.distortion))))

    def rays(self, point_px: Points) -> Points:
        """Unit vectors in camera coordinates (x right, y down, z forward) of pixels, (N, 2) -> (N, 3).

        NaN where the pixel is NaN or beyond the model's field. ``pixels`` maps every ray back within 0.01 px.
        """
        point_px = np.asarray(point_px, dtype=np.float64).reshape(-1, 2)
        inverse = np.linalg.inv(self.matrix)
        ray = self.lens.straighten(point_px @ inverse[:2, :2].T + inverse[:2, 2])
        with np.errstate(invalid="ignore", over="ignore"):
            ray = ray / np.linalg.norm(ray, axis=1, keepdims=True)
            found = np.abs(self.pixels(ray) - point_px).max(axis=1) < CLOSE_PX
        return np.asarray(np.where(found[:, None], ray, np.nan), dtype=np.float64)

    def pixels(self, ray: Points) -> Points:
        """Pixels of rays in camera coordinates, (N, 3) -> (N, 2); NaN behind the camera and beyond the model's field."""
        ray = np.asarray(ray, dtype=np.float64).reshape(-1, 3)
        bent = self.lens.bend(ray)
        if self.field_deg is not None:
            angle_deg = np.degrees(np.arctan2(np.hypot(ray[:, 0], ray[:, 1]), ray[:, 2]))
            bent = np.where((angle_deg <= self.field_deg)[:, None], bent, np.nan)
        mapped: Points = bent @ self.matrix[:2, :2].T + self.matrix[:2, 2]
        return mapped

    def degrees(self, point_px: Points) -> Points:
        """Azimuth (right) and elevation (down) from the optical axis in degrees, (N, 2) -> (N, 2)."""
        ray = self.rays(point_px)
        azimuth = np.arctan2(ray[:, 0], ray[:, 2])
        elevation = np.arctan2(ray[:, 1], np.hypot(ray[:, 0], ray[:, 2]))
        angle: Points = np.degrees(np.stack([azimuth, elevation], axis=1))
        return angle

    def from_degrees(self, angle_deg: Points) -> Points:
        """Pixels of azimuth (right) and elevation (down), (N, 2) -> (N, 2): the inverse of ``degrees``."""
        azimuth, elevation = np.radians(np.asarray(angle_deg, dtype=np.float64).reshape(-1, 2)).T
        level = np.cos(elevation)
        return self.pixels(np.stack([np.sin(azimuth) * level, np.sin(elevation), np.cos(azimuth) * level], axis=1))

    @property
    def px_per_deg(self) -> float:
        """Pixels per degree at the optical axis, mean of x and y."""
        focal_px = (self.matrix[0, 0] + self.matrix[1, 1]) / 2
        return float(focal_px * np.tan(np.radians(1.0)))

    def chord_px(self, angle_deg: float) -> tuple[float, float]:
        """How wide and how high an angle centred on the optical axis is on the frame; infinite beyond the model's field."""
        half = angle_deg / 2
        left, right, top, bottom = self.from_degrees(np.array([[-half, 0], [half, 0], [0, -half], [0, half]]))
        sides = np.array([np.hypot(*(right - left)), np.hypot(*(bottom - top))])
        width, height = np.where(np.isfinite(sides), sides, np.inf)
        return float(width), float(height)

    def scaled(self, size_px: Size) -> "Camera":
        """The camera of the frame resized to ``size_px``; the centre of the frame's first pixel is (0, 0)."""
        factor = np.array(size_px) / np.array(self.size_px)
        matrix = self.matrix.copy()
        matrix[:2] *= factor[:, None]
        matrix[:2, 2] += (factor - 1) / 2
        return replace(self, matrix=matrix, size_px=size_px)

    def turned(self) -> "Camera":
        """The camera of the frame turned by 90 degrees clockwise; the centre of the frame's first pixel is (0, 0)."""
        (fx, skew, cx), (_, fy, cy) = self.matrix[:2]
        width, height = self.size_px
        if skew:
            raise UsageError("a camera with skew cannot be turned; undistort its frames first")
        matrix = np.array([[fy, 0.0, height - 1 - cy], [0.0, fx, cx], [0.0, 0.0, 1.0]])
        return replace(self, matrix=matrix, distortion=self.lens.turned(), size_px=Size(height, width))
