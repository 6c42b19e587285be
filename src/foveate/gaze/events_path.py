"""Gaze as events are found in it: valid samples as angles, with the head's turning taken out where that can be done."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times, usual_interval_ns
from foveate.errors import RecordingError, UsageError, hint
from foveate.gaze.clean import clean, vendor_blinks
from foveate.gaze.fixation_rules import median_reach, steadied
from foveate.gaze.head_motion import HeadMotion, unrolled
from foveate.gaze.head_motion_flow import from_flow
from foveate.gaze.head_motion_imu import from_imu
from foveate.geometry import Camera, Points
from foveate.recording.recording import GazeStream, Recording

HEAD = ("auto", "imu", "flow", "none")
"""By what the head's turning may be removed; auto is the IMU where it can be used, and otherwise nothing."""
FIELD_DEG = {"Tobii Pro Glasses 3": 95.0, "Tobii Pro Glasses 2": 82.0, "Pupil Invisible": 82.0, "Pupil Labs Neon": 103.0}
"""How wide the scene camera sees, by its maker, for recordings without its calibration."""
USUAL_FIELD_DEG = 90.0
HALF_WINDOW_MS = 10.0
"""Speeds are taken over 20 ms (Olsen 2012), and at least from one neighbour to the other."""
UNTOLD = 0.01
"""Share of the samples that may lie where nothing tells how the head turned, without a word: frames end before gaze does."""
SLOWEST_HZ = 25.0
"""Below this a saccade falls between two samples."""


@dataclass(frozen=True)
class GazePath:
    """The valid samples of a recording, as angles."""

    time_ns: Times
    """(N,) strictly increasing, on the recording's clock."""
    path_deg: Points
    """(N, 2) right and down over a still world, unrolled (``head_motion.unrolled``), noise taken out by a moving median."""
    angle_deg: Points
    """(N, 2) azimuth and elevation in the scene camera, as recorded."""
    point_px: Points
    """(N, 2) in the scene frame, as recorded."""
    section: NDArray[np.intp]
    """(N,) numbers that change where a blink lies between two samples."""
    interval_ns: int
    """The tracker's usual interval."""
    head: str
    """imu, flow or still: the path holds no turning of the head; unknown: it does."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what was done to the samples."""

    def __len__(self) -> int:
        return len(self.time_ns)


def gaze_path(
    recording: Recording,
    *,
    head: str = "auto",
    field_deg: float | None = None,
    min_confidence: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GazePath:
    """Clean a recording's gaze (``clean``), turn it into angles, and take the head's turning out.

    Without a calibration, pixels become angles through a lens under which every pixel is as wide an angle (equidistant), whose
    frame is as wide as the maker tells, or 90 degrees.

    Args:
        recording: with gaze.
        head: a key of HEAD; ``imu`` and ``flow`` fail where they cannot be had.
        field_deg: how wide the scene camera sees, instead of what is assumed where there is no calibration.
        min_confidence: samples below it are not valid.
        progress: told of frames where the video is read.

    Raises:
        RecordingError: where there is no gaze, or neither a calibration nor a frame size.
    """
    if head not in HEAD:
        raise UsageError(f"head must be one of {', '.join(HEAD)}, got {head!r}{hint(head, HEAD)}")
    raw, blinks = recording.gaze, vendor_blinks(recording)
    camera, assumed = lens(recording, field_deg=field_deg)
    gaze = clean(raw, min_confidence=min_confidence, blinks=blinks)
    time_ns, point_px, ray, dropped = _rays(gaze, camera)
    notes = [*gaze.notes[len(raw.notes) :], *dropped]
    moving, told = _head(recording, camera, ray, time_ns, wanted=head, progress=progress)
    notes += _not_covered(moving, time_ns)
    usual_ns = round(usual_interval_ns(np.unique(gaze.time_ns)))
    if usual_ns > NS_PER_S / SLOWEST_HZ:
        notes.append(f"gaze comes at {NS_PER_S / usual_ns:.1f} Hz: saccades fall between samples, and times are that coarse")
    path = unrolled(ray, time_ns, moving)
    x, y, z = ray.T
    angle = np.degrees(np.stack([np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))], axis=1))
    starts = np.sort(np.array([span.start_ns for span in blinks], dtype=np.int64))
    return GazePath(
        time_ns=time_ns,
        path_deg=steadied(path, time_ns, reach=median_reach(usual_ns), half_window_ms=HALF_WINDOW_MS),
        angle_deg=angle,
        point_px=point_px,
        section=np.searchsorted(starts, time_ns, side="right"),
        interval_ns=usual_ns,
        head="unknown" if moving is None else moving.source,
        notes=tuple(note for note in (assumed, told, *notes) if note),
    )


