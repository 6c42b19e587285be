"""A video and a table of gaze (CSV, TSV, Parquet) whose columns are declared by keyword or in ``foveate.toml``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times, seconds_to_ns
from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.recording import columns, declaration, recognise
from foveate.recording.beside import SIGNALS, STREAMS, Kind
from foveate.recording.declaration import Declaration, declare
from foveate.recording.frame_times import read_frames
from foveate.recording.inside import inside, plain
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream, place_in_frame
from foveate.recording.scene import ScenePart, VideoScene
from foveate.recording.unseen import UnseenScene

LOOKS_FOR = f"a folder with {declaration.FILE_NAME}, or with one video and one CSV, TSV or Parquet; or a video file"
DECLARABLE = declaration.DECLARABLE

PLAUSIBLE_HZ = (1.0, 10_000.0)
"""Rates of eye trackers; a wrong unit of time is off by a thousand and lies outside."""
NO_GAZE = "Name the table that has it (-D gaze=gaze.csv), or do without: --gaze center, or --view full."
NO_VIDEO = "Name its video (-D video=scene.mp4): there is none beside the tables."
FEWEST_IN_VIDEO = 0.01
"""Share of samples that must name a frame of the video; fewer, and the column is no frame index."""


def detect(path: Path) -> bool:
    """Whether a path is a declaration, a video, or a folder with a declaration or with one video and one table."""
    if path.is_file():
        return path.suffix.lower() in (*recognise.VIDEO_SUFFIXES, ".toml")
    if (path / declaration.FILE_NAME).is_file():
        return True
    videos, tables = recognise.files_of(path)
    return len(videos) == 1 and len(tables) == 1


def open_path(path: Path, **declared: Any) -> Recording:
    """Open a table recording; keywords win over ``foveate.toml``.

    Raises:
        RecordingError: where a declaration is wrong, or it cannot be told which file is the video or the gaze.
    """
    is_video = path.is_file() and path.suffix.lower() != ".toml"
    folder = path if path.is_dir() else path.parent
    toml = inside(folder, declaration.FILE_NAME, remedy="To allow it, open the file itself.") if path.is_dir() else path
    told = declaration.read_toml(toml) if not is_video and plain(toml).exists() else {}
    declare(told, source=str(toml))
    spec = declare({**({"video": str(path.absolute())} if is_video else {}), **told, **declared}, source=str(path))
    files = _Files(path, folder, frozenset(declared))
    videos, tables = recognise.files_of(folder)
    streams = files.streams(spec)
    frames = None if spec.frames is None else files.named(spec.frames, what="frames")
    tables = [file for file in tables if file not in (frames, *(file for file, _ in streams.values()))]
    has_gaze = spec.gaze is not None or (bool(tables) and not is_video)
    unseen = not spec.videos and not videos and (has_gaze or bool(streams))
    chosen = [] if unseen else [files.chosen(name, videos, what="video") for name in spec.videos or (None,)]
    gaze, gaze_note = files.chosen(spec.gaze, tables, what="gaze") if has_gaze else (None, "")
    table = _Table(folder, tuple(video for video, _ in chosen), frames, gaze, spec)
    loaders: dict[str, Callable[[], Any]] = {"unseen_scene" if unseen else "scene": lambda: table.seen}
    if gaze is not None:
        loaders["gaze"] = table.gaze_stream
    loaders |= {name: partial(kind.read, file) for name, (file, kind) in streams.items()}
    if spec.camera is not None:
        loaders["camera"] = lambda: spec.camera
    return Recording(
        name=path.stem if path.is_file() and path.name != declaration.FILE_NAME else folder.resolve().name,
        format="table",
        device=spec.device,
        path=path,
        loaders=loaders,
        hint=NO_VIDEO if unseen else NO_GAZE,
        notes=tuple(note for note in (*(note for _, note in chosen), gaze_note) if note),
    )


@dataclass(frozen=True)
class _Files:
    """Where the files lie that are declared or found; see ``inside`` for what is read."""

    path: Path
    """What the user opened."""
    folder: Path
    """The recording's folder."""
    typed: frozenset[str]
    """What the user declared by keyword."""

    def named(self, name: str, *, what: str) -> Path:
        """A declared file, beside the recording; one that the user typed may also lie where the program runs.

        One that a ``foveate.toml`` of the folder names lies in the folder, since somebody else may have written it; who opens
        a TOML file by itself answers for what it names.
        """
        file = self.folder / name
        if what in self.typed:
            return plain(Path(name) if not file.exists() and Path(name).exists() else file)
        if self.path.is_file():
            return plain(file)
        return inside(self.folder, name, remedy=f"To allow it, open {self.folder / declaration.FILE_NAME} itself.")

    def streams(self, spec: Declaration) -> dict[str, tuple[Path, Kind]]:
        """Every stream beside scene, gaze and camera that is declared: its table, and how that is read."""
        named = {name: (getattr(spec, name), kind) for name, kind in STREAMS.items()}
        named |= {name: (file, SIGNALS) for name, file in spec.signals.items()}
        return {name: (self.named(file, what=name), kind) for name, (file, kind) in named.items() if file is not None}

    def chosen(self, name: str | None, found: list[Path], *, what: str) -> tuple[Path, str]:
        """The declared file, or the only one there is and a note that says so."""
        names = ", ".join(file.name for file in found) or "none"
        if name is not None:
            file = self.named(name, what=what)
            if not file.exists():
                raise RecordingError(f"{self.folder} has no {what} file {name!r} (found: {names})")
            return file, ""
        if len(found) != 1:
            raise RecordingError(f"{self.folder}: cannot tell which file is the {what} (found: {names}); declare {what}")
        name = found[0].name
        return inside(self.folder, name, remedy=f"To allow it, name it: -D {what}={name}"), f"assumed that {name} is the {what}"


