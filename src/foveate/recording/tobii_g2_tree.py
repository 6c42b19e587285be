"""Where the files of the Glasses 2 lie: a project has recordings, a recording has segments, and each may be opened."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveate.errors import RecordingError
from foveate.recording.inside import inside, read_json
from foveate.recording.json_lines import packed_or_not
from foveate.recording.tobii import About, text

LIVE, VIDEO = "livedata.json.gz", "fullstream.mp4"
NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Tree:
    """A recording, or one segment of it, among the folders around it."""

    root: Path
    """The project, or the highest folder that there is of it: files are read only inside of this one."""
    recording: Path
    """The recording's folder, or a segment's that was copied alone."""
    segments: tuple[Path, ...]
    """Folders of the segments that were asked for, in order."""
    whole: bool
    """Whether these are all of the recording."""

    def file(self, folder: Path, name: str) -> Path:
        """A file of a folder of the tree, which need not exist; where it was unpacked, that.

        Raises:
            RecordingError: where it lies outside of the tree.
        """
        return inside(self.root, packed_or_not(folder / name).relative_to(self.root))

    def told(self, folder: Path, name: str) -> dict[str, Any]:
        """What a JSON file tells; nothing where it is missing or damaged."""
        file = self.file(folder, name)
        try:
            return read_json(file) if file.is_file() else {}
        except RecordingError:
            return {}


def is_there(folder: Path, name: str) -> bool:
    """Whether a folder has a file, packed or not."""
    return packed_or_not(folder / name).is_file()


def segments_of(folder: Path) -> tuple[Path, ...]:
    """The numbered folders in "segments" that hold data or a video."""
    found = [
        segment
        for segment in _folders(folder / "segments")
        if NUMBER.fullmatch(segment.name) and any(is_there(segment, name) for name in (LIVE, VIDEO))
    ]
    return tuple(sorted(found, key=lambda segment: int(segment.name)))


def recordings_of(folder: Path) -> list[Path]:
    """The recordings of a project."""
    return [recording for recording in _folders(folder / "recordings") if segments_of(recording)]


def _folders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []


def find(path: Path) -> Tree:
    """The tree around a project, recording or segment.

    Raises:
        RecordingError: where a project has several recordings, or none.
    """
    path = path.absolute()
    if is_there(path, LIVE):
        in_recording = path.parent.name == "segments"
        recording = path.parent.parent if in_recording else path
        whole = not in_recording or segments_of(recording) == (path,)
        return Tree(_project(recording) if in_recording else path, recording, (path,), whole)
    if segments := segments_of(path):
        return Tree(_project(path), path, segments, whole=True)
    recordings = recordings_of(path)
    if len(recordings) != 1:
        names = ", ".join(str(recording) for recording in recordings) or "none"
        raise RecordingError(f"{path} is a project of {len(recordings)} recordings; open one of them: {names}")
    return Tree(path, recordings[0], segments_of(recordings[0]), whole=True)


def _project(recording: Path) -> Path:
    """The project that a recording lies in, or the recording itself."""
    project = recording.parent.parent
    return project if recording.parent.name == "recordings" and (project / "project.json").is_file() else recording


def about(tree: Tree) -> About:
    """Who and what was recorded, by which glasses."""
    recording, system = tree.told(tree.recording, "recording.json"), tree.told(tree.recording, "sysinfo.json")
    wearer = tree.told(tree.recording, "participant.json")
    wearer_id = recording.get("rec_participant")
    if not wearer and isinstance(wearer_id, str):
        wearer = tree.told(tree.root / "participants", f"{wearer_id}/participant.json")
    return About(
        name=_name(recording, "rec_info"),
        participant=_name(wearer, "pa_info"),
        created=text(recording.get("rec_created")),
        serial=text(system.get("hu_serial")),
        firmware=text(system.get("servicemanager_version")),
    )


def _name(told: dict[str, Any], section: str) -> str:
    info = told.get(section)
    return text(info.get("Name")) if isinstance(info, dict) else ""
