"""Where to look in a frame that has no valid gaze: hold the last point for a while, then the centre or nothing."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, previous
from foveate.errors import UsageError
from foveate.gaze.frame_gaze import FrameGaze
from foveate.geometry import Points, Size
from foveate.recording.recording import GazeStream

HOLD_NS = 500 * NS_PER_MS
SOURCES = ("measured", "predicted", "held", "center", "skip")
"""Where a point comes from; ``predicted`` takes the place of ``measured`` where no tracker measured it."""


@dataclass(frozen=True)
class Aim:
    """Where a view is aimed in every frame."""

    point_px: Points
    """(F, 2); NaN where the frame is to be skipped."""
    source: NDArray[np.str_]
    """(F,) one of SOURCES."""

    def counts(self) -> dict[str, int]:
        """How many frames each source gave; sources that gave none are left out."""
        return {source: count for source in SOURCES if (count := int(np.count_nonzero(self.source == source)))}


def fallback(
    frame_gaze: FrameGaze,
    gaze: GazeStream,
    *,
    frame_size_px: Size,
    hold_ns: int = HOLD_NS,
    then: Literal["center", "skip"] = "center",
    came_from: Literal["measured", "predicted"] = "measured",
) -> Aim:
    """Aim at every frame.

    Args:
        frame_gaze: what was measured.
        gaze: the samples that it was measured from; a point is held from these, since frames may be a second apart.
        frame_size_px: size of the scene frame.
        hold_ns: a valid sample up to this old still counts; 0 holds nothing.
        then: what to do where none is: ``center`` or ``skip``.
        came_from: how the points of ``gaze`` came about.
    """
    if then not in ("center", "skip"):
        raise UsageError(f"a frame without gaze can be shown at its 'center' or be left out ('skip'), got {then!r}")
    if hold_ns < 0:
        raise UsageError(f"hold_ns must not be negative, got {hold_ns}")
    point = np.where(frame_gaze.valid[:, None], frame_gaze.point_px, np.nan)
    source = np.where(frame_gaze.valid, came_from, then)
    last = previous(gaze.time_ns[gaze.valid], frame_gaze.time_ns, tolerance_ns=hold_ns)
    held = ~frame_gaze.valid & (last >= 0) & (hold_ns > 0)
    point[held] = gaze.point_px[gaze.valid][last[held]]
    source[held] = "held"
    point[source == "center"] = np.array(frame_size_px, dtype=np.float64) / 2
    return Aim(point, source)
