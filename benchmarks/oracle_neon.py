"""Run by ``oracles.py`` in an interpreter that has pupil-labs-neon-recording: what it reads of a Neon's native folder."""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pupil_labs.neon_recording as neon

EYES = ("left", "right")


def rows(stream, *names: str) -> list:
    """Columns of a stream as a list of rows."""
    return np.stack([np.asarray(stream.data[name], dtype=float) for name in names], axis=1).tolist()


def times(stream) -> list[int]:
    return [int(time) for time in stream.time]


def points(recording: neon.NeonRecording) -> dict:
    calibration = recording.calibration
    return {
        "frame time (ns)": times(recording.scene),
        "gaze time (ns)": times(recording.gaze),
        "gaze point (px)": rows(recording.gaze, "point_x", "point_y"),
        "worn (1)": [worn / 255 for (worn,) in rows(recording.worn, "worn")],
        "event time (ns)": times(recording.events),
        "event names that differ (1)": [str(name) for name in recording.events.event],
        "camera matrix (px)": calibration.scene_camera_matrix.reshape(-1).tolist(),
        "lens distortion (1)": calibration.scene_distortion_coefficients.tolist(),
    }


def signals(recording: neon.NeonRecording) -> dict:
    imu, pupil, eyeball = recording.imu, recording.pupil, recording.eyeball
    return {
        "IMU time (ns)": times(imu),
        "rotation (deg/s)": rows(imu, *(f"angular_velocity_{axis}" for axis in "xyz")),
        "acceleration (g)": rows(imu, *(f"acceleration_{axis}" for axis in "xyz")),
        "orientation (1)": rows(imu, *(f"quaternion_{axis}" for axis in "wxyz")),
        "eye time (ns)": times(eyeball),
        "pupil (mm)": rows(pupil, *(f"diameter_{eye}" for eye in EYES)),
        "eyeball center (mm)": rows(eyeball, *(f"center_{eye}_{axis}" for eye in EYES for axis in "xyz")),
        "optical axis (1)": rows(eyeball, *(f"optical_axis_{eye}_{axis}" for eye in EYES for axis in "xyz")),
    }


def events(recording: neon.NeonRecording) -> dict:
    fixations, saccades, blinks = recording.fixations, recording.saccades, recording.blinks

    def span(stream) -> list:
        return [[int(start), int(stop)] for start, stop in zip(stream.start_time, stream.stop_time, strict=True)]

    return {
        "fixation time (ns)": span(fixations),
        "fixation point (px)": rows(fixations, "mean_gaze_x", "mean_gaze_y"),
        "lid angles (rad)": rows(recording.eyelid, *(f"angle_{lid}_{eye}" for eye in EYES for lid in ("upper", "lower"))),
        "lid aperture (mm)": rows(recording.eyelid, *(f"aperture_{eye}" for eye in EYES)),
        "saccade time (ns)": span(saccades),
        "blink time (ns)": span(blinks),
    }


READERS = {read.__name__: read for read in (points, signals, events)}
what, folder = sys.argv[1], Path(sys.argv[2])
print(json.dumps({"version": version("pupil-labs-neon-recording"), **READERS[what](neon.open(folder))}))
