"""Any recording as a table recording: every stream as Parquet, the camera as TOML, the videos as they are."""

import errno
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from foveate.errors import RecordingError, UsageError
from foveate.geometry import Camera
from foveate.recording import open_recording
from foveate.recording.aria_gaze import GazeAngles
from foveate.recording.beside import STREAMS, equal, table_of
from foveate.recording.camera_section import camera_lines
from foveate.recording.convert_video import frame_times, video_parts, write_videos
from foveate.recording.declaration import FILE_NAME, SIGNALS_SECTION
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.scene import ScenePart
from foveate.recording.signals import Signals, of_rows
from foveate.recording.unseen import UnseenScene

SHOWN = ("scene", "unseen_scene", "gaze", "camera")
"""Streams that have a way of their own; the others are tables of ``beside``."""
GAZE_LINES = (
    'gaze = "gaze.parquet"',
    'time = "time_ns"',
    'time_unit = "ns"',
    'x = "x_px"',
    'y = "y_px"',
    'coordinates = "pixels"',
    'origin = "top-left"',
    'valid = "valid"',
)


@dataclass(frozen=True)
class Converted:
    """What was written."""

    folder: Path
    """Where."""
    videos: int
    """Video files."""
    frames: int
    """Frames with their times."""
    rows: Mapping[str, int]
    """Stream, such as gaze -> its samples or events."""
    camera: bool
    """Whether there is a calibration."""
    left_out: tuple[str, ...]
    """What the recording has and the table has not, with the reason."""


def convert(recording: Recording, folder: Path | str, *, link: bool = False, video: bool = True) -> Converted:
    """Write a recording as a folder of the format ``table``, read it back, and compare every value.

    The videos are copied byte by byte. Times, points, validity, confidence, frame times, the camera and every other stream are
    kept to the last digit; what opening repaired stays repaired.

    Args:
        recording: what to write; a scene must be made of video files.
        folder: where; it must not exist yet, or be empty. It appears under its name only when it is whole.
        link: give the videos a second name (a hard link) instead of a copy; the folder then shares them with the recording.
        video: False to leave the videos out: frames keep their times and size.

    Raises:
        UsageError: where the folder cannot be the place.
        RecordingError: where the recording has frames in no video file, nothing to write, gaze or frames that cannot be read,
            or a link cannot be made.
        OSError: where the disk is full or may not be written.
    """
    target = _free(Path(folder), recording)
    parts = video_parts(recording) if video and "scene" in recording.loaders else []
    tables, left_out = _tables(recording)
    if not parts and not tables:
        raise RecordingError(
            f"{recording.path or recording.name} has nothing that a table could hold. {recording.hint}".rstrip()
        )
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        videos = write_videos(parts, part, link=link)
        frames = _write_frames(recording, parts, videos, part)
        for name, table in tables.items():
            _write(part / f"{name}.parquet", table)
        (part / FILE_NAME).write_text(_toml(recording, videos, frames, tables), encoding="utf-8")
        _check_same(recording, open_recording(part), frames, tables)
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
        frames=0 if frames.time_ns is None else len(frames.time_ns),
        rows={name: len(next(iter(table.values()))) for name, table in tables.items()},
        camera=_camera(recording) is not None,
        left_out=(*_left_out(recording, video=video), *left_out),
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


def _write_frames(recording: Recording, parts: list[ScenePart], videos: list[str], folder: Path) -> UnseenScene:
    """frames.parquet, where it is known when frames were seen; their times and size."""
    if parts:
        frames = UnseenScene(recording.scene.size_px, np.concatenate([frame_times(part) for part in parts]))
        names = [name for name, part in zip(videos, parts, strict=True) for _ in range(len(frame_times(part)))]
        _write(folder / "frames.parquet", {"time_ns": frames.time_ns, "video": names})
        return frames
    if "scene" in recording.loaders:
        frames = UnseenScene(recording.scene.size_px, recording.scene.time_ns)
    else:
        frames = recording.stream("unseen_scene") if "unseen_scene" in recording.loaders else UnseenScene(None, None)
    if frames.time_ns is not None:
        _write(folder / "frames.parquet", {"time_ns": frames.time_ns})
    return frames


