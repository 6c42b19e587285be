"""What a gaze source is given, and what it gives."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording.recording import GazeStream, Recording, Scene

SIGMA_SHARE = 0.05
"""Standard deviation of the map around a predicted point, as a share of the frame's longer side: GLC (Lai et al., BMVC 2022)
blurs a point of its 64 x 64 map with OpenCV's Gaussian of 19 cells, whose standard deviation is 3.2 cells."""


@dataclass(frozen=True)
class Frames:
    """The frames that a gaze point is wanted for."""

    recording: str
    """Name of their recording, by which a folder of predictions is searched."""
    time_ns: Times
    """(F,) strictly increasing, on the recording's clock."""
    size_px: Size
    """Of a frame as stored upright."""
    scene: Scene | None = None
    """Their images; None where the video is missing."""


@dataclass(frozen=True)
class Prediction:
    """Gaze that was not measured."""

    gaze: GazeStream
    """The points, on the recording's clock."""
    covariance_px: NDArray[np.float64]
    """(2, 2) of the Gaussian around every point that stands for where the wearer may have looked."""
    about: str
    """What stood in, in words."""


def frames_of(recording: Recording) -> Frames:
    """The frames of a recording, of which the video may be missing.

    Raises:
        RecordingError: where neither a video nor the device tells when they were taken and how large they are.
    """
    time_ns, size_px = recording.frame_time_ns, recording.frame_px
    if time_ns is None or size_px is None:
        raise RecordingError(
            f"{recording.path or recording.name} has no scene video, and nothing tells the times and the size of its frames: "
            "gaze cannot be predicted for them"
        )
    scene = recording.scene if "scene" in recording.loaders else None
    return Frames(recording.name, time_ns, size_px, scene)


def round_px(size_px: Size, sigma_share: float = SIGMA_SHARE) -> NDArray[np.float64]:
    """The covariance of a round Gaussian, (2, 2) in square pixels."""
    return np.eye(2) * (sigma_share * max(size_px)) ** 2
