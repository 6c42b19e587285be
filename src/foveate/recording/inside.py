"""Files of a recording that somebody else made: only what lies inside of its folder is read, and small files only if small."""

import json
from pathlib import Path
from typing import Any

from foveate.errors import RecordingError

MOST_JSON_BYTES = 16 * 2**20
"""Of a file that describes a recording; those of devices have a few kilobytes."""


def inside(folder: Path, name: str | Path) -> Path:
    """A file of a folder by its name, which may hold further folders; it need not exist.

    Raises:
        RecordingError: where the name, or a symbolic link on the way, leads out of the folder.
    """
    file = folder / name
    try:
        within = file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise RecordingError(
            f"{folder}: {str(name)[:200]!r} is no path ({error}). Copy the folder from the device again."
        ) from error
    if not within:
        raise RecordingError(
            f"{folder}: {str(name)[:200]!r} leads out of the recording's folder; only files inside of it are read. "
            "Copy the file itself into the folder."
        )
    return file


def read_json(file: Path) -> dict[str, Any]:
    """A small file that holds one JSON object.

    Raises:
        RecordingError: where it is missing, too large or holds no object.
    """
    try:
        if file.stat().st_size > MOST_JSON_BYTES:
            raise RecordingError(f"{file} has {file.stat().st_size} bytes; what describes a recording has a few thousand")
        found = json.loads(file.read_bytes())
    except OSError as error:
        raise RecordingError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{file} is no JSON ({error}). Copy it from the device again.") from error
    if not isinstance(found, dict):
        raise RecordingError(
            f"{file} should hold a JSON object, found a {type(found).__name__}. Copy it from the device again."
        )
    return found