@dataclass(frozen=True)
class _Table:
    """A declaration and the files it is about."""

    folder: Path
    videos: tuple[Path, ...]
    frames: Path | None
    gaze: Path | None
    declared: Declaration

    @cached_property
    def seen(self) -> VideoScene | UnseenScene:
        """The scene, or what is known of it where it has no video."""
        size_px = self.declared.frame_size
        if not self.videos:
            return UnseenScene(size_px, None if self.frames is None else read_frames(self.frames, [])[0])
        scene = self._scene()
        if size_px not in (None, scene.size_px):
            raise RecordingError(f"{self.folder}: frame_size is declared {size_px}, but the video has {scene.size_px}")
        return scene

    @property
    def frame_ns(self) -> Times:
        """(F,) when the frames were seen; empty where that is not known."""
        return np.empty(0, np.int64) if self.seen.time_ns is None else self.seen.time_ns

    def _scene(self) -> VideoScene:
        if self.frames is None:
            return VideoScene([ScenePart(video, None) for video in self.videos])
        # a video that was opened by itself, or that lies elsewhere, is named by its file
        names = [Path(name).name if Path(name).is_absolute() else name for name in self.declared.videos]
        times = read_frames(self.frames, names or [video.name for video in self.videos])
        return VideoScene([ScenePart(video, time_ns) for video, time_ns in zip(self.videos, times, strict=True)])

    def gaze_stream(self) -> GazeStream:
        """Read, scale and time the samples."""
        source = self.gaze
        assert source is not None, "there is a loader for gaze only where there is a file"
        spec, notes = recognise.complete(self.declared, columns.column_names(source), source=source)
        named = {name: getattr(spec, name) for name in ("x", "y", "time", "frame_index", "valid", "confidence")}
        found = columns.read_columns(source, {name: column for name, column in named.items() if column is not None})
        point = np.stack([_numbers(found[axis], source, or_none=True, said=notes) for axis in ("x", "y")], axis=1)
        coordinates, note = recognise.coordinates_of(
            point, spec.coordinates, names=(found["x"].name, found["y"].name), source=source
        )
        notes.append(note)
        if "frame_index" in found:
            time_ns, there = self._by_frame(found["frame_index"], spec, source, notes)
        else:
            time_ns, there = self._by_time(found["time"], spec, source, notes)
        valid = columns.truths(found["valid"], source=source) if "valid" in found else None
        confidence = _confidence(found["confidence"], source, notes) if "confidence" in found else None
        if spec.min_confidence is not None:
            if confidence is None:
                raise RecordingError(f"{source}: min_confidence is declared, but no confidence column")
            sure = confidence >= spec.min_confidence
            notes.append(f"{int(np.sum(~sure))} samples have a confidence below {spec.min_confidence:g}: not valid")
            valid = sure if valid is None else valid & sure
        gaze = gaze_stream(
            time_ns[there],
            _to_scene(point, coordinates, spec.origin or "top-left", self.seen.size_px, source)[there],
            valid=None if valid is None else valid[there],
            confidence=None if confidence is None else confidence[there],
            source=source,
            notes=tuple(note for note in notes if note),
        )
        if not len(self.frame_ns):
            return gaze
        together_s = (spec.start_offset_s or 0.0) + (self.frame_ns[0] - gaze.time_ns[0]) / NS_PER_S
        remedy = (
            f"Check time_unit; if both started together, declare start_offset_s = {together_s:.3f}; or declare frame_index."
        )
        return check_overlap(gaze, self.frame_ns, source=source, remedy=remedy)

    def _by_time(self, column: pl.Series, spec: Declaration, source: Path, notes: list[str]) -> tuple[Times, NDArray[np.bool_]]:
        """(N,) times on the video's clock, and (N,) which samples have one."""
        unit = spec.time_unit
        if unit is None:
            video_s = float(np.ptp(self.frame_ns)) / NS_PER_S if len(self.frame_ns) else None
            unit, note = recognise.unit_of(column.name, _numbers(column, source), video_s=video_s, source=source)
            notes.append(note)
        time_ns, there = columns.times(column, unit=unit, source=source)
        if not there.all():
            notes.append(f"{int(np.sum(~there))} of {len(there)} gaze samples have no time: left out")
        if recognise.unit_in(column.name) != unit:
            _check_rate(time_ns[there], column.name, unit, source)
        return time_ns + seconds_to_ns(spec.start_offset_s or 0.0), there

    def _by_frame(
        self, column: pl.Series, spec: Declaration, source: Path, notes: list[str]
    ) -> tuple[Times, NDArray[np.bool_]]:
        """The same from frame indices: the samples of a frame are spread over its interval in their order."""
        frame_ns = self.frame_ns
        if not len(frame_ns):
            raise RecordingError(
                f"{source}: column {column.name!r} ties gaze to the frames of a video that is not there; "
                "declare video, or time for a column of times"
            )
        raw = _numbers(column, source) - spec.first_index
        there = (raw >= 0) & (raw < len(frame_ns)) & (raw == np.floor(raw))
        if np.mean(there) < FEWEST_IN_VIDEO:
            low, high = np.nanmin(raw) + spec.first_index, np.nanmax(raw) + spec.first_index
            raise RecordingError(
                f"{source}: column {column.name!r} runs from {low:g} to {high:g}, but the video has {len(frame_ns)} frames; "
                "is it the frame index? first_index is the index of the first frame"
            )
        if not there.all():
            notes.append(f"{int(np.sum(~there))} of {len(there)} gaze samples name no frame of the video: left out")
        index = np.where(there, raw, 0).astype(np.int64)
        interval_ns = np.diff(frame_ns)
        last_ns = int(np.median(interval_ns)) if len(interval_ns) else NS_PER_S // 30
        interval_ns = np.concatenate([interval_ns, [last_ns]])
        place, count = place_in_frame(index, there)
        time_ns = frame_ns[index] + interval_ns[index] * place // count
        many = there.sum() / len(np.unique(index[there]))
        notes.append(
            f"{column.name!r} is the clock: the samples of a frame ({many:.3g} on average) "
            f"are spread over its interval in their order{f', {spec.time!r} is not used' if spec.time else ''}"
        )
        return time_ns + seconds_to_ns(spec.start_offset_s or 0.0), there


