"""The scene camera's calibration out of et.tslv.gz, where the Glasses 2 write down what they know of themselves.

Source: the files themselves and GlassesViewer's public description of them: records of a type (2 bytes), a status (2), the
length of what follows (4), and that, filled up to a multiple of four bytes.
"""

import struct
import zlib
from pathlib import Path

from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording.json_lines import open_unpacked
from foveate.recording.tobii import COPY_AGAIN, Lens

HEAD_BYTES = 2**16
"""The calibration stands among the first records, within the first 300 bytes."""
RECORD = struct.Struct("<HhI")
CAMERA_TYPE = 300
CAMERA = struct.Struct("<2B2x 3f 9f 2f f 2f 3f 3f 2H")
"""Number, place; position, rotation on the glasses; focal lengths, skew, centre, radial and tangential distortion, size."""


def read_lens(file: Path) -> Lens:
    """The calibration of the scene camera.

    Raises:
        RecordingError: where the file cannot be read or has none.
    """
    try:
        with open_unpacked(file) as opened:
            head = opened.read1(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{file} cannot be read: {error}. {COPY_AGAIN}") from error
    start = 0
    while start + RECORD.size <= len(head):
        kind, _, length = RECORD.unpack_from(head, start)
        start += RECORD.size
        if kind == CAMERA_TYPE and CAMERA.size <= length and start + CAMERA.size <= len(head):
            return _lens(CAMERA.unpack_from(head, start), file)
        start += -(-length // 4) * 4
    raise RecordingError(f"{file} has no calibration of the scene camera. {COPY_AGAIN}")


def _lens(fields: tuple[float, ...], file: Path) -> Lens:
    focal, skew, center, radial, tangential, size = (
        fields[14:16], fields[16], fields[17:19], fields[19:22], fields[22:24], fields[25:27]
    )  # fmt: skip
    lens = Lens(focal, center, skew, radial, tangential, Size(int(size[0]), int(size[1])))
    if problem := lens.problem():
        raise RecordingError(f"{file} has no usable calibration of the scene camera: {problem}. {COPY_AGAIN}")
    return lens
