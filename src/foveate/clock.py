"""Time is int64 nanoseconds on the recording's own clock; intervals are [start, stop)."""

from bisect import bisect_left
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

GAP_INTERVALS = 1.7
"""Samples farther apart than this many usual intervals lack one between them."""
PLAUSIBLE_INTERVALS = 3.0
"""Intervals longer than this many median ones say nothing of the usual one."""
NEIGHBOURS = 10
"""Intervals in a row whose mean is the pace at that place."""
OTHER_PACE = 0.25
"""A pace that differs from the usual one by more than this share is another one."""

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
    """Seconds as whole nanoseconds.

    Raises:
        UsageError: for what is no finite number.
    """
    if not isfinite(seconds):
        raise UsageError(f"a time must be a number of seconds, got {seconds:g}")
    return round(seconds * NS_PER_S)


def clock_text(time_s: float) -> str:
    """Seconds as minutes and seconds with one decimal: 12.5 -> "0:12.5", 3725 -> "1:02:05.0"."""
    tenths = round(time_s * 10)
    sign, tenths = ("-" if tenths < 0 else ""), abs(tenths)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{sign}{hours}:{minutes:02d}:{seconds}" if hours else f"{sign}{minutes}:{seconds}"


def usual_interval_ns(time_ns: Times) -> float:
    """The usual interval of sorted times: the mean of those in which nothing is missing; 0 with fewer than two times.

    Not the median: a Pupil Invisible's gaze comes after 4, 4, 4 and 8 ms again and again, which is 200 Hz, not 250. Single rows
    that are missing are told from such a pattern as long as they are fewer than about one in seven. Stretches at another pace
    do not count: Pupil Cloud puts frames every 50 ms before the camera's first and after its last one, and that camera has
    30 frames a second all the same.
    """
    intervals_ns = np.diff(time_ns)
    if not len(intervals_ns):
        return 0.0
    plausible = intervals_ns[intervals_ns <= PLAUSIBLE_INTERVALS * np.median(intervals_ns)]
    whole = plausible[plausible <= GAP_INTERVALS * np.mean(plausible)]
    many = min(NEIGHBOURS, len(whole))
    passed_ns = np.concatenate([[0], np.cumsum(whole)])
    pace_ns = (passed_ns[many:] - passed_ns[:-many]) / many
    # every interval's pace is that of the neighbours around it, at the ends of those beside it
    pace_ns = pace_ns[np.clip(np.arange(len(whole)) - many // 2, 0, len(pace_ns) - 1)]
    usual_ns = np.median(pace_ns)
    return float(np.mean(whole[np.abs(pace_ns - usual_ns) <= OTHER_PACE * usual_ns]))


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


def increasing(time_ns: Times) -> tuple[Times, int]:
    """Repair times that should be strictly increasing.

    The longest strictly increasing subsequence is kept; the instants that break it are put evenly between their neighbours.

    Returns:
        The repaired (N,) times and how many had to be moved.
    """
    keep = _longest_increasing(time_ns)
    moved = len(time_ns) - len(keep)
    if moved == 0:
        return time_ns, 0
    step_ns = int(np.median(np.diff(time_ns[keep]) // np.diff(keep))) if len(keep) > 1 else NS_PER_S // 30
    index = np.arange(len(time_ns))
    gap = np.clip(np.searchsorted(keep, index, side="right"), 1, max(len(keep) - 1, 1))
    left, right = keep[gap - 1], keep[np.minimum(gap, len(keep) - 1)]
    room_ns = np.where(right > left, (time_ns[right] - time_ns[left]) // np.maximum(right - left, 1), step_ns)
    # before the first and after the last kept instant the median interval goes on
    room_ns = np.where((index < keep[0]) | (index > keep[-1]), step_ns, room_ns)
    anchor = np.where(index > keep[-1], keep[-1], left)
    repaired = time_ns[anchor] + (index - anchor) * np.maximum(room_ns, 1)
    repaired[keep] = time_ns[keep]
    return np.maximum.accumulate(repaired - index) + index, moved


def _longest_increasing(time_ns: Times) -> NDArray[np.intp]:
    """Indices of the longest strictly increasing subsequence (patience sorting)."""
    if len(time_ns) < 2 or bool(np.all(np.diff(time_ns) > 0)):
        return np.arange(len(time_ns))
    tails: list[int] = []
    ends: list[int] = []
    before = np.full(len(time_ns), -1)
    for index, time in enumerate(time_ns.tolist()):
        place = bisect_left(tails, time)
        before[index] = ends[place - 1] if place else -1
        tails[place : place + 1] = [time]
        ends[place : place + 1] = [index]
    chain = [ends[-1]]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1], dtype=np.intp)
