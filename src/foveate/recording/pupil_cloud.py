"""Pupil Labs Neon and Pupil Invisible, "Timeseries Data" of Pupil Cloud (Neon Player and pl-rec-export write the same tables).

Source: the files themselves and Pupil Labs' description of them ("Recording Format" of Neon and of Invisible); times are
int64 ns since 1970 UTC, gaze is in pixels of the distorted scene frame, origin top left.
"""

import csv
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foveate.clock import Times, increasing
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Camera, Size
from foveate.recording import columns, pupil_signals, recognise
from foveate.recording.bounded import bounded
from foveate.recording.events import Events
from foveate.recording.eye_events import EyeEvents, of_samples, read_eye_events
from foveate.recording.frame_times import filled
from foveate.recording.inside import inside, read_json
from foveate.recording.pupil_signals import EYES, IMU, TIME
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream
from foveate.recording.scene import ScenePart, VideoScene, repaired_notes
from foveate.recording.unseen import UnseenScene

LOOKS_FOR = "a folder with a gaze.csv that has 'gaze x [px]', and world_timestamps.csv or another table of Pupil Cloud"
DECLARABLE: tuple[str, ...] = ()

EXPORT_AGAIN = "Download 'Timeseries Data' from Pupil Cloud again."
GAZE, FRAMES, CAMERA = "gaze.csv", "world_timestamps.csv", "scene_camera.json"
BESIDE = (FRAMES, CAMERA, EYES, "info.json", "fixations.csv", "blinks.csv", "events.csv", IMU)
"""Of these one must lie beside gaze.csv; a lone gaze.csv and a video are a table."""
X, Y = "gaze x [px]", "gaze y [px]"
RECORDING_ID, SECTION_ID = "recording id", "section id"

NEON, INVISIBLE, EITHER = "Pupil Labs Neon", "Pupil Invisible", "Pupil Labs Neon or Pupil Invisible"
FRAME_PX = {NEON: Size(1600, 1200), INVISIBLE: Size(1088, 1080)}
"""Size of every scene frame, for which gaze and scene_camera.json hold."""
OFF_CENTER = 0.15
"""A principal point lies at most this far from the frame's middle, in frame sizes."""


def detect(path: Path) -> bool:
    """Whether a path is a folder of Cloud's tables; reads the first line of gaze.csv."""
    if not (path / GAZE).is_file() or (path / "foveate.toml").exists():
        return False
    with (path / GAZE).open("rb") as opened:
        header = opened.readline(65_536).decode("utf-8", errors="replace")
    return TIME in header and "gaze x" in header and any((path / name).exists() for name in BESIDE)


def open_path(path: Path) -> Recording:
    """Open a folder of Cloud's tables; only names and info.json are read until a stream is touched."""
    info, notes = _info(path)
    device = _device(path, info)
    loaders: dict[str, Callable[[], Any]] = {"gaze": lambda: _gaze(path)}
    if _videos(path):
        loaders["scene"] = lambda: _scene(path, device)
    else:
        loaders["unseen_scene"] = lambda: _unseen(path, device)
    optional: dict[str, tuple[str, Callable[[], Any]]] = {
        "camera": (CAMERA, lambda: _camera(path, device)),
        "events": ("events.csv", lambda: _events(path)),
        "blinks": ("blinks.csv", lambda: _eye_events(path, "blink")),
        "saccades": ("saccades.csv", lambda: _eye_events(path, "saccade")),
        "imu": (IMU, lambda: pupil_signals.imu(path)),
        "eye_state": (EYES, lambda: pupil_signals.eye_state(path)),
    }
    loaders |= {stream: load for stream, (name, load) in optional.items() if (path / name).exists()}
    loaders["fixations"] = lambda: _eye_events(path, "fixation")
    return Recording(
        name=path.resolve().name,
        format="pupil_cloud",
        device=device,
        path=path,
        loaders=loaders,
        hint="Pupil Cloud's 'Timeseries Data + Scene Video' has the video as well; 'Timeseries Data' has the tables.",
        notes=notes,
    )


