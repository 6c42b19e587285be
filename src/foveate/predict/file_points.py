"""Predictions as a plain table: time_s or frame, x and y, and confidence where there is one.

Nothing is guessed: where neither names nor numbers leave only one meaning, the message says what to type.
"""

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.predict.file_table import SHARES, Table, by_frame
from foveate.recording.columns import listed, numbers, times
from foveate.recording.recording import GazeStream
from foveate.recording.samples import check_overlap, gaze_stream

FRAME, TIME = ("frame", "frame_index", "frame_idx"), ("time_s",)
POINTS = {("x_px", "y_px"): "px", ("x_norm", "y_norm"): "shares", ("x", "y"): None}
"""Columns of a point -> its unit, where the names tell."""


def read(table: Table) -> GazeStream:
    """Read the file.

    Raises:
        RecordingError: where there is no column for the time or the point, or its unit is not told.
    """
    clock = table.one_of((*FRAME, *TIME), what="when")
    pair = next((pair for pair in POINTS if set(pair) <= set(table.names)), None)
    if pair is None:
        raise RecordingError(
            f"{table.file} has no point that is known: x and y, x_px and y_px or x_norm and y_norm "
            f"(found: {listed(list(table.names))})"
        )
    sure = "confidence" in table.names
    found = table.columns(clock, *pair, *(("confidence",) if sure else ()))
    point = np.stack([numbers(found[axis]) for axis in pair], axis=1)
    if clock in FRAME:
        time_ns, there, notes = by_frame(numbers(found[clock]), table, clock)
    else:
        time_ns, there = times(found[clock], unit="s", source=table.file)
        time_ns = time_ns + table.frames.time_ns[0]
        notes = [] if there.all() else [f"{int(np.sum(~there))} of {len(there)} predictions have no time: left out"]
    gaze = gaze_stream(
        time_ns[there],
        table.in_frame(point, table.of_px or _unit(point, POINTS[pair], table))[there],
        valid=None,
        confidence=_confidence(numbers(found["confidence"]), table)[there] if sure else None,
        source=table.file,
        notes=tuple(notes),
    )
    return check_overlap(
        gaze, table.frames.time_ns, source=table.file, remedy="time_s counts from the first frame of the video."
    )


def _unit(point: Points, named: str | None, table: Table) -> Size | tuple[float, float]:
    """What points hold for that the user does not declare: told by their names, or shares where all lie in [0, 1]."""
    if named == "px":
        return table.frames.size_px
    finite = point[np.isfinite(point).all(axis=1)]
    if named == "shares" or ((finite >= 0) & (finite <= 1)).all():
        return SHARES
    low, high = finite.min(axis=0), finite.max(axis=0)
    raise RecordingError(
        f"{table.file}: x runs from {low[0]:g} to {high[0]:g} and y from {low[1]:g} to {high[1]:g}, and nothing tells of what; "
        f"say it: {table.how_to_declare()}"
    )


def _confidence(values: NDArray[np.float64], table: Table) -> NDArray[np.float64]:
    if np.any((values < 0) | (values > 1)):
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        raise RecordingError(f"{table.file}: column 'confidence' runs from {low:g} to {high:g}; a confidence is in [0, 1]")
    return values
