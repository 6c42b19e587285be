"""Jumps of gaze: where they start and land, how far and how fast they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Times
from foveate.gaze.fixation import apart_ns, joined, runs, speeds, window
from foveate.geometry import Points

MIN_DEG = 0.5
"""A smaller jump is not told from noise; fixations that lie nearer than this are put together."""
PEAK_HALF_WINDOW_MS = 5.0
MAX_MS = 200.0
"""A longer stretch of fast gaze is no saccade: gaze that follows something, or a head whose turning is not removed."""


@dataclass(frozen=True)
class Saccades:
    """Saccades among samples."""

    stretches: list[slice]
    """The fast samples of each."""
    amplitude_deg: NDArray[np.float64]
    """(S,) from the first to the last of the samples that its speeds are taken from: half a window beyond the fast ones."""
    peak_deg_per_s: NDArray[np.float64]
    """(S,) greatest speed over 10 ms: below that of an instant, by a tenth at 5 degrees and more at less."""
    too_long: int
    """Stretches of fast gaze that were left out for their length."""


def saccades(
    path_deg: Points,
    time_ns: Times,
    fixations: Sequence[slice],
    *,
    threshold_deg_per_s: float,
    half_window_ms: float = 10.0,
) -> Saccades:
    """Stretches outside of fixations in which gaze is faster than a threshold, with slow gaze on both sides.

    One that begins or ends at a loss is left out, since nobody knows where it started or landed.

    Args:
        path_deg: (N, 2).
        time_ns: (N,) strictly increasing.
        fixations: slices of the samples; what is fast within one was put there by a rule of merging.
        threshold_deg_per_s: as of the fixations.
        half_window_ms: of the speeds.
    """
    speed = speeds(path_deg, time_ns, half_window_ms=half_window_ms)
    quick = speeds(path_deg, time_ns, half_window_ms=PEAK_HALF_WINDOW_MS)
    first, last = window(time_ns, half_window_ms=half_window_ms)
    run = runs(time_ns, apart_ns(time_ns, half_window_ms))
    resting = np.zeros(len(time_ns), dtype=np.bool_)
    for one in fixations:
        resting[one] = True
    fast = speed >= threshold_deg_per_s
    together = fast[1:] & fast[:-1] & (run[1:] == run[:-1])
    found, amplitude, peak, too_long = [], [], [], 0
    for one in joined(together):
        before, after = one.start - 1, one.stop
        if before < 0 or after >= len(time_ns) or run[before] != run[after] or resting[one].all():
            continue
        if time_ns[after] - time_ns[one.start] > MAX_MS * NS_PER_MS:
            too_long += 1
            continue
        far = float(np.linalg.norm(path_deg[last[one.stop - 1]] - path_deg[first[one.start]]))
        if far >= MIN_DEG:
            found.append(one)
            amplitude.append(far)
            peak.append(float(np.max(quick[one])))
    return Saccades(found, np.array(amplitude), np.array(peak), too_long)
