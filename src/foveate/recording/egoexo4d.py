"""Ego-Exo4D, one take: the Aria glasses' frame-aligned video and Meta's own projection of gaze into it.

Source: the data set's documentation ("Gaze in Ego-Exo4D Dataset"), and what its users found: ``x, y`` of
``eye_gaze/*_eye_gaze_2d.csv`` are pixels of a 1408 x 1408 frame whatever size the video or the VRS calibration has
(facebookresearch/Ego4d, issue 392); ``frame_num`` counts gaze samples from the take's start, 10 in a second, of which the
video has 30 frames.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.errors import RecordingError
from foveate.geometry import Points, Size
from foveate.recording import columns
from foveate.recording.bounded import bounded
from foveate.recording.inside import inside
from foveate.recording.published import Published
from foveate.recording.recognise import VIDEO_SUFFIXES
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.samples import check_overlap, gaze_stream

LOOKS_FOR = "an Ego-Exo4D take: a folder with frame_aligned_videos/ or eye_gaze/*_eye_gaze_2d.csv"
DECLARABLE: tuple[str, ...] = ("gaze", "camera")

FRAME_PX = Size(1408, 1408)
"""Frame that the 2D gaze holds for."""
VIDEO_FPS = 30.0
GAZE_HZ = 10.0
VIDEOS = "frame_aligned_videos"
GAZE = ("personalized_eye_gaze_2d.csv", "general_eye_gaze_2d.csv")
"""Gaze after the wearer's own calibration first: not every take has it."""
FRAME_COLUMNS = ("frame_num", "frame_number")
DEVICE_TIME = "tracking_timestamp_us"
EGO = "_214-1"
"""Ending of the Aria RGB camera's name; ``_211-1`` is the eye camera, ``_1201-1`` and ``_1201-2`` are the SLAM cameras."""
RATES_HZ = (5.0, 100.0)
"""Rates that gaze of this data set can have."""
DOWNLOAD_AGAIN = "Download the take's parts 'take_eye_gaze' and 'downscaled_takes/448' or 'takes' again."


def detect(path: Path) -> bool:
    """Whether a path is a take's folder."""
    return (path / VIDEOS).is_dir() or any((path / "eye_gaze" / name).is_file() for name in GAZE)


def open_path(path: Path, gaze: str | None = None, camera: str | None = None) -> Recording:
    """Open a take; only names are read until a stream is touched.

    Args:
        path: the take's folder.
        gaze: ``personalized`` or ``general``; None for the first of them that is there.
        camera: name of the camera, such as ``aria01_214-1``; None for the Aria's RGB camera.

    Raises:
        RecordingError: where the declared gaze or camera is not there, or several could be meant.
    """
    table = _gaze_table(path, gaze)
    video = _video(path, camera)
    published = Published(path, video, FRAME_PX, VIDEO_FPS)
    loaders = published.loaders()
    notes = []
    if table is not None:
        loaders["gaze"] = lambda: gaze_2d(table, frame_ns=_frame_ns(published), placed=published.scaled)
        if gaze is None and table.name == GAZE[1]:
            notes.append("there is no personalized gaze: the general model's is used")
    if video is None:
        notes.append(f"the take has no {VIDEOS}/*{EGO}.mp4")
    return Recording(
        name=path.resolve().name,
        format="egoexo4d",
        device="Project Aria",
        path=path,
        loaders=loaders,
        hint=DOWNLOAD_AGAIN,
        notes=tuple(notes),
    )


def _gaze_table(path: Path, declared: str | None) -> Path | None:
    names = [name for name in GAZE if (path / "eye_gaze" / name).exists()]
    if declared is not None:
        chosen = f"{declared}_eye_gaze_2d.csv"
        if chosen not in GAZE:
            raise RecordingError(f"gaze is 'personalized' or 'general', got {declared!r}")
        if chosen not in names:
            raise RecordingError(f"{path} has no eye_gaze/{chosen} (found: {', '.join(names) or 'nothing'}). {DOWNLOAD_AGAIN}")
        names = [chosen]
    return bounded(path, Path("eye_gaze", names[0])) if names else None


