"""The recordings that annotations speak of: found by name among the videos on this machine, or told to be missing."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from foveate.errors import FoveateError
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import Recording


class Library:
    """Recordings by name; each is opened once."""

    def __init__(
        self,
        paths: Mapping[str, Path],
        open_path: Callable[[Path], Recording],
        *,
        format: str,
        hint: str,
    ) -> None:
        """Nothing is opened yet.

        Args:
            paths: name in lower case -> video or folder.
            open_path: opens one.
            format: format of recordings that are missing.
            hint: what to do about one that is missing.
        """
        self._paths = paths
        self._open = open_path
        self._format = format
        self._hint = hint
        self._opened: dict[str, Recording] = {}

    def __call__(self, name: str) -> Recording:
        """The recording of a name; one without streams where it is not on this machine or cannot be opened."""
        if name not in self._opened:
            self._opened[name] = self._find(name)
        return self._opened[name]

    def _find(self, name: str) -> Recording:
        path = self._paths.get(name.lower())
        note = f"{name} is not on this machine"
        if path is not None:
            try:
                found = self._open(path)
            except FoveateError as error:
                note = str(error)
            else:
                # by the data set's name, so that it stays the same where a file is spelled otherwise
                return Recording(name, found.format, found.device, found.path, found.loaders, found.hint, found.notes)
        return Recording(name, self._format, "unknown", None, {}, self._hint, (note,))


def videos_under(folder: Path, *, prefer: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> dict[str, Path]:
    """Every video under a folder, {name without its ending, in lower case: path}.

    Args:
        folder: where to look, through all its folders.
        prefer: of videos with one name, that in the first of these folders; else the one that comes first by its path.
        skip: names of folders that are not looked into.
    """
    found: dict[str, Path] = {}
    rank: dict[str, int] = {}
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in skip and not name.startswith("."))
        place = prefer.index(Path(here).name) if Path(here).name in prefer else len(prefer)
        for name in sorted(files):
            stem, suffix = os.path.splitext(name.lower())
            if suffix in VIDEO_SUFFIXES and place < rank.get(stem, len(prefer) + 1):
                found[stem], rank[stem] = Path(here) / name, place
    return found
