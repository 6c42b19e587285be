"""Motion of the head as an inertial sensor felt it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError


@dataclass(frozen=True)
class ImuStream:
    """Acceleration and rotation over time, in the axes of the device."""

    time_ns: Times
    """(N,) sorted, on the recording's clock."""
    acceleration_m_s2: NDArray[np.float64]
    """(N, 3), gravity included; NaN where a sample tells rotation alone."""
    rotation_deg_s: NDArray[np.float64]
    """(N, 3); NaN where a sample tells acceleration alone."""
    notes: tuple[str, ...] = ()
    """What a user should know: samples dropped, times sorted."""

    def __post_init__(self) -> None:
        wanted = (len(self.time_ns), 3)
        for name in ("acceleration_m_s2", "rotation_deg_s"):
            array = getattr(self, name)
            if array.shape != wanted:
                raise RecordingError(f"imu {name} has shape {array.shape}, expected {wanted}")
            array.setflags(write=False)
        if np.any(np.diff(self.time_ns) < 0):
            raise RecordingError("imu times run backwards; sort the samples by time first")
        self.time_ns.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_ns)
