"""When gaze is lost, for how long, and as far as the recording tells why."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import GAP_INTERVALS, NS_PER_MS, NS_PER_S, Times, usual_interval_ns
from foveate.gaze.clean import LONG_LOSS_MS
from foveate.recording.recording import GazeStream

BLINK_FROM_MS = 75.0
"""A loss shorter than this is too short for a blink; ``clean`` bridges it."""


@dataclass(frozen=True)
class Loss:
    """How many of the samples that were due are no gaze."""

    due: int
    """Samples that the tracker wrote, and those that its usual interval says are missing between them."""
    valid: int
    """Samples with a gaze point."""
    no_point: int
    """Rows without a point."""
    marked: int
    """Rows with a point that the tracker itself calls not valid, or that is less sure than asked for."""
    not_worn: int
    """The same on a device that marks what was recorded while nobody wore it."""
    no_row: int
    """Rows that are missing in breaks of at most 500 ms."""
    silent_s: float
    """Time of longer breaks without any row. It is not in ``due``: the device may have been paused between two parts."""

    @property
    def share(self) -> float:
        """Lost of due."""
        return 1 - self.valid / self.due if self.due else 0.0


@dataclass(frozen=True)
class Pauses:
    """Distances of successive valid samples that are longer than the sample interval."""

    start_ns: Times
    """(P,) the last valid sample before each."""
    stop_ns: Times
    """(P,) the first valid sample after each."""
    is_silent: NDArray[np.bool_]
    """(P,) without any row inside: the device wrote nothing."""

    @property
    def duration_ms(self) -> NDArray[np.float64]:
        """(P,)"""
        return (self.stop_ns - self.start_ns) / NS_PER_MS

    @property
    def is_long(self) -> NDArray[np.bool_]:
        """(P,) longer than 500 ms."""
        return self.duration_ms > LONG_LOSS_MS

    @property
    def is_blinklike(self) -> NDArray[np.bool_]:
        """(P,) as long as a blink: from 75 to 500 ms."""
        return (self.duration_ms >= BLINK_FROM_MS) & ~self.is_long


def missing(time_ns: Times, *, up_to_ns: float = np.inf) -> int:
    """Rows that lack between those that are there, by the usual interval, in breaks that are not longer than a length."""
    step_ns, apart_ns = usual_interval_ns(time_ns), np.diff(time_ns)
    if not step_ns > 0:
        return 0
    breaks_ns = apart_ns[(apart_ns > GAP_INTERVALS * step_ns) & (apart_ns <= up_to_ns)]
    return int(np.sum(np.round(breaks_ns / step_ns) - 1))


def loss(gaze: GazeStream, *, tells_worn: bool) -> Loss:
    """Count what is lost, by reason.

    Args:
        gaze: the samples as recorded.
        tells_worn: whether the device calls a sample not valid because nobody wore it.
    """
    long_ns = LONG_LOSS_MS * NS_PER_MS
    point = np.isfinite(gaze.point_px).all(axis=1)
    refused = int(np.count_nonzero(point & ~gaze.valid))
    no_row = missing(gaze.time_ns, up_to_ns=long_ns)
    apart_ns = np.diff(gaze.time_ns)
    return Loss(
        due=len(gaze) + no_row,
        valid=int(np.count_nonzero(gaze.valid)),
        no_point=int(np.count_nonzero(~point)),
        marked=0 if tells_worn else refused,
        not_worn=refused if tells_worn else 0,
        no_row=no_row,
        silent_s=float(np.sum(apart_ns[apart_ns > long_ns])) / NS_PER_S,
    )


def pauses(gaze: GazeStream) -> Pauses:
    """Every stretch without valid gaze between two valid samples; the ends of the recording have none."""
    row = np.flatnonzero(gaze.valid)
    time_ns = gaze.time_ns[row]
    apart = np.flatnonzero(np.diff(time_ns) > GAP_INTERVALS * usual_interval_ns(gaze.time_ns))
    return Pauses(time_ns[apart], time_ns[apart + 1], np.asarray(row[apart + 1] - row[apart] == 1))
