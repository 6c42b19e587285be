"""A folder or file on disk becomes a Recording: one file per format, one line each in FORMATS."""

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol, cast

from foveate.errors import RecordingError, hint, hint_beside
from foveate.recording.inside import plain
from foveate.recording.recording import Event, GazeStream, Recording, Scene

__all__ = ["FORMATS", "Event", "GazeStream", "Recording", "Scene", "format_of", "formats", "open_recording"]

FORMATS = {
    "neon": "foveate.recording.neon",
    "pupil_cloud": "foveate.recording.pupil_cloud",
    "pupil_core": "foveate.recording.pupil_core",
    "tobii_g3": "foveate.recording.tobii_g3",
    "tobii_g2": "foveate.recording.tobii_g2",
    "egoexo4d": "foveate.recording.egoexo4d",
    "aria": "foveate.recording.aria",
    "ego4d": "foveate.recording.ego4d",
    "egtea": "foveate.recording.egtea",
    "hd_epic": "foveate.recording.hd_epic",
    "table": "foveate.recording.table",
}
"""Format -> the module that opens it, in the order of trying; see ``Format`` for what it holds."""

ENTRY_POINTS = "foveate.recordings"


class Format(Protocol):
    """What a module of a format holds; third parties register theirs as an entry point of ``foveate.recordings``."""

    LOOKS_FOR: str
    """What it recognises, in words, for messages."""
    DECLARABLE: tuple[str, ...]
    """Keywords that ``open_path`` takes."""

    def detect(self, path: Path) -> bool:
        """Whether an existing path looks like this format; quick, reads names rather than contents."""
        ...

    def open_path(self, path: Path, **declared: Any) -> Recording:
        """Open a path; streams load on first touch."""
        ...


def open_recording(path: str | Path, *, format: str | None = None, **declared: Any) -> Recording:
    """Open what one wearer recorded; the format is detected, streams load on first touch.

    Args:
        path: folder, video or ``foveate.toml``.
        format: a key of FORMATS, or None to detect it.
        declared: what the files do not tell, by keyword: the format ``table`` takes ``video``, ``gaze``, ``time`` and more
            (docs/recordings/table.md). Without a format it is the detected one, if that takes all of them, or else ``table``.

    Raises:
        RecordingError: where the path is missing, empty or no recording that a format knows.
    """
    path = Path(path)
    declared = {key: value for key, value in declared.items() if value is not None}
    modules = _modules()
    if format is not None and format not in modules:
        raise RecordingError(f"there is no format {format!r}{hint(format, modules)}; allowed: {', '.join(modules)}")
    _check_there(path)
    chosen = format or (_that_takes(declared, path, modules) if declared else _detect(path))
    module = _load(modules[chosen])
    for key in declared:
        if key not in module.DECLARABLE:
            allowed = ", ".join(module.DECLARABLE) or "nothing"
            raise RecordingError(f"the format {chosen} takes no {key!r}{hint(key, module.DECLARABLE)}; it takes: {allowed}")
    return module.open_path(path, **declared)


def formats() -> dict[str, str]:
    """Every format that can be opened -> what it looks for."""
    return {name: _load(module).LOOKS_FOR for name, module in _modules().items()}


def format_of(path: Path) -> str | None:
    """The format that recognises an existing path, mostly by names alone; None where none does."""
    return next((name for name, module in _modules().items() if _load(module).detect(path)), None)


def _modules() -> dict[str, str | EntryPoint]:
    return {**{point.name: point for point in entry_points(group=ENTRY_POINTS)}, **FORMATS}


def _load(module: str | EntryPoint) -> Format:
    return cast(Format, import_module(module) if isinstance(module, str) else module.load())


def _check_there(path: Path) -> None:
    if not path.exists():
        raise RecordingError(f"{path} does not exist{hint_beside(path)}")
    if not path.is_dir():
        plain(path)
    if path.is_dir() and not any(path.iterdir()):
        raise RecordingError(f"{path} is an empty folder; a recording has a video and gaze in it")
    if path.is_file() and path.stat().st_size == 0:
        raise RecordingError(f"{path} is an empty file; copy it again")


def _that_takes(declared: dict[str, Any], path: Path, modules: dict[str, str | EntryPoint]) -> str:
    """The format that a path looks like and that takes all that is declared, or else ``table``."""
    for name, module in modules.items():
        loaded = _load(module)
        if set(declared) <= set(loaded.DECLARABLE) and loaded.detect(path):
            return name
    return "table"


def _detect(path: Path) -> str:
    if (name := format_of(path)) is not None:
        return name
    inside = [file for file in sorted(path.iterdir()) if file.is_dir()] if path.is_dir() else []
    nested = next((folder for folder in inside if format_of(folder) is not None), None)
    if nested is not None:
        raise RecordingError(f"{path} is no recording itself, but holds one: open {nested}")
    from foveate.recording.recognise import files_of  # the formats above have loaded it; importing foveate does not

    videos, tables = files_of(path) if path.is_dir() else ([], [])
    if videos:
        alone = "" if tables else f", or open {videos[0]} itself: a video alone opens without gaze"
        raise RecordingError(
            f"{path} is no recording that a format knows by itself (videos: {_names(videos)}; tables: {_names(tables)}); "
            f"say which are meant: -D video={videos[0].name} -D gaze={tables[0].name if tables else 'TABLE'}{alone}"
        )
    found = ", ".join(sorted(file.name for file in path.iterdir())[:8]) if path.is_dir() else path.name
    raise RecordingError(
        f"{path} is no recording that a format knows (found: {found}). Give the folder as it came off the device, or one with "
        f"a video and a table of gaze; formats: {', '.join(_modules())} (foveate info --formats tells what each looks for)"
    )


def _names(files: list[Path]) -> str:
    return ", ".join(file.name for file in files[:8]) or "none"
