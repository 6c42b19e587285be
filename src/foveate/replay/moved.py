"""A Run whose recordings lie elsewhere by now: on another machine, under another folder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from foveate.errors import UsageError, hint_beside
from foveate.run import Run


def moved(run: Run, folder: Path) -> Run:
    """The Run with its recordings where they lie now; one that is not there keeps its old place.

    Args:
        run: made by ``foveate evaluate``.
        folder: holds recordings under the names of their own folders or files; or it is the data set's folder.

    Raises:
        UsageError: where it is no folder, or holds none of the Run's recordings.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}{hint_beside(folder)}; give the one that holds the Run's recordings")
    places: Mapping[str, Any] = run.facts.get("recordings", {})
    found = {name: there for name, place in places.items() if (there := _there(place, folder.resolve())) is not None}
    if not found:
        looked = ", ".join(dict.fromkeys(_name(place["path"]) for place in places.values() if "path" in place))
        raise UsageError(f"{folder} holds none of the Run's recordings (looked for: {looked or 'nothing: they are drawn'})")
    return replace(run, facts={**run.facts, "recordings": {**places, **found}})


def _there(place: Mapping[str, Any], folder: Path) -> dict[str, Any] | None:
    """The place of a recording under a folder; None where it is not there, or needs no folder."""
    if "dataset" in place:
        return {**place, "dataset": str(folder)}
    if "path" not in place or not (there := folder / _name(place["path"])).exists():
        return None
    return {**place, "path": str(there)}


def _name(path: str) -> str:
    """The last part of a path of this system or another."""
    return (PureWindowsPath if "\\" in path else PurePosixPath)(path).name
