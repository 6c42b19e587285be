"""How steady the tracker's points are while the eye rests: RMS of sample-to-sample distances, and standard deviation."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foveate.clock import GAP_INTERVALS, NS_PER_MS, Times, usual_interval_ns
from foveate.gaze.fixation import ivt
from foveate.geometry import Camera, Size
from foveate.recording.recording import GazeStream

WINDOW_MS = 200.0
"""Length of the pieces of fixations that are measured: a deviation grows with the time over which it is taken."""
FEWEST_SAMPLES = 5
"""Of a piece; a tracker below 25 Hz has none."""
CALM_DEG_PER_S = 30.0
CALM_WIDTHS_PER_S = 1 / 3
"""Where there is no calibration: the share of the frame's width that stands for 30 degrees, about that of a 90 degree lens."""


@dataclass(frozen=True)
class Precision:
    """The steadiness of many short pieces of fixations."""

    unit: str
    """deg of the camera's calibration, or px."""
    rms_s2s: NDArray[np.float64] = field(repr=False)
    """(W,) root mean square of the distances of successive samples, per piece."""
    sd: NDArray[np.float64] = field(repr=False)
    """(W,) root of the summed variances of both axes, per piece; head movements that the eyes balance are in it."""
    fixations: int
    """In which the pieces lie."""
    reason: str = ""
    """Why there is no piece."""

    def __len__(self) -> int:
        return len(self.sd)


def precision(gaze: GazeStream, *, camera: Camera | None, frame_size_px: Size | None) -> Precision:
    """Measure the valid samples in fixations (I-VT at 30 degrees per second), in pieces of 200 ms without a missing sample.

    RMS-S2S tells the noise from one sample to the next, SD the spread. For white noise of deviation s on either axis they are
    2 s and 1.41 s. SD divides by n - 1, since a piece at 50 Hz has only ten samples; the paper divides by n.

    Args:
        gaze: the samples as recorded, not smoothed.
        camera: its calibration; None to measure in pixels.
        frame_size_px: needed only without a calibration.

    Source: Holmqvist, Nystroem and Mulvey, "Eye tracker data quality: what it is and how to measure it", ETRA 2012.
    """
    unit = "px" if camera is None else "deg"
    time_ns, place = gaze.time_ns[gaze.valid], gaze.point_px[gaze.valid]
    if camera is None and frame_size_px is None:
        return _none(unit, "neither the camera's calibration nor the frame's size is known")
    if camera is not None:
        # rays of length 180 / pi: their distance is the angle between them in degrees, to 0.01% below 3 degrees
        place = np.degrees(camera.rays(place))
        there = np.isfinite(place).all(axis=1)
        time_ns, place = time_ns[there], place[there]
    first = np.concatenate([[True], np.diff(time_ns) > 0])[: len(time_ns)]
    time_ns, place = time_ns[first], place[first]
    if len(time_ns) < FEWEST_SAMPLES:
        return _none(unit, "there are too few valid samples" + ("" if camera is None else " in the camera model's field"))
    usual_ns = usual_interval_ns(time_ns)
    if FEWEST_SAMPLES * usual_ns > WINDOW_MS * NS_PER_MS * 1.05:
        return _none(unit, f"gaze comes every {usual_ns / NS_PER_MS:.0f} ms, too rarely to tell noise from movement")
    threshold = CALM_DEG_PER_S if frame_size_px is None or camera is not None else CALM_WIDTHS_PER_S * frame_size_px.width_px
    found = ivt(place, time_ns, threshold_per_s=threshold)
    pieces = [piece for one in found for piece in _pieces(one, time_ns, GAP_INTERVALS * usual_ns)]
    if not pieces:
        return _none(unit, f"gaze never rests for {WINDOW_MS:g} ms without a missing sample")
    rms = [np.sqrt(np.mean(np.sum(np.diff(place[piece], axis=0) ** 2, axis=1))) for piece in pieces]
    sd = [np.sqrt(np.sum(np.var(place[piece], axis=0, ddof=1))) for piece in pieces]
    return Precision(unit, np.array(rms), np.array(sd), len(found))


def _none(unit: str, reason: str) -> Precision:
    return Precision(unit, np.empty(0), np.empty(0), 0, reason)


def _pieces(one: slice, time_ns: Times, apart_ns: float) -> list[slice]:
    """A fixation cut into windows, without those that are short of samples."""
    mine = time_ns[one]
    window_ns = round(WINDOW_MS * NS_PER_MS)
    whole = int(mine[-1] - mine[0] + apart_ns / GAP_INTERVALS) // window_ns
    cuts = one.start + np.searchsorted(mine, mine[0] + window_ns * np.arange(whole + 1))
    return [
        slice(int(a), int(b)) for a, b in pairwise(cuts) if b - a >= FEWEST_SAMPLES and np.diff(time_ns[a:b]).max() <= apart_ns
    ]
