"""Files of a recording that somebody else made: what is read of them, and what is refused.

One rule for all formats. Of what is found in a recording's folder, or named by a file in it, only what lies inside of the
folder once every symbolic link is followed is read (``inside``): a folder that came from elsewhere must not reach other files
of this machine. What the user named, on the command line or as an argument, is read wherever it lies (``plain``). Neither may
be a folder, a pipe or a device, on which reading would hang or never end.
"""

import json
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any

from foveate.errors import RecordingError

MOST_JSON_BYTES = 16 * 2**20
"""Of a file that describes a recording; those of devices have a few kilobytes."""


def inside(folder: Path, name: str | Path, *, remedy: str = "Copy the file itself into the folder.") -> Path:
    """A file of a folder by its name, which may hold further folders; it need not exist.

    Args:
        folder: the recording's folder.
        name: relative to it, as it was found there or as a file in it says.
        remedy: what to do where it leads out.

    Raises:
        RecordingError: where the name, or a symbolic link on the way, leads out of the folder, or to what is no plain file.
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
            f"{folder}: {str(name)[:200]!r} leads out of the recording's folder; only files inside of it are read. {remedy}"
        )
    return plain(file)


def plain(file: Path, *, remedy: str = "Copy the recording again.") -> Path:
    """A file itself, if it is not there or can be read to its end.

    Args:
        file: what the user named, or what was found.
        remedy: what to do where it is no file.

    Raises:
        RecordingError: where it is a folder, a pipe, a device, or cannot be looked at.
    """
    try:
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return file
    except (OSError, ValueError) as error:
        raise RecordingError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not S_ISREG(mode):
        kind = "a folder" if S_ISDIR(mode) else "a pipe or a device"
        raise RecordingError(f"{file} is {kind} where a file is expected. {remedy}")
    return file


def read_json(file: Path) -> dict[str, Any]:
    """A small file that holds one JSON object.

    Raises:
        RecordingError: where it is missing, no plain file, too large or holds no object.
    """
    try:
        if plain(file).stat().st_size > MOST_JSON_BYTES:
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