def _tables(recording: Recording) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Stream -> its columns, gaze and whatever else a table can hold; and what it cannot, or what cannot be read."""
    tables: dict[str, dict[str, Any]] = {"gaze": _gaze_table(recording.gaze)} if "gaze" in recording.loaders else {}
    left_out = []
    for name in recording.loaders:
        if name in SHOWN:
            continue
        try:
            stream = recording.stream(name)
        except RecordingError as error:
            left_out.append(f"{name}, which cannot be read: {error}")
            continue
        table = table_of(name, _angles(stream) if isinstance(stream, GazeAngles) else stream)
        if table is None:
            left_out.append(name)
        else:
            tables[name] = table
    return tables, left_out


def _gaze_table(gaze: GazeStream) -> dict[str, Any]:
    point_px = np.asarray(gaze.point_px, dtype=np.float64)
    told: dict[str, Any] = {"time_ns": gaze.time_ns, "x_px": point_px[:, 0], "y_px": point_px[:, 1], "valid": gaze.valid}
    return told if gaze.confidence is None else told | {"confidence": np.asarray(gaze.confidence, dtype=np.float64)}


def _angles(gaze: GazeAngles) -> Signals:
    """Gaze of Aria without a camera, as it comes back from a table."""
    values = {"yaw_rad": gaze.yaw_rad, "pitch_rad": gaze.pitch_rad, "depth_m": gaze.depth_m}
    for name, band in (("yaw", gaze.yaw_band_rad), ("pitch", gaze.pitch_band_rad)):
        if band is not None:
            values |= {f"{name}_low_rad": band[:, 0], f"{name}_high_rad": band[:, 1]}
    return of_rows(gaze.time_ns, values, source=gaze.source.name, empty=True)


def _write(file: Path, columns: Mapping[str, Any]) -> None:
    # through a file of Python, whose errors (a full disk) tell their number
    with file.open("wb") as opened:
        pq.write_table(pa.table(dict(columns)), opened)


def _toml(recording: Recording, videos: Sequence[str], frames: UnseenScene, tables: Mapping[str, Any]) -> str:
    """What is what; see ``declaration``."""
    lines = [f"# Converted by foveate from a recording of the format {recording.format}; times are on its own clock."]
    lines += ["[table]", f"device = {_quoted(recording.device)}"]
    if videos:
        lines.append(f"video = {json.dumps(videos[0] if len(videos) == 1 else list(videos))}")
    elif frames.size_px is not None:
        lines.append(f'frame_size = "{frames.size_px.width_px}x{frames.size_px.height_px}"')
    if frames.time_ns is not None:
        lines.append('frames = "frames.parquet"')
    if "gaze" in tables:
        lines += [*GAZE_LINES, *(['confidence = "confidence"'] if "confidence" in tables["gaze"] else [])]
    lines += [f'{name} = "{name}.parquet"' for name in tables if name in STREAMS]
    if signals := [f'{name} = "{name}.parquet"' for name in tables if name not in STREAMS and name != "gaze"]:
        lines += ["", f"[{SIGNALS_SECTION}]", *signals]
    text = "\n".join(lines) + "\n"
    camera = _camera(recording)
    return text if camera is None else f"{text}\n{camera_lines(camera)}"


def _camera(recording: Recording) -> Camera | None:
    """The calibration as the recording has it, whatever size its frames have."""
    camera: Camera | None = recording.stream("camera") if "camera" in recording.loaders else None
    return camera


def _quoted(text: str) -> str:
    """A text as TOML has it; JSON's way of quoting is TOML's but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _left_out(recording: Recording, *, video: bool) -> list[str]:
    if "scene" not in recording.loaders:
        return []
    unseen = recording.scene.timed_frames - len(recording.scene.time_ns)
    return [*([f"the times of {unseen} frames without video"] if unseen > 0 else []), *([] if video else ["the video"])]


def _check_same(recording: Recording, written: Recording, frames: UnseenScene, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Compare what was written, value by value, with what it was written from.

    Raises:
        RecordingError: for the first stream that did not come back as it was.
    """
    checks: dict[str, Callable[[], bool]] = {
        "scene": lambda: _same_frames(written, frames),
        "camera": lambda: _camera_values(_camera(written)) == _camera_values(_camera(recording)),
    }
    for name, table in tables.items():
        again = _gaze_table if name == "gaze" else partial(table_of, name)
        checks[name] = partial(_same_table, again, written, name, table)
    for name, check in checks.items():
        reason = "it would be another"
        try:
            same = check()
        except RecordingError as error:
            same, reason = False, str(error)
        if not same:
            raise RecordingError(
                f"{recording.path or recording.name}: its {name} would not come back from a table as it is, so nothing was "
                f"written ({reason})"
            )


def _same_frames(written: Recording, frames: UnseenScene) -> bool:
    told = written.stream("scene" if "scene" in written.loaders else "unseen_scene")
    times = [None if time_ns is None else time_ns.tobytes() for time_ns in (told.time_ns, frames.time_ns)]
    return told.size_px == frames.size_px and times[0] == times[1]


def _same_table(again: Callable[[Any], Any], written: Recording, name: str, table: Mapping[str, Any]) -> bool:
    return equal(again(written.stream(name)), table)


def _camera_values(camera: Camera | None) -> tuple[Any, ...] | None:
    if camera is None:
        return None
    numbers = [np.asarray(values, dtype=np.float64).tobytes() for values in (camera.matrix, camera.distortion)]
    return (*numbers, camera.size_px, camera.model, camera.field_deg)
