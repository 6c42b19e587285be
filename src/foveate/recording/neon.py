"""Pupil Labs Neon, native folder: what the phone wrote, in one or more parts ("ps1", "ps2" ...).

Source: the files themselves and Pupil Labs' public reader of them (pl-neon-recording); times are int64 ns since 1970 UTC.
"""

import ast
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError
from foveate.geometry import Camera, Size
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream
from foveate.recording.scene import ScenePart, VideoScene

LOOKS_FOR = "a folder with 'Neon Scene Camera v1 ps1.time'"

SCENE = "Neon Scene Camera v1"
FRAME_PX = Size(1600, 1200)
"""Size of every Neon scene frame; calibration.bin holds for it."""
COPY_AGAIN = "Copy the folder from the phone again."
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
    loaders = {"scene": lambda: VideoScene(_scene_parts(path)), "gaze": lambda: _gaze(path)}
    if (path / "calibration.bin").exists():
        loaders["camera"] = lambda: _camera(path / "calibration.bin")
    if (path / "event.txt").exists():
        loaders["events"] = lambda: _events(path)
    if not _pairs(path, "gaze"):
        del loaders["gaze"]
    return Recording(
        name=path.resolve().name,
        format="neon",
        device="Pupil Labs Neon",
        path=path,
        loaders=loaders,
        hint="A Neon folder has 'gaze ps1.raw' and 'gaze ps1.time'. " + COPY_AGAIN,
        notes=_missing(path),
    )


def _missing(path: Path) -> tuple[str, ...]:
    """Scene and gaze files that the phone's own list names and the folder lacks, parts that the scene itself names apart."""
    try:
        listed = json.loads((path / "manifest.json").read_bytes())
        names = [str(entry["name"]) for entry in listed]
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    ours = re.compile(rf"({SCENE} ps\d+\.(mp4|time)|(gaze|worn)( ps\d+|_200hz)\.(raw|time))")
    lost = [name for name in names if ours.fullmatch(name) and not (path / name).exists()]
    told_by_scene = {mp4.name for mp4 in _scene_videos(path)}
    return tuple(f"{name} is in manifest.json but missing" for name in lost if name not in told_by_scene)


def _part_names(path: Path, stem: str, suffix: str) -> list[Path]:
    """Files "<stem> psN<suffix>" in order of N."""
    pattern = re.compile(rf"{re.escape(stem)} ps(\d+){re.escape(suffix)}")
    found = [(int(match[1]), file) for file in path.iterdir() if (match := pattern.fullmatch(file.name))]
    return [file for _, file in sorted(found)]


def _scene_videos(path: Path) -> list[Path]:
    """The scene video of every part that has a video or frame times; it may be missing."""
    files = {file.with_suffix(".mp4") for suffix in (".time", ".mp4") for file in _part_names(path, SCENE, suffix)}
    return sorted(files, key=lambda file: int(file.stem.rpartition("ps")[2]))


def _scene_parts(path: Path) -> list[ScenePart]:
    parts = _scene_videos(path)
    for mp4 in parts:
        if not mp4.with_suffix(".time").exists():
            raise RecordingError(f"{mp4} has no frame times ({mp4.with_suffix('.time').name} is missing). {COPY_AGAIN}")
    return [ScenePart(mp4, _read(mp4.with_suffix(".time"), np.dtype("<i8")).astype(np.int64)) for mp4 in parts]


def _read(file: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A file of nothing but items of one type."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise RecordingError(f"{file} is missing. {COPY_AGAIN}") from None
    if len(data) % dtype.itemsize:
        raise RecordingError(
            f"{file} has {len(data)} bytes, which is no multiple of its {dtype.itemsize}-byte items: it was cut. {COPY_AGAIN}"
        )
    return np.frombuffer(data, dtype)


def _declared(path: Path, stem: str, default: np.dtype[Any]) -> np.dtype[Any]:
    """The item type of a stream: from "<stem>.dtype", which formats from 2.4 on have beside it, or the older fixed one."""
    file = path / f"{stem}.dtype"
    if not file.exists():
        return default
    try:
        fields = ast.literal_eval(file.read_text(encoding="utf-8"))
        declared = np.dtype([(str(name), np.dtype(str(kind)).newbyteorder("<")) for name, kind in fields])
    except (ValueError, TypeError, SyntaxError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{file} is no list of (name, type): {error}. {COPY_AGAIN}") from error
    if not declared.names or any(declared[name].kind not in "biuf" for name in declared.names):
        raise RecordingError(f"{file} declares {declared}, expected numbers only. {COPY_AGAIN}")
    return declared


def _pairs(path: Path, stem: str) -> list[Path]:
    """The .raw files of a stream: the 200 Hz one, which REPEATS the samples of the parts, or where it is missing the parts."""
    whole = path / f"{stem}_200hz.raw"
    if whole.exists() and (path / "gaze_200hz.time").exists():
        return [whole]
    return _part_names(path, stem, ".raw")


def _gaze(path: Path) -> GazeStream:
    notes: list[str] = []
    dtype = _declared(path, "gaze", np.dtype([("x", "<f4"), ("y", "<f4")]))
    if not dtype.names or not {"x", "y"} <= set(dtype.names):
        raise RecordingError(f"{path / 'gaze.dtype'} names {dtype.names}, expected x and y among them. {COPY_AGAIN}")
    times, points, worn = [], [], []
    for raw in _pairs(path, "gaze"):
        samples = _read(raw, dtype)
        time_ns = _read(raw.with_suffix(".time"), np.dtype("<i8"))
        n = min(len(samples), len(time_ns))
        if len(samples) != len(time_ns):
            notes.append(f"{raw.name} has {len(samples)} samples and {len(time_ns)} times: the first {n} are used")
        times.append(time_ns[:n].astype(np.int64))
        points.append(np.stack([samples["x"], samples["y"]], axis=1)[:n].astype(np.float64))
        worn.append(_worn(raw, n, notes))
    confidence = None if any(part is None for part in worn) else np.concatenate([part for part in worn if part is not None])
    gaze = gaze_stream(
        np.concatenate(times),
        np.concatenate(points),
        valid=None if confidence is None else confidence >= 0.5,
        confidence=confidence,
        source=_pairs(path, "gaze")[0],
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
    dtype = _declared(file.parent, "worn", np.dtype("u1"))
    values = _read(file, dtype)
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
    data = file.read_bytes()
    if len(data) != CALIBRATION.itemsize:
        raise RecordingError(f"{file} has {len(data)} bytes, expected {CALIBRATION.itemsize}. {COPY_AGAIN}")
    entry = np.frombuffer(data, CALIBRATION)[0]
    if zlib.crc32(data[:-4]) != int(entry["crc"]):
        raise RecordingError(f"{file} does not fit its own checksum: it was damaged. Copy it again, or remove it.")
    return Camera(matrix=entry["scene_matrix"].copy(), distortion=entry["scene_distortion"].copy(), size_px=FRAME_PX)


def _events(path: Path) -> tuple[Event, ...]:
    names = (path / "event.txt").read_text(encoding="utf-8", errors="replace").splitlines()
    times = _read(path / "event.time", np.dtype("<i8"))
    if len(names) != len(times):
        raise RecordingError(f"{path / 'event.txt'} has {len(names)} names and event.time {len(times)} times. {COPY_AGAIN}")
    events = [Event(name=name, span=None, time_ns=int(time)) for name, time in zip(names, times, strict=True)]
    return tuple(sorted(events, key=lambda event: event.time_ns))