def _video(path: Path, declared: str | None) -> Path | None:
    """The ego camera's video: full size if it is there, else the largest downscaled copy."""
    scaled = [folder for folder in (path / VIDEOS / "downscaled").glob("*") if folder.is_dir() and folder.name.isdecimal()]
    for folder in [path / VIDEOS, *sorted(scaled, key=lambda folder: -int(folder.name))]:
        videos = [file for file in sorted(folder.glob("*")) if file.suffix.lower() in VIDEO_SUFFIXES and file.is_file()]
        named = [file for file in videos if (file.stem == declared if declared else _is_ego(file.stem))]
        if len(named) > 1:
            names = ", ".join(file.stem for file in named)
            raise RecordingError(f"{folder} has several cameras that a wearer looks through ({names}); declare camera")
        if named:
            return inside(path, named[0].relative_to(path))
        if declared and videos:
            found = ", ".join(file.stem for file in videos)
            raise RecordingError(f"{folder} has no camera {declared!r} (found: {found})")
    return None


def _is_ego(stem: str) -> bool:
    return stem.lower().startswith("aria") and stem.endswith(EGO)


def _frame_ns(published: Published) -> Times:
    return published.scene.time_ns if published.video is not None else np.empty(0, np.int64)


def gaze_2d(file: Path, *, frame_ns: Times, placed: Callable[[Points], Points]) -> GazeStream:
    """Gaze of a ``*_2d.csv``.

    Args:
        file: the table.
        frame_ns: (F,) when the video's frames were taken, from the take's start; empty where there is no video.
        placed: from points of the frame that the file holds for to those of the video, (N, 2) -> (N, 2).

    Raises:
        RecordingError: where it cannot be the gaze of that video.
    """
    found = columns.column_names(file)
    frame = next((name for name in FRAME_COLUMNS if name in found), FRAME_COLUMNS[0])
    wanted = {"frame": frame, "x": "x", "y": "y"} | ({"device": DEVICE_TIME} if DEVICE_TIME in found else {})
    table = columns.read_columns(file, wanted)
    number = columns.numbers(table["frame"])
    rate_hz, notes = _rate(number, columns.numbers(table["device"]) if "device" in table else None, len(frame_ns), file)
    there = np.isfinite(number) & (np.abs(number) < 2**31)
    if not there.all():
        notes.append(f"{int(np.sum(~there))} of {len(there)} gaze samples have no {frame}: left out")
    point = columns.points(table["x"], table["y"], notes)
    time_ns: Times = np.round(np.where(there, number, 0.0) * (NS_PER_S / rate_hz)).astype(np.int64)
    gaze = gaze_stream(time_ns[there], placed(point)[there], valid=None, confidence=None, source=file, notes=tuple(notes))
    return check_overlap(gaze, frame_ns, source=file, remedy=DOWNLOAD_AGAIN)


def _rate(
    number: NDArray[np.float64], device_us: NDArray[np.float64] | None, frames: int, file: Path
) -> tuple[float, list[str]]:
    """How many ``frame_num`` there are in a second: from the device's times, or else from the length of the video."""
    if device_us is not None:
        there = np.isfinite(device_us) & np.isfinite(number)
        step_us = np.diff(device_us[there]) / np.maximum(np.diff(number[there]), 1.0)
        step_us = step_us[step_us > 0]
        if len(step_us):
            rate_hz = 1e6 / float(np.median(step_us))
            if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
                raise RecordingError(
                    f"{file}: {DEVICE_TIME} gives {rate_hz:.3g} gaze samples in a second, but this data set has {GAZE_HZ:g}. "
                    f"{DOWNLOAD_AGAIN}"
                )
            # frame-aligned: the device's small deviation from 10 or 30 Hz is that of the video as well
            near = round(rate_hz / GAZE_HZ) * GAZE_HZ
            return (near if near and abs(rate_hz / near - 1) < 0.02 else rate_hz), []
    if frames and np.isfinite(number).any():
        most = float(np.nanmax(number)) + 1
        if most > 1.1 * frames:
            raise RecordingError(
                f"{file}: frame_num runs to {most - 1:g}, but the video has {frames} frames. Is it the gaze of another take?"
            )
        if most > 0.5 * frames:
            return VIDEO_FPS, [f"{file.name} has no {DEVICE_TIME}: frame_num is taken as the video's frame"]
    return GAZE_HZ, [f"{file.name} has no {DEVICE_TIME}: gaze is taken to be sampled at {GAZE_HZ:g} Hz"]
