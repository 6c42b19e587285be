"""Project Aria: a VRS file, and beside it the gaze that the machine perception services (MPS) made of it.

Source: Project Aria's documentation of both; its data and tools are public.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from foveate.clock import Span
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Size
from foveate.recording import aria_hands, columns
from foveate.recording.aria_calibration import AriaCalibration, read_calibration
from foveate.recording.aria_gaze import GazeAngles, read_gaze
from foveate.recording.aria_scene import RGB, AriaScene
from foveate.recording.inside import inside, plain
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream
from foveate.recording.vrs import ImageStream, read_image_stream

LOOKS_FOR = "a .vrs file, or a folder with one or with 'eye_gaze/general_eye_gaze.csv'"
DECLARABLE: tuple[str, ...] = ("gaze", "depth_m")

GAZE_FILES = (
    "personalized_eye_gaze.csv",
    "general_eye_gaze.csv",
    "generalized_eye_gaze.csv",
    "generalized_gaze.csv",
    "eyegaze.csv",
)
"""What the services have called their output over the years; where there are several, the first is used."""
GAZE_FOLDERS = ("eye_gaze", "eye_gaze_vergence")
DEPTH_M = 1.0
"""Distance at which a gaze without depth is projected, as the maker's tools do: the camera sits 6 cm beside the eyes."""
LONGEST_DEPTH_M = 1000.0
HINT = (
    "Gaze of Aria is yaw and pitch; for its pixels, frames and camera copy the recording's .vrs beside them. "
    "For gaze run the eye gaze service (MPS) and copy its folder eye_gaze."
)


def detect(path: Path) -> bool:
    """Whether a path is a VRS file or a folder with one or with MPS gaze."""
    if path.is_file():
        return path.suffix.lower() == ".vrs"
    return any(path.glob("*.vrs")) or bool(_gaze_names(path))


def open_path(path: Path, *, gaze: str | None = None, depth_m: float | str = DEPTH_M) -> Recording:
    """Open a recording; only names are read until a stream is touched.

    Args:
        path: a VRS file, its folder, or a folder of MPS gaze alone.
        gaze: the gaze file, relative to the folder; None for the first of GAZE_FILES.
        depth_m: distance at which gaze is projected where its file tells none.
    """
    folder = path if path.is_dir() else path.parent
    vrs = _vrs(path)
    names = _gaze_names(path)
    files = [plain(folder / gaze)] if gaze else [inside(folder, name) for name in names]
    if gaze and not files[0].is_file():
        raise RecordingError(f"{folder} has no gaze file {gaze!r} (found: {', '.join(names) or 'none'})")
    streams = _Streams(vrs, files[0] if files else None, _depth(depth_m))
    loaders: dict[str, Callable[[], Any]] = {}
    if vrs is not None:
        loaders |= {"scene": lambda: streams.scene, "camera": lambda: streams.calibration.camera}
    if files:
        loaders["gaze_angles"] = lambda: streams.angles
    if files and vrs is not None:
        loaders["gaze"] = lambda: streams.gaze
    hands = _names(path, aria_hands.FILES, (aria_hands.FOLDER,))
    if hands:
        loaders["hands"] = lambda: aria_hands.read_hands(folder, hands[0], None if vrs is None else streams.calibration)
    if (folder / "speech.csv").is_file():
        loaders["events"] = lambda: _speech(inside(folder, "speech.csv"))
    unused = ", ".join(file.relative_to(folder).as_posix() for file in files[1:])
    return Recording(
        name=path.resolve().name.removesuffix(".vrs"),
        format="aria",
        device="Project Aria",
        path=path,
        loaders=loaders,
        hint=HINT,
        notes=(f"gaze is that of {files[0].relative_to(folder).as_posix()}; there is also {unused}",) if unused else (),
    )


def _vrs(path: Path) -> Path | None:
    """The VRS file of a path; None where there is none."""
    if path.is_file():
        return path
    found = sorted(path.glob("*.vrs"))
    if len(found) > 1:
        names = ", ".join(file.name for file in found[:8])
        raise RecordingError(f"{path} holds {len(found)} recordings ({names}); open one of them")
    return inside(path, found[0].name) if found else None


