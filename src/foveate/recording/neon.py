"""Pupil Labs Neon, native folder: what the phone wrote, in one or more parts ("ps1", "ps2" ...).

Source: the files themselves and Pupil Labs' public reader of them (pl-neon-recording); times are int64 ns since 1970 UTC.
"""

import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times, increasing
from foveate.errors import RecordingError
from foveate.geometry import Camera, Size
from foveate.recording import neon_signals
from foveate.recording.inside import inside
from foveate.recording.neon_files import COPY_AGAIN, contents, declared, instants, items, numbers, part_names, timed
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream
from foveate.recording.scene import ScenePart, VideoScene, repaired_notes
from foveate.recording.unseen import UnseenScene

LOOKS_FOR = "a folder with 'Neon Scene Camera v1 ps1.time'"

SCENE = "Neon Scene Camera v1"
FRAME_PX = Size(1600, 1200)
"""Size of every Neon scene frame; calibration.bin holds for it."""
FULLY_WORN = 255
LINE_FEED = 10

CALIBRATION = np.dtype(
    [("version", "u1"), ("serial", "S6")]
    + [
        entry
        for name in ("scene", "right", "left")
        for entry in ((f"{name}_matrix", "<f8", (3, 3)), (f"{name}_distortion", "<f8", (8,)), (f"{name}_pose", "<f8", (4, 4)))
    ]
    + [("crc", "<u4")]
)


DECLARABLE: tuple[str, ...] = ()


def detect(path: Path) -> bool:
    """Whether a path is a Neon folder."""
    return path.is_dir() and any(path.glob("Neon * v1 ps*.*"))


def open_path(path: Path) -> Recording:
    """Open a Neon folder; only names are read until a stream is touched."""
    seen = any(mp4.exists() for mp4 in _scene_videos(path))
    streams: dict[str, tuple[bool, Callable[[], Any]]] = {
        "scene": (seen, lambda: VideoScene(_scene_parts(path))),
        "unseen_scene": (not seen, lambda: _unseen(path)),
        "gaze": (bool(_gaze_files(path)), lambda: _gaze(path)),
        "camera": ((path / "calibration.bin").exists(), lambda: _camera(path / "calibration.bin")),
        "events": ((path / "event.txt").exists(), lambda: _events(path)),
        "imu": (neon_signals.imu_stem(path) is not None, lambda: neon_signals.imu(path)),
        "eye_state": (_has(path, "eye_state"), lambda: neon_signals.eye_state(path)),
        "fixations": (_has(path, "fixations"), lambda: neon_signals.fixations(path)),
        "saccades": (_has(path, "fixations"), lambda: neon_signals.saccades(path)),
        "blinks": (_has(path, "blinks"), lambda: neon_signals.blinks(path)),
    }
    return Recording(
        name=path.resolve().name,
        format="neon",
        device="Pupil Labs Neon",
        path=path,
        loaders={name: load for name, (there, load) in streams.items() if there},
        hint="A Neon folder has 'Neon Scene Camera v1 ps1.mp4', 'gaze ps1.raw' and 'gaze ps1.time'. " + COPY_AGAIN,
        notes=_missing(path),
    )


def _has(path: Path, stem: str) -> bool:
    return bool(part_names(path, stem, ".raw"))


