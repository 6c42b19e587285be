"""One gaze point per video frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.geometry import Points


@dataclass(frozen=True)
class FrameGaze:
    """One gaze point per frame, with its age and validity."""

    time_ns: Times
    """(F,) instants of the frames."""
    point_px: Points
    """(F, 2); NaN where there is none."""
    age_ns: Times
    """(F,) frame time minus gaze time: positive where the sample is older than the frame; 0 where there is none."""
    valid: NDArray[np.bool_]
    """(F,) whether a valid sample was near enough."""

    def __len__(self) -> int:
        return len(self.time_ns)
