"""Gaze made steadier: one way in a function, one line in SMOOTHINGS."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from foveate.clock import NS_PER_MS, usual_interval_ns
from foveate.errors import UsageError, hint
from foveate.gaze.clean import clean_recording
from foveate.gaze.events import detect
from foveate.gaze.fixation_rules import steadied
from foveate.gaze.smooth import one_euro
from foveate.recording.recording import GazeStream, Recording


def smoothed(recording: Recording, how: str) -> GazeStream:
    """A recording's gaze, cleaned and made steadier.

    Args:
        recording: with gaze.
        how: a key of SMOOTHINGS.

    Raises:
        UsageError: for a way that there is not.
    """
    check_smoothing(how)
    return SMOOTHINGS[how](recording)


def check_smoothing(how: str) -> None:
    """Raise a UsageError for a way of smoothing that there is not."""
    if how not in SMOOTHINGS:
        raise UsageError(f"there is no smoothing {how!r}{hint(how, SMOOTHINGS)}; allowed: {', '.join(SMOOTHINGS)}")


def moving_median(gaze: GazeStream, *, window_ms: float = 200.0) -> GazeStream:
    """Each valid point becomes the median of the valid ones around it, on each axis, never across a loss.

    It looks ahead by half the window, so that it suits recordings and not live use.

    Args:
        gaze: the samples; those that are not valid pass through.
        window_ms: length of the window; as many samples on either side as fit into half of it.
    """
    if not 0 < window_ms < np.inf:
        raise UsageError(f"window_ms must be positive, got {window_ms:g}")
    interval_ns = usual_interval_ns(gaze.time_ns)
    reach = int(window_ms / 2 * NS_PER_MS / interval_ns + 1e-6) if interval_ns > 0 else 0
    valid = np.flatnonzero(gaze.valid)
    point = gaze.point_px.copy()
    point[valid] = steadied(gaze.point_px[valid], gaze.time_ns[valid], reach=reach, half_window_ms=window_ms / 2)
    return replace(gaze, point_px=point, notes=(*gaze.notes, f"smoothed: median of {window_ms:g} ms"))


def fixation_centroid(recording: Recording) -> GazeStream:
    """Each point of a fixation becomes the mean of that fixation; points outside fixations stay.

    Fixations are found in the gaze as it is (``events.detect``: I-VT, the head's turning taken out by the IMU where there is
    one). It looks ahead to a fixation's end. While the head turns, a place that is looked at moves through the frame, and
    the mean lies where it was in the middle of the fixation; noise makes neighbouring fixations one (docs/results.md).
    """
    gaze, fixations = clean_recording(recording), detect(recording).fixations
    assert fixations.point_px is not None, "fixations that we find have places"
    point = gaze.point_px.copy()
    number = np.searchsorted(fixations.start_ns, gaze.time_ns, side="right") - 1
    inside = gaze.valid & (number >= 0)
    inside[inside] = gaze.time_ns[inside] < fixations.stop_ns[number[inside]]
    point[inside] = fixations.point_px[number[inside]]
    note = f"smoothed: {np.count_nonzero(inside)} gaze samples put to the mean of their fixation, {len(fixations)} fixations"
    return replace(gaze, point_px=point, notes=(*gaze.notes, note))


SMOOTHINGS: dict[str, Callable[[Recording], GazeStream]] = {
    "none": clean_recording,
    "one_euro": lambda recording: one_euro(clean_recording(recording)),
    "median": lambda recording: moving_median(clean_recording(recording)),
    "fixation": fixation_centroid,
}
"""Name -> the gaze of a recording, cleaned and made steadier."""
