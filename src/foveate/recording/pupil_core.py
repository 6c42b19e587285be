"""Pupil Core: the folder that Pupil Capture recorded, or one that Pupil Player exported (exports/000).

Source: Pupil Labs' description of Capture's recording format and of Player's exporters. Times are float64 seconds of "Pupil
Time", a clock with a start of its own; points are shares of the frame's width and height from its BOTTOM left corner.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from foveate.clock import Times, increasing
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Camera, Size
from foveate.recording import columns
from foveate.recording.bounded import bounded
from foveate.recording.events import Events
from foveate.recording.eye_events import EyeEvents, read_eye_events
from foveate.recording.frame_times import filled
from foveate.recording.inside import inside, read_json
from foveate.recording.pldata import LONGEST_S, PlData, read_object, read_times, seconds_to_times
from foveate.recording.pupil_core_events import BLINKS, FIXATIONS, online_blinks, online_fixations
from foveate.recording.pupil_core_gaze import COPY_AGAIN, EXPORTED, RECORDED, core_gaze, exported, number, recorded, to_pixels
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap
from foveate.recording.scene import ScenePart, VideoScene, repaired_notes
from foveate.recording.unseen import UnseenScene, declared_size

LOOKS_FOR = "a folder with 'info.player.json' and 'gaze.pldata' (Pupil Capture) or 'gaze_positions.csv' (Pupil Player)"
DECLARABLE: tuple[str, ...] = ("min_confidence", "frame_size")

INFO, LENS = "info.player.json", "world.intrinsics"
MODELS = {"radial": "radial_tangential", "fisheye": "kannala_brandt"}
"""Kinds of lens in world.intrinsics, as OpenCV computes them -> Camera.model; Capture calls one that it does not know dummy."""
OLD_DATA = "pupil_data"
"""Where Capture kept everything before version 1.16."""
VIDEO = re.compile(r"world(_\d{3})?\.(mp4|mkv|avi|mjpeg|h264)")
MIN_CONFIDENCE = 0.6
"""Pupil Labs: useful data carries a confidence above about 0.6."""


def detect(path: Path) -> bool:
    """Whether a path is a folder of Pupil Capture or of an export of Pupil Player."""
    told = (path / "foveate.toml").exists()
    return path.is_dir() and not told and any((path / name).is_file() for name in (INFO, RECORDED, EXPORTED, OLD_DATA))


def open_path(path: Path, *, min_confidence: float | str = MIN_CONFIDENCE, frame_size: str | Size | None = None) -> Recording:
    """Open a folder; only names, info.player.json and world.intrinsics are read until a stream is touched.

    Args:
        path: the folder of the recording (such as .../000) or of one export (.../000/exports/000).
        min_confidence: samples below it are not valid.
        frame_size: of the scene video, such as 1280x720, where neither the video nor world.intrinsics is there.

    Raises:
        RecordingError: where a declaration is wrong, or the folder is of a Capture too old to be read.
    """
    if not any((path / name).exists() for name in (INFO, RECORDED, EXPORTED)):
        raise RecordingError(
            f"{path} is of a Pupil Capture before 1.16. Open it once in Pupil Player 1.16 or newer, which brings it up to date."
        )
    core = _Core(path, _confidence(min_confidence), None if frame_size is None else declared_size(frame_size))
    from_player = (path / EXPORTED).exists()
    from_capture = (path / RECORDED).exists() and (path / RECORDED).stat().st_size > 0
    there: dict[str, tuple[bool, Callable[[], Any]]] = {
        "scene": (bool(core.videos), lambda: core.scene),
        "unseen_scene": (not core.videos, core.unseen),
        "gaze": (from_player or from_capture, core.gaze),
        "camera": (core.has_camera, core.camera),
        "events": ((path / "annotations.csv").exists() or (path / "annotation.pldata").exists(), core.events),
        "fixations": (_either(path, "fixations.csv", FIXATIONS), core.fixations),
        "blinks": (_either(path, "blinks.csv", BLINKS), core.blinks),
    }
    return Recording(
        name=_name(path),
        format="pupil_core",
        device=core.device,
        path=path,
        loaders={name: load for name, (is_there, load) in there.items() if is_there},
        hint="Where it was recorded without calibration, calibrate it in Pupil Player, export it and open the export.",
        notes=(*core.notes, *((f"{RECORDED} is not used: {EXPORTED} beside it is",) if from_player and from_capture else ())),
    )


def _name(path: Path) -> str:
    """The folder's name; what Capture and Player call 000 or exports gets its parent's in front."""
    path = path.resolve()
    plain = re.fullmatch(r"\d{3}|exports", path.name)
    return f"{_name(path.parent)}-{path.name}" if plain and path.parent != path else path.name


def _either(path: Path, exported_file: str, recorded_file: str) -> bool:
    """Whether Player wrote a table, or Capture data; it leaves an empty file where it was not asked."""
    file = path / recorded_file
    return (path / exported_file).exists() or (file.is_file() and file.stat().st_size > 0)


def _confidence(declared: float | str) -> float:
    with suppress(ValueError):
        if 0 <= float(declared) <= 1:
            return float(declared)
    raise RecordingError(f"min_confidence should be in [0, 1], got {declared!r}")


@dataclass(frozen=True)
class _Core:
    """A folder and what is declared about it."""

    path: Path
    min_confidence: float
    frame_size: Size | None

    @cached_property
    def origin(self) -> Path:
        """The recording that an export was made of, where it lies in its exports; else the folder itself."""
        above = self.path.resolve().parent
        return above.parent if (self.path / EXPORTED).exists() and above.name == "exports" else self.path

    @cached_property
    def home(self) -> Path:
        """Where the scene video lies: an export may do without one of its own."""
        return self.path if _videos(self.path) else self.origin

    @cached_property
    def videos(self) -> list[Path]:
        return _videos(self.home)

    @cached_property
    def device(self) -> str:
        with suppress(RecordingError):
            software = str(read_json(inside(self.origin, INFO)).get("recording_software_name", ""))
            return "Pupil Invisible" if "invisible" in software.lower() else "Pupil Core"
        return "Pupil Core"

    @cached_property
    def lenses(self) -> dict[Size, Any]:
        """Frame size -> what world.intrinsics tells for it."""
        if not (self.origin / LENS).is_file():
            return {}
        entries = read_object(inside(self.origin, LENS))
        found = {re.fullmatch(r"\((\d{1,5}), (\d{1,5})\)", str(key)): entry for key, entry in entries.items()}
        return {Size(int(key[1]), int(key[2])): entry for key, entry in found.items() if key and isinstance(entry, dict)}

    @property
    def has_camera(self) -> bool:
        """Whether there is a lens that we know how to compute with; one that cannot be read fails when it is touched."""
        try:
            return any(_kind(entry) in MODELS for entry in self.lenses.values())
        except RecordingError:
            return True

    @property
    def notes(self) -> tuple[str, ...]:
        said = []
        if (self.path / EXPORTED).exists() and self.videos and self.home == self.path:
            said.append("the video of an export shows what Player drew into it: remove it, to use the recording's own")
        with suppress(RecordingError):
            kinds = sorted(_kind(entry) for entry in self.lenses.values())
            if kinds and not self.has_camera:
                said.append(f"{LENS} tells a {kinds[0][:20]!r} lens, which is not used: sizes in degrees cannot be told")
        return tuple(said)

    @cached_property
    def scene(self) -> VideoScene:
        parts = []
        for video in self.videos:
            times = self._frame_times(self.home, video.stem)
            if times is None:
                raise RecordingError(f"{video} has no frame times ({video.stem}_timestamps.npy is missing). {COPY_AGAIN}")
            parts.append(ScenePart(inside(self.home, video.name), times))
        return VideoScene(parts)

    def unseen(self) -> UnseenScene:
        """Frames that have times but no video."""
        frames = self._frame_times(self.home, "world")
        if frames is None:
            return UnseenScene(self.size_px, None, ("world_timestamps.npy is missing: it is not known when frames were seen",))
        time_ns, moved = increasing(frames)
        return UnseenScene(self.size_px, time_ns, repaired_notes(moved, len(time_ns)))

    @cached_property
    def size_px(self) -> Size | None:
        """The frame's size: of the video, as declared, or of the only lens; None where nothing tells."""
        if self.videos:
            found = self.scene.size_px
            if self.frame_size not in (None, found):
                raise RecordingError(f"{self.path}: frame_size is declared {self.frame_size}, but the video has {found}")
            return found
        return self.frame_size or (next(iter(self.lenses)) if len(self.lenses) == 1 else None)

    def _frame_times(self, folder: Path, stem: str) -> Times | None:
        """(F,) when the frames of world.mp4 or world_001.mp4 were seen, from NPY or CSV; None where neither is there."""
        if (folder / f"{stem}_timestamps.npy").exists():
            file = bounded(folder, f"{stem}_timestamps.npy")
            return filled(*read_times(file), source=file)
        if not (folder / f"{stem}_timestamps.csv").exists():
            return None
        file = bounded(folder, f"{stem}_timestamps.csv")
        found = columns.column_names(file)
        named = next((name for name in found if "timestamps" in name), "# timestamps [seconds]")
        return filled(*columns.times(columns.read_columns(file, {"time": named})["time"], unit="s", source=file), source=file)

    def gaze(self) -> GazeStream:
        """Gaze as exported, or else as recorded."""
        samples = exported(self.path) if (self.path / EXPORTED).exists() else recorded(self.path)
        gaze = core_gaze(samples, size_px=self.size_px, min_confidence=self.min_confidence)
        frames = self.scene.time_ns if self.videos else self._frame_times(self.home, "world")
        return gaze if frames is None else check_overlap(gaze, np.sort(frames), source=samples.source, remedy=COPY_AGAIN)

    def camera(self) -> Camera | None:
        """The lens of the frame's size."""
        size_px = self.size_px
        entry = None if size_px is None else self.lenses.get(size_px)
        kind = "" if entry is None else _kind(entry)
        if size_px is None or entry is None or kind not in MODELS:
            return None
        try:
            matrix = np.asarray(entry["camera_matrix"], dtype=np.float64).reshape(3, 3)
            return Camera(matrix, np.asarray(entry["dist_coefs"], dtype=np.float64).reshape(-1), size_px, MODELS[kind])
        except (KeyError, ValueError, TypeError, UsageError) as error:
            raise RecordingError(f"{self.origin / LENS} is no camera ({error}). {COPY_AGAIN}") from error

    def events(self) -> Events:
        """Annotations, of the export or of the recording."""
        if (self.path / "annotations.csv").exists():
            file, lost = bounded(self.path, "annotations.csv"), 0
            table = columns.read_columns(file, {"time": "timestamp", "label": "label"})
            time_ns, there = columns.times(table["time"], unit="s", source=file)
            labels = table["label"].fill_null("").to_list()
        else:
            data = PlData(inside(self.path, "annotation.pldata"))
            found = [datum for _, datum in data if datum is not None]
            lost, labels = data.broken, [datum.get("label", "") for datum in found]
            seconds = np.array([number(datum.get("timestamp")) for datum in found], dtype=np.float64)
            time_ns, there = seconds_to_times(np.where(np.abs(seconds) < LONGEST_S, seconds, np.nan), source=data.file)
        lost += int(np.sum(~there))
        return Events(
            [Event(str(label), None, int(time)) for label, time, told in zip(labels, time_ns, there, strict=True) if told],
            notes=(f"{lost} annotations are broken or have no time: left out",) if lost else (),
        )

    def fixations(self) -> EyeEvents:
        """Fixations as Player's detector found them, or where it was not asked Capture's."""
        if not (self.path / "fixations.csv").exists():
            return online_fixations(self.path, self.size_px)
        found = self._eye_events(
            "fixations.csv",
            {"start": "start_timestamp", "duration_ms": "duration", "x": "norm_pos_x", "y": "norm_pos_y"},
        )
        assert found.point_px is not None, "x and y were asked for"
        return replace(found, point_px=to_pixels(found.point_px, self.size_px))

    def blinks(self) -> EyeEvents:
        """Blinks as Player's detector found them, or where it was not asked Capture's."""
        if not (self.path / "blinks.csv").exists():
            return online_blinks(self.path)
        return self._eye_events("blinks.csv", {"start": "start_timestamp", "stop": "end_timestamp"})

    def _eye_events(self, name: str, named: Mapping[str, str]) -> EyeEvents:
        file = bounded(self.path, name)
        number = {"number": "id"} if "id" in columns.column_names(file) else {}
        return read_eye_events(file, {**named, **number}, unit="s")


def _videos(folder: Path) -> list[Path]:
    """world.mp4, world_001.mp4 ... in order."""
    found = [(match[1] or "", file) for file in folder.iterdir() if (match := VIDEO.fullmatch(file.name))]
    return [file for _, file in sorted(found)]


def _kind(entry: Mapping[Any, Any]) -> str:
    """What kind of lens an entry of world.intrinsics is about; older ones were all radial."""
    return str(entry.get("cam_type", "radial"))
