"""What is known of a scene whose video is missing: its frames' times and size, by which gaze still has pixels."""

from dataclasses import dataclass

from foveate.clock import Times
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
