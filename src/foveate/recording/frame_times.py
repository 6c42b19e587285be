"""Times of frames as files have them, one a frame."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.recording import columns


def filled(time_ns: Times, there: NDArray[np.bool_], *, source: Path) -> Times:
    """One time a frame: a frame without one bears the next one's, which a scene then counts and puts between.

    Args:
        time_ns: (F,) as the file has them.
        there: (F,) which of them are numbers.
        source: file that messages name.

    Raises:
        RecordingError: where no frame has a time.
    """
    if not there.any():
        raise RecordingError(f"{source} has no frame times. Export the recording again.")
    last = int(np.flatnonzero(there)[-1])
    return time_ns[np.minimum.accumulate(np.where(there, np.arange(len(there)), last)[::-1])[::-1]]


def read_frames(file: Path, videos: Sequence[str]) -> list[Times]:
    """The times of the frames of every video out of a table, in the order of its rows.

    Columns: ``time_ns`` (or ``time_s``), on the recording's clock; and ``video``, the file's name, where there are several.

    Args:
        file: the table.
        videos: names of the videos, in order.

    Raises:
        RecordingError: where a column or a time is missing, or videos and rows do not name each other.
    """
    found = columns.column_names(file)
    time, unit = columns.time_column(found, "time")
    wanted = {"time": time}
    if "video" in found or len(videos) > 1:
        wanted["video"] = "video"
    table = columns.read_columns(file, wanted)
    time_ns, there = columns.times(table["time"], unit=unit, source=file)
    if not there.all():
        raise RecordingError(f"{file}: row {int(np.argmin(there)) + 1} has no time; every frame of the video has one")
    if "video" not in table:
        return [time_ns]
    names = np.array([str(name) for name in table["video"].to_list()], dtype=object)
    if strange := sorted(set(names) - set(videos)):
        raise RecordingError(f"{file} has frames of {columns.listed(strange)}, which is not declared as a video")
    if without := [name for name in videos if not np.any(names == name)]:
        raise RecordingError(f"{file} has no frames of {columns.listed(without)}; it needs a row for every frame")
    return [time_ns[names == name] for name in videos]
