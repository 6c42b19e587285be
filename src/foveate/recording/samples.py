"""Gaze samples as files have them become a GazeStream: in order, without doubles, missing as NaN; all of it counted."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import RecordingError
from foveate.geometry import Points
from foveate.recording.recording import GazeStream

MOST_OUT_OF_ORDER = 0.01
"""Share of samples that may come late and are sorted; more than that is no clock."""
FARTHEST_PX = 100_000.0
"""A point farther from the frame's corner than this is no gaze but a broken number."""
MOST_DOUBLED = 0.5
"""Share of samples that may bear the time of another; more than that is a wrong column or unit."""


def gaze_stream(
    time_ns: Times,
    point_px: Points,
    *,
    valid: NDArray[np.bool_] | None,
    confidence: NDArray[np.float64] | None,
    source: Path,
    notes: tuple[str, ...] = (),
) -> GazeStream:
    """Order samples by time and mark what is missing.

    Args:
        time_ns: (N,) as the file has them.
        point_px: (N, 2).
        valid: (N,) what the tracker says; None where it says nothing.
        confidence: (N,) in [0, 1], or None.
        source: file that messages name.
        notes: what was noticed before.

    Raises:
        RecordingError: where there are no samples, or their times are no clock.
    """
    if len(time_ns) == 0:
        raise RecordingError(f"{source} has no gaze samples. Copy it from the device again, or export it again.")
    said = list(notes)
    late = int(np.count_nonzero(np.diff(time_ns) < 0))
    if late > max(1.0, MOST_OUT_OF_ORDER * len(time_ns)):
        raise RecordingError(
            f"{source}: gaze time runs backwards at {late} of {len(time_ns)} samples; at most {MOST_OUT_OF_ORDER:.0%} may. "
            "Check that the time column is the right one and that the file holds one recording."
        )
    order = np.argsort(time_ns, kind="stable")
    if late:
        said.append(f"gaze time ran backwards {late} times: samples sorted by time")
    first = np.concatenate([[True], np.diff(time_ns[order]) > 0])
    doubled = int(np.count_nonzero(~first))
    if doubled > MOST_DOUBLED * len(time_ns):
        raise RecordingError(
            f"{source}: {len(time_ns)} gaze samples have only {len(time_ns) - doubled} different times. "
            "Check the time column and its unit."
        )
    if doubled:
        said.append(f"{doubled} gaze samples bear the time of another: the first of each time is used")
    chosen = order[first]
    point_px = np.asarray(point_px, dtype=np.float64)[chosen]
    point_px, broken = without_far(point_px)
    if broken:
        said.append(f"{broken} gaze points lie farther than {FARTHEST_PX:,.0f} px from the frame: taken as missing")
    finite = np.asarray(np.isfinite(point_px).all(axis=1), dtype=np.bool_)
    seen = finite.copy()
    if valid is not None:
        seen &= valid[chosen]
    blank = ~finite | (~seen & (point_px == 0).all(axis=1))
    return GazeStream(
        time_ns=np.asarray(time_ns, dtype=np.int64)[chosen],
        # (0, 0) of a sample that is not valid is a tracker's way to say nothing; any other point is kept as it came
        point_px=np.where(blank[:, None], np.nan, point_px),
        valid=seen,
        confidence=None if confidence is None else np.asarray(confidence, dtype=np.float64)[chosen],
        notes=tuple(said),
    )


def without_far(point_px: Points) -> tuple[Points, int]:
    """Points, (N, 2), of which those that lie infinitely far or farther than FARTHEST_PX are NaN, and how many these are."""
    far = np.asarray((np.abs(point_px) > FARTHEST_PX).any(axis=1), dtype=np.bool_)
    return np.where(far[:, None], np.nan, point_px), int(np.count_nonzero(far))


def place_in_frame(index: NDArray[np.int64], there: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every sample its place among those of its frame, in their order, and how many these are.

    Args:
        index: (N,) frame of every sample.
        there: (N,) which samples count; of the others the place is 0 of 1.

    Returns:
        (N,) places and (N,) counts.
    """
    place, count = np.zeros_like(index), np.ones_like(index)
    kept = np.flatnonzero(there)
    order = kept[np.argsort(index[kept], kind="stable")]
    _, first, many = np.unique(index[order], return_index=True, return_counts=True)
    place[order] = np.arange(len(order)) - np.repeat(first, many)
    count[order] = np.repeat(many, many)
    return place, count


def check_overlap(gaze: GazeStream, frame_time_ns: Times, *, source: Path, remedy: str) -> GazeStream:
    """The gaze itself, where it shares some time with the video.

    Raises:
        RecordingError: where it does not, with both stretches of time and what to do.
    """
    if len(frame_time_ns) and len(gaze) and (gaze.time_ns[0] > frame_time_ns[-1] or gaze.time_ns[-1] < frame_time_ns[0]):
        spans = [f"{times[0] / NS_PER_S:.3f} s to {times[-1] / NS_PER_S:.3f} s" for times in (gaze.time_ns, frame_time_ns)]
        raise RecordingError(f"{source}: gaze ({spans[0]}) and video ({spans[1]}) do not overlap in time. {remedy}")
    return gaze
