"""What ``oracles.py`` compares: recordings, real ones and those that the tests' writers make, and our arrays of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from oracle_made import (
    AEA,
    with_cloud_video,
    with_g2_video,
    with_g3_video,
    with_vrs,
    without_200hz,
    write_g2,
    write_g3,
    write_neon_cloud,
    write_neon_new,
    write_player,
)

from foveate.geometry import Camera, Size
from foveate.recording import aria, open_recording
from foveate.recording.aria_calibration import read_calibration
from foveate.recording.aria_gaze import read_gaze
from foveate.recording.aria_scene import RGB
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.signals import Signals
from foveate.recording.vrs import read_image_stream
from foveate.video import Video

Arrays = Mapping[str, NDArray[Any]]
Limits = Mapping[str, float]

STANDARD_GRAVITY_M_S2 = 9.80665


@dataclass(frozen=True)
class Comparison:
    """One recording, read by a tool and by us."""

    tool: str
    """Key of TOOLS in oracles.py."""
    reader: str
    """Which of its script's functions reads it."""
    source: str
    """Folder or file below the folder of recordings; empty for one that is written."""
    ours: Callable[[Path, Arrays], Arrays]
    """Our arrays by the tool's names, of a path and the tool's arrays (inputs are among them)."""
    limits: Limits
    """Name of an array, with its unit -> largest difference allowed."""
    made: Callable[[Path, Path], object] | None = None
    """Fills an empty folder, which both read then, out of the source or out of nothing."""
    how: str = ""
    """What was made of the source, or who wrote it."""

    @property
    def recording(self) -> str:
        return ", ".join(filter(None, (self.source, self.how)))


def seen(gaze: GazeStream) -> NDArray[np.float64]:
    """Points, missing where the tracker did not see the eyes."""
    return np.where(gaze.valid[:, None], gaze.point_px, np.nan)


def lens(camera: Camera | None) -> Arrays:
    if camera is None:
        return {}
    return {"camera matrix (px)": camera.matrix.reshape(-1), "lens distortion (1)": camera.distortion}


def columns(signals: Signals, *names: str, eyes: bool = False) -> NDArray[np.float64]:
    """(N, len(names)), or of both eyes one after the other."""
    sides = [name.replace("EYE", side) for side in ("left", "right") for name in names] if eyes else names
    return np.stack([signals.values[name] for name in sides], axis=1)


def axes(name: str, unit: str = "", letters: str = "xyz") -> list[str]:
    return [f"{name}_{letter}{unit}" for letter in letters]


def tobii_arrays(recording: Recording, zero_ns: int) -> Arrays:
    eyes = recording.stream("eye_state")
    return {
        "frame time (ns)": recording.scene.time_ns - zero_ns,
        "gaze time (ns)": recording.gaze.time_ns - zero_ns,
        "gaze point (px)": seen(recording.gaze),
        "pupil (mm)": columns(eyes, "pupil_diameter_EYE_mm", eyes=True),
        "gaze origin (mm)": columns(eyes, *axes("gaze_origin_EYE", "_mm"), eyes=True),
        "gaze direction (1)": columns(eyes, *axes("gaze_direction_EYE"), eyes=True),
        "gazed point (mm)": columns(eyes, *axes("gaze_point", "_mm")),
        **lens(recording.camera),
    }


def tobii_g2(path: Path, told: Arrays) -> Arrays:
    del told
    recording = open_recording(path, format="tobii_g2")
    return tobii_arrays(recording, int(recording.scene.time_ns[0]))


def tobii_g3(path: Path, told: Arrays) -> Arrays:
    del told
    return tobii_arrays(open_recording(path, format="tobii_g3"), 0)


def pupil_cloud(path: Path, told: Arrays) -> Arrays:
    """The tool leaves out the points of gaze during blinks, which are a stream of their own here."""
    recording = open_recording(path, format="pupil_cloud")
    gaze, blinks = recording.gaze, recording.stream("blinks")
    blinking = np.zeros(len(gaze), dtype=bool)
    for start_ns, stop_ns in zip(blinks.start_ns, blinks.stop_ns, strict=True):
        blinking |= (gaze.time_ns >= start_ns) & (gaze.time_ns < stop_ns)
    ours = {"gaze time (ns)": gaze.time_ns, "gaze point (px)": np.where(blinking[:, None], np.nan, seen(gaze))}
    if "frame time (ns)" not in told:
        return ours
    return {"frame time (ns)": recording.scene.time_ns - recording.scene.time_ns[0], **ours, **lens(recording.camera)}


def pupil_core(path: Path, told: Arrays) -> Arrays:
    del told
    recording = open_recording(path / "exports" / "000", format="pupil_core")
    return {"gaze time (ns)": recording.gaze.time_ns, "gaze point (px)": seen(recording.gaze), **lens(recording.camera)}


def video(path: Path, told: Arrays) -> Arrays:
    del told
    opened = Video(path)
    return {"frame time (ns)": opened.start_ns + opened.frame_time_ns}


