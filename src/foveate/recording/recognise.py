"""What a table recording does not declare, recognised from names and values; whatever is assumed is said in a note."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S
from foveate.errors import RecordingError
from foveate.recording.columns import NS_PER_UNIT, SUFFIXES, listed
from foveate.recording.declaration import Declaration

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".m4v", ".webm")

TIME_COLUMNS = (
    "time_ns", "timestamp_ns", "timestamp [ns]", "time_us", "timestamp_us", "time_ms", "timestamp_ms", "timestamp [ms]",
    "time_s", "timestamp_s", "timestamp", "time", "t",
)  # fmt: skip
FRAME_COLUMNS = ("frame_index", "frame_idx", "frame", "frame_number", "world_index")
POINT_COLUMNS = {
    ("x_px", "y_px"): "pixels",
    ("gaze_x_px", "gaze_y_px"): "pixels",
    ("gaze x [px]", "gaze y [px]"): "pixels",
    ("x_norm", "y_norm"): "normalised",
    ("norm_pos_x", "norm_pos_y"): "normalised",
    ("gaze_x", "gaze_y"): None,
    ("x", "y"): None,
}
"""Columns of x and y -> their coordinates, where the names tell."""
EITHER_ORIGIN = "norm_pos_y"
"""Pupil Core writes it from the bottom, others from the top."""


def files_of(folder: Path) -> tuple[list[Path], list[Path]]:
    """The videos and the tables directly in a folder."""
    names = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    videos = [file for file in names if file.suffix.lower() in VIDEO_SUFFIXES]
    return videos, [file for file in names if file.suffix.lower() in SUFFIXES and file.suffix.lower() != ".txt"]


def complete(declared: Declaration, columns: list[str], *, source: Path) -> tuple[Declaration, list[str]]:
    """Fill in the columns that were not declared from the names that a table has.

    Returns:
        The completed declaration, and notes on what was assumed.

    Raises:
        RecordingError: where points, clock or origin cannot be told.
    """
    lower = {name.lower(): name for name in columns}
    filled: dict[str, Any] = {}
    if declared.x is None:
        pair = next((pair for pair in POINT_COLUMNS if set(pair) <= set(lower)), None)
        if pair is None:
            raise RecordingError(f"{source}: no column is known as a gaze point; declare x and y (found: {listed(columns)})")
        filled |= {"x": lower[pair[0]], "y": lower[pair[1]]}
        if declared.coordinates is None and (told := POINT_COLUMNS[pair]) is not None:
            filled["coordinates"] = told
    if declared.time is None and declared.frame_index is None:
        time = next((lower[name] for name in TIME_COLUMNS if name in lower), None)
        frame = next((lower[name] for name in FRAME_COLUMNS if name in lower), None)
        if time is None and frame is None:
            raise RecordingError(
                f"{source}: no column is known as a clock; declare time (and time_unit) or frame_index "
                f"(found: {listed(columns)})"
            )
        filled |= {"frame_index": frame} if frame is not None else {"time": time or ""}
    for name, known in (("valid", ("valid", "worn")), ("confidence", ("confidence",))):
        if getattr(declared, name) is None and (found := next((lower[key] for key in known if key in lower), None)):
            filled[name] = found
    if declared.origin is None and (declared.y or filled.get("y", "")).lower() == EITHER_ORIGIN:
        raise RecordingError(
            f"{source}: {EITHER_ORIGIN} counts from the bottom in Pupil Core's exports and from the top in others; "
            "declare origin: top-left or bottom-left (-D origin=top-left, or in foveate.toml)"
        )
    notes = (
        [f"assumed of {source.name}: " + ", ".join(f"{name} is {value!r}" for name, value in filled.items())] if filled else []
    )
    return replace(declared, **filled), notes


def unit_of(column: str, raw: NDArray[np.float64], *, video_s: float | None, source: Path) -> tuple[str, str]:
    """The unit of a time column, from its name or else from the length of the video, and a note that says so.

    Args:
        column: its name.
        raw: (N,) its numbers.
        video_s: how long the video lasts; None where there is none.
        source: file for messages.

    Raises:
        RecordingError: where no unit makes the table about as long as the video.
    """
    if (told := unit_in(column)) is not None:
        return told, ""
    if video_s is None:
        raise RecordingError(
            f"{source}: the unit of column {column!r} is not in its name, and there is no video to tell it by; "
            "declare time_unit"
        )
    finite = raw[np.isfinite(raw)]
    length = float(np.ptp(finite)) if len(finite) else 0.0
    for unit, scale in NS_PER_UNIT.items():
        if 0.1 * video_s <= length * scale / NS_PER_S <= 10 * video_s:
            return unit, f"assumed that {column!r} is in {unit}: only so is the table about as long as the video"
    raise RecordingError(
        f"{source}: column {column!r} spans {length:g}, which in no unit is about the video's {video_s:g} s; declare time_unit"
    )


def unit_in(column: str) -> str | None:
    """The unit that a column's name ends in."""
    return next((unit for unit in NS_PER_UNIT if column.lower().endswith((f"_{unit}", f"[{unit}]", f"({unit})"))), None)


def coordinates_of(
    point: NDArray[np.float64], declared: str | None, *, names: tuple[str, str], source: Path
) -> tuple[str, str]:
    """Whether points are in pixels or normalised, and a note where it was assumed.

    Args:
        point: (N, 2) their numbers, which are not asked where columns' names and the declaration agree.
        declared: what is declared.
        names: of the columns of x and y.
        source: file for messages.

    Raises:
        RecordingError: where the points cannot be what was declared.
    """
    if declared is not None and POINT_COLUMNS.get((names[0].lower(), names[1].lower())) == declared:
        return declared, ""
    finite = point[np.isfinite(point).all(axis=1)]
    inside = float(np.mean(np.all((finite >= -1) & (finite <= 2), axis=1))) if len(finite) else 0.0
    seems = "normalised" if inside > 0.5 else "pixels"
    if declared is None:
        return seems, f"assumed that points are {seems}, from their range"
    if len(finite) >= 10 and seems != declared:
        low, high = finite.min(axis=0), finite.max(axis=0)
        raise RecordingError(
            f"{source}: x runs from {low[0]:g} to {high[0]:g} and y from {low[1]:g} to {high[1]:g}, "
            f"which is {seems}, but coordinates is declared {declared!r}"
        )
    return declared, ""
