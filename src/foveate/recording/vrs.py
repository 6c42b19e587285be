"""VRS files, the container of Project Aria's recordings: read in a child process by the package ``vrs`` (extra ``aria``)."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError, missing_extra
from foveate.geometry import Size
from foveate.recording import vrs_index
from foveate.video.untrusted import death

PACKAGE = "pyvrs"
"""What the package ``vrs`` is imported as."""
CHILD = Path(__file__).with_name("vrs_child.py")
PATIENCE_S = 30.0
"""For each answer of the child."""
MOST_ANSWER_BYTES = 256 * 2**20
COPY_AGAIN = "Copy it from the device again."


@dataclass(frozen=True)
class ImageStream:
    """What there is to know of one image stream of a VRS file before any image is read."""

    path: Path
    """The file."""
    kind: str
    """Its recordable type: 214 is Aria's RGB camera."""
    tags: dict[str, str]
    """Tags of the file: calib_json, device_type, device_serial."""
    streams: tuple[str, ...]
    """All streams of the file, "214-1" and such."""
    stored_px: Size | None
    """Frame size as configured, before any turn; None where it is not told."""
    format: str
    """How images are stored: jpg; empty where there are none."""
    time_s: NDArray[np.float64]
    """(F,) time of each record on the device's clock."""
    places: tuple[int, ...]
    """(F,) number of each record in the file."""
    notes: tuple[str, ...] = ()
    """What is missing of the file."""

    def images(self, indices: Sequence[int]) -> Iterator[bytes]:
        """The stored images of records by index, as they are in the file.

        Raises:
            MissingExtraError: where the package ``vrs`` is not installed.
            RecordingError: where one cannot be read.
        """
        if find_spec(PACKAGE) is None:
            raise missing_extra("aria", f"the package vrs, which reads the images of {self.path.name},")
        asked = json.dumps([self.places[index] for index in indices])
        with _child(self.path, self.kind, "images", asked) as answers:
            for _ in indices:
                yield _answer(answers, b"I", self.path)


def read_image_stream(path: Path, kind: str) -> ImageStream:
    """The first image stream of a kind in a VRS file; it has no records where the file has no such stream.

    Without the package ``vrs`` all but the images is told as well, of a file that is whole.

    Raises:
        RecordingError: where the file is no VRS file, or damaged.
    """
    told = _facts(path, kind)
    size = [told["config"].get(name) for name in ("image_width", "image_height")]
    return ImageStream(
        path=path,
        kind=kind,
        tags=told["tags"],
        streams=tuple(told["streams"]),
        stored_px=Size(*size) if all(isinstance(side, int) and 0 < side < 2**16 for side in size) else None,
        format=told.get("format", ""),
        time_s=np.array(told["time_s"], dtype=np.float64),
        places=tuple(told["places"]),
        notes=_missing(path, told["lost"]),
    )


def _facts(path: Path, kind: str) -> dict[str, Any]:
    if find_spec(PACKAGE) is None:
        try:
            return vrs_index.read_facts(path, kind)
        except ValueError as error:
            raise RecordingError(
                f"{path} cannot be read as VRS: {error}. {COPY_AGAIN} "
                "The package vrs mends some damage: pip install 'foveate[aria]'"
            ) from error
    with _child(path, kind, "facts", "") as answers:
        found: dict[str, Any] = json.loads(_answer(answers, b"J", path))
        return found


def _missing(path: Path, lost: int) -> tuple[str, ...]:
    if lost < 0:
        return (f"{path.name} was never finished or is damaged: its index was made again of what is there",)
    return (f"{path.name} is cut short or damaged: {lost} of its records are lost, of all its streams",) if lost else ()


class _Answers:
    """What a child says, each answer within its time."""

    def __init__(self, child: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
        self.child = child
        self._said = said
        self.late = False

    def read(self, size: int) -> bytes:
        timer = Timer(PATIENCE_S, self._stop)
        timer.start()
        try:
            return self._said.read(size)
        finally:
            timer.cancel()

    def _stop(self) -> None:
        self.late = True
        self.child.kill()


@contextmanager
def _child(path: Path, kind: str, task: str, asked: str) -> Iterator[_Answers]:
    child = subprocess.Popen(
        [sys.executable, "-P", str(CHILD), str(path), kind, task],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},  # address space is capped
    )  # fmt: skip
    try:
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("a child without pipes")
        try:
            child.stdin.write(asked.encode())
            child.stdin.close()
        except OSError:
            pass  # it has died already: its answer, or the lack of one, says of what
        yield _Answers(child, child.stdout)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _answer(answers: _Answers, letter: bytes, path: Path) -> bytes:
    head = answers.read(9)
    if len(head) == 9:
        size = struct.unpack(">Q", head[1:])[0]
        if size > MOST_ANSWER_BYTES:
            raise RecordingError(f"{path} holds a record of {size} bytes, which no device writes. {COPY_AGAIN}")
        content = answers.read(size)
        if len(content) == size and head[:1] == letter:
            return content
        if len(content) == size:
            raise RecordingError(f"{path} cannot be read as VRS: {content.decode(errors='replace')}. {COPY_AGAIN}")
    if answers.late:
        raise RecordingError(f"{path} hangs its reader (no answer in {PATIENCE_S:g} s): it is damaged or cut off. {COPY_AGAIN}")
    raise RecordingError(f"{path} kills its reader ({death(answers.child.wait())}): it is damaged or cut off. {COPY_AGAIN}")
