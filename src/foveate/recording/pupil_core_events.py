"""Fixations and blinks that Pupil Capture's own detectors found while recording.

Source: Pupil Labs' description of both detectors and their public code: the fixation detector tells what of a fixation it sees
through a sliding window again and again, under one id; the blink detector tells onsets and offsets.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S
from foveate.geometry import Size
from foveate.recording.eye_events import EyeEvents, of_rows
from foveate.recording.inside import inside
from foveate.recording.pldata import LONGEST_S, PlData
from foveate.recording.pupil_core_gaze import COPY_AGAIN, number, to_pixels

FIXATIONS, BLINKS = "fixations.pldata", "blinks.pldata"
MOST_MS = 1e9
"""A duration beyond this is no fixation's."""


def online_fixations(folder: Path, size_px: Size | None) -> EyeEvents:
    """Fixations of fixations.pldata, what bears one id made one: from its first window's start to its last one's end.

    Its place is the mean of its windows' places, of which the middle of a long fixation has more.

    Args:
        folder: the recording's.
        size_px: of the frame; None leaves them without a place.
    """
    data = PlData(inside(folder, FIXATIONS))
    rows = np.array([_window(datum or {}) for _, datum in data], dtype=np.float64).reshape(-1, 5)
    told = np.isfinite(rows[:, :3]).all(axis=1)
    ids, group, windows = np.unique(rows[told, 0], return_inverse=True, return_counts=True)
    first, last = np.full(len(ids), np.inf), np.full(len(ids), -np.inf)
    np.minimum.at(first, group, rows[told, 1])
    np.maximum.at(last, group, rows[told, 1] + rows[told, 2] / 1000)
    share = np.stack([np.bincount(group, rows[told, axis], len(ids)) / windows for axis in (3, 4)], axis=1)
    lost = int(np.sum(~told)) - data.broken
    said = (f"{lost} of {len(rows)} data of {FIXATIONS} have no id, time or duration: left out",) if lost > 0 else ()
    return of_rows(
        _ns(first), _ns(last), ids, to_pixels(share, size_px),
        there=np.ones(len(ids), np.bool_), source=data.file, remedy=COPY_AGAIN, notes=(*data.notes, *said),
    )  # fmt: skip


def _window(datum: dict[str, Any]) -> tuple[float, float, float, float, float]:
    """Id, start in s, duration in ms, and place of a datum; NaN for what is no number."""
    point = datum.get("norm_pos")
    x, y = point if isinstance(point, tuple) and len(point) == 2 else (None, None)
    start_s, duration_ms = _bounded(datum.get("timestamp"), LONGEST_S), _bounded(datum.get("duration"), MOST_MS)
    return _bounded(datum.get("id"), 2.0**53), start_s, duration_ms, number(x), number(y)


def online_blinks(folder: Path) -> EyeEvents:
    """Blinks of blinks.pldata: from the first of a row of onsets to the last of the offsets that follow it."""
    data = PlData(inside(folder, BLINKS))
    marks = sorted(
        (_bounded(datum.get("timestamp"), LONGEST_S), datum["type"] == "offset")
        for _, datum in data
        if datum is not None and datum.get("type") in ("onset", "offset")
    )
    time_s = np.array([mark for mark, _ in marks if np.isfinite(mark)], dtype=np.float64)
    is_offset = np.array([offset for mark, offset in marks if np.isfinite(mark)], dtype=np.bool_)
    changes = np.flatnonzero(np.diff(is_offset.astype(np.int8), prepend=is_offset[:1].astype(np.int8)))
    starts = np.concatenate([np.zeros(min(1, len(time_s)), np.intp), changes])  # of rows of equal marks
    stops = np.append(starts[1:], len(time_s)) - 1
    onsets = np.flatnonzero(~is_offset[starts])
    whole = onsets[onsets + 1 < len(starts)]
    lost = data.count - data.broken - len(time_s)
    single = (len(starts) > 0 and bool(is_offset[0])) + len(onsets) - len(whole)
    said = [f"{lost} data of {BLINKS} are no onset or offset with a time: left out"] if lost > 0 else []
    said += [f"{single} blinks of {BLINKS} lack their onset or offset: left out"] if single else []
    return of_rows(
        _ns(time_s[starts[whole]]), _ns(time_s[stops[whole + 1]]), np.full(len(whole), np.nan), None,
        there=np.ones(len(whole), np.bool_), source=data.file, remedy=COPY_AGAIN, notes=(*data.notes, *said),
    )  # fmt: skip


def _bounded(value: Any, most: float) -> float:
    """A number of at most this size; NaN for anything else."""
    found = number(value)
    return found if abs(found) < most else float("nan")


def _ns(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.round(seconds * NS_PER_S).astype(np.int64)