def _missing(path: Path) -> tuple[str, ...]:
    """Scene and gaze files that the phone's own list names and the folder lacks, parts that the scene itself names apart."""
    try:
        listed = json.loads(contents(path / "manifest.json"))
        names = [str(entry["name"]) for entry in listed]
    except (RecordingError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return ()
    ours = re.compile(rf"({SCENE} ps\d+\.(mp4|time)|(gaze|worn)( ps\d+|_200hz)\.(raw|time))")
    lost = [name for name in names if ours.fullmatch(name) and not (path / name).exists()]
    told_by_scene = {mp4.name for mp4 in _scene_videos(path)}
    return tuple(f"{name} is in manifest.json but missing" for name in lost if name not in told_by_scene)


def _scene_videos(path: Path) -> list[Path]:
    """The scene video of every part that has a video or frame times; it may be missing."""
    files = {file.with_suffix(".mp4") for suffix in (".time", ".mp4") for file in part_names(path, SCENE, suffix)}
    return sorted(files, key=lambda file: int(file.stem.rpartition("ps")[2]))


def _scene_parts(path: Path) -> list[ScenePart]:
    parts = _scene_videos(path)
    for mp4 in parts:
        if not mp4.with_suffix(".time").exists():
            raise RecordingError(f"{mp4} has no frame times ({mp4.with_suffix('.time').name} is missing). {COPY_AGAIN}")
    return [ScenePart(inside(path, mp4.name), instants(mp4.with_suffix(".time"))) for mp4 in parts]


def _unseen(path: Path) -> UnseenScene:
    """The frames of parts that all lack their video."""
    times = {part.path.name: part.time_ns for part in _scene_parts(path) if part.time_ns is not None}
    notes = [f"{name} is missing: {len(time_ns)} timed frames have no video" for name, time_ns in times.items()]
    if not times:
        return UnseenScene(FRAME_PX, None)
    time_ns, moved = increasing(np.concatenate(list(times.values())))
    return UnseenScene(FRAME_PX, time_ns, (*notes, *repaired_notes(moved, len(time_ns))))


def _gaze_files(path: Path) -> list[Path]:
    """The .raw files of gaze: the 200 Hz one, which REPEATS the samples of the parts, or where it is missing the parts."""
    whole = path / "gaze_200hz.raw"
    if whole.exists() and whole.with_suffix(".time").exists():
        return [whole]
    return part_names(path, "gaze", ".raw")


def _gaze(path: Path) -> GazeStream:
    notes: list[str] = []
    dtype = declared(path, "gaze", np.dtype([("x", "<f4"), ("y", "<f4")]), needs=("x", "y"))
    times, points, worn = [], [], []
    for raw in _gaze_files(path):
        time_ns, samples = timed(raw, items(raw, dtype), notes)
        times.append(time_ns)
        points.append(numbers(np.stack([samples["x"], samples["y"]], axis=1)))
        worn.append(_worn(raw, len(samples), notes))
    confidence = None if any(part is None for part in worn) else np.concatenate([part for part in worn if part is not None])
    gaze = gaze_stream(
        np.concatenate(times),
        np.concatenate(points),
        valid=None if confidence is None else confidence >= 0.5,
        confidence=confidence,
        source=_gaze_files(path)[0],
        notes=tuple(notes),
    )
    frame_time_ns: list[Times] = [part.time_ns for part in _scene_parts(path) if part.time_ns is not None]
    frames = np.sort(np.concatenate(frame_time_ns)) if frame_time_ns else np.empty(0, np.int64)
    return check_overlap(gaze, frames, source=path, remedy=COPY_AGAIN)


def _worn(raw: Path, samples: int, notes: list[str]) -> NDArray[np.float64] | None:
    """How surely the glasses were worn, (N,) in [0, 1]; None where the file is missing."""
    file = raw.with_name(raw.name.replace("gaze", "worn", 1))
    if not file.exists():
        notes.append(f"{file.name} is missing: every sample counts as worn")
        return None
    dtype = declared(file.parent, "worn", np.dtype("u1"))
    values = items(file, dtype)
    worn = values if dtype.names is None else values[dtype.names[0]]
    if len(worn) == samples + 1 and worn[-1] == LINE_FEED:
        worn = worn[:-1]  # some copies end in a line feed, which is no sample
    if len(worn) < samples:
        notes.append(f"{file.name} has {len(worn)} values for {samples} samples: the others count as not worn")
    elif len(worn) > samples:
        notes.append(f"{file.name} has {len(worn)} values for {samples} samples: the first {samples} are used")
    confidence = np.zeros(samples)
    confidence[: len(worn)] = np.clip(worn[:samples] / FULLY_WORN, 0.0, 1.0)
    return confidence


def _camera(file: Path) -> Camera:
    data = contents(file)
    if len(data) != CALIBRATION.itemsize:
        raise RecordingError(f"{file} has {len(data)} bytes, expected {CALIBRATION.itemsize}. {COPY_AGAIN}")
    entry = np.frombuffer(data, CALIBRATION)[0]
    if zlib.crc32(data[:-4]) != int(entry["crc"]):
        raise RecordingError(f"{file} does not fit its own checksum: it was damaged. Copy it again, or remove it.")
    return Camera(matrix=entry["scene_matrix"].copy(), distortion=entry["scene_distortion"].copy(), size_px=FRAME_PX)


def _events(path: Path) -> tuple[Event, ...]:
    names = contents(path / "event.txt").decode("utf-8", errors="replace").splitlines()
    times = instants(path / "event.time")
    if len(names) != len(times):
        raise RecordingError(f"{path / 'event.txt'} has {len(names)} names and event.time {len(times)} times. {COPY_AGAIN}")
    events = [Event(name=name, span=None, time_ns=int(time)) for name, time in zip(names, times, strict=True)]
    return tuple(sorted(events, key=lambda event: event.time_ns))
