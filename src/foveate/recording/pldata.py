"""Files of Pupil Capture: msgpack sequences (.pldata), msgpack objects, and NumPy arrays of times; read within bounds.

Source: Pupil Labs' "Recording Format" of Pupil Core. A .pldata file is a sequence of (topic, payload), the payload packed once
more; the i-th datum of X.pldata was seen at the i-th time of X_timestamps.npy, in seconds.
"""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import RecordingError

COPY_AGAIN = "Copy the recording again."
MOST_DATUM_BYTES = 4 * 2**20
"""Of one datum; a gaze datum with all it is based on has about three thousand."""
MOST_ITEMS = 4096
"""Of one array or map in a datum. An array is reserved before it is read: a file of claims must not take the memory."""
MOST_OBJECT_BYTES = 2**20
"""Of a file that is one object, such as world.intrinsics."""
MOST_PLDATA_BYTES = 16 * 2**30
"""Of a .pldata file, which is streamed."""
FEW, MOST_STRANGE = 1000, 0.5
"""More strange data than this count and this share of all, and the file is of another kind."""
LONGEST_S = 9e9
"""Seconds that still fit into 64 bits of nanoseconds."""

OPTIONS: Mapping[str, Any] = {
    "raw": False,
    "use_list": False,
    "strict_map_key": False,
    "max_array_len": MOST_ITEMS,
    "max_map_len": MOST_ITEMS,
}
# what msgpack raises on bytes that are no msgpack, or claim too much
Broken = (ValueError, TypeError, OverflowError, msgpack.exceptions.UnpackException)


class PlData:
    """The data of a .pldata file in their order; iterate once, then ask for ``notes``."""

    def __init__(self, file: Path) -> None:
        """Nothing is read yet."""
        self.file = file
        self.count = 0
        """Data so far, the broken ones included."""
        self.broken = 0
        self._rest = 0

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield the topic and the payload of every datum; a broken one is ("", None).

        Raises:
            RecordingError: where the file is missing or too large, or is no .pldata.
        """
        try:
            size = self.file.stat().st_size
            if size > MOST_PLDATA_BYTES:
                raise RecordingError(f"{self.file} has {size / 2**30:.0f} GiB; no recording has more than 16 of one kind")
            with self.file.open("rb") as opened:
                unpacker = msgpack.Unpacker(opened, max_buffer_size=MOST_DATUM_BYTES, **OPTIONS)
                self._rest = size
                yield from self._data(unpacker, size)
        except OSError as error:
            raise RecordingError(f"{self.file} cannot be read: {error.strerror}. {COPY_AGAIN}") from error

    def _data(self, unpacker: "msgpack.Unpacker", size: int) -> Iterator[tuple[str, dict[str, Any] | None]]:
        while True:
            try:
                pair = unpacker.unpack()
            except Broken:  # the end, a cut datum or bytes that are no msgpack: nothing after it can be trusted
                return
            self.count, self._rest = self.count + 1, size - int(unpacker.tell())
            datum = _datum(pair)
            if datum is None:
                self.broken += 1
                if self.broken > FEW and self.broken > MOST_STRANGE * self.count:
                    raise RecordingError(
                        f"{self.file}: {self.broken} of the first {self.count} data are not what Pupil Capture writes. "
                        + COPY_AGAIN
                    )
            yield datum or ("", None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was lost, counted."""
        said = []
        if self.broken:
            said.append(f"{self.broken} of {self.count} data of {self.file.name} are broken: left out")
        if self._rest:
            said.append(f"{self.file.name} is cut or damaged: after {self.count} data, {self._rest} bytes are left out")
        return tuple(said)


def _datum(pair: Any) -> tuple[str, dict[str, Any]] | None:
    """Topic and payload; None where it is something else."""
    if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], bytes)):
        return None
    try:
        payload = msgpack.unpackb(pair[1], **OPTIONS)
    except Broken:
        return None
    return (pair[0], payload) if isinstance(payload, dict) else None


def read_object(file: Path) -> dict[Any, Any]:
    """A small file that is one msgpack map, such as world.intrinsics.

    Raises:
        RecordingError: where it is missing, too large or no map.
    """
    try:
        if file.stat().st_size > MOST_OBJECT_BYTES:
            raise RecordingError(f"{file} has {file.stat().st_size} bytes, expected a few hundred. {COPY_AGAIN}")
        found = msgpack.unpackb(file.read_bytes(), **OPTIONS)
    except OSError as error:
        raise RecordingError(f"{file} cannot be read: {error.strerror}. {COPY_AGAIN}") from error
    except Broken as error:
        raise RecordingError(f"{file} is no msgpack ({type(error).__name__}). {COPY_AGAIN}") from error
    if not isinstance(found, dict):
        raise RecordingError(f"{file} should hold a msgpack map, found a {type(found).__name__}. {COPY_AGAIN}")
    return found


def read_times(file: Path) -> tuple[Times, NDArray[np.bool_]]:
    """A NumPy file of seconds as (N,) ns, and (N,) which of them are numbers; never unpickled, never larger than the file.

    Raises:
        RecordingError: where it is no array of one dimension of numbers, or a time is out of range.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that Python 2 wrote it
            mapped = np.lib.format.open_memmap(file, mode="r")
    except Exception as error:  # numpy parses the header as Python: what a broken one raises is listed nowhere
        reason = str(error).split("\n", 1)[0][:200]
        raise RecordingError(f"{file} is no NumPy file of numbers ({reason}). {COPY_AGAIN}") from error
    if mapped.dtype.kind not in "fiu" or mapped.size != (mapped.shape or (-1,))[0]:
        raise RecordingError(f"{file} holds {mapped.dtype} of shape {mapped.shape}, expected seconds, one a row. {COPY_AGAIN}")
    return seconds_to_times(np.asarray(mapped, dtype=np.float64).reshape(-1), source=file)


def seconds_to_times(seconds: NDArray[np.float64], *, source: Path) -> tuple[Times, NDArray[np.bool_]]:
    """(N,) seconds as (N,) ns, and (N,) which of them are numbers.

    Raises:
        RecordingError: where one does not fit into 64 bits of nanoseconds.
    """
    there = np.isfinite(seconds)
    if np.any(np.abs(seconds[there]) > LONGEST_S):
        raise RecordingError(f"{source}: the time {np.abs(seconds[there]).max():.6g} s is out of range. {COPY_AGAIN}")
    return np.round(np.where(there, seconds, 0.0) * NS_PER_S).astype(np.int64), there
