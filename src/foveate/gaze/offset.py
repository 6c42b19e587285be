"""Offset correction: gaze that points beside what was looked at, or runs before or after the video."""

from dataclasses import replace

import numpy as np

from foveate.clock import NS_PER_MS
from foveate.errors import UsageError
from foveate.geometry import Camera, Points
from foveate.recording.recording import GazeStream


def shift(
    gaze: GazeStream,
    *,
    offset_px: tuple[float, float] | None = None,
    offset_deg: tuple[float, float] | None = None,
    offset_ms: float = 0.0,
    camera: Camera | None = None,
) -> GazeStream:
    """Add a constant to every point, every time, or both.

    Args:
        gaze: the samples.
        offset_px: (right, down) in scene pixels.
        offset_deg: (right, down) in degrees of visual angle, the same all over a distorted frame; needs the camera.
        offset_ms: added to the times: positive where the gaze is stamped too early.
        camera: the scene camera's calibration.

    Returns:
        The shifted samples. A point that leaves the camera model's field is no longer valid, and counted in the notes.
    """
    if offset_px is not None and offset_deg is not None:
        raise UsageError("give offset_px or offset_deg, not both")
    given = [value for pair in (offset_px, offset_deg, (offset_ms,)) if pair is not None for value in pair]
    if not np.isfinite(given).all():
        raise UsageError(f"offsets must be finite, got {given}")
    notes: list[str] = []
    if offset_px is not None:
        gaze = replace(gaze, point_px=gaze.point_px + np.array(offset_px))
        notes.append(f"gaze moved by {offset_px[0]:g} px right and {offset_px[1]:g} px down")
    if offset_deg is not None:
        if camera is None:
            raise UsageError("offset_deg needs the camera's calibration, which this recording has not: give offset_px")
        gaze = moved_deg(gaze, np.array([offset_deg]), camera)
        notes.append(f"gaze moved by {offset_deg[0]:g} deg right and {offset_deg[1]:g} deg down")
    if offset_ms:
        notes.append(f"gaze times moved by {offset_ms:g} ms")
    return replace(gaze, time_ns=gaze.time_ns + round(offset_ms * NS_PER_MS), notes=(*gaze.notes, *notes))


def moved_deg(gaze: GazeStream, by_deg: Points, camera: Camera) -> GazeStream:
    """Move points by degrees of visual angle.

    Args:
        gaze: (N,) samples.
        by_deg: (N, 2) right and down, or (1, 2) for all alike.
        camera: the scene camera's calibration.

    Returns:
        The moved samples. A point that leaves the camera model's field is no longer valid, and counted in the notes.
    """
    point = camera.from_degrees(camera.degrees(gaze.point_px) + by_deg)
    valid = gaze.valid & np.isfinite(point).all(axis=1)
    lost = int(np.count_nonzero(gaze.valid & ~valid))
    told = (f"{lost} gaze samples lie beyond the camera model's field: not valid",) if lost else ()
    return replace(gaze, point_px=point, valid=valid, notes=(*gaze.notes, *told))