def neon_points(path: Path, told: Arrays) -> Arrays:
    del told
    recording = open_recording(path, format="neon")
    gaze, events = recording.gaze, recording.events
    assert gaze.confidence is not None
    return {
        "frame time (ns)": recording.scene.time_ns,
        "gaze time (ns)": gaze.time_ns,
        "gaze point (px)": gaze.point_px,
        "worn (1)": gaze.confidence,
        "event time (ns)": np.array([event.time_ns for event in events]),
        "event names that differ (1)": np.array([event.name for event in events]),
        **lens(recording.camera),
    }


def neon_signals(path: Path, told: Arrays) -> Arrays:
    del told
    recording = open_recording(path, format="neon")
    imu, eyes = recording.stream("imu"), recording.stream("eye_state")
    return {
        "IMU time (ns)": imu.time_ns,
        "rotation (deg/s)": columns(imu, *axes("gyro", "_deg_per_s")),
        "acceleration (g)": columns(imu, *axes("acceleration", "_m_per_s2")) / STANDARD_GRAVITY_M_S2,
        "orientation (1)": columns(imu, *axes("quaternion", letters="wxyz")),
        "eye time (ns)": eyes.time_ns,
        "pupil (mm)": columns(eyes, "pupil_diameter_EYE_mm", eyes=True),
        "eyeball center (mm)": columns(eyes, *axes("eye_ball_center_EYE", "_mm"), eyes=True),
        "optical axis (1)": columns(eyes, *axes("optical_axis_EYE"), eyes=True),
    }


def neon_events(path: Path, told: Arrays) -> Arrays:
    del told
    recording = open_recording(path, format="neon")
    eyes = recording.stream("eye_state")
    fixations, saccades, blinks = (recording.stream(name) for name in ("fixations", "saccades", "blinks"))
    return {
        "fixation time (ns)": np.stack([fixations.start_ns, fixations.stop_ns], axis=1),
        "fixation point (px)": fixations.point_px,
        "lid angles (rad)": columns(eyes, "eyelid_angle_top_EYE_rad", "eyelid_angle_bottom_EYE_rad", eyes=True),
        "lid aperture (mm)": columns(eyes, "eyelid_aperture_EYE_mm", eyes=True),
        "saccade time (ns)": np.stack([saccades.start_ns, saccades.stop_ns], axis=1),
        "blink time (ns)": np.stack([blinks.start_ns, blinks.stop_ns], axis=1),
    }


def aria_recording(path: Path, told: Arrays) -> Arrays:
    recording = open_recording(path, format="aria")
    gaze, camera = recording.gaze, recording.camera
    assert camera is not None
    return {
        "frame time (ns)": recording.scene.time_ns,
        "gaze time (ns)": gaze.time_ns,
        "gaze point (px)": gaze.point_px,
        "pixels of rays (px)": camera.pixels(told["rays"]),
        "rays of pixels (1)": camera.rays(told["pixels"]),
    }


def aria_gaze(path: Path, told: Arrays) -> Arrays:
    """Angles of a gaze file; of Gen 1 also where they lie in the frames of the recording beside it."""
    angles = read_gaze(path)
    ours = {
        "gaze time (ns)": angles.time_ns,
        "yaw (rad)": angles.yaw_rad,
        "pitch (rad)": angles.pitch_rad,
        "depth (m)": angles.depth_m,
    }
    if "gaze point (px)" not in told:
        return ours
    images = read_image_stream(path.parents[2] / AEA / "recording.vrs", RGB)
    through = read_calibration(images.tags["calib_json"], AEA_PX, source=images.path)
    return {**ours, "gaze point (px)": through.pixels(angles.points_m(depth_m=aria.DEPTH_M))}


def aria_hands(path: Path, told: Arrays) -> Arrays:
    del told
    hands = open_recording(path, format="aria").stream("hands")
    return {
        "hand time (ns)": hands.time_ns,
        "confidence (1)": hands.confidence,
        "landmarks (m)": hands.point_m,
        "landmarks (px)": hands.point_px,
    }


AEA_PX = Size(1408, 1408)

