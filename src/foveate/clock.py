"""Time is int64 nanoseconds on the recording's own clock; intervals are [start, stop)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

Times = NDArray[np.int64]


@dataclass(frozen=True)
class Span:
    """A stretch of time, [start_ns, stop_ns)."""

    start_ns: int
    """First nanosecond inside."""
    stop_ns: int
    """First nanosecond outside."""

    def __post_init__(self) -> None:
        if self.stop_ns <= self.start_ns:
            raise UsageError(f"a span must stop after it starts, got start {self.start_ns} ns and stop {self.stop_ns} ns")

    @property
    def duration_s(self) -> float:
        return (self.stop_ns - self.start_ns) / NS_PER_S

    def of(self, time_ns: Times) -> slice:
        """The slice of sorted times that lie inside."""
        first, last = np.searchsorted(time_ns, [self.start_ns, self.stop_ns])
        return slice(int(first), int(last))


def seconds_to_ns(seconds: float) -> int:
    """Seconds as whole nanoseconds."""
    return round(seconds * NS_PER_S)


def nearest(time_ns: Times, wanted_ns: Times, *, tolerance_ns: int | None = None) -> NDArray[np.intp]:
    """For every wanted instant the index of the nearest of sorted times; -1 where none is within the tolerance.

    Args:
        time_ns: (N,) sorted times.
        wanted_ns: (M,) instants.
        tolerance_ns: greatest distance that still counts; None for any.

    Returns:
        (M,) indices into ``time_ns``. Of two at the same distance, the earlier.
    """
    if len(time_ns) == 0:
        return np.full(len(wanted_ns), -1, dtype=np.intp)
    right = np.clip(np.searchsorted(time_ns, wanted_ns), 1, max(len(time_ns) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(time_ns) - 1)
    index = np.where(wanted_ns - time_ns[left] <= time_ns[right] - wanted_ns, left, right)
    if tolerance_ns is not None:
        index = np.where(np.abs(time_ns[index] - wanted_ns) <= tolerance_ns, index, -1)
    return index.astype(np.intp)


def previous(time_ns: Times, wanted_ns: Times, *, tolerance_ns: int | None = None) -> NDArray[np.intp]:
    """For every wanted instant the index of the last of sorted times at or before it; -1 where there is none.

    Args:
        time_ns: (N,) sorted times.
        wanted_ns: (M,) instants.
        tolerance_ns: greatest age that still counts; None for any.
    """
    index = np.searchsorted(time_ns, wanted_ns, side="right") - 1
    if tolerance_ns is not None and len(time_ns):
        age_ns = wanted_ns - time_ns[np.maximum(index, 0)]
        index = np.where((index >= 0) & (age_ns <= tolerance_ns), index, -1)
    return index.astype(np.intp)
