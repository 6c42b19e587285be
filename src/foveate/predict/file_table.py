"""A file of predicted gaze, and what its forms read of it in the same way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.predict.prediction import Frames
from foveate.recording.columns import listed, read_columns

LEAST_INSIDE = 0.5
"""Share of the points that must lie in the frame; fewer, and they are of another frame or in another unit."""
SHARES = (1.0, 1.0)
"""What points hold for that are shares of the frame."""


@dataclass(frozen=True)
class Table:
    """A file of predictions, and what it is read with."""

    file: Path
    frames: Frames
    of_px: Size | tuple[float, float] | None
    """Size of the frame that its points hold for, as the user declares it; (1, 1) for shares; None where not declared."""
    asked: str
    """How the user named it, for what to type instead."""
    names: Mapping[str, str]
    """Its columns: name in small letters -> name."""

    def columns(self, *wanted: str) -> dict[str, pl.Series]:
        """Columns by their names in small letters."""
        return read_columns(self.file, {name: self.names.get(name, name) for name in wanted})

    def one_of(self, known: Sequence[str], *, what: str) -> str:
        """The only column that is there of several.

        Raises:
            RecordingError: where none or more than one is.
        """
        found = [name for name in known if name in self.names]
        if len(found) != 1:
            said = f"several columns that tell {what} ({', '.join(found)})" if found else f"no column that tells {what}"
            raise RecordingError(
                f"{self.file} has {said}; one of {', '.join(known)} is needed (found: {listed(list(self.names))})"
            )
        return found[0]

    def in_frame(self, point: Points, of_px: Size | tuple[float, float]) -> Points:
        """Points of a frame of one size as points of the recording's frame, (N, 2) -> (N, 2).

        Raises:
            RecordingError: where most of them lie outside of it.
        """
        with np.errstate(over="ignore"):
            scaled: Points = point * (np.array(self.frames.size_px, dtype=np.float64) / np.array(of_px, dtype=np.float64))
        known = scaled[np.isfinite(scaled).all(axis=1)]
        inside = ((known >= 0) & (known <= np.array(self.frames.size_px))).all(axis=1)
        if len(known) and inside.mean() < LEAST_INSIDE:
            low, high = np.nanmin(point, axis=0), np.nanmax(point, axis=0)
            unit = "shares of the frame" if tuple(of_px) == SHARES else f"pixels of a frame of {of_px[0]:g}x{of_px[1]:g}"
            raise RecordingError(
                f"{self.file}: x runs from {low[0]:g} to {high[0]:g} and y from {low[1]:g} to {high[1]:g}, which as {unit} "
                f"lies mostly outside of it; say what they are: {self.how_to_declare()}"
            )
        return scaled

    def how_to_declare(self) -> str:
        """The three options, as they are typed."""
        own = f"{self.frames.size_px.width_px}x{self.frames.size_px.height_px}"
        return (
            f"--gaze file:{self.asked}:shares (0 to 1), :px (pixels of the recording's own {own}) "
            "or :WIDTHxHEIGHT (pixels of frames of that size)"
        )


def by_frame(number: NDArray[np.float64], table: Table, column: str) -> tuple[Times, NDArray[np.bool_], list[str]]:
    """Times of rows that name their frame.

    Args:
        number: (N,) index of the frame, from 0.
        table: the file.
        column: what the numbers stand in.

    Returns:
        (N,) times in ns, (N,) which rows name a frame of the video, and notes.

    Raises:
        RecordingError: where no row does, or the numbers seem to count from 1.
    """
    frame_ns = table.frames.time_ns
    there = (number >= 0) & (number < len(frame_ns)) & (number == np.floor(number))
    finite = number[np.isfinite(number)]
    if not there.any():
        runs = f"runs from {finite.min():g} to {finite.max():g}" if len(finite) else "holds no numbers"
        raise RecordingError(
            f"{table.file}: column {column!r} {runs}, but the video has the frames 0 to {len(frame_ns) - 1}. "
            "Are these the predictions for another video?"
        )
    if finite.min() == 1 and finite.max() == len(frame_ns):
        raise RecordingError(
            f"{table.file}: column {column!r} runs from 1 to {len(frame_ns)}, so it seems to count from 1; "
            f"the frames of the video are 0 to {len(frame_ns) - 1}: take 1 from each"
        )
    notes = [] if there.all() else [f"{int(np.sum(~there))} of {len(there)} predictions name no frame of the video: left out"]
    return frame_ns[np.where(there, number, 0).astype(np.int64)], there, notes
