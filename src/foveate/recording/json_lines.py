"""Files with one JSON object a line, gzipped as Tobii's glasses write them or unpacked: bounded, and what is broken counted."""

import gzip
import json
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

from foveate.clock import NS_PER_S
from foveate.errors import RecordingError
from foveate.recording.bounded import limited

CHUNK_BYTES = 2**20
LINE_BYTES = (20, 2**16)
"""Of one line, fewest and most; the devices write 29 to 700."""
UNPACKED_RATIO = 25
"""Times the size of what is packed that it may unpack to (the devices' unpack to 3 to 8 times), ..."""
UNPACKED_FLOOR_BYTES = 16 * 2**20
"""... which a small file may exceed up to this size, ..."""
MOST_UNPACKED_BYTES = 2**30
"""... and no file more than this: five hours of recording."""
MOST_STRANGE = 0.5
"""Share of lines that may be broken; more than that (and than FEW) is another kind of file."""
FEW = 1000
MOST_TIME_NS = 3_155_760_000 * NS_PER_S
"""A hundred years."""


class JsonLines:
    """The objects of a file, one a line, in their order; iterate once, then ask for ``notes``."""

    def __init__(self, file: Path, *, holding: tuple[bytes, ...] = ()) -> None:
        """Nothing is read yet.

        Args:
            file: gzipped lines, or the same unpacked. A file cut short gives its whole lines.
            holding: read only lines that hold one of these, such as ``b'"gp"'``; of the others only that they are whole.
        """
        self.file, self._holding = file, holding
        self.lines = 0
        """Lines read so far."""
        self.strange = 0
        """How many of them are broken; callers add those that lack what every object should have."""
        self._end = ""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the objects.

        Raises:
            RecordingError: where the file is missing, unpacks to too much, or hardly a line of it is an object.
        """
        for line in self._read():
            self.lines += 1
            if self._passed_over(line):
                continue
            if len(line) >= LINE_BYTES[0] and (found := json_object(line)) is not None:
                yield found
            else:
                self.strange += 1
            if self.strange > FEW and self.strange > MOST_STRANGE * self.lines:
                raise RecordingError(
                    f"{self.file}: {self.strange} of the first {self.lines} lines are not what the device writes. "
                    "Copy it from the device again."
                )

    @property
    def notes(self) -> tuple[str, ...]:
        """What was lost, counted."""
        said = [f"{self.file.name} {self._end}: its first {self.lines} lines are used"] if self._end else []
        if self.strange:
            said.append(f"{self.strange} of {self.lines} lines of {self.file.name} are broken: left out")
        return tuple(said)

    def _passed_over(self, line: bytes) -> bool:
        if not self._holding or any(word in line for word in self._holding):
            return False
        return len(line) >= LINE_BYTES[0] and line.startswith(b"{") and line.endswith((b"}", b"}\r"))

    def _read(self) -> Iterator[bytes]:
        """Whole lines; the last needs no line feed unless the file is cut."""
        rest = b""
        for chunk in self._unpack():
            *lines, rest = (rest + chunk).split(b"\n")
            if max(map(len, lines), default=0) > LINE_BYTES[1] or len(rest) > LINE_BYTES[1]:
                raise RecordingError(
                    f"{self.file} has a line longer than {LINE_BYTES[1]} bytes, which no device writes. "
                    "Copy it from the device again."
                )
            yield from lines
        if rest and not self._end:
            yield rest

    def _unpack(self) -> Iterator[bytes]:
        size = 0
        try:
            with open_unpacked(limited(self.file)) as opened:
                while chunk := opened.read1(CHUNK_BYTES):
                    size += len(chunk)
                    # of what was read so far, so that a bomb is told by its first part
                    packed = opened.fileobj.tell() if isinstance(opened, gzip.GzipFile) else size  # type: ignore[union-attr]
                    most = min(max(UNPACKED_RATIO * packed, UNPACKED_FLOOR_BYTES), MOST_UNPACKED_BYTES)
                    if size > most:
                        raise RecordingError(
                            f"{self.file} unpacks to more than {most}: it is no recording ({packed} bytes hold {size}). "
                            "Copy it from the device again."
                        )
                    yield chunk
        except EOFError:
            self._end = "is cut short"
        except (gzip.BadGzipFile, zlib.error) as error:
            if not size:
                raise RecordingError(f"{self.file} is not gzipped: {error}. Copy it from the device again.") from error
            self._end = "is damaged"
        except OSError as error:
            raise RecordingError(f"{self.file} cannot be read: {error.strerror or error}") from error


def open_unpacked(file: Path) -> BufferedReader | gzip.GzipFile:
    """A gzipped file to be read unpacked; one that a browser or an archive program has unpacked already is read as it is."""
    with file.open("rb") as opened:
        head = opened.read(1)
    return file.open("rb") if head == b"{" or file.suffix != ".gz" else gzip.open(file)


def packed_or_not(file: Path) -> Path:
    """The file itself, or where only its unpacked form is there, which bears the same name without ".gz", that."""
    unpacked = file.with_suffix("") if file.suffix == ".gz" else file
    return unpacked if unpacked.is_file() and not file.is_file() else file


def json_object(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None where it holds anything else."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def vector(value: Any, size: int) -> list[float] | None:
    """A JSON value as so many numbers, which may be NaN; None where it is anything else."""
    if not isinstance(value, list) or len(value) != size:
        return None
    numbers = [number(entry) for entry in value]
    return None if None in numbers else [entry for entry in numbers if entry is not None]


def number(value: Any) -> float | None:
    """A JSON value as a number, which may be NaN; None where it is anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def time_ns(value: Any, *, unit_ns: int) -> int | None:
    """A JSON value as a time in whole nanoseconds; None where it is no number, not finite or beyond a hundred years."""
    time = number(value)
    return round(time * unit_ns) if time is not None and abs(time) < MOST_TIME_NS / unit_ns else None
