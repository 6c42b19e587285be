"""What a tracker measured of each eye."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError


@dataclass(frozen=True)
class EyeStream:
    """Both eyes over time, left before right; positions and axes are the device's, seen from its scene camera."""

    time_ns: Times
    """(N,) sorted, on the recording's clock."""
    pupil_mm: NDArray[np.float64]
    """(N, 2) pupil diameters; NaN where the eye was not seen."""
    origin_mm: NDArray[np.float64]
    """(N, 2, 3) where each gaze ray starts; NaN where the eye was not seen."""
    direction: NDArray[np.float64]
    """(N, 2, 3) unit vectors of the gaze rays; NaN where the eye was not seen."""
    meeting_mm: NDArray[np.float64]
    """(N, 3) where both rays meet; NaN where the device does not tell."""
    notes: tuple[str, ...] = ()
    """What a user should know: samples dropped, times sorted."""

    def __post_init__(self) -> None:
        n = len(self.time_ns)
        wanted = {"pupil_mm": (n, 2), "origin_mm": (n, 2, 3), "direction": (n, 2, 3), "meeting_mm": (n, 3)}
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape:
                raise RecordingError(f"eyes {name} has shape {array.shape}, expected {shape}")
            array.setflags(write=False)
        if np.any(np.diff(self.time_ns) < 0):
            raise RecordingError("eye times run backwards; sort the samples by time first")
        self.time_ns.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_ns)
