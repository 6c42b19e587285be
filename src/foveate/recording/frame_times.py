"""Times of frames as files have them, one a frame, some of them missing."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError


def filled(time_ns: Times, there: NDArray[np.bool_], *, source: Path) -> Times:
    """One time a frame: a frame without one bears the next one's, which a scene then counts and puts between.

    Args:
        time_ns: (F,) as the file has them.
        there: (F,) which of them are numbers.
        source: file that messages name.

    Raises:
        RecordingError: where no frame has a time.
    """
    if not there.any():
        raise RecordingError(f"{source} has no frame times. Export the recording again.")
    last = int(np.flatnonzero(there)[-1])
    return time_ns[np.minimum.accumulate(np.where(there, np.arange(len(there)), last)[::-1])[::-1]]
