"""Any recording as a table recording: gaze, frame times and events as Parquet, the camera as TOML, the videos as they are."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foveate.clock import Times
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Camera
from foveate.recording import open_recording
from foveate.recording.camera_section import camera_lines
from foveate.recording.declaration import FILE_NAME
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.scene import ScenePart, VideoScene

KEPT = ("scene", "gaze", "camera", "events")
"""Streams that a table recording has."""
GAZE_LINES = """\
gaze = "gaze.parquet"
time = "time_ns"
time_unit = "ns"
x = "x_px"
y = "y_px"
coordinates = "pixels"
origin = "top-left"
valid = "valid"
"""


@dataclass(frozen=True)
class Converted:
    """What was written."""

    folder: Path
    """Where."""
    videos: int
    """Video files."""
    frames: int
    """Frames with their times."""
    samples: int | None
    """Gaze samples; None where the recording has no gaze."""
    events: int
    """Events."""
    camera: bool
    """Whether there is a calibration."""
    left_out: tuple[str, ...]
    """What the recording has and a table recording cannot hold."""


def convert(recording: Recording, folder: Path | str, *, link: bool = False) -> Converted:
    """Write a recording as a folder of the format ``table``, read it back, and compare every value.

    The videos are copied byte by byte. Times, points, validity, confidence, frame times, events and camera are kept to the last
    digit; what opening repaired stays repaired.

    Args:
        recording: what to write; its scene must be made of video files.
        folder: where; it must not exist yet, or be empty. It appears under its name only when it is whole.
        link: give the videos a second name (a hard link) instead of a copy; the folder then shares them with the recording.

    Raises:
        UsageError: where the folder cannot be the place.
        RecordingError: where the recording has no video file, a stream cannot be read, or a link cannot be made.
        OSError: where the disk is full or may not be written.
    """
    target = _free(Path(folder), recording)
    parts = _video_parts(recording)
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        videos = _write_videos(parts, part, link=link)
        _write_tables(recording, parts, videos, part)
        (part / FILE_NAME).write_text(_toml(recording, videos), encoding="utf-8")
        _check_same(recording, open_recording(part))
        part.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            error.filename = str(folder)  # copying names the video that it reads, which is not what is full
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Converted(
        folder=Path(folder),
        videos=len(videos),
        frames=sum(map(len, map(_times, parts))),
        samples=len(recording.gaze) if "gaze" in recording.loaders else None,
        events=len(recording.events),
        camera=recording.camera is not None,
        left_out=_left_out(recording),
    )


def _free(folder: Path, recording: Recording) -> Path:
    """The folder by its full path, if a new one can take its name."""
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"{folder} is there already and not an empty folder; choose another place or remove it")
    if target == Path.cwd() or target.is_mount():
        raise UsageError(f"{folder} cannot be replaced by a new folder; name a folder inside of it")
    home = None if recording.path is None else recording.path.resolve()
    if home is not None and home.is_dir() and target.is_relative_to(home):
        raise UsageError(f"{folder} lies inside of the recording {recording.path}, which stays as it is; choose another place")
    return target


def _video_parts(recording: Recording) -> list[ScenePart]:
    """The recording's videos that have frames."""
    where = recording.path or recording.name
    if "scene" not in recording.loaders:
        raise RecordingError(f"{where} has no scene video, and a table recording cannot be without. {recording.hint}".rstrip())
    scene = recording.scene
    if not isinstance(scene, VideoScene):
        raise RecordingError(
            f"{where} keeps its frames in no video file, so there is none to copy; write them to a video with the maker's own "
            "tool (Aria: vrs_to_mp4) and declare that with its gaze (docs/recordings/table.md)"
        )
    return [part for part in scene.parts if len(_times(part))]


def _times(part: ScenePart) -> Times:
    assert part.time_ns is not None, "the parts of a scene have their frames' times"
    return part.time_ns


def _write_videos(parts: list[ScenePart], folder: Path, *, link: bool) -> list[str]:
    """Copy or link the videos; their names in the folder."""
    names = []
    for number, part in enumerate(parts, start=1):
        suffix = part.path.suffix.lower()
        name = ("scene" if len(parts) == 1 else f"scene-{number}") + (suffix if suffix in VIDEO_SUFFIXES else "")
        if link:
            _link(part.path.resolve(), folder / name)
        else:
            shutil.copyfile(part.path, folder / name)
        names.append(name)
    return names


def _link(video: Path, new: Path) -> None:
    try:
        os.link(video, new)
    except OSError as error:
        raise RecordingError(
            f"{video} cannot get a second name in {new.parent.parent} ({error.strerror}): a hard link needs both on one disk "
            "that has them; leave --link out to copy it"
        ) from error


