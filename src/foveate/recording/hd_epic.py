"""HD-EPIC, one video: the Aria's MP4 and ``framewise_info.jsonl``, which gives each of its frames a gaze point.

Source: the makers' own words (hd-epic/hd-epic-annotations, issue 15). Gaze was estimated at about 5 Hz; each frame bears the
nearest estimate, so that a point is repeated for about six frames and is up to 100 ms away from them. Here every estimate is
one sample at its own time, ``gaze_timestamp_ns``; how far the file's per-frame points are off is the stream ``held``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isinf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S, Times
from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording.bounded import bounded, limited
from foveate.recording.json_lines import json_object, vector
from foveate.recording.published import Published, find
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream
from foveate.recording.signals import Signals

LOOKS_FOR = "an HD-EPIC video such as P01-20240202-110250.mp4, or its folder with framewise_info.jsonl"
DECLARABLE: tuple[str, ...] = ("video", "framewise")

FRAMEWISE = "framewise_info.jsonl"
FRAME_PX = Size(1408, 1408)
FPS = 30.0
NAME = re.compile(r"P\d{2}-\d{8}-\d{6}")
VIDEO_FOLDERS = ("Videos", "videos", "HD-EPIC/Videos")
FRAMEWISE_FOLDERS = ("HD-EPIC Intermediate Data", "Intermediate Data", "Intermediate_data", "Intermediate_Data")
LEVELS = 5
"""Folders above a file in which the other is looked for."""
LINE_BYTES = 2**16
MOST_STRANGE = 0.5
MOST_FRAMES = 24 * 3600 * 30
"""A day of video."""
MOST_NS = 2**62
DOWNLOAD_AGAIN = "Download HD-EPIC's 'Intermediate Data' again."


def detect(path: Path) -> bool:
    """Whether a path is a video's folder of intermediate data, or a video that has one; reads names only."""
    if path.is_dir():
        return (path / FRAMEWISE).is_file()
    return path.suffix.lower() in VIDEO_SUFFIXES and NAME.fullmatch(path.stem) is not None and _framewise_of(path) is not None


def open_path(path: Path, video: str | None = None, framewise: str | None = None) -> Recording:
    """Open a video and its gaze; only names are read until a stream is touched.

    Args:
        path: the video, or the folder with ``framewise_info.jsonl``.
        video: the video, where it lies elsewhere.
        framewise: ``framewise_info.jsonl``, where it lies elsewhere.
    """
    for declared in (video, framewise):
        if declared is not None and not Path(declared).is_file():
            raise RecordingError(f"{declared} does not exist")
    rows = Path(framewise) if framewise is not None else path / FRAMEWISE if path.is_dir() else _framewise_of(path)
    mp4 = Path(video) if video is not None else _video_of(path) if path.is_dir() else path
    name = path.resolve().name if path.is_dir() else path.stem
    published = Published(path, mp4, FRAME_PX, FPS)
    loaders = published.loaders()
    if rows is not None and rows.is_file():
        frames = _Frames(limited(rows) if framewise is not None else bounded(rows.parent, rows.name), published)
        loaders |= {"gaze": lambda: frames.gaze, "held": lambda: frames.held}
    return Recording(
        name=name,
        format="hd_epic",
        device="Project Aria",
        path=path,
        loaders=loaders,
        hint=f"{FRAMEWISE} is part of HD-EPIC's 'Intermediate Data'.",
        notes=() if mp4 is not None else (f"there is no video called {name} in the folder or in Videos/ above it",),
    )


def _video_of(folder: Path) -> Path | None:
    name = folder.resolve().name
    above = [here / part / name[:3] for here in list(folder.resolve().parents)[:LEVELS] for part in VIDEO_FOLDERS]
    found = find([folder, *above], name)
    if found is None:
        videos = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in VIDEO_SUFFIXES and file.is_file()]
        found = find([folder], videos[0].stem) if len(videos) == 1 else None
    return found


def _framewise_of(video: Path) -> Path | None:
    name = video.stem
    above = list(video.resolve().parents)[:LEVELS]
    folders = [video.parent / name, *(here / part / name[:3] / name for here in above for part in FRAMEWISE_FOLDERS)]
    return next((folder / FRAMEWISE for folder in folders if (folder / FRAMEWISE).is_file()), None)


