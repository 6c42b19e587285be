"""What is known of a scene whose video is missing: its frames' times and size, by which gaze still has pixels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.geometry import Size


@dataclass(frozen=True)
class UnseenScene:
    """The stream ``unseen_scene`` of a recording that has no ``scene``: foveate info tells it, no view can be made of it."""

    size_px: Size | None
    """Upright frame size; None where neither a file nor the device tells it."""
    time_ns: Times | None
    """(F,) strictly increasing instants of the frames that the device timed; None where they are not told."""
    notes: tuple[str, ...] = ()
    """What a user should know: repaired times, a size that was assumed from the device."""


def declared_size(declared: str | Sequence[int]) -> Size:
    """A frame's size as a user declares it: "1280x720", or its width and height.

    Raises:
        RecordingError: where it is something else.
    """
    text = declared if isinstance(declared, str) else "x".join(map(str, declared))
    if not (found := re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text.strip())):
        raise RecordingError(f"frame_size should be such as 1280x720, got {declared!r}")
    return Size(int(found[1]), int(found[2]))
