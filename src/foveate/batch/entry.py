"""One recording of a batch: where it lies, what it is called, and what the user says of it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from foveate.gaze.correction import Correction, corrected
from foveate.job import Item, Json
from foveate.predict import with_gaze
from foveate.recording import Recording, open_recording

LONGEST_FOLDER_NAME = 60


@dataclass(frozen=True)
class Entry:
    """A recording that was asked for, or half of one."""

    path: Path
    """Where it lies."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """What the user's list says of it: participant, condition ...; carried into every table."""
    declared: Mapping[str, str] = field(default_factory=dict)
    """Keywords of ``open_recording``."""
    name: str = ""
    """What outputs call it: the end of its path, as long as it takes to be the only one of that name."""
    folder: str = ""
    """Its folder among the outputs; also the id of its item."""

    def item(self) -> Item:
        """As an item of a job."""
        participant = {"participant": self.columns["participant"]} if self.columns.get("participant") else {}
        return Item(self.folder, {"path": str(self.path.absolute()), "declared": dict(self.declared), **participant})


def open_raw(item: Item) -> Recording:
    """The recording of an item, in a worker, as it was recorded."""
    return open_recording(Path(item.payload["path"]), **item.payload["declared"])


def open_item(item: Item, settings: Mapping[str, Json]) -> Recording:
    """The same with its gaze predicted or corrected as the settings say."""
    recording = open_raw(item)
    gazed = with_gaze(recording, settings.get("gaze"), name=name_in_folder(recording, item))
    return corrected(gazed, correction_in(settings))


def name_in_folder(recording: Recording, item: Item) -> str:
    """What its file is called in a folder of predictions: its name, or that of its outputs' folder where others bear it too."""
    return recording.name if slug(recording.name) == item.id else item.id


def correction_in(settings: Mapping[str, Json]) -> Correction:
    """What is to be corrected, out of JSON; nothing where the settings say nothing of it."""
    told: dict[str, Any] = settings.get("correction") or {}
    offset_px, offset_deg = (tuple(told[name]) if told.get(name) else None for name in ("offset_px", "offset_deg"))
    return Correction(offset_px, offset_deg, bool(told.get("fix_drift")))


def named(entries: Sequence[Entry]) -> list[Entry]:
    """Entries with names and folders of their own.

    A name is the last part of the path; where two are the same (Pupil Core calls every recording 000), of as many parts as it
    takes to tell them apart. The same path, declared in two ways, is numbered.
    """
    names = _names({entry.path.absolute(): None for entry in entries})
    folders: Counter[str] = Counter()
    times: Counter[Path] = Counter()
    result = []
    for entry in entries:
        path = entry.path.absolute()
        times[path] += 1
        name = names[path] if times[path] == 1 else f"{names[path]} ({times[path]})"
        folder = slug(name)
        while folders[folder]:
            folders[folder] += 1
            folder = f"{folder}-{folders[folder]}"
        folders[folder] += 1
        result.append(replace(entry, name=name, folder=folder))
    return result


def slug(name: str) -> str:
    """A name as that of a folder."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:LONGEST_FOLDER_NAME].strip("-._") or "recording"


def _names(paths: Iterable[Path]) -> dict[Path, str]:
    """For every path as many of its last parts as tell it from all others, whatever the case of letters."""
    depth = dict.fromkeys(paths, 1)
    while True:
        names = {path: "/".join(path.parts[-deep:]) for path, deep in depth.items()}
        count = Counter(name.lower() for name in names.values())
        clash = [path for path, name in names.items() if count[name.lower()] > 1 and depth[path] < len(path.parts)]
        if not clash:
            return names
        for path in clash:
            depth[path] += 1
