"""Files of networks out of a wheel of mediapipe, a folder, or the installed mediapipe."""

import zlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from foveate.errors import ModelError, hint_beside

GET = "pip download mediapipe==0.10.21 --no-deps --only-binary=:all: --python-version 3.12 --platform manylinux_2_28_x86_64"
"""Any wheel will do on any system, since only its model files are read; later ones than 0.10.21 may bring none."""


def read_networks(path: Path | None, names: Sequence[str], *, of: str, option: str) -> tuple[list[bytes], str]:
    """The content of some files of networks.

    Args:
        path: a wheel of mediapipe, or a folder that holds the files somewhere; None for the installed mediapipe.
        names: of the files.
        of: what the networks find, for errors.
        option: how a user names the path, for errors.

    Returns:
        One for each name, and where they were taken from.

    Raises:
        ModelError: where they are not there.
    """
    if path is None:
        spec = find_spec("mediapipe")
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(
                f"the networks that find {of} do not come with foveate: name a wheel of mediapipe with {option}; {GET}"
            )
        path = Path(spec.submodule_search_locations[0])
    if path.is_dir():
        return [_in_folder(path, name, names, option) for name in names], str(path)
    if not path.exists():
        raise ModelError(f"{path} is not there{hint_beside(path)}; {option} takes a wheel of mediapipe or a folder")
    try:
        with ZipFile(path) as wheel:
            inside = {name.rpartition("/")[2]: name for name in wheel.namelist()}
            lacking = [name for name in names if name not in inside]
            if lacking:
                raise ModelError(f"{path} holds no {lacking[0]}; wheels of mediapipe up to 0.10.21 do: {GET}")
            return [wheel.read(inside[name]) for name in names], str(path)
    # the last two are of an archive that is damaged within, or locked by a password
    except (BadZipFile, OSError, zlib.error, RuntimeError) as error:
        raise ModelError(
            f"{path} is no wheel that can be read ({error}); {option} takes a wheel of mediapipe or a folder"
        ) from error


def _in_folder(folder: Path, name: str, names: Sequence[str], option: str) -> bytes:
    found = sorted(folder.rglob(name))
    if not found:
        raise ModelError(f"{folder} holds no {name}; {option} takes a folder with {' and '.join(names)}, or a wheel: {GET}")
    return found[0].read_bytes()
