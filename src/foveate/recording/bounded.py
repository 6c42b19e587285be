"""Tables and arrays of a recording that somebody else made, read only if they are not larger than recordings get."""

from pathlib import Path

from foveate.errors import RecordingError
from foveate.recording.inside import inside, plain

MOST_BYTES = 512 * 2**20
"""Of one file: four hours of gaze as text at 200 Hz; reading it takes less than 2 GB of memory."""


def bounded(folder: Path, name: str | Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """A file of a folder by its name; it need not exist.

    Raises:
        RecordingError: where it lies outside of the folder, is no plain file, or is larger than a recording's file.
    """
    return limited(inside(folder, name), most_bytes=most_bytes)


def limited(file: Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """The same for a file that the user named, wherever it lies."""
    if plain(file).is_file() and file.stat().st_size > most_bytes:
        raise RecordingError(
            f"{file} has {file.stat().st_size / 2**20:,.0f} MiB; at most {most_bytes / 2**20:,.0f} MiB are read, "
            "more than any recording of four hours has. Export a shorter stretch."
        )
    return file
