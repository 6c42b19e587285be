"""Gaze of Pupil Core out of Capture's gaze.pldata or Player's gaze_positions.csv."""

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S, Times
from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.recording import columns
from foveate.recording.bounded import bounded
from foveate.recording.inside import inside
from foveate.recording.pldata import LONGEST_S, PlData, read_times, seconds_to_times
from foveate.recording.recording import GazeStream
from foveate.recording.samples import gaze_stream

RECORDED, EXPORTED = "gaze.pldata", "gaze_positions.csv"
LATE_NS = NS_PER_S // 2
"""Capture pairs the samples of both eyes, so that many come a little late: up to this they are sorted, as Player does."""
RESET_NS = 5 * NS_PER_S
"""A step back by more is a clock that was set anew while recording."""
COPY_AGAIN = "Copy the recording again, or export it again with Pupil Player."


@dataclass(frozen=True)
class CoreSamples:
    """Samples as a file has them; those without a time are left out."""

    time_ns: Times
    """(N,) Pupil Time, in any order."""
    share: Points
    """(N, 2) of the frame's width and height, from its bottom left."""
    confidence: NDArray[np.float64]
    """(N,)."""
    source: Path
    """The file."""
    notes: tuple[str, ...]
    """What was lost, counted."""


def exported(folder: Path) -> CoreSamples:
    """Samples of gaze_positions.csv; older exports call two columns timestamp and index."""
    file = bounded(folder, EXPORTED)
    found = columns.column_names(file)
    time = "timestamp" if "gaze_timestamp" not in found and "timestamp" in found else "gaze_timestamp"
    table = columns.read_columns(file, {"time": time, "x": "norm_pos_x", "y": "norm_pos_y", "confidence": "confidence"})
    time_ns, there = columns.times(table["time"], unit="s", source=file)
    notes = [f"{int(np.sum(~there))} of {len(there)} gaze samples have no time: left out"] if not there.all() else []
    share = columns.points(table["x"], table["y"], notes)
    confidence = columns.numbers(table["confidence"], notes)
    return CoreSamples(time_ns[there], share[there], confidence[there], file, tuple(notes))


def recorded(folder: Path) -> CoreSamples:
    """Samples of gaze.pldata, at the times of gaze_timestamps.npy where that has one a sample."""
    file = inside(folder, RECORDED)
    data = PlData(file)
    rows = array("d")  # eight bytes a number: there may be millions
    for _, datum in data:
        rows.extend(_row(datum or {}))
    values = np.array(rows).reshape(-1, 4)
    time_ns, there = seconds_to_times(values[:, 0], source=file)
    notes = list(data.notes)
    if (folder / "gaze_timestamps.npy").exists():
        beside = bounded(folder, "gaze_timestamps.npy")
        beside_ns, known = read_times(beside)
        if len(beside_ns) == len(time_ns):
            # Player goes by these, and they are what people correct afterwards
            time_ns, there = beside_ns, known & np.isfinite(values).any(axis=1)
        else:
            notes.append(f"{beside.name} has {len(beside_ns)} times for {len(time_ns)} samples: those in {RECORDED} are used")
    if (lost := int(np.sum(~there)) - data.broken) > 0:
        notes.append(f"{lost} of {len(there)} gaze samples have no time: left out")
    return CoreSamples(time_ns[there], values[there, 1:3], values[there, 3], file, tuple(notes))


def _row(datum: dict[Any, Any]) -> list[float]:
    """Time, x, y and confidence of a datum; NaN for what is no number."""
    point = datum.get("norm_pos")
    x, y = point if isinstance(point, tuple) and len(point) == 2 else (None, None)
    time_s = number(datum.get("timestamp"))
    return [time_s if abs(time_s) < LONGEST_S else float("nan"), number(x), number(y), number(datum.get("confidence"))]


def number(value: Any) -> float:
    """A number out of msgpack; NaN for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")


def to_pixels(share: Points, size_px: Size | None) -> Points:
    """Shares of the frame from its bottom left to pixels from its top left, (N, 2); NaN where the size is not known."""
    if size_px is None:
        return np.full(share.shape, np.nan)
    with np.errstate(over="ignore"):
        scene: Points = np.stack([share[:, 0], 1 - share[:, 1]], axis=1) * np.array(size_px, dtype=np.float64)
    return scene


def core_gaze(samples: CoreSamples, *, size_px: Size | None, min_confidence: float) -> GazeStream:
    """Samples in order of time and in pixels; those that are less sure are not valid.

    Raises:
        RecordingError: where the times are no clock, or the confidences none.
    """
    order, said = _in_order(samples)
    confidence = np.nan_to_num(samples.confidence, nan=0.0)
    low, high = confidence.min(initial=0.0), confidence.max(initial=0.0)
    if low < 0 or high > 1 + 1e-6:
        raise RecordingError(f"{samples.source}: confidence runs from {low:g} to {high:g}, expected 0 to 1. {COPY_AGAIN}")
    sure = confidence >= min_confidence
    if not sure.all():
        said.append(f"{int(np.sum(~sure))} of {len(sure)} gaze samples have a confidence below {min_confidence:g}: not valid")
    if size_px is None:
        said.append("the frame's size is not known, so that gaze has no pixels: copy world.mp4, or declare frame_size")
    return gaze_stream(
        samples.time_ns[order],
        to_pixels(samples.share, size_px)[order],
        valid=sure[order],
        confidence=np.minimum(confidence, 1.0)[order],
        source=samples.source,
        notes=(*samples.notes, *said),
    )


def _in_order(samples: CoreSamples) -> tuple[NDArray[np.intp], list[str]]:
    """The order of samples by time where each is late by little, else as they are; and a note on it."""
    time_ns = samples.time_ns
    back_ns = -np.diff(time_ns)
    if back_ns.max(initial=0) > RESET_NS:
        raise RecordingError(
            f"{samples.source}: the clock jumps back by {back_ns.max() / NS_PER_S:.1f} s: it was set anew while recording. "
            "Export the stretch before or after it with Pupil Player."
        )
    late_ns = np.maximum.accumulate(time_ns) - time_ns
    late, most_ns = int(np.sum(late_ns > 0)), int(late_ns.max(initial=0))
    if not late or most_ns > LATE_NS:
        return np.arange(len(time_ns)), []
    note = f"{late} gaze samples came late, by up to {most_ns / NS_PER_MS:.0f} ms: sorted by time"
    return np.argsort(time_ns, kind="stable"), [note]