# what the tools hold as float64 is equal but for the last bits; times to the nanosecond
GAZE: Limits = {"gaze time (ns)": 0, "gaze point (px)": 1e-9}
LENS: Limits = {"camera matrix (px)": 1e-9, "lens distortion (1)": 1e-12}
EYES: Limits = {"pupil (mm)": 0, "gaze origin (mm)": 0, "gaze direction (1)": 0, "gazed point (mm)": 0}
TOBII: Limits = {"frame time (ns)": 0, **GAZE, **EYES}
TOBII_LENS: Limits = {**TOBII, **LENS}
CLOUD: Limits = {"frame time (ns)": 0, **GAZE, **LENS}
NEON: Limits = {
    "frame time (ns)": 0, **GAZE, "worn (1)": 1e-9, "event time (ns)": 0, "event names that differ (1)": 0, **LENS,
}  # fmt: skip
# the tool takes the line feed that ends the worn file of each part for a sample; their times tell that there is none
NEON_PARTS: Limits = {name: limit for name, limit in NEON.items() if name != "worn (1)"}
NEON_SIGNALS: Limits = {
    "IMU time (ns)": 0, "rotation (deg/s)": 0, "acceleration (g)": 1e-9, "orientation (1)": 0,
    "eye time (ns)": 0, "pupil (mm)": 0, "eyeball center (mm)": 0, "optical axis (1)": 0,
}  # fmt: skip
NEON_EVENTS: Limits = {
    "fixation time (ns)": 0, "fixation point (px)": 0, "saccade time (ns)": 0, "blink time (ns)": 0,
    "lid angles (rad)": 0, "lid aperture (mm)": 0,
}  # fmt: skip
# projectaria-tools holds angles and depths as float32
ARIA_GAZE: Limits = {"gaze time (ns)": 0, "yaw (rad)": 1e-6, "pitch (rad)": 1e-6, "depth (m)": 1e-4}
ARIA_HANDS: Limits = {"hand time (ns)": 0, "confidence (1)": 1e-6, "landmarks (m)": 1e-6, "landmarks (px)": 0.01}
ARIA_CAMERA: Limits = {"pixels of rays (px)": 0.01, "rays of pixels (1)": 1e-5}
ARIA: Limits = {"frame time (ns)": 0, "gaze time (ns)": 0, "gaze point (px)": 1, **ARIA_CAMERA}

DRAWN = "with a drawn video"
WRITTEN = "tests/writers/"
NEON_WRITTEN = f"{WRITTEN}neon.py, format 2.5"
IN_AEA = "in the AEA frames"
NEON_FOLDER, SCENE = "neon_multi_part", "Neon Scene Camera v1 ps1.mp4"


COMPARISONS = (
    Comparison("glassestools", "tobii_g3", "tobii_g3_calibration_1", tobii_g3, TOBII, with_g3_video, DRAWN),
    Comparison("glassestools", "tobii_g2", "tobii_g2_glassesviewer", tobii_g2, TOBII_LENS, with_g2_video, DRAWN),
    Comparison("glassestools", "pupil_cloud", "pupil_invisible_glassesvalidator", pupil_cloud, CLOUD, with_cloud_video, DRAWN),
    Comparison("glassestools", "pupil_cloud", "pupil_invisible_trampoline_01", pupil_cloud, GAZE),
    Comparison("glassestools", "video", "mobileGazeMapping/worldCamera.mp4", video, {"frame time (ns)": 0}),
    Comparison("glassestools", "video", f"{NEON_FOLDER}/{SCENE}", video, {"frame time (ns)": 0}),
    Comparison("glassestools", "tobii_g3", "", tobii_g3, TOBII_LENS, write_g3, f"{WRITTEN}tobii_g3.py"),
    Comparison("glassestools", "tobii_g2", "", tobii_g2, TOBII_LENS, write_g2, f"{WRITTEN}tobii_g2.py"),
    Comparison("glassestools", "pupil_cloud", "", pupil_cloud, CLOUD, write_neon_cloud, f"{WRITTEN}pupil_cloud.py, Neon"),
    Comparison("glassestools", "pupil_core", "", pupil_core, {**GAZE, **LENS}, write_player, f"{WRITTEN}pupil_core.py"),
    Comparison("neon", "points", NEON_FOLDER, neon_points, NEON),
    Comparison("neon", "signals", NEON_FOLDER, neon_signals, NEON_SIGNALS, how="IMU and eyes"),
    Comparison("neon", "points", NEON_FOLDER, neon_points, NEON_PARTS, without_200hz, "without its 200 Hz files"),
    Comparison("neon", "points", "", neon_points, NEON, write_neon_new, NEON_WRITTEN),
    Comparison("neon", "signals", "", neon_signals, NEON_SIGNALS, write_neon_new, f"{NEON_WRITTEN}, IMU and eyes"),
    Comparison(
        "neon", "events", "", neon_events, NEON_EVENTS, write_neon_new, f"{NEON_WRITTEN}, lids, fixations, saccades, blinks"
    ),
    Comparison("aria", "recording", f"aria/gen1/{AEA}", aria_recording, ARIA),
    *(
        Comparison("aria", "gaze", f"aria/gen1/mps_sample/{name}", aria_gaze, {**ARIA_GAZE, "gaze point (px)": 1})
        for name in ("eye_gaze/eyegaze.csv", "eye_gaze/generalized_eye_gaze.csv", "eye_gaze_vergence/generalized_gaze.csv")
    ),
    *(
        Comparison("aria", reader, f"aria/gen1/mps_sample/hand_tracking/{name}.csv", aria_hands, ARIA_HANDS, with_vrs, IN_AEA)
        for reader, name in (
            ("hands", "hand_tracking_results_v1"),
            ("hands", "hand_tracking_results_v2"),
            ("wrists", "wrist_and_palm_poses"),
            ("wrists", "wrist_and_palm_poses_v2"),
        )
    ),
    *(
        Comparison("aria", "gaze", f"aria/gen2/mps_sample/eye_gaze/{name}", aria_gaze, ARIA_GAZE)
        for name in ("general_eye_gaze.csv", "personalized_eye_gaze.csv")
    ),
)