def _write_tables(recording: Recording, parts: list[ScenePart], videos: list[str], folder: Path) -> None:
    """gaze.parquet, frames.parquet and events.parquet, each where there is something to write."""
    frames = [name for name, part in zip(videos, parts, strict=True) for _ in range(len(_times(part)))]
    _write(folder / "frames.parquet", {"time_ns": np.concatenate([_times(part) for part in parts]), "video": frames})
    if "gaze" in recording.loaders:
        gaze = recording.gaze
        columns: dict[str, Any] = {
            "time_ns": gaze.time_ns,
            "x_px": np.ascontiguousarray(gaze.point_px[:, 0]),
            "y_px": np.ascontiguousarray(gaze.point_px[:, 1]),
            "valid": gaze.valid,
        }
        _write(folder / "gaze.parquet", columns | ({} if gaze.confidence is None else {"confidence": gaze.confidence}))
    if recording.events:
        spans = [event.span for event in recording.events]
        _write(
            folder / "events.parquet",
            {
                "start_ns": pa.array([event.time_ns for event in recording.events], pa.int64()),
                "stop_ns": pa.array([None if span is None else span.stop_ns for span in spans], pa.int64()),
                "name": [event.name for event in recording.events],
                "text": [event.text for event in recording.events],
            },
        )


def _write(file: Path, columns: Mapping[str, Any]) -> None:
    # through a file of Python, whose errors (a full disk) tell their number
    with file.open("wb") as opened:
        pq.write_table(pa.table(dict(columns)), opened)


def _toml(recording: Recording, videos: list[str]) -> str:
    """What is what; see ``declaration``."""
    lines = f"# Converted by foveate from a recording of the format {recording.format}; times are on its own clock.\n[table]\n"
    lines += f"device = {_quoted(recording.device)}\n"
    lines += f'video = "{videos[0]}"\n' if len(videos) == 1 else f"video = {json.dumps(videos)}\n"
    lines += 'frames = "frames.parquet"\n'
    if "gaze" in recording.loaders:
        lines += GAZE_LINES + ("" if recording.gaze.confidence is None else 'confidence = "confidence"\n')
    if recording.events:
        lines += 'events = "events.parquet"\n'
    return lines if recording.camera is None else f"{lines}\n{camera_lines(recording.camera)}"


def _quoted(text: str) -> str:
    """A text as TOML has it; JSON's way of quoting is TOML's but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _left_out(recording: Recording) -> tuple[str, ...]:
    unseen = recording.scene.timed_frames - len(recording.scene.time_ns)
    others = tuple(name for name in recording.loaders if name not in KEPT and name != "unseen_scene")
    return ((f"the times of {unseen} frames without video",) if unseen > 0 else ()) + others


def _check_same(recording: Recording, written: Recording) -> None:
    """Compare what was written, value by value, with what it was written from.

    Raises:
        RecordingError: for the first stream that did not come back as it was.
    """
    for name, values in COMPARED.items():
        if name not in recording.loaders:
            continue
        true, reason = values(recording.stream(name)), "it would be another"
        try:
            # a calibration of None and no events at all have no stream in a table
            same = values(getattr(written, name)) == true
        except RecordingError as error:
            same, reason = False, str(error)
        if not same:
            raise RecordingError(
                f"{recording.path or recording.name}: its {name} would not come back from a table as it is, so nothing was "
                f"written ({reason})"
            )


def _frame_values(scene: Any) -> tuple[Any, ...]:
    return (scene.size_px, scene.time_ns.tobytes())


def _gaze_values(gaze: GazeStream) -> tuple[Any, ...]:
    confidence = None if gaze.confidence is None else np.asarray(gaze.confidence, dtype=np.float64).tobytes()
    point_px = np.asarray(gaze.point_px, dtype=np.float64)
    # whatever NaN it was: missing is missing
    return (gaze.time_ns.tobytes(), np.where(np.isnan(point_px), np.nan, point_px).tobytes(), gaze.valid.tobytes(), confidence)


def _camera_values(camera: Camera | None) -> tuple[Any, ...] | None:
    if camera is None:
        return None
    numbers = [np.asarray(values, dtype=np.float64).tobytes() for values in (camera.matrix, camera.distortion)]
    return (*numbers, camera.size_px, camera.model, camera.field_deg)


COMPARED: dict[str, Callable[[Any], Any]] = {
    "scene": _frame_values,
    "gaze": _gaze_values,
    "camera": _camera_values,
    "events": tuple,
}
"""Stream -> its values, of which equal ones are the same bit by bit."""
