"""Samples of Tobii's glasses as they are read, line by line; what is wrong with them is counted."""

from array import array
from collections.abc import Mapping, Sequence
from math import isinf
from pathlib import Path
from typing import Any

import numpy as np

from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording.json_lines import vector
from foveate.recording.recording import GazeStream
from foveate.recording.samples import gaze_stream
from foveate.recording.signals import Signals
from foveate.recording.tobii import COPY_AGAIN

MOST_SAMPLES = 3_000_000
"""Eight hours at 100 Hz."""
MOST_EVENTS = 100_000


def xyz(name: str, unit: str = "") -> tuple[str, ...]:
    """Names of a vector's three signals."""
    return tuple(f"{name}_{axis}{unit}" for axis in "xyz")


IMU = {"acceleration": xyz("acceleration", "_m_per_s2"), "rotation": xyz("gyro", "_deg_per_s")}
"""What is measured of the head -> its signals."""
MAGNETOMETER = {"field": xyz("magnetic_field", "_ut")}
"""Microtesla; not corrected for the magnets near the sensor, so that its length is not the earth's field."""
EYES = {"meeting": xyz("gaze_point", "_mm")} | {
    what: names
    for side in ("left", "right")
    for what, names in (
        (f"pupil_{side}", (f"pupil_diameter_{side}_mm",)),
        (f"origin_{side}", xyz(f"gaze_origin_{side}", "_mm")),
        (f"direction_{side}", xyz(f"gaze_direction_{side}")),
    )
}
"""What is measured of the eyes -> its signals: where both gaze rays meet, each pupil, where each ray starts and goes."""


def check_count(so_far: int, what: str, *, most: int = MOST_SAMPLES) -> None:
    """Raise a RecordingError where there are more samples or events than a recording has: they would fill the memory."""
    if so_far >= most:
        raise RecordingError(f"a recording of Tobii's glasses with more than {most:,} {what} is none. {COPY_AGAIN}")


class GazeRows:
    """Gaze points; eight bytes a number, since a recording has a million of them."""

    def __init__(self) -> None:
        self._times, self._values = array("q"), array("d")
        self._odd = 0

    def __len__(self) -> int:
        return len(self._times)

    def time_ns(self, index: int) -> int:
        return self._times[index]

    def add(self, time_ns: int, point: Any, *, valid: bool = True) -> None:
        """A sample with its normalised point as the file has it; None where it has none."""
        check_count(len(self), "gaze samples")
        pair = vector(point, 2)
        self._odd += point is not None and pair is None
        x, y = pair or (np.nan, np.nan)
        self._times.append(time_ns)
        self._values.extend((x, y, valid))

    def stream(self, size_px: Size, *, source: Path, notes: Sequence[str]) -> GazeStream:
        """The stream in pixels of frames of a size.

        Raises:
            RecordingError: where there are no samples, or their times are no clock.
        """
        values = np.frombuffer(self._values).reshape(-1, 3)
        said = list(notes)
        if self._odd:
            said.append(f"{self._odd} of {len(self)} gaze points are no pair of numbers: not valid")
        with np.errstate(over="ignore"):  # a broken number becomes infinite, and so missing
            point_px = values[:, :2] * np.array(size_px)
        return gaze_stream(
            np.array(self._times, dtype=np.int64),
            point_px,
            valid=values[:, 2] == 1,
            confidence=None,
            source=source,
            notes=tuple(said),
        )


class Rows:
    """Samples of several signals; a sample is begun, then filled, and what is not filled is missing."""

    def __init__(self, measured: Mapping[str, tuple[str, ...]]) -> None:
        self._names = [name for names in measured.values() for name in names]
        self._places = {what: (self._names.index(names[0]), len(names)) for what, names in measured.items()}
        self._missing = array("d", [float("nan")] * len(self._names))
        self._times, self._values = array("q"), array("d")
        self._odd = 0

    def begin(self, time_ns: int) -> int:
        """A new sample with nothing in it; its number."""
        check_count(len(self._times), "samples")
        self._times.append(time_ns)
        self._values.extend(self._missing)
        return len(self._times) - 1

    def put(self, row: int, what: str, value: Any) -> None:
        """Fill in a JSON value; None leaves it missing, and so does one that is not the finite numbers that it should be."""
        first, size = self._places[what]
        numbers = vector(value if isinstance(value, list) else [value], size)
        if numbers is None or any(map(isinf, numbers)):
            self._odd += value is not None
            return
        start = row * len(self._names) + first
        self._values[start : start + size] = array("d", numbers)

    def signals(self, notes: Sequence[str]) -> Signals:
        """The signals in order of time: the devices write them in bursts, one sensor after the other."""
        time_ns = np.array(self._times, dtype=np.int64)
        values = np.frombuffer(self._values).reshape(-1, len(self._names))
        order = np.argsort(time_ns, kind="stable")
        odd = (f"{self._odd} measurements are not the numbers that they should be: taken as missing",) if self._odd else ()
        columns = {name: values[order, place] for place, name in enumerate(self._names)}
        return Signals(time_ns[order], columns, (*notes, *odd))
