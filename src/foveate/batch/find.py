"""The recordings under a folder: whatever a format recognises, and what looks like half a recording."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foveate.batch.entry import Entry
from foveate.errors import RecordingError
from foveate.recording import format_of, open_recording
from foveate.recording.recognise import VIDEO_SUFFIXES

DEEPEST = 6
"""Levels of folders below the one that was given; Ego-Exo4D and a Glasses 2 card need four."""
LEFT_BEHIND = (
    "*.vrs", "*.g3", "*.g2", "gazedata.gz", "livedata.json.gz", "gaze.csv", "gaze_positions.csv", "gaze.pldata",
    "info.player.json", "world_timestamps.*", "scene_camera.json", "gaze *.raw", "gaze ps*.time", "Neon *", "PI world *",
    "eye_gaze*.csv", "framewise_info.jsonl", "foveate.toml",
)  # fmt: skip
"""Files of vendors and data sets: a folder with one of them that no format recognises is half a recording."""


@dataclass
class Found:
    """What a search came upon."""

    entries: list[Entry] = field(default_factory=list)
    """Recordings and halves of recordings, in the order of their paths."""
    skipped: dict[Path, str] = field(default_factory=dict)
    """What was passed over -> why."""


def find(root: Path, *, declared: Mapping[str, str], without: Path | None = None) -> Found:
    """Search a folder for recordings.

    A recording is not searched for others inside, unless it cannot be opened as one and holds some (a card of several). A
    folder that holds a video or a vendor's file and that no format recognises is an entry as well, so that its reason is told
    as a failure.

    Args:
        root: the folder.
        declared: what the user says of every recording.
        without: a folder to pass over: where the outputs go.
    """
    found = Found()
    _search(root, found, declared, without.resolve() if without else None, 0, set())
    return found


def _search(folder: Path, found: Found, declared: Mapping[str, str], without: Path | None, depth: int, seen: set[Path]) -> None:
    real = folder.resolve()
    if real == without or real in seen:
        return
    seen.add(real)
    try:
        inside = sorted(folder.iterdir())
        reason = _reason(folder, declared)
    except OSError:
        found.entries.append(Entry(folder, declared=declared))
        return
    if not reason:
        found.entries.append(Entry(folder, declared=declared))
        return
    before = len(found.entries)
    files = [path for path in inside if path.is_file() and not path.name.startswith(".")]
    found.entries += [Entry(file, declared=declared) for file in _recordings_in(files)]
    folders = [path for path in inside if path.is_dir() and not path.name.startswith(".")]
    if depth < DEEPEST:
        for below in folders:
            _search(below, found, declared, without, depth + 1, seen)
    elif folders:
        found.skipped[folder] = f"{len(folders)} folders in it lie more than {DEEPEST} levels down"
    if len(found.entries) > before:
        return
    if _is_half(files):
        found.entries.append(Entry(folder, declared=declared))
    elif not folders:
        found.skipped[folder] = "no video and no file of an eye tracker in it" if files else "empty"


def _reason(folder: Path, declared: Mapping[str, str]) -> str:
    """Why a folder is no recording; empty where it opens."""
    if format_of(folder) is None:
        return "no format knows it"
    try:
        open_recording(folder, **declared)
    except RecordingError as error:
        return str(error)
    return ""


def _recordings_in(files: list[Path]) -> list[Path]:
    """Files that are a recording each, as data sets keep them: a video with its gaze beside it, a VRS file."""
    known = {file: format_of(file) for file in files if file.suffix.lower() in (*VIDEO_SUFFIXES, ".vrs")}
    return [file for file, name in known.items() if name not in (None, "table")]


def _is_half(files: list[Path]) -> bool:
    return any(file.suffix.lower() in VIDEO_SUFFIXES or any(file.match(name) for name in LEFT_BEHIND) for file in files)
