"""Points and frames of a camera as another one would have seen them: a pinhole without distortion, for one."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError
from foveate.geometry.camera import Camera
from foveate.geometry.plane import Points, Size


@dataclass(frozen=True)
class Undistortion:
    """From the frames of a camera to those of another in the same place; the maps are made once.

    The centre of a frame's first pixel is (0, 0), as in OpenCV's calibrations and Project Aria's.
    """

    camera: Camera
    """What recorded the frames."""
    onto: Camera
    """What they should look like."""

    @classmethod
    def of(cls, camera: Camera) -> "Undistortion":
        """Onto a pinhole of the same focal length, centre and size."""
        return cls(camera, Camera(camera.matrix, np.zeros(0), camera.size_px))

    def points(self, point_px: Points) -> Points:
        """Points of the recorded frame on the undistorted one, (N, 2) -> (N, 2); NaN beyond either camera's field."""
        return self.onto.pixels(self.camera.rays(point_px))

    def back(self, point_px: Points) -> Points:
        """The inverse of ``points``."""
        return self.camera.pixels(self.onto.rays(point_px))

    def frame(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A recorded frame undistorted, (height, width, 3), bilinear; black where the camera saw nothing.

        Raises:
            UsageError: for an image of another size than the camera's.
        """
        size = Size(image.shape[1], image.shape[0])
        if size != self.camera.size_px:
            raise UsageError(f"the camera's frames are {self.camera.size_px}, got an image of {size}; resize it first")
        return np.asarray(cv2.remap(image, *self._maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), dtype=np.uint8)

    @cached_property
    def _maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where in the recorded frame each pixel comes from, x and y, each (height, width)."""
        width, height = self.onto.size_px
        grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 2).astype(np.float64)
        source = np.nan_to_num(self.back(grid), nan=-2.0).astype(np.float32).reshape(height, width, 2)
        return np.ascontiguousarray(source[..., 0]), np.ascontiguousarray(source[..., 1])