def _info(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What info.json tells, and a note where it cannot be read: no stream depends on it alone."""
    if not (path / "info.json").exists():
        return {}, ()
    try:
        return read_json(inside(path, "info.json")), ()
    except RecordingError as error:
        return {}, (f"info.json is not used: {error}",)


def _device(path: Path, info: dict[str, Any]) -> str:
    """Which of the two recorded: by info.json, or by what only Neon has, or by the scene camera's middle, or by the IMU."""
    if "module_serial_number" in info or (path / EYES).exists():
        return NEON
    if "glasses_serial_number" in info:
        return INVISIBLE
    with suppress(RecordingError):
        matrix, _ = _intrinsics(path)
        return next((device for device in FRAME_PX if _is_centered(matrix, FRAME_PX[device])), EITHER)
    if (path / IMU).is_file():
        with suppress(RecordingError, OSError, csv.Error), inside(path, IMU).open(encoding="utf-8", errors="replace") as opened:
            row = dict(zip(*csv.reader([opened.readline(65_536), opened.readline(65_536)]), strict=False))
            turned = row.get("quaternion w", row.get("rotation vector w"))
            # Invisible has no compass: Cloud leaves its columns of the full rotation empty
            return EITHER if turned is None else NEON if turned else INVISIBLE
    return EITHER


def _videos(path: Path) -> list[Path]:
    """The scene videos; their name varies: "<section>_<start>-<end>.mp4", or what the user called it."""
    return recognise.files_of(path)[0]


def _read(path: Path, name: str, wanted: dict[str, str], *optional: str) -> dict[str, pl.Series]:
    """Columns of a table, those of ``optional`` (by their own names) where it has them.

    Raises:
        RecordingError: where a column is missing, or the rows are of several recordings.
    """
    file = bounded(path, name)
    found = columns.column_names(file)
    extra = {column: column for column in (RECORDING_ID, *optional) if column in found}
    table = columns.read_columns(file, wanted | extra)
    if RECORDING_ID in table:
        ids = sorted(set(table[RECORDING_ID].fill_null("").unique().to_list()) - {""})
        if len(ids) > 1:
            raise RecordingError(
                f"{file} holds {len(ids)} recordings ({', '.join(ids[:3])}). Download the 'Timeseries Data' of each by itself."
            )
    return table


def _sections(path: Path) -> dict[str, Times]:
    """When each section's frames were seen, in order."""
    if not (path / FRAMES).exists():
        raise RecordingError(f"{path} has no {FRAMES}, so that it cannot be told when its frames were seen. {EXPORT_AGAIN}")
    table = _read(path, FRAMES, {"time": TIME}, SECTION_ID)
    time_ns, there = columns.times(table["time"], unit="ns", source=path / FRAMES)
    time_ns = filled(time_ns, there, source=path / FRAMES)
    section = table[SECTION_ID].fill_null("").to_numpy() if SECTION_ID in table else np.full(len(time_ns), "")
    return {name: time_ns[section == name] for name in dict.fromkeys(section.tolist())}


def _scene(path: Path, device: str) -> VideoScene:
    sections = _sections(path)
    videos = [inside(path, video.name) for video in _videos(path)]
    parts = []
    for section, time_ns in sections.items():
        mine = [video for video in videos if section and video.name.startswith(section[:8])]
        if len(sections) == len(videos) == 1:
            mine = videos
        if len(mine) > 1 or (not mine and len(sections) == 1):
            names = ", ".join(video.name for video in videos)
            raise RecordingError(f"{path}: cannot tell which video is the scene (found: {names}). Keep only that one here.")
        parts.append(ScenePart(mine[0] if mine else path / f"{section[:8]} (scene video)", time_ns))
    scene = VideoScene(parts)
    wanted = FRAME_PX.get(device, scene.size_px)
    if scene.size_px != wanted:
        raise RecordingError(
            f"{path}: the scene video is {scene.size_px.width_px}x{scene.size_px.height_px}, but gaze of a {device} holds for "
            f"{wanted.width_px}x{wanted.height_px}. Use the video as Pupil Cloud has it, neither resized nor of another device."
        )
    return scene


def _unseen(path: Path, device: str) -> UnseenScene:
    """Frames that have times but no video."""
    size_px = FRAME_PX.get(device)
    if not (path / FRAMES).exists():
        return UnseenScene(size_px, None, (f"{FRAMES} is missing: it is not known when frames were seen",))
    time_ns, moved = increasing(np.concatenate(list(_sections(path).values())))
    return UnseenScene(size_px, time_ns, repaired_notes(moved, len(time_ns)))


def _gaze(path: Path) -> GazeStream:
    table, source, notes = _read(path, GAZE, {"time": TIME, "x": X, "y": Y}, "worn"), path / GAZE, []
    time_ns, there = columns.times(table["time"], unit="ns", source=source)
    if not there.all():
        notes.append(f"{int(np.sum(~there))} of {len(there)} gaze samples have no time: left out")
    if "worn" not in table:
        notes.append(f"{GAZE} has no column 'worn': every sample counts as worn")
    gaze = gaze_stream(
        time_ns[there],
        columns.points(table["x"], table["y"], notes)[there],
        valid=columns.truths(table["worn"], source=source)[there] if "worn" in table else None,
        confidence=None,
        source=source,
        notes=tuple(notes),
    )
    if not (path / FRAMES).exists():
        return gaze
    frames = np.sort(np.concatenate(list(_sections(path).values())))
    return check_overlap(gaze, frames, source=source, remedy=EXPORT_AGAIN)


def _intrinsics(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The camera's matrix (3, 3) and distortion (8,); Neon and Invisible name them differently."""
    file = inside(path, CAMERA)
    told = read_json(file)
    try:
        matrix = np.asarray(told["camera_matrix"], dtype=np.float64).reshape(3, 3)
        bent = told["dist_coefs"] if "dist_coefs" in told else told["distortion_coefficients"]
        return matrix, np.asarray(bent, dtype=np.float64).reshape(-1)
    except (KeyError, ValueError, TypeError) as error:
        found = ", ".join(map(str, list(told)[:8]))
        raise RecordingError(
            f"{file} should hold camera_matrix (3 x 3) and dist_coefs (found: {found}): {error}. {EXPORT_AGAIN}"
        ) from error


def _is_centered(matrix: NDArray[np.float64], size_px: Size) -> bool:
    return bool(np.all(np.abs(matrix[:2, 2] / size_px - 0.5) <= OFF_CENTER))


def _camera(path: Path, device: str) -> Camera:
    matrix, distortion = _intrinsics(path)
    size_px = FRAME_PX.get(device)
    if size_px is None or not _is_centered(matrix, size_px):
        x, y = matrix[:2, 2]
        fits = f"a {device} ({size_px.width_px}x{size_px.height_px})" if size_px else "neither a Neon nor an Invisible"
        raise RecordingError(
            f"{path / CAMERA}: the middle of the camera, ({x:.0f}, {y:.0f}) px, does {'not fit' if size_px else 'fit'} {fits}: "
            f"it belongs to another device. {EXPORT_AGAIN}"
        )
    try:
        return Camera(matrix=matrix, distortion=distortion, size_px=size_px)
    except UsageError as error:
        raise RecordingError(f"{path / CAMERA}: {error}. {EXPORT_AGAIN}") from error


def _events(path: Path) -> Events:
    table = _read(path, "events.csv", {"time": TIME, "name": "name"})
    time_ns, there = columns.times(table["time"], unit="ns", source=path / "events.csv")
    lost = int(np.sum(~there))
    names = table["name"].fill_null("").to_list()
    return Events(
        [Event(str(name), None, int(time)) for name, time, told in zip(names, time_ns, there, strict=True) if told],
        notes=(f"{lost} of {len(there)} events have no time: left out",) if lost else (),
    )


def _eye_events(path: Path, kind: str) -> EyeEvents:
    """Fixations, saccades or blinks; fixations out of gaze.csv where their own table is missing."""
    name = f"{kind}s.csv"
    if kind == "fixation" and not (path / name).exists():
        return _fixations_of_gaze(path)
    named = {"number": f"{kind} id", "start": f"start {TIME}", "stop": f"end {TIME}"}
    if kind == "fixation":
        named |= {"x": "fixation x [px]", "y": "fixation y [px]"}
    return read_eye_events(bounded(path, name), named, unit="ns")


def _fixations_of_gaze(path: Path) -> EyeEvents:
    """Fixations from the ids that Cloud gives to gaze samples."""
    table = _read(path, GAZE, {"number": "fixation id", "time": TIME, "x": X, "y": Y})
    time_ns, there = columns.times(table["time"], unit="ns", source=path / GAZE)
    notes = [f"fixations.csv is missing: fixations are made of the ids in {GAZE}"]
    return of_samples(
        time_ns[there],
        columns.numbers(table["number"], notes)[there],
        columns.points(table["x"], table["y"], notes)[there],
        notes=tuple(notes),
    )
