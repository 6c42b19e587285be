"""What a user declares about a table recording: which file is what, which column means what; as keywords or as TOML."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path, PurePath
from typing import Any

from foveate.errors import RecordingError, hint
from foveate.geometry import Camera, Size
from foveate.recording.bounded import limited
from foveate.recording.camera_section import CAMERA_SECTION, read_camera
from foveate.recording.columns import NS_PER_UNIT
from foveate.recording.unseen import declared_size

FILE_NAME = "foveate.toml"
SECTION = "table"
SIGNALS_SECTION = "signals"
SECTIONS = (SECTION, CAMERA_SECTION, SIGNALS_SECTION)
MOST_TOML_BYTES = 2**20

CHOICES = {
    "time_unit": tuple(NS_PER_UNIT),
    "coordinates": ("pixels", "normalised"),
    "origin": ("top-left", "bottom-left"),
}


@dataclass(frozen=True)
class Declaration:
    """A table recording in words; None is left to be recognised, and said so."""

    video: str | tuple[str, ...] | None = None
    """The scene video, relative to the folder; several, in order, where the device wrote it in parts."""
    frames: str | None = None
    """Table of the times of the video's frames: time_ns (or time_s), and video, the file, where there are several."""
    gaze: str | None = None
    """The table of gaze samples, relative to the folder: CSV, TSV or Parquet."""
    time: str | None = None
    """Column with the sample's time; of the two clocks, the frame index wins."""
    time_unit: str | None = None
    """s, ms, us or ns."""
    frame_index: str | None = None
    """Column with the index of the video frame that the sample belongs to."""
    first_index: int = 0
    """The index that the table gives the video's first frame."""
    x: str | None = None
    """Column of the horizontal position."""
    y: str | None = None
    """Column of the vertical position."""
    coordinates: str | None = None
    """pixels or normalised (0 to 1)."""
    origin: str | None = None
    """top-left or bottom-left."""
    valid: str | None = None
    """Column with 1 or true where the tracker saw the eyes."""
    confidence: str | None = None
    """Column with a confidence in [0, 1]."""
    min_confidence: float | None = None
    """Samples below it are not valid."""
    events: str | None = None
    """Table of events: start_ns (or start_s), stop_ns (or stop_s), name, text; on the video's clock."""
    device: str = "unknown"
    """What recorded it."""
    start_offset_s: float | None = None
    """Seconds to add to the gaze times, to bring them on the video's clock (whose first frame is at the video's own start)."""
    camera: Camera | None = None
    """The scene camera; in a TOML file the section [camera]."""
    frame_size: Size | None = None
    """Of the scene's frames, such as 1600x1200, where their video is not there."""
    fixations: str | None = None
    """Table of fixations: start_ns, stop_ns (or start_s, stop_s), and where there are any number, and x_px and y_px."""
    saccades: str | None = None
    """The same of saccades."""
    blinks: str | None = None
    """The same of blinks."""
    hands: str | None = None
    """Table of hands: time_ns, side, left_px, top_px, width_px, height_px, valid."""
    signals: Mapping[str, str] = field(default_factory=dict)
    """Stream -> its table, of time_ns and one column a signal; in a TOML file the section [signals]."""

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in allowed:
                raise RecordingError(f"{name} is {value!r}, allowed are {', '.join(allowed)}")
        if (self.x is None) != (self.y is None):
            raise RecordingError("x and y are columns of one point: declare both or neither")
        if len(self.videos) > 1 and self.frames is None:
            raise RecordingError("several videos need frames, a table of the times of their frames: nothing else ties them")
        if len(set(self.videos)) < len(self.videos):
            raise RecordingError(f"video names a file twice: {', '.join(self.videos)}")

    @property
    def videos(self) -> tuple[str, ...]:
        """The videos in order; empty where none is declared."""
        return (self.video,) if isinstance(self.video, str) else self.video or ()


DECLARABLE = tuple(entry.name for entry in fields(Declaration))
NUMERIC: dict[str, type] = {"first_index": int, "min_confidence": float, "start_offset_s": float}


def declare(keywords: Mapping[str, Any], *, source: str) -> Declaration:
    """A Declaration out of keywords or a TOML section, checked.

    Args:
        keywords: name -> value, as the user wrote them.
        source: where they stand, for messages.

    Raises:
        RecordingError: for a name that is not declarable or a value of the wrong kind.
    """
    for name in keywords:
        if name not in DECLARABLE:
            raise RecordingError(
                f"{source} declares {name!r}, which is not known{hint(name, DECLARABLE)}; known are {', '.join(DECLARABLE)}"
            )
    return Declaration(**{name: _typed(name, value, source) for name, value in keywords.items()})


def _typed(name: str, value: Any, source: str) -> Any:
    """A value of its kind; the command line brings numbers as text."""
    if name == "camera":
        if not isinstance(value, Mapping | Camera):
            raise RecordingError(f"{source}: camera should be a Camera, or the section [camera] of a TOML file, got {value!r}")
        return read_camera(value, source=source) if isinstance(value, Mapping) else value
    if name == "signals":
        return _signals(value, source)
    if name == "frame_size":
        if not isinstance(value, str | list | tuple):
            raise RecordingError(f"{source}: frame_size should be such as 1280x720, got {value!r}")
        return declared_size(value)
    if name == "video" and isinstance(value, list | tuple) and value:
        return tuple(str(_typed("video", part, source)) for part in value)
    kind = NUMERIC.get(name, str)
    if kind is str and isinstance(value, str | PurePath):
        return str(value)
    if kind is not str and isinstance(value, str | int | float) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = kind(value)
            if isfinite(number) and (isinstance(value, str) or number == value):
                return number
    wanted = {str: "text", int: "a whole number", float: "a number"}[kind]
    raise RecordingError(f"{source}: {name} should be {wanted}, got {value!r}")


def _signals(value: Any, source: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(file, str | PurePath) for file in value.values()):
        raise RecordingError(
            f"{source}: signals should tell the table of each stream, as the section [{SIGNALS_SECTION}] of a TOML file does, "
            f"got {value!r}"
        )
    if taken := sorted(set(value) & {*DECLARABLE, "scene", "unseen_scene"}):
        raise RecordingError(f"{source}: signals cannot be called {', '.join(taken)}; choose another name")
    if strange := sorted(str(name) for name in value if not str(name).isidentifier()):
        raise RecordingError(f"{source}: signals cannot be called {strange[0]!r}; use letters, digits and _, such as eye_state")
    return {str(name): str(file) for name, file in value.items()}


def read_toml(file: Path) -> dict[str, Any]:
    """The section [table] of a TOML file, and as ``camera`` and ``signals`` its sections of these names, where it has them.

    Raises:
        RecordingError: where the file is no TOML, too large, lacks the section, or has another that is not known.
    """
    try:
        content = tomllib.loads(limited(file, most_bytes=MOST_TOML_BYTES).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{file} is no TOML: {error}") from error
    section = content.get(SECTION)
    if not isinstance(section, dict):
        raise RecordingError(f"{file} has no section [{SECTION}] (found: {', '.join(content) or 'nothing'})")
    for name in content:
        if name not in SECTIONS:
            raise RecordingError(
                f"{file} has a section [{name}], which is not known{hint(name, SECTIONS)}; known are {', '.join(SECTIONS)}"
            )
    return section | {name: content[name] for name in (CAMERA_SECTION, SIGNALS_SECTION) if name in content}
