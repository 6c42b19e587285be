"""The files of a Neon folder: streams in parts, each of items of one type (.raw) and their instants (.time)."""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.recording.bounded import bounded

COPY_AGAIN = "Copy the folder from the phone again."


def part_names(path: Path, stem: str, suffix: str) -> list[Path]:
    """Files "<stem> psN<suffix>" in order of N."""
    pattern = re.compile(rf"{re.escape(stem)} ps(\d+){re.escape(suffix)}")
    found = [(int(match[1]), file) for file in path.iterdir() if (match := pattern.fullmatch(file.name))]
    return [file for _, file in sorted(found)]


def contents(file: Path) -> bytes:
    """All of a file of the folder.

    Raises:
        RecordingError: where it is missing, leads out of the folder, or is larger than a recording's file.
    """
    try:
        return bounded(file.parent, file.name).read_bytes()
    except FileNotFoundError:
        raise RecordingError(f"{file} is missing. {COPY_AGAIN}") from None


def items(file: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A file of nothing but items of one type.

    Raises:
        RecordingError: where it is missing, or was cut.
    """
    data = contents(file)
    if len(data) % dtype.itemsize:
        raise RecordingError(
            f"{file} has {len(data)} bytes, which is no multiple of its {dtype.itemsize}-byte items: it was cut. {COPY_AGAIN}"
        )
    return np.frombuffer(data, dtype)


def instants(file: Path) -> Times:
    """The (N,) ns of a .time file."""
    return items(file, np.dtype("<i8")).astype(np.int64)


def numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Items as float64; noise in the place of a number may be a signalling NaN, of which NumPy would warn."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


def declared(path: Path, stem: str, default: np.dtype[Any], *, needs: tuple[str, ...] = ()) -> np.dtype[Any]:
    """The item type of a stream: from "<stem>.dtype", which formats from 2.4 on have beside it, or the older fixed one.

    Args:
        path: the folder.
        stem: the stream's name.
        default: the older one.
        needs: fields that it must name.

    Raises:
        RecordingError: where the file is no list of names and types of numbers, or lacks a field.
    """
    file = path / f"{stem}.dtype"
    if not file.exists():
        return default
    try:
        fields = ast.literal_eval(contents(file).decode("utf-8"))
        told = np.dtype([(str(name), np.dtype(str(kind)).newbyteorder("<")) for name, kind in fields])
    except (ValueError, TypeError, SyntaxError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{file} is no list of (name, type): {error}. {COPY_AGAIN}") from error
    if not told.names or any(told[name].kind not in "biuf" for name in told.names):
        raise RecordingError(f"{file} declares {told}, expected numbers only. {COPY_AGAIN}")
    if not set(needs) <= set(told.names):
        raise RecordingError(f"{file} names {told.names}, expected {' and '.join(needs)} among them. {COPY_AGAIN}")
    return told


def timed(raw: Path, samples: NDArray[Any], notes: list[str]) -> tuple[Times, NDArray[Any]]:
    """Samples of a .raw file and the instants beside it, as many as there are of both; a difference is noted."""
    time_ns = instants(raw.with_suffix(".time"))
    n = min(len(samples), len(time_ns))
    if len(samples) != len(time_ns):
        notes.append(f"{raw.name} has {len(samples)} samples and {len(time_ns)} times: the first {n} are used")
    return time_ns[:n], samples[:n]
