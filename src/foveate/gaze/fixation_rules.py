"""What is done before and after a detector: noise taken out, fixations that noise has cut put together, short ones left out.

Source: Olsen, "The Tobii I-VT Fixation Filter", Tobii Technology 2012, whose default numbers
these are, but for the median, which is off by default there.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Times
from foveate.gaze.fixation import apart_ns, runs
from foveate.geometry import Points

MEDIAN_MS = 12.5
"""Half the window of the moving median; it takes noise out and leaves the edges of saccades where they are."""
MERGE_MS = 75.0
MERGE_DEG = 0.5
MIN_DURATION_MS = 60.0


def median_reach(interval_ns: float) -> int:
    """Samples on either side that the moving median takes: 2 at 200 Hz, 1 at 100 Hz, none below 80 Hz."""
    return int(MEDIAN_MS * NS_PER_MS / interval_ns + 1e-6) if interval_ns > 0 else 0


def steadied(point: Points, time_ns: Times, *, reach: int, half_window_ms: float) -> Points:
    """The median of every sample and ``reach`` samples on either side, for each axis, within its run; (N, D)."""
    n = len(point)
    if not reach or not n:
        return point
    run = runs(time_ns, apart_ns(time_ns, half_window_ms))
    shifted = np.full((2 * reach + 1, *point.shape), np.nan)
    for row, step in enumerate(range(-reach, reach + 1)):
        mine = np.arange(max(0, -step), min(n, n - step))
        mine = mine[run[mine] == run[mine + step]]
        shifted[row, mine] = point[mine + step]
    shifted.sort(axis=0)  # what is missing goes last
    there = np.sum(np.isfinite(shifted), axis=0)
    low, high = (np.take_along_axis(shifted, index[None], axis=0)[0] for index in ((there - 1) // 2, there // 2))
    return np.asarray((low + high) / 2, dtype=np.float64)


def merged(
    stretches: Sequence[slice],
    point: Points,
    time_ns: Times,
    *,
    gap_ms: float = MERGE_MS,
    apart_deg: float = MERGE_DEG,
    barrier: NDArray[np.intp] | None = None,
) -> list[slice]:
    """Put stretches together between which less than a time passes and gaze moves less than an angle.

    The angle is that between the last sample of the one and the first of the other, so that a slow drift within a stretch does
    not count. The white paper leaves open which points are meant.

    Args:
        stretches: in order of time.
        point: (N, 2) in degrees.
        time_ns: (N,).
        gap_ms: below this from the last sample of one to the first of the next.
        apart_deg: below this.
        barrier: (N,) numbers of sections; stretches of two sections, with a blink between them, stay apart.
    """
    result: list[slice] = []
    for one in stretches:
        if result:
            last = result[-1].stop - 1
            soon = time_ns[one.start] - time_ns[last] < gap_ms * NS_PER_MS
            near = np.linalg.norm(point[one.start] - point[last]) < apart_deg
            if soon and near and (barrier is None or barrier[one.start] == barrier[last]):
                result[-1] = slice(result[-1].start, one.stop)
                continue
        result.append(one)
    return result


def long_enough(stretches: Sequence[slice], time_ns: Times, *, min_duration_ms: float = MIN_DURATION_MS) -> list[slice]:
    """Those that last, from their first to their last sample."""
    return [one for one in stretches if time_ns[one.stop - 1] - time_ns[one.start] >= min_duration_ms * NS_PER_MS]
