"""What views are made of, as checksums: a file that was replaced under the same path makes another recording."""

import hashlib
from os import SEEK_END
from pathlib import Path

import numpy as np

from foveate.errors import FoveateError, RecordingError
from foveate.recording.recording import Recording

BLOCKS, BLOCK_BYTES = 64, 65_536
"""Of a file that is longer than all of them together, so many are read, evenly spread, the first and the last among them."""
LETTERS = 16
"""Of a checksum."""


def content_of(recording: Recording) -> dict[str, str]:
    """Checksums of a recording's video, of the times of its frames, of its gaze and of its calibration, as far as it has them.

    Gaze is that which views get, so that it is another one where another correction of it is asked for or found.
    What is drawn has no file, and is what its seed makes it.
    """
    found = {"frames": _hash(recording.scene.time_ns.tobytes(), repr(recording.scene.size_px).encode())}
    if files := getattr(recording.scene, "files", ()):
        found["video"] = _hash(*(file_hash(file).encode() for file in files))
    try:
        if "gaze" in recording.loaders:
            gaze = recording.gaze
            found["gaze"] = _hash(*(np.ascontiguousarray(each).tobytes() for each in (gaze.time_ns, gaze.point_px, gaze.valid)))
        if (camera := recording.camera) is not None:
            found["camera"] = _hash(camera.matrix.tobytes(), camera.distortion.tobytes(), camera.model.encode())
    except FoveateError:
        return found  # a stream that cannot be read: no view is made of it, or asking tells so
    return found


def file_hash(file: Path) -> str:
    """A sha256 of a file's length and of its bytes, or of some of them where it is long.

    A video that was made anew has another index of its frames, and other bytes everywhere: it need not be read whole.

    Raises:
        RecordingError: where it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            length = opened.seek(0, SEEK_END)
            whole = length <= BLOCKS * BLOCK_BYTES
            places = [0] if whole else np.linspace(0, length - BLOCK_BYTES, BLOCKS).astype(int).tolist()
            digest = hashlib.sha256(f"{length}:".encode())
            for place in places:
                opened.seek(place)
                digest.update(opened.read(length if whole else BLOCK_BYTES))
    except OSError as error:
        raise RecordingError(f"{file} cannot be read ({error.strerror})") from error
    return digest.hexdigest()


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part)
    return digest.hexdigest()[:LETTERS]
