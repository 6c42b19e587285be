"""What a user wants corrected of a recording's gaze, and the recording with it done."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foveate.errors import UsageError
from foveate.gaze.clock_error import ClockError
from foveate.gaze.drift import drift
from foveate.gaze.offset import shift
from foveate.recording.gaze_source import STREAM
from foveate.recording.recording import Recording

MOVED_WITH_GAZE = ("blinks", "fixations", "saccades", "eye_state")
"""Streams that the eye tracker stamps by the same clock."""


@dataclass(frozen=True)
class Correction:
    """What to correct before gaze is used."""

    offset_px: tuple[float, float] | None = None
    """(right, down) in scene pixels, added to every point."""
    offset_deg: tuple[float, float] | None = None
    """(right, down) in degrees of visual angle; needs the camera's calibration."""
    fix_drift: bool = False
    """Whether the clock error between gaze and video is estimated and taken out of the times of gaze."""

    def __post_init__(self) -> None:
        if self.offset_px is not None and self.offset_deg is not None:
            raise UsageError("give an offset in pixels or in degrees, not both")
        if not np.isfinite([*(self.offset_px or ()), *(self.offset_deg or ())]).all():
            raise UsageError(f"an offset must be finite, got {self.offset_px or self.offset_deg}")

    def __bool__(self) -> bool:
        return self.fix_drift or self.offset_px is not None or self.offset_deg is not None


def offset(name: str, text: str) -> tuple[float, float]:
    """Right and down, out of what a user wrote: ``12,-5``.

    Args:
        name: of the option or column, for messages.
        text: two numbers with a comma, a semicolon or a space between.

    Raises:
        UsageError: where it is not.
    """
    try:
        right, down = (float(part) for part in re.split(r"\s*[,;]\s*|\s+", text.strip()))
    except ValueError:
        raise UsageError(f"{name} takes two numbers, right and down, such as 12,-5, got {text!r}") from None
    return right, down


@dataclass(frozen=True)
class Corrected:
    """What was done to a recording: its stream ``correction``."""

    asked: Correction
    """What was asked for."""
    error: ClockError | None
    """What was found of the clocks; None where it was not asked for."""
    notes: tuple[str, ...]
    """The same in words."""

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {**vars(self.asked), "clock_error": None if self.error is None else self.error.to_dict()}


def corrected(recording: Recording, correction: Correction, *, error: ClockError | None = None) -> Recording:
    """The recording with its gaze corrected; what was done is its stream ``correction``, and told in its warnings.

    Args:
        recording: with gaze, and with a scene where the drift is to be fixed.
        correction: what to do; nothing gives back the same recording.
        error: of the clocks, where it is known already; None to estimate it, which decodes part of the video.

    Raises:
        RecordingError: where the recording lacks a stream.
        UsageError: for degrees without a calibration, and for gaze that was not measured.
    """
    if not correction:
        return recording
    if STREAM in recording.loaders:
        raise UsageError(
            "an offset or a drift is corrected of measured gaze, and --gaze puts another in its place; leave one out"
        )
    camera = recording.camera if correction.offset_deg is not None else None
    gaze = shift(recording.gaze, offset_px=correction.offset_px, offset_deg=correction.offset_deg, camera=camera)
    moved: dict[str, Any] = {}
    if correction.fix_drift:
        error = drift(recording) if error is None else error
        gaze = replace(_retimed(gaze, error), notes=(*gaze.notes, _told(error)))
        moved |= {name: _retimed(recording.stream(name), error) for name in MOVED_WITH_GAZE if name in recording.loaders}
    done = Corrected(correction, error if correction.fix_drift else None, gaze.notes[len(recording.gaze.notes) :])
    return recording.replaced(moved | {"gaze": gaze, "correction": done})


def _told(error: ClockError) -> str:
    if error.kind in ("drift", "lag"):
        return f"gaze times corrected: {error} (from {error.method})"
    return f"gaze times left as they are: {error}"


def _retimed(stream: Any, error: ClockError) -> Any:
    """Samples (``time_ns``) or events (``start_ns``, ``stop_ns``) of the eye tracker on the video's clock."""
    names = ("time_ns",) if hasattr(stream, "time_ns") else ("start_ns", "stop_ns")
    return replace(stream, **{name: error.retimed(getattr(stream, name)) for name in names})