def _gaze_names(path: Path) -> list[str]:
    """Gaze files of a recording by their names inside of its folder, the one to use first."""
    return _names(path, GAZE_FILES, GAZE_FOLDERS)


def _names(path: Path, files: tuple[str, ...], folders: tuple[str, ...]) -> list[str]:
    """Files that the services write, by their names inside of the recording's folder, in the order of ``files``."""
    folder, stem = (path, "*") if path.is_dir() else (path.parent, path.stem)
    parents = [".", "mps", *sorted(found.name for found in folder.glob(f"mps_{stem}_vrs"))]
    places = [*(f"{parent}/{place}" for parent in parents for place in folders), "."]
    names = [Path(place, name).as_posix() for name in files for place in places]
    return [name for name in dict.fromkeys(names) if (folder / name).is_file()]


def _depth(depth_m: float | str) -> float:
    try:
        value = float(depth_m)
    except ValueError:
        value = float("nan")
    if not 0 < value <= LONGEST_DEPTH_M:
        raise UsageError(f"depth_m {depth_m!r} is no distance; give metres, more than 0 and at most {LONGEST_DEPTH_M:g}")
    return value


class _Streams:
    """What the streams of a recording share: the file is looked into once."""

    def __init__(self, vrs: Path | None, gaze_file: Path | None, depth_m: float) -> None:
        self._vrs, self._gaze_file, self._depth_m = vrs, gaze_file, depth_m

    @cached_property
    def images(self) -> ImageStream:
        if self._vrs is None:
            raise RecordingError(f"there is no .vrs file. {HINT}")
        return read_image_stream(self._vrs, RGB)

    @cached_property
    def scene(self) -> AriaScene:
        return AriaScene(self.images)

    @cached_property
    def calibration(self) -> AriaCalibration:
        if "calib_json" not in self.images.tags:
            raise RecordingError(f"{self.images.path} holds no calibration (tag calib_json). {HINT}")
        width, height = self.scene.size_px
        return read_calibration(self.images.tags["calib_json"], Size(height, width), source=self.images.path)

    @cached_property
    def angles(self) -> GazeAngles:
        if self._gaze_file is None:
            raise RecordingError(f"there is no gaze file. {HINT}")
        angles = read_gaze(self._gaze_file)
        if self._vrs is not None:
            return angles
        degraded = f"{angles.told}, yaw and pitch: without the calibration in the recording's .vrs they are no pixels"
        return replace(angles, notes=(*angles.notes, degraded))

    @cached_property
    def gaze(self) -> GazeStream:
        angles = self.angles
        point_px = self.calibration.pixels(angles.points_m(depth_m=self._depth_m))
        notes = list(angles.notes)
        if far := int(np.count_nonzero(np.isfinite(angles.yaw_rad) & np.isnan(point_px[:, 0]))):
            notes.append(f"{far} of {len(point_px)} gaze samples look past the RGB camera's field: not valid")
        if np.isnan(angles.depth_m).any():
            share = np.isnan(angles.depth_m).mean()
            notes.append(f"{share:.0%} of the gaze samples tell no depth: projected at {self._depth_m:g} m")
        gaze = gaze_stream(angles.time_ns, point_px, valid=None, confidence=None, source=angles.source, notes=tuple(notes))
        remedy = "Copy the gaze that was made of this recording."
        return check_overlap(gaze, self.scene.time_ns, source=angles.source, remedy=remedy)


def _speech(file: Path) -> tuple[Event, ...]:
    """What the wearer was heard to say, a word each: AEA's speech.csv."""
    table = columns.read_columns(file, {"start": "startTime_ns", "stop": "endTime_ns", "text": "written"})
    start_ns, starts = columns.times(table["start"], unit="ns", source=file)
    stop_ns, stops = columns.times(table["stop"], unit="ns", source=file)
    texts = table["text"].fill_null("").to_list()
    events = [
        Event("speech", Span(int(start_ns[row]), int(stop_ns[row])), int(start_ns[row]), str(texts[row]))
        for row in np.flatnonzero(starts & stops & (stop_ns > start_ns))
    ]
    return tuple(sorted(events, key=lambda event: event.time_ns))
