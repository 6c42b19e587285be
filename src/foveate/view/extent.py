"""How large a view is: in pixels, degrees or per cent of the frame."""

import re
from dataclasses import dataclass
from typing import Literal

from foveate.errors import UsageError, ViewError
from foveate.geometry import Camera, Size

_PATTERN = re.compile(r"^\s*([0-9]*\.?[0-9]+)\s*(px|deg|%)?\s*$")


@dataclass(frozen=True)
class Extent:
    """The side of a square crop, or a share of the frame's width and height."""

    value: float
    """Its number."""
    unit: Literal["px", "deg", "%"]
    """Pixels, degrees of visual angle, or per cent of the frame."""

    @classmethod
    def parse(cls, text: str) -> "Extent":
        """Read ``448``, ``448px``, ``30deg`` or ``25%``.

        Raises:
            UsageError: for anything else.
        """
        match = _PATTERN.match(str(text))
        if not match or float(match[1]) <= 0:
            raise UsageError(f"size {text!r} is not one of: pixels (448), degrees (30deg), per cent of the frame (25%)")
        unit = match[2] or "px"
        if unit == "%" and float(match[1]) > 100:
            raise UsageError(f"size {text!r} is more than the frame; per cent go up to 100%")
        if unit == "deg" and float(match[1]) >= 180:
            raise UsageError(f"size {text!r} is more than a flat crop can hold; degrees go up to 180deg")
        return cls(float(match[1]), unit)  # type: ignore[arg-type]  # the pattern allows no other unit

    def __str__(self) -> str:
        return f"{self.value:g}{self.unit}"

    def size_px(self, frame_px: Size, camera: Camera | None) -> Size:
        """The crop's size in a frame, never larger than the frame.

        Args:
            frame_px: size of the frame.
            camera: calibration, needed for degrees.

        Raises:
            ViewError: for degrees without a calibration.
        """
        if self.unit == "px":
            width = height = self.value
        elif self.unit == "%":
            width, height = (side * self.value / 100 for side in frame_px)
        elif camera is None:
            raise ViewError(f"size {self} needs the scene camera's calibration, and this recording has none; give pixels or %")
        else:
            width, height = camera.chord_px(self.value)
        return Size(*(max(1, round(min(side, limit))) for side, limit in zip((width, height), frame_px, strict=True)))
