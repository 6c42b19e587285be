"""What both generations of Tobii's glasses have in common: size and lens of the scene camera, what they tell of themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from foveate.geometry import Camera, Size

FRAME_PX = Size(1920, 1080)
"""Size of every scene frame of both generations."""
COPY_AGAIN = "Copy the recording from the SD card again."
LONGEST_TEXT = 200


@dataclass(frozen=True)
class About:
    """What a recording tells of itself; empty where it does not. Names are personal, and data: never a path or a command."""

    name: str = ""
    """What the recording was called."""
    participant: str = ""
    """What the wearer was called."""
    created: str = ""
    """When it was made, ISO 8601."""
    serial: str = ""
    """Serial number of the glasses."""
    firmware: str = ""
    """Version of the recording unit's firmware."""

    def device(self, model: str) -> str:
        return f"{model} ({self.serial})" if self.serial else model


def text(value: Any) -> str:
    """A JSON value as one short printable line; empty where it is no text or number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    line = "".join(letter if letter.isprintable() else " " for letter in str(value)[:LONGEST_TEXT])
    return " ".join(line.split())


@dataclass(frozen=True)
class Lens:
    """The factory calibration of a scene camera; see ``camera``."""

    focal_px: Sequence[float]
    """(2,)."""
    center_px: Sequence[float]
    """(2,) the principal point."""
    skew: float
    """Of the pixel grid."""
    radial: Sequence[float]
    """(3,) k1, k2, k3 as OpenCV has them."""
    tangential: Sequence[float]
    """(2,) p1, p2 as OpenCV has them."""
    size_px: Size
    """Frame for which it holds."""

    def problem(self) -> str:
        """Why it is no calibration; empty where it is one."""
        values = [*self.focal_px, *self.center_px, self.skew, *self.radial, *self.tangential]
        if not np.isfinite(values).all():
            return "its values are not finite"
        if min(self.focal_px) <= 0:
            return f"its focal lengths are {self.focal_px[0]:g} and {self.focal_px[1]:g}"
        if not all(0 < side <= 16_384 for side in self.size_px):
            return f"its resolution is {self.size_px.width_px}x{self.size_px.height_px}"
        return ""

    def camera(self, size_px: Size) -> Camera:
        """The camera for frames of a size: the calibration's own, or those of a video that was scaled since."""
        scale = np.diag([size_px.width_px / self.size_px.width_px, size_px.height_px / self.size_px.height_px, 1.0])
        (fx, fy), (cx, cy), (k1, k2, k3), (p1, p2) = self.focal_px, self.center_px, self.radial, self.tangential
        matrix = np.array([[fx, self.skew, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
        return Camera(matrix=scale @ matrix, distortion=np.array([k1, k2, p1, p2, k3]), size_px=size_px)
