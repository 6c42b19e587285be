"""The facts of a recording that ``foveate info`` tells."""

from typing import Any

import numpy as np

from foveate.clock import NS_PER_MS, NS_PER_S, Times, usual_interval_ns
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.unseen import UnseenScene

LATE_MS = 100.0
"""A gaze that starts this much later or earlier than the video is worth a warning."""
NO_GAZE = (
    "there is no gaze: only the views full, center and random can be made; "
    "--gaze center or --gaze file:PATH or --gaze attention:MODEL stands in"
)
LONG_GAP_NS = 500 * NS_PER_MS


def facts(recording: Recording) -> dict[str, Any]:
    """Facts as JSON values, None where unknown; loads scene and gaze.

    Keys: format, device, duration_s (from the first to the last frame or gaze sample), frames (that the device timed),
    frames_with_video, width, height, fps and gaze_rate_hz (one over the usual interval), gaze_samples, gaze_valid,
    video_to_gaze_offset_ms (first gaze sample minus first frame), streams (names of all that there are),
    warnings. Where the video is missing, frames, size and offset are those of the frames that the device timed, as far as it
    tells them.
    """
    scene = recording.scene if "scene" in recording.loaders else None
    gaze = recording.gaze if "gaze" in recording.loaders else None
    if gaze is None and "gaze_angles" in recording.loaders:
        recording.stream("gaze_angles")  # its notes tell what there is, and why it is no gaze on the frame
    unseen = _unseen(recording) if scene is None else UnseenScene(scene.size_px, scene.time_ns)
    frame_ns = np.empty(0, np.int64) if unseen.time_ns is None else unseen.time_ns
    gaze_ns = gaze.time_ns if gaze is not None else np.empty(0, np.int64)
    both_ns = np.concatenate([frame_ns, gaze_ns])
    offset_ms = float(gaze_ns[0] - frame_ns[0]) / NS_PER_MS if len(gaze_ns) and len(frame_ns) else None
    warnings = [*recording.warnings, *_gaze_warnings(gaze, frame_ns[:0] if scene is None else frame_ns, offset_ms)]
    if gaze is None or not len(gaze):
        warnings.append(NO_GAZE if scene is not None else "there is no gaze on the frame")
    if scene is None:
        warnings.append("there is no scene video: no view can be made")
    return {
        "format": recording.format,
        "device": recording.device,
        "duration_s": float(both_ns.max() - both_ns.min()) / NS_PER_S if len(both_ns) else None,
        "frames": scene.timed_frames if scene is not None else len(frame_ns) or None,
        "frames_with_video": 0 if scene is None else len(frame_ns),
        "width": None if unseen.size_px is None else unseen.size_px.width_px,
        "height": None if unseen.size_px is None else unseen.size_px.height_px,
        "fps": _rate_hz(frame_ns),
        "gaze_samples": None if gaze is None else len(gaze),
        "gaze_valid": None if gaze is None else int(np.count_nonzero(gaze.valid)),
        "gaze_rate_hz": None if gaze is None else gaze.rate_hz,
        "video_to_gaze_offset_ms": offset_ms,
        "streams": list(recording.streams),
        "warnings": warnings,
    }


def _unseen(recording: Recording) -> UnseenScene:
    """What is known of a scene without video."""
    known: UnseenScene = (
        recording.stream("unseen_scene") if "unseen_scene" in recording.loaders else UnseenScene(size_px=None, time_ns=None)
    )
    return known


def _rate_hz(time_ns: Times) -> float | None:
    return NS_PER_S / usual_interval_ns(time_ns) if len(time_ns) > 1 else None


def _gaze_warnings(gaze: GazeStream | None, frame_ns: Times, offset_ms: float | None) -> list[str]:
    if gaze is None or not len(gaze):
        return []
    said = []
    if offset_ms is not None and abs(offset_ms) > LATE_MS:
        said.append(f"gaze starts {abs(offset_ms) / 1000:.2f} s {'after' if offset_ms > 0 else 'before'} the video")
    if not gaze.valid.any():
        return [*said, "no gaze sample is valid"]
    valid_ns = gaze.time_ns[gaze.valid]
    gap_ns = np.diff(valid_ns)
    long = gap_ns[gap_ns > LONG_GAP_NS]
    if len(long):
        times = "once" if len(long) == 1 else f"{len(long)} times"
        said.append(f"gaze is missing {times} for longer than 500 ms, {long.sum() / NS_PER_S:.1f} s in all")
    covered = (frame_ns >= valid_ns[0]) & (frame_ns <= valid_ns[-1])
    if not covered.all():
        said.append(
            f"{int(np.sum(~covered))} of {len(frame_ns)} frames with video lie before the first or after the last valid gaze"
        )
    return said