def _check_rate(time_ns: Times, column: str, unit: str, source: Path) -> None:
    step_s = float(np.median(np.diff(time_ns))) / NS_PER_S if len(time_ns) > 10 else 0.0
    if step_s > 0 and not PLAUSIBLE_HZ[0] <= 1 / step_s <= PLAUSIBLE_HZ[1]:
        raise RecordingError(
            f"{source}: with {column!r} in {unit}, gaze samples are {step_s:.3g} s apart, which no tracker does; "
            f"declare another time_unit ({', '.join(columns.NS_PER_UNIT)})"
        )


def _numbers(column: pl.Series, source: Path, *, or_none: bool = False, said: list[str] | None = None) -> NDArray[np.float64]:
    """A column as (N,) numbers; ``or_none`` lets a column of a Parquet file that is made for numbers hold none of them."""
    values = columns.numbers(column, said)
    if not np.isfinite(values).any() and not (or_none and column.dtype.is_float()):
        example = next((str(value) for value in column.head(1000).to_list() if value not in (None, "")), "nothing")
        raise RecordingError(f"{source}: column {column.name!r} holds no numbers (it holds {example!r})")
    return values


def _confidence(column: pl.Series, source: Path, said: list[str]) -> NDArray[np.float64]:
    values = _numbers(column, source, or_none=True, said=said)
    if np.any((values < 0) | (values > 1)):
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        raise RecordingError(f"{source}: column {column.name!r} runs from {low:g} to {high:g}; a confidence is in [0, 1]")
    return values


def _to_scene(point: Points, coordinates: str, origin: str, size_px: Size | None, source: Path) -> Points:
    """Points as declared to pixels from the top left, (N, 2)."""
    if (coordinates, origin) == ("pixels", "top-left"):
        return point
    if size_px is None:
        raise RecordingError(
            f"{source}: points that are {coordinates} from the {origin} need the frame's size, and there is no video that "
            "tells it; declare frame_size, such as 1280x720"
        )
    scene = point * np.array(size_px) if coordinates == "normalised" else point.copy()
    if origin == "bottom-left":
        scene[:, 1] = size_px.height_px - scene[:, 1]
    return scene
