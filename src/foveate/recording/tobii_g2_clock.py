"""The clock of the Glasses 2's video, tied to the recording unit's at instants that the packets ``vts`` tell."""

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Times

STRAY_NS = 500 * NS_PER_MS
"""A tie this far from what most of its segment's say is damaged: the clocks drift by microseconds."""

Ties = NDArray[np.int64]
"""(N, 2) instants in ns, each on the recording's clock and on the video's."""


def agreeing(ties: Ties) -> tuple[Ties, int]:
    """Those ties between two clocks that agree with most of them, in order of the video's, and how many do not.

    Args:
        ties: (N, 2) instants in ns, on the recording's clock and on the video's.
    """
    if not len(ties):
        return ties, 0
    offset_ns = ties[:, 0] - ties[:, 1]
    near = ties[np.abs(offset_ns - int(np.median(offset_ns))) <= STRAY_NS]
    _, first = np.unique(near[:, 1], return_index=True)
    return near[first], len(ties) - len(near)


def on_clock(ties: Ties, container_ns: Times) -> Times:
    """Times of a video's container on the recording's clock: between two ties in proportion, outside at the nearest offset.

    Args:
        ties: (N, 2) as ``agreeing`` gives them, at least one.
        container_ns: (F,).
    """
    first_ns, offset_ns = ties[0, 1], ties[:, 0] - ties[:, 1]
    # of differences: float64 holds these exactly, but not every time in ns
    since, known = (container_ns - first_ns).astype(np.float64), (ties[:, 1] - first_ns).astype(np.float64)
    drift_ns = np.interp(since, known, (offset_ns - offset_ns[0]).astype(np.float64))
    return np.asarray(container_ns + offset_ns[0] + np.round(drift_ns).astype(np.int64), dtype=np.int64)