def lens(recording: Recording, *, field_deg: float | None = None) -> tuple[Camera, str]:
    """The scene camera's calibration, or one that is assumed, and what to say of it.

    Raises:
        RecordingError: where there is no calibration and the frame's size is not known.
    """
    if field_deg is not None and not 10 <= field_deg <= 180:
        raise UsageError(f"the field of view must be between 10 and 180 degrees, got {field_deg:g}")
    if recording.camera is not None and field_deg is None:
        return recording.camera, ""
    size_px = recording.frame_px
    if size_px is None:
        raise RecordingError(
            f"{recording.path or recording.name} has neither a calibration nor a video, so that pixels cannot be turned into "
            "degrees. Put the scene video or the calibration beside the gaze."
        )
    known = next((FIELD_DEG[name] for name in FIELD_DEG if recording.device.startswith(name)), None)
    wide = field_deg or known or USUAL_FIELD_DEG
    focal_px = size_px.width_px / np.radians(wide)
    matrix = np.array([[focal_px, 0, size_px.width_px / 2], [0, focal_px, size_px.height_px / 2], [0, 0, 1]])
    why = "as told" if field_deg else f"the maker's figure for {recording.device}" if known else "a usual lens"
    note = f"degrees: no calibration is used; the frame is taken to be {wide:g} degrees wide ({why})"
    return Camera(matrix, np.zeros(4), size_px, model="kannala_brandt"), note


def _rays(gaze: GazeStream, camera: Camera) -> tuple[Times, Points, NDArray[np.float64], list[str]]:
    """Times, points and rays of the valid samples that the camera's model covers, each time once; and notes."""
    kept = gaze.valid & np.concatenate([[True], np.diff(gaze.time_ns) > 0])[: len(gaze)]
    time_ns, point_px = gaze.time_ns[kept], gaze.point_px[kept]
    ray = camera.rays(point_px)
    seen = np.isfinite(ray).all(axis=1)
    lost = int(np.count_nonzero(~seen))
    notes = [f"{lost} gaze samples lie beyond the camera model's field: not used"] if lost else []
    return time_ns[seen], point_px[seen], ray[seen], notes


def _head(
    recording: Recording,
    camera: Camera,
    ray: NDArray[np.float64],
    time_ns: Times,
    *,
    wanted: str,
    progress: Callable[[int, int], None] | None,
) -> tuple[HeadMotion | None, str]:
    """The head's turning as asked for, and what to say of it."""
    if wanted == "none":
        return None, "the head's turning is not removed, as asked for"
    if wanted == "flow":
        if "scene" not in recording.loaders:
            raise UsageError(f"head motion by flow needs the scene video, which {recording.path or recording.name} lacks")
        return from_flow(recording.scene, camera, progress=progress)
    if "imu" in recording.loaders:
        moving, told = from_imu(recording.stream("imu"), ray, time_ns)
    else:
        moving, told = None, "there is no IMU: the head's turning is not removed"
    if moving is None and wanted == "imu":
        raise UsageError(f"{recording.path or recording.name}: {told}")
    if moving is None and "scene" in recording.loaders:
        told += "; --head flow takes it from the video and reads all of it"
    return moving, told


def _not_covered(head: HeadMotion | None, time_ns: Times) -> list[str]:
    """What to say of gaze before or after all that tells how the head turned."""
    if head is None:
        return []
    beyond = int(np.count_nonzero((time_ns < head.time_ns[0]) | (time_ns > head.time_ns[-1])))
    if beyond <= UNTOLD * len(time_ns):
        return []
    source = "the video" if head.source == "flow" else "the IMU"
    return [f"{beyond} of {len(time_ns)} gaze samples lie before or after {source}: there the head's turning is not removed"]
