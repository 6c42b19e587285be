"""How much of a stretch of time has valid gaze."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foveate.clock import GAP_INTERVALS, NS_PER_MS, NS_PER_S, Span, usual_interval_ns
from foveate.recording.recording import GazeStream

BRIDGED_MS = 75.0
"""Longest distance of two samples that ``clean`` bridges by default."""


def tracked_s(gaze: GazeStream, spans: Sequence[Span]) -> NDArray[np.float64]:
    """(S,) seconds with valid gaze in each of some spans.

    A valid sample stands for the time until the next one; where that is more than 75 ms away, for one usual interval. So single
    rows that are missing count as tracked, like short losses that are bridged; blinks, longer losses and pauses do not.

    Args:
        gaze: cleaned samples: short losses bridged, blinks not valid (``clean_recording``).
        spans: on the recording's clock.
    """
    usual_ns = usual_interval_ns(gaze.time_ns)
    edges_ns = np.array([[span.start_ns, span.stop_ns] for span in spans], dtype=np.int64).reshape(-1, 2)
    if not len(gaze) or not usual_ns:
        return np.zeros(len(edges_ns))
    until_ns = np.append(np.diff(gaze.time_ns), round(usual_ns))
    length_ns = np.where(until_ns > max(BRIDGED_MS * NS_PER_MS, GAP_INTERVALS * usual_ns), round(usual_ns), until_ns)
    length_ns = np.where(gaze.valid, length_ns, 0)
    before_ns = np.concatenate([[0], np.cumsum(length_ns)])

    def until(instant_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tracked time from the first sample up to instants."""
        last = np.searchsorted(gaze.time_ns, instant_ns, side="right") - 1
        here = np.maximum(last, 0)
        passed_ns = before_ns[here] + np.minimum(instant_ns - gaze.time_ns[here], length_ns[here])
        return np.where(last < 0, 0, passed_ns)

    return np.asarray((until(edges_ns[:, 1]) - until(edges_ns[:, 0])) / NS_PER_S)
