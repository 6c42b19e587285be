"""What stands in for gaze that no eye tracker measured."""

from dataclasses import dataclass
from typing import Any, Literal

from foveate.recording.recording import Recording

STREAM = "gaze_source"
"""Name of the stream by which a recording tells that its gaze was not measured."""


@dataclass(frozen=True)
class GazeSource:
    """The stream ``gaze_source``: where a recording has it, its stream ``gaze`` is a prediction."""

    name: str
    """A key of GAZE_SOURCES."""
    spec: str
    """What the user asked for."""
    about: str
    """What stood in, in words: the middle of the frame."""
    replaces_measured: bool
    """Whether the recording has measured gaze, which was put aside."""
    frames: int
    """Scene frames."""
    frames_without: int
    """Of these, how many have no prediction."""
    notes: tuple[str, ...] = ()
    """What a user should know: told among the recording's warnings."""

    @property
    def notice(self) -> str:
        """What every output must bear."""
        place = " for the measured gaze" if self.replaces_measured else ""
        return f"gaze not measured: {self.about} stood in{place}"

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {name: value for name, value in vars(self).items() if name != "notes"}


def gaze_came_from(recording: Recording) -> Literal["measured", "predicted"]:
    """How the points of a recording's stream ``gaze`` came about."""
    return "predicted" if STREAM in recording.loaders else "measured"


def gaze_notice(recording: Recording) -> str | None:
    """What every output about a recording must bear of its gaze; None where it was measured, or there is none."""
    if STREAM not in recording.loaders:
        return None
    source: GazeSource = recording.stream(STREAM)
    return source.notice