@dataclass(frozen=True)
class _Frames:
    """framewise_info.jsonl and the video that it is about."""

    file: Path
    published: Published

    @cached_property
    def _rows(self) -> "_Rows":
        return _read(self.file)

    @cached_property
    def _placed(self) -> tuple[Times, NDArray[np.bool_], tuple[str, ...]]:
        """When every row's frame was shown, (N,), and (N,) which rows name a frame of the video."""
        return self.published.times_of_frames(self._rows.frame, source=self.file)

    @cached_property
    def held(self) -> Signals:
        """Per frame: how much later than the frame its gaze was measured, as the file pairs them; NaN where it has none."""
        time_ns, there, _ = self._placed
        order = np.flatnonzero(there)[np.argsort(time_ns[there], kind="stable")]
        return Signals(time_ns[order], {"gaze_minus_frame_ms": self._rows.offset_ns[order] / NS_PER_MS}, self._rows.notes)

    @cached_property
    def gaze(self) -> GazeStream:
        rows = self._rows
        time_ns, there, notes = self._placed
        told = [*rows.notes, *notes]
        has = there & np.isfinite(rows.point).all(axis=1)
        unknown = has & ~np.isfinite(rows.offset_ns)
        if unknown.any():
            told.append(f"gaze of {int(np.sum(unknown))} frames has no gaze_timestamp_ns: placed at the frame itself")
        offset_ns = np.where(np.isfinite(rows.offset_ns), rows.offset_ns, 0.0)
        # one sample per estimate: of the frames that it is held for, the nearest tells its time on the video's clock
        nearest_first = np.lexsort((np.abs(offset_ns), rows.gaze_ns))
        nearest_first = nearest_first[has[nearest_first] & ~unknown[nearest_first]]
        _, first = np.unique(rows.gaze_ns[nearest_first], return_index=True)
        chosen = np.sort(np.concatenate([nearest_first[first], np.flatnonzero(unknown)]))
        measured = int(np.sum(has & ~unknown))
        if len(first) and measured:
            worst_ms = float(np.abs(offset_ns[has]).max()) / NS_PER_MS
            told.append(
                f"{len(first)} gaze estimates are held for {measured / len(first):.3g} frames each in {self.file.name} "
                f"(up to {worst_ms:.0f} ms from them): each is placed at its own time"
            )
        sample_ns = time_ns + np.round(offset_ns).astype(np.int64)
        order = chosen[np.argsort(sample_ns[chosen], kind="stable")]
        gaze = gaze_stream(
            sample_ns[order],
            self.published.scaled(rows.point[order]),
            valid=None,
            confidence=None,
            source=self.file,
            notes=tuple(told),
        )
        frame_ns = self.published.scene.time_ns if self.published.video is not None else time_ns[:0]
        return check_overlap(gaze, frame_ns, source=self.file, remedy=DOWNLOAD_AGAIN)


@dataclass(frozen=True)
class _Rows:
    """Lines of framewise_info.jsonl."""

    frame: NDArray[np.float64]
    """(N,) index of the frame."""
    gaze_ns: Times
    """(N,) device time of its gaze; 0 where it has none."""
    offset_ns: NDArray[np.float64]
    """(N,) device time of the gaze minus that of the frame; NaN where one is missing."""
    point: NDArray[np.float64]
    """(N, 2) in pixels of FRAME_PX; NaN where it has none."""
    notes: tuple[str, ...]


def _read(file: Path) -> _Rows:
    frames: list[float] = []
    times: list[tuple[int, int]] = []
    points: list[tuple[float, float]] = []
    lines = strange = odd = 0
    for line in _lines(file):
        lines += 1
        if lines > MOST_FRAMES:
            raise RecordingError(f"{file} has more than {MOST_FRAMES:,} frames, a day of video. {DOWNLOAD_AGAIN}")
        row = json_object(line)
        frame = None if row is None else _whole(row.get("frame_index"))
        if row is None or frame is None:
            strange += 1
            continue
        frames.append(frame)
        times.append((_whole(row.get("tracking_timestamp_ns")) or 0, _whole(row.get("gaze_timestamp_ns")) or 0))
        pair = _point(row.get("gaze_centre_in_pixels"))
        odd += pair is None
        points.append(pair or (float("nan"), float("nan")))
    if not frames or strange > MOST_STRANGE * lines:
        raise RecordingError(f"{file}: {strange} of {lines} lines are no frames of HD-EPIC. {DOWNLOAD_AGAIN}")
    device_ns = np.array(times, dtype=np.int64)
    both = (device_ns > 0).all(axis=1)
    offset_ns = np.where(both, (device_ns[:, 1] - device_ns[:, 0]).astype(np.float64), np.nan)
    far = np.abs(np.nan_to_num(offset_ns)) > NS_PER_S
    notes = [f"{strange} of {lines} lines of {file.name} are broken: left out"] if strange else []
    if odd:
        notes.append(f"{odd} of {lines} gaze points of {file.name} are no pair of finite numbers: taken as missing")
    point = np.array(points, dtype=np.float64)
    if far.any():
        notes.append(f"gaze of {int(np.sum(far))} frames was measured more than a second away from them: taken as missing")
        point[far], offset_ns[far] = np.nan, np.nan
    return _Rows(np.array(frames), device_ns[:, 1], offset_ns, point, tuple(notes))


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while line := opened.readline(LINE_BYTES):
            if line.strip():
                yield line


def _whole(value: Any) -> int | None:
    """A whole number that fits into 64 bits; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_NS else None


def _point(value: Any) -> tuple[float, float] | None:
    """A pair of numbers, NaN where there is none; None for anything else, infinite ones too."""
    x, y = vector(value, 2) or (None, None) if value else (float("nan"), float("nan"))
    return None if x is None or y is None or isinf(x) or isinf(y) else (x, y)
